//! # FromAsCasing
//!
//! ## What it does
//!
//! Finds a `FROM` whose `AS` is written in other letters than `FROM` itself.
//!
//! ## Why it is bad
//!
//! The two words belong to one instruction. Written alike both are seen to be keywords, and what
//! stands around them to be names.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25 as build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! ```
//!
//! ## Notes
//!
//! A `FROM` in mixed case is left to ConsistentInstructionCasing.

use crate::lint::{Linter, Rule, Scope, Violation};
use crate::syntax::{Argument, InstructionMeta, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "FromAsCasing",
    "The 'as' keyword should match the case of the 'from' keyword",
)
.url("https://docs.docker.com/go/dockerfile/rule/from-as-casing/")
.fixable();

/// An `AS` in other letters than its `FROM`.
#[derive(Debug)]
struct FromAsCasing {
    from: Argument,
    as_keyword: Argument,
}

impl Violation for FromAsCasing {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        Text::concat([
            b"'",
            self.as_keyword.as_bytes(),
            b"' and '",
            self.from.as_bytes(),
            b"' keywords' casing do not match",
        ])
    }
}

/// Reports an `AS`, or whatever stands in its place, in other letters than its `FROM`.
pub(super) fn check(
    from: &InstructionMeta,
    as_keyword: &Argument,
    scope: &Scope,
    linter: &mut Linter,
) {
    if !from.has_word_in_its_casing(as_keyword) {
        let violation = FromAsCasing {
            from: from.keyword.clone(),
            as_keyword: as_keyword.clone(),
        };
        linter.report(scope, Some(from.location), violation);
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, in_case};

    impl Advise for FromAsCasing {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            let lower = self.from.is_lower_case();
            let title = format!("write `{}`", in_case(&self.as_keyword, lower));
            cx.at(self.as_keyword.span, "not like its FROM")
                .hint("write both alike")
                .fix(|| Ok(Fix::new(title, vec![cx.recase(&self.as_keyword, lower)?])))
        }
    }
}
