//! # FromPlatformFlagConstDisallowed
//!
//! ## What it does
//!
//! Finds `FROM --platform` with a platform that is written out.
//!
//! ## Why it is bad
//!
//! Whoever builds the file for another platform gets this one all the same, and is not told.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM --platform=linux/amd64 alpine:3.20 AS build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM --platform=$BUILDPLATFORM alpine:3.20 AS build
//! ```
//!
//! ## Notes
//!
//! A stage that holds the operating system or the architecture in its name is meant to be for one
//! platform and is not reported: `FROM --platform=linux/amd64 alpine:3.20 AS build-amd64`.

use crate::expand::Expanded;
use crate::go::quote;
use crate::image::Platform;
use crate::lint::{Linter, Rule, Scope};
use crate::source::LineRange;

/// The rule.
pub static RULE: Rule = Rule {
    name: "FromPlatformFlagConstDisallowed",
    description: "FROM --platform flag should not use a constant value",
    url: "https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/",
    experimental: false,
};

/// Words a finding.
pub fn detail(platform: &str) -> String {
    format!(
        "FROM --platform flag should not use constant value {}",
        quote::quote(platform)
    )
}

/// Reports a platform without variables, unless the stage's name says which one it is for.
pub fn check(
    stage_name: &str,
    expanded: &Expanded<'_>,
    host: &Platform,
    location: LineRange,
    scope: &Scope,
    linter: &mut Linter,
) {
    if !expanded.matched.is_empty() || !expanded.unmatched.is_empty() {
        return;
    }
    // What is no platform is an error elsewhere.
    let Ok(platform) = Platform::parse(&expanded.text, host) else {
        return;
    };
    if stage_name.contains(&platform.os) || stage_name.contains(&platform.architecture) {
        return;
    }
    linter.report(scope, &RULE, Some(location), detail(&expanded.text));
}
