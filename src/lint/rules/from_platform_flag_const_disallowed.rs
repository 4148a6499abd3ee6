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
use crate::lint::{Linter, Rule, Scope, Violation};
use crate::source::Span;
use crate::syntax::{Stage, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "FromPlatformFlagConstDisallowed",
    "FROM --platform flag should not use a constant value",
)
.aliases(&["DL3029"])
.url("https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/");

/// A platform that is written out.
#[derive(Debug)]
struct FromPlatformFlagConstDisallowed {
    platform: String,
    flag: Span,
}

impl Violation for FromPlatformFlagConstDisallowed {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let platform = quote::quote(&self.platform);
        format!("FROM --platform flag should not use constant value {platform}").into()
    }
}

/// Reports a platform without variables, unless the stage's name says which one it is for.
pub(crate) fn check(
    stage: &Stage,
    expanded: &Expanded<'_>,
    host: &Platform,
    scope: &Scope,
    linter: &mut Linter,
) {
    if !expanded.matched.is_empty() || !expanded.unmatched.is_empty() {
        return;
    }
    // What is not a platform is an error elsewhere.
    let Ok(platform) = Platform::parse(&expanded.text, host) else {
        return;
    };
    let name = stage.name();
    if name.contains(&platform.os) || name.contains(&platform.architecture) {
        return;
    }
    let violation = FromPlatformFlagConstDisallowed {
        platform: expanded.text.to_string(),
        flag: super::platform_flag(stage),
    };
    linter.report(scope, Some(stage.meta.location), violation);
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for FromPlatformFlagConstDisallowed {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.flag, "the same, whatever is built for")
                .hint("leave the flag out, or take `$BUILDPLATFORM`")
        }
    }
}
