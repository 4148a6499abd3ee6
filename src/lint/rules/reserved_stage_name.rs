//! # ReservedStageName
//!
//! ## What it does
//!
//! Finds a stage that is called `context` or `scratch`.
//!
//! ## Why it is bad
//!
//! Both names have a meaning of their own, the build context and the empty image, so the stage cannot
//! be referred to, or not everywhere.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20 AS scratch
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20 AS base
//! ```

use crate::go::quote;
use crate::lint::{Linter, Rule, Violation};
use crate::source::Span;
use crate::syntax::{Dockerfile, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "ReservedStageName",
    "Reserved words should not be used as stage names",
)
.aliases(&["DL3063"])
.url("https://docs.docker.com/go/dockerfile/rule/reserved-stage-name/");

/// A stage called like something that is there without it.
#[derive(Debug)]
struct ReservedStageName {
    name: String,
    written: Span,
}

impl Violation for ReservedStageName {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let name = quote::quote(&self.name);
        format!("Stage name should not use the same name as reserved stage {name}").into()
    }
}

/// Reports stages called like something that is there without them.
pub(super) fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let base = linter.base();
    for stage in &dockerfile.stages {
        if let ("context" | "scratch", Some(written)) = (stage.name(), &stage.written_name) {
            let violation = ReservedStageName {
                name: stage.name().to_owned(),
                written: written.span,
            };
            linter.report(&base, Some(stage.meta.location), violation);
        }
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for ReservedStageName {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.written, "means something else")
                .hint("give the stage another name")
        }
    }
}
