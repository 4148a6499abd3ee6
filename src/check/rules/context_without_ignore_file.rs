//! # ContextWithoutIgnoreFile
//!
//! ## What it does
//!
//! Finds `COPY` and `ADD` of the whole build context where there is no `.dockerignore`.
//!
//! ## Why it is bad
//!
//! Everything in the directory goes to the builder and into the image: `.git`, `node_modules`, results of
//! builds, files with passwords. And whatever changes in there makes the step, and all after it, run
//! again.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node:22
//! COPY . .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! # .dockerignore holds: .git and node_modules
//! FROM node:22
//! COPY . .
//! ```
//!
//! ## Notes
//!
//! The ignore file is looked for beside the Dockerfile and in the directories above it, up to the root of
//! the repository.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::{Instruction, SourcesAndDest};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "ContextWithoutIgnoreFile",
    "The whole build context should not be copied without an ignore file",
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.input.has_ignore_file != Some(false) {
        return;
    }
    for (_, instruction) in facts.instructions() {
        let paths: &SourcesAndDest = match instruction {
            Instruction::Add(add) => &add.paths,
            Instruction::Copy(copy) if copy.from.as_ref().is_none_or(|from| from.is_empty()) => {
                &copy.paths
            }
            _ => continue,
        };
        let whole = paths
            .sources
            .iter()
            .find(|source| matches!(source.as_str(), "." | "./" | "/" | "*" | "./*" | "/*"));
        if let Some(source) = whole {
            let advice = Advice::at(source.span, "with `.git` and everything else in it")
                .hint("write a `.dockerignore`, or copy what is needed");
            let message = "the whole build context is copied without a `.dockerignore`";
            findings.add(instruction.meta().location, message, advice);
        }
    }
}
