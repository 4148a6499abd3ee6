//! # UndefinedVar
//!
//! ## What it does
//!
//! Finds a variable that is used before anything sets it: no `ARG` or `ENV` above it in the stage, and
//! none in the base image.
//!
//! ## Why it is bad
//!
//! It is empty. Most of the time it is a slip, and then a near name is suggested.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ARG VERSION=1
//! COPY $VERSOIN .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ARG VERSION=1
//! COPY $VERSION .
//! ```
//!
//! ## Notes
//!
//! An `ARG` above the first `FROM` is not visible in a stage until the stage declares it again. What a
//! shell sees in `RUN` is not looked at.

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "UndefinedVar",
    description: "Variables should be defined before their use",
    url: "https://docs.docker.com/go/dockerfile/rule/undefined-var/",
    experimental: false,
};

/// Words a finding.
pub fn detail(name: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(suggestion) => {
            format!("Usage of undefined variable '${name}' (did you mean ${suggestion}?)")
        }
        None => format!("Usage of undefined variable '${name}'"),
    }
}
