//! # JSONArgsRecommended
//!
//! ## What it does
//!
//! Finds `CMD` and `ENTRYPOINT` that are not written as a JSON array.
//!
//! ## Why it is bad
//!
//! The text is run by a shell, which is the process that gets the signals: when a container is
//! stopped the shell does not pass them on, and the program is killed after the grace period instead of
//! ending by itself.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENTRYPOINT my-server --port 8080
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENTRYPOINT ["my-server", "--port", "8080"]
//! ```
//!
//! ## Notes
//!
//! Where a shell is wanted, `SHELL` says so, and this rule is silent below it.

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "JSONArgsRecommended",
    description: "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    url: "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
    experimental: false,
};

/// Words a finding.
pub fn detail(instruction: &str) -> String {
    format!(
        "JSON arguments recommended for {instruction} to prevent unintended behavior related to OS signals"
    )
}
