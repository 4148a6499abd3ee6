//! # CopyAfterUser
//!
//! ## What it does
//!
//! Finds `COPY` and `ADD` without `--chown` below a `USER` that is not root.
//!
//! ## Why it is bad
//!
//! What is copied belongs to root, whatever `USER` says. The user can read it, but not write or delete it.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node:22
//! USER node
//! COPY . /app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM node:22
//! USER node
//! COPY --chown=node . /app
//! ```
//!
//! ## Notes
//!
//! Code that nobody should change at run time is better left to root.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::{Instruction, UserInstruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "CopyAfterUser",
    "Files should belong to the user that works with them",
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for stage in &facts.dockerfile.stages {
        let mut user: Option<&UserInstruction> = None;
        for instruction in &stage.instructions {
            let (is_owned, meta) = match instruction {
                Instruction::User(it) => {
                    let name = it.user.split(':').next().unwrap_or_default();
                    user = (!matches!(name, "root" | "0")).then_some(it);
                    continue;
                }
                Instruction::Copy(it) => (it.chown.is_some(), &it.meta),
                Instruction::Add(it) => (it.chown.is_some(), &it.meta),
                _ => continue,
            };
            if let (Some(user), false) = (user, is_owned) {
                let name = user.user.as_str();
                let advice = Advice::at(meta.keyword.span, "belongs to root")
                    .related(user.user.span, "the user")
                    .hint(format!("write `--chown={name}` if the user writes to it"));
                let message = format!("what is copied does not belong to `{name}`");
                findings.add(meta.location, message, advice);
            }
        }
    }
}
