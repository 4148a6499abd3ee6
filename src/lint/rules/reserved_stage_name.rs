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
use crate::lint::{Linter, Rule};
use crate::syntax::Dockerfile;

/// The rule.
pub static RULE: Rule = Rule {
    name: "ReservedStageName",
    description: "Reserved words should not be used as stage names",
    url: "https://docs.docker.com/go/dockerfile/rule/reserved-stage-name/",
    experimental: false,
};

/// Words a finding.
pub fn detail(stage_name: &str) -> String {
    format!(
        "Stage name should not use the same name as reserved stage {}",
        quote::quote(stage_name)
    )
}

/// Reports stages called like something that is there without them.
pub fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let base = linter.base();
    for stage in dockerfile
        .stages
        .iter()
        .filter(|stage| matches!(stage.name(), "context" | "scratch"))
    {
        linter.report(
            &base,
            &RULE,
            Some(stage.meta.location),
            detail(stage.name()),
        );
    }
}
