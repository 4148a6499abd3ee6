//! FromPlatformFlagConstDisallowed

use crate::go::quote;
use crate::lint::Rule;

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
