//! # StageNameCasing
//!
//! ## What it does
//!
//! Finds a stage whose name is not written in lower case.
//!
//! ## Why it is bad
//!
//! Names of stages have no case, and are shown in lower case. Written so they are also told from
//! keywords at a glance.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25 AS BuildBase
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build-base
//! ```

use crate::lint::{Linter, Rule, Scope, Violation};
use crate::syntax::{Argument, InstructionMeta, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new("StageNameCasing", "Stage names should be lowercase")
    .url("https://docs.docker.com/go/dockerfile/rule/stage-name-casing/")
    .fixable();

/// A name that is not in lower case.
#[derive(Debug)]
struct StageNameCasing {
    name: Argument,
}

impl Violation for StageNameCasing {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        Text::concat([
            b"Stage name '",
            self.name.as_bytes(),
            b"' should be lowercase",
        ])
    }
}

/// Reports a stage whose name is not in lower case.
pub(super) fn check(from: &InstructionMeta, name: &Argument, scope: &Scope, linter: &mut Linter) {
    if !name.is_lower_case() {
        let name = name.clone();
        linter.report(scope, Some(from.location), StageNameCasing { name });
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, in_case};

    impl Advise for StageNameCasing {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            let title = format!("write `{}`", in_case(&self.name, true));
            cx.at(self.name.span, "")
                .hint("write it in lower case")
                .fix(|| Ok(Fix::new(title, vec![cx.recase(&self.name, true)?])))
        }
    }
}
