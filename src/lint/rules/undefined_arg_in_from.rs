//! # UndefinedArgInFrom
//!
//! ## What it does
//!
//! Finds a variable in `FROM` that no `ARG` above the first `FROM` declares.
//!
//! ## Why it is bad
//!
//! It is empty, whatever is given on the command line: only declared arguments are visible, and to
//! `FROM` only those that are declared above all stages.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node:22${VARIANT} AS build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! ARG VARIANT=-alpine
//! FROM node:22${VARIANT} AS build
//! ```
//!
//! ## Notes
//!
//! Arguments that every build has, such as `TARGETPLATFORM`, need no declaration here.

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "UndefinedArgInFrom",
    description: "FROM command must use declared ARGs",
    url: "https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/",
    experimental: false,
};

/// Words a finding.
pub fn detail(arg: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(suggestion) => {
            format!("FROM argument '{arg}' is not declared (did you mean {suggestion}?)")
        }
        None => format!("FROM argument '{arg}' is not declared"),
    }
}
