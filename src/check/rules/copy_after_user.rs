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
//! Code that nobody should change at run time is better left to root: programs and settings that go to
//! `/usr`, `/bin`, `/etc` and the like are not reported. Nor are users of Windows, where files have no such
//! owner.

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
            let (is_owned, paths, meta) = match instruction {
                Instruction::User(it) => {
                    let name = it.user.split(':').next().unwrap_or_default();
                    let is_root = matches!(
                        name,
                        "root" | "0" | "ContainerUser" | "ContainerAdministrator"
                    );
                    user = (!is_root).then_some(it);
                    continue;
                }
                Instruction::Copy(it) => (it.chown.is_some(), &it.paths, &it.meta),
                Instruction::Add(it) => (it.chown.is_some(), &it.paths, &it.meta),
                _ => continue,
            };
            let is_owned = is_owned || is_of_system(&paths.dest);
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

/// Whether files there are for everybody to use, and for root to change.
fn is_of_system(destination: &str) -> bool {
    let first = destination.trim_start_matches('/').split('/').next();
    let first = first.filter(|_| destination.starts_with('/'));
    matches!(
        first.unwrap_or("."),
        "" | "bin" | "etc" | "lib" | "lib64" | "sbin" | "usr"
    )
}
