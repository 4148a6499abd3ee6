//! InvalidDefinitionDescription

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
