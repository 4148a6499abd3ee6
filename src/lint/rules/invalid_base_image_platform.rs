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
use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "InvalidBaseImagePlatform",
    "Base image platform does not match expected target platform",
);

/// An image for another platform than wanted.
#[derive(Debug)]
pub(crate) struct InvalidBaseImagePlatform {
    /// The image as written, expanded.
    pub image: String,
    pub expected: Platform,
    pub actual: Platform,
    /// Where it is named.
    pub written: Span,
}

/// Whether an image is for another operating system or architecture than expected.
pub(crate) fn differs(expected: &Platform, actual: &Platform) -> bool {
    expected.os != actual.os || expected.architecture != actual.architecture
}

impl Violation for InvalidBaseImagePlatform {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let shown = |platform: &Platform| quote::quote(platform.normalized().format_all());
        format!(
            "Base image {} was pulled with platform {}, expected {} for current build",
            self.image,
            shown(&self.actual),
            shown(&self.expected)
        )
        .into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for InvalidBaseImagePlatform {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.written, "not for this platform")
        }
    }
}
