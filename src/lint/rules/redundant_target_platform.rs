//! # RedundantTargetPlatform
//!
//! ## What it does
//!
//! Finds `FROM --platform=$TARGETPLATFORM`.
//!
//! ## Why it is bad
//!
//! The platform that is built for is what `FROM` takes without the flag.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM --platform=$TARGETPLATFORM alpine:3.20
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ```

use crate::expand::{Env, Expanded};
use crate::lint::{Linter, Rule, Scope};
use crate::source::LineRange;

/// The rule.
pub static RULE: Rule = Rule {
    name: "RedundantTargetPlatform",
    description: "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    url: "https://docs.docker.com/go/dockerfile/rule/redundant-target-platform/",
    experimental: false,
};

/// Words a finding.
pub fn detail(platform: &str) -> String {
    format!(
        "Setting platform to predefined {platform} in FROM is redundant as this is the default behavior"
    )
}

const TARGETPLATFORM: &str = "TARGETPLATFORM";

/// Reports a platform that is nothing but the value of `$TARGETPLATFORM`.
pub fn check<E: Env + ?Sized>(
    written: &str,
    expanded: &Expanded<'_>,
    env: &E,
    location: LineRange,
    scope: &Scope,
    linter: &mut Linter,
) {
    let only = expanded.matched.len() == 1
        && expanded.unmatched.is_empty()
        && expanded.matched.contains(TARGETPLATFORM);
    if only && env.get(TARGETPLATFORM).unwrap_or("") == expanded.text {
        linter.report(scope, &RULE, Some(location), detail(written));
    }
}
