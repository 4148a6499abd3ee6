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

use crate::lint::{Linter, Rule, Scope, Violation};
use crate::source::Span;
use crate::syntax::{ArgInstruction, Stage, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "InvalidDefinitionDescription",
    "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.",
)
.url("https://docs.docker.com/go/dockerfile/rule/invalid-definition-description/")
.experimental();

/// A definition with a comment that does not describe it.
#[derive(Debug)]
struct InvalidDefinitionDescription {
    /// `ARG` or `FROM`
    instruction: &'static str,
    /// The word that the comment should begin with.
    name: String,
    /// What is defined.
    defined: Span,
}

impl Violation for InvalidDefinitionDescription {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let (instruction, name) = (self.instruction, &self.name);
        format!("Comment for {instruction} should follow the format: `# {name} <description>`")
            .into()
    }
}

/// Reports a comment above a stage that does not describe it.
pub(super) fn check_stage(stage: &Stage, scope: &Scope, linter: &mut Linter) {
    if let (Some(name), Some(written)) = (stage.misplaced_description(), &stage.written_name) {
        let violation = InvalidDefinitionDescription {
            instruction: "FROM",
            name: name.to_owned(),
            defined: written.span,
        };
        linter.report(scope, Some(stage.meta.location), violation);
    }
}

/// Reports a comment above an `ARG` that does not describe it.
pub(super) fn check_arg(arg: &ArgInstruction, scope: &Scope, linter: &mut Linter) {
    if let Some(name) = arg.misplaced_description() {
        let violation = InvalidDefinitionDescription {
            instruction: "ARG",
            name: name.to_owned(),
            defined: match arg.args.as_slice() {
                [only] => only.key.span,
                _ => arg.meta.args,
            },
        };
        linter.report(scope, Some(arg.meta.location), violation);
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for InvalidDefinitionDescription {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at_arguments(
                self.defined,
                "the comment above does not begin with this name",
            )
            .hint("begin the comment with the name, or put an empty `#` line below it")
        }
    }
}
