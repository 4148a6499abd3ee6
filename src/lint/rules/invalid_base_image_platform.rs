//! InvalidBaseImagePlatform

use crate::go::quote;
use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "InvalidBaseImagePlatform",
    description: "Base image platform does not match expected target platform",
    url: "",
    experimental: false,
};

/// Words a finding.
pub fn detail(image: &str, expected: &str, actual: &str) -> String {
    format!(
        "Base image {image} was pulled with platform {}, expected {} for current build",
        quote::quote(actual),
        quote::quote(expected)
    )
}
