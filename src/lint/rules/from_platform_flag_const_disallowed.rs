//! FromPlatformFlagConstDisallowed

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
