//! # DuplicateStageName
//!
//! ## What it does
//!
//! Finds a stage that has the name of a stage above it.
//!
//! ## Why it is bad
//!
//! `COPY --from` and the build's target can only mean one of them, and which one depends on where
//! they are used.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12 AS build
//! FROM golang:1.25 AS build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12 AS packages
//! FROM golang:1.25 AS build
//! ```

use std::collections::HashMap;

use crate::go::quote;
use crate::lint::{Linter, Rule, Violation};
use crate::syntax::{Argument, Dockerfile, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new("DuplicateStageName", "Stage names should be unique")
    .aliases(&["DL3024"])
    .url("https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/");

/// A name that is taken.
#[derive(Debug)]
struct DuplicateStageName {
    name: String,
    written: Argument,
    first: Argument,
}

impl Violation for DuplicateStageName {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let name = quote::quote(&self.name);
        format!("Duplicate stage name {name}, stage names should be unique").into()
    }
}

/// Reports every stage that has the name of an earlier one.
pub(super) fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let base = linter.base();
    let mut names: HashMap<&str, &Argument> = HashMap::new();
    for stage in &dockerfile.stages {
        let Some(written) = &stage.written_name else {
            continue;
        };
        match names.get(stage.name()) {
            None => {
                names.insert(stage.name(), written);
            }
            Some(first) => {
                let violation = DuplicateStageName {
                    name: stage.name().to_owned(),
                    written: written.clone(),
                    first: (*first).clone(),
                };
                linter.report(&base, Some(stage.meta.location), violation);
            }
        }
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for DuplicateStageName {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.written.span, "taken")
                .related(self.first.span, "the name was given here")
                .hint("give the stage a name of its own")
        }
    }
}
