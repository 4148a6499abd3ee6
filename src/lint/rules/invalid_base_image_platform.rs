//! # InvalidBaseImagePlatform
//!
//! ## What it does
//!
//! Finds a base image that was resolved for another operating system or architecture than the build
//! is for.
//!
//! ## Why it is bad
//!
//! The image has no variant for the platform that is wanted. The build goes on with the one that
//! there is, and its programs do not start, or only under emulation.
//!
//! ## Example
//!
//! ```dockerfile
//! # docker build --platform=linux/arm64, while the image only exists for linux/amd64
//! FROM example.com/tools/compiler:7
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! # The compiler runs where the build runs, its output is for the target.
//! FROM --platform=$BUILDPLATFORM example.com/tools/compiler:7
//! ```

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
