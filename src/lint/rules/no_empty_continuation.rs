//! # NoEmptyContinuation
//!
//! ## What it does
//!
//! Finds an empty line within an instruction that is continued by an escape token.
//!
//! ## Why it is bad
//!
//! Empty lines are skipped there, so an instruction reaches further than it looks: a forgotten token
//! at the end of a line takes the next instruction in. They will be an error.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk add \
//!
//!     git
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk add \
//!     git
//! ```
//!
//! ## Notes
//!
//! A line with a comment may stand there instead.

use crate::lint::{Linter, Rule};
use crate::syntax::{Dockerfile, LineWarningKind};

/// The rule.
pub static RULE: Rule = Rule {
    name: "NoEmptyContinuation",
    description: "Empty continuation lines will become errors in a future release",
    url: "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
    experimental: false,
};

/// Words a finding.
pub fn detail() -> String {
    "Empty continuation line".to_owned()
}

/// Reports empty lines within continued instructions.
pub fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let base = linter.base();
    for warning in &dockerfile.warnings {
        if warning.kind == LineWarningKind::EmptyContinuation {
            linter.report(&base, &RULE, Some(warning.location), detail());
        }
    }
}
