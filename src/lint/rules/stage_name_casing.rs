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

use crate::lint::casing::is_lower_case;
use crate::lint::{Linter, Rule, Scope};
use crate::syntax::{InstructionMeta, Text};

/// The rule.
pub static RULE: Rule = Rule {
    name: "StageNameCasing",
    description: "Stage names should be lowercase",
    url: "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
    experimental: false,
};

/// Words a finding.
pub fn detail(stage_name: &str) -> String {
    format!("Stage name '{stage_name}' should be lowercase")
}

/// Reports a stage whose name is not in lower case.
pub fn check(from: &InstructionMeta, name: &Text, scope: &Scope, linter: &mut Linter) {
    if !is_lower_case(name) {
        linter.report(scope, &RULE, Some(from.location), detail(name.as_str()));
    }
}
