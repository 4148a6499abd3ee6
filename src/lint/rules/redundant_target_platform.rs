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
use crate::lint::{Linter, Rule, Scope, Violation};
use crate::source::Span;
use crate::syntax::{Stage, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "RedundantTargetPlatform",
    "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
)
.aliases(&["DL3065"])
.url("https://docs.docker.com/go/dockerfile/rule/redundant-target-platform/")
.fixable();

/// A flag that changes nothing.
#[derive(Debug)]
struct RedundantTargetPlatform {
    /// Its value as written.
    platform: String,
    flag: Span,
}

impl Violation for RedundantTargetPlatform {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        format!(
            "Setting platform to predefined {} in FROM is redundant as this is the default behavior",
            self.platform
        ).into()
    }
}

const TARGETPLATFORM: &str = "TARGETPLATFORM";

/// Reports a platform that is nothing but the value of `$TARGETPLATFORM`.
pub(crate) fn check<E: Env + ?Sized>(
    stage: &Stage,
    written: &str,
    expanded: &Expanded<'_>,
    env: &E,
    scope: &Scope,
    linter: &mut Linter,
) {
    let only = expanded.matched.len() == 1
        && expanded.unmatched.is_empty()
        && expanded.matched.contains(TARGETPLATFORM);
    if only && env.get(TARGETPLATFORM).unwrap_or("") == expanded.text {
        let violation = RedundantTargetPlatform {
            platform: written.to_owned(),
            flag: super::platform_flag(stage),
        };
        linter.report(scope, Some(stage.meta.location), violation);
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::source::Edit;

    impl Advise for RedundantTargetPlatform {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.flag, "is so without it")
                .hint("leave the flag out")
                .fix(|| self.fix(cx))
        }
    }

    impl RedundantTargetPlatform {
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let (_, stage) = cx.stage_at(self.flag).ok_or("the stage is not found")?;
            if stage.meta.flags.len() != 1 {
                return Err("there are other flags".to_owned());
            }
            let base = stage.base_name.span.start;
            if !cx.is_blank(Span::new(self.flag.end, base)) {
                return Err("the line goes on behind the flag".to_owned());
            }
            let edit = Edit::delete(Span::new(self.flag.start, base));
            Ok(Fix::new("leave the flag out", vec![edit]))
        }
    }
}
