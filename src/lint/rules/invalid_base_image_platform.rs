//! InvalidBaseImagePlatform

use crate::go::quote;
use crate::image::Platform;
use crate::lint::{Linter, Rule, Scope};
use crate::source::LineRange;

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

/// Reports a base image for another operating system or architecture than expected.
pub fn check(
    image: &str,
    expected: &Platform,
    actual: &Platform,
    location: Option<LineRange>,
    scope: &Scope,
    linter: &mut Linter,
) {
    if expected.os != actual.os || expected.architecture != actual.architecture {
        let shown = |platform: &Platform| platform.normalized().format_all();
        let detail = detail(image, &shown(expected), &shown(actual));
        linter.report(scope, &RULE, location, detail);
    }
}
