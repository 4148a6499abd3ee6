//! # UnreachableStage
//!
//! ## What it does
//!
//! Finds stages without a name that no other stage uses and that are not the last.
//!
//! ## Why it is bad
//!
//! Nothing that the stage does is part of what is built; a build leaves it out. Mostly a `--from` or a name
//! is missing.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25
//! RUN go build -o /app
//! FROM alpine:3.20
//! COPY app /app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! RUN go build -o /app
//! FROM alpine:3.20
//! COPY --from=build /app /app
//! ```
//!
//! ## Notes
//!
//! Stages with a name may be targets: `docker build --target NAME`.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule, ShownAs};

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("UnreachableStage", "Every stage should be part of a build")
        .recommended()
        .shown_as(ShownAs::Unnecessary);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let stages = &facts.dockerfile.stages;
    let others = stages.len().saturating_sub(1);
    for (index, stage) in stages.iter().enumerate().take(others) {
        if stage.name().is_empty() && !facts.is_used(index) {
            let advice = Advice::at(
                stage.meta.keyword.span,
                "no stage is built on it or copies from it",
            )
            .hint("name it and copy from it, or remove it");
            let message = "the stage is not part of the build";
            findings.add(stage.meta.location, message, advice);
        }
    }
}
