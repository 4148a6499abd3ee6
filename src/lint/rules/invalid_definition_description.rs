//! # InvalidDefinitionDescription
//!
//! ## What it does
//!
//! Finds a comment above a named `FROM` or an `ARG` that does not begin with the name of the stage or
//! the argument.
//!
//! ## Why it is bad
//!
//! The last comment above such an instruction is shown as its description by tools that list the
//! targets and arguments of a file, but only if it begins with the name.
//!
//! ## Example
//!
//! ```dockerfile
//! # which version to build
//! ARG VERSION=1
//! # compiles everything
//! FROM golang:1.25 AS build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! # VERSION is which version to build
//! ARG VERSION=1
//! # build compiles everything
//! FROM golang:1.25 AS build
//! ```
//!
//! ## Notes
//!
//! An empty comment, a `#` alone, between comment and instruction says that the comment is no
//! description. The rule is off unless `# check=experimental=InvalidDefinitionDescription` asks for it.

use crate::lint::{Linter, Rule, Scope};
use crate::syntax::{ArgInstruction, Stage};

/// The rule.
pub static RULE: Rule = Rule {
    name: "InvalidDefinitionDescription",
    description: "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.",
    url: "https://docs.docker.com/go/dockerfile/rule/invalid-definition-description/",
    experimental: true,
};

/// Words a finding.
pub fn detail(instruction: &str, name: &str) -> String {
    format!("Comment for {instruction} should follow the format: `# {name} <description>`")
}

/// Reports a comment above a stage that does not describe it.
pub fn check_stage(stage: &Stage, scope: &Scope, linter: &mut Linter) {
    if let Some(name) = stage.misplaced_description() {
        linter.report(
            scope,
            &RULE,
            Some(stage.meta.location),
            detail("FROM", name),
        );
    }
}

/// Reports a comment above an `ARG` that does not describe it.
pub fn check_arg(arg: &ArgInstruction, scope: &Scope, linter: &mut Linter) {
    if let Some(name) = arg.misplaced_description() {
        linter.report(scope, &RULE, Some(arg.meta.location), detail("ARG", name));
    }
}
