//! # WorkdirRelativePath
//!
//! ## What it does
//!
//! Finds a relative `WORKDIR` with no other `WORKDIR` above it in the stages that it builds on.
//!
//! ## Why it is bad
//!
//! The directory is relative to the one that the base image is in. If a later version of that image
//! is in another one, so is everything that follows.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM nginx:1.29
//! WORKDIR usr/share/nginx/html
//! COPY public .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM nginx:1.29
//! WORKDIR /usr/share/nginx/html
//! COPY public .
//! ```

use crate::go::quote;
use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "WorkdirRelativePath",
    description: "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
    url: "https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/",
    experimental: false,
};

/// Words a finding.
pub fn detail(workdir: &str) -> String {
    format!(
        "Relative workdir {} can have unexpected results if the base image changes",
        quote::quote(workdir)
    )
}
