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

use crate::go::quote;
use crate::lint::{Linter, Rule};
use crate::syntax::Dockerfile;
use std::collections::HashSet;

/// The rule.
pub static RULE: Rule = Rule {
    name: "DuplicateStageName",
    description: "Stage names should be unique",
    url: "https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/",
    experimental: false,
};

/// Words a finding.
pub fn detail(stage_name: &str) -> String {
    format!(
        "Duplicate stage name {}, stage names should be unique",
        quote::quote(stage_name)
    )
}

/// Reports every stage that has the name of an earlier one.
pub fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let base = linter.base();
    let mut names = HashSet::new();
    for stage in dockerfile
        .stages
        .iter()
        .filter(|stage| !stage.name().is_empty())
    {
        if !names.insert(stage.name()) {
            linter.report(
                &base,
                &RULE,
                Some(stage.meta.location),
                detail(stage.name()),
            );
        }
    }
}
