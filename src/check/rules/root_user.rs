//! # RootUser
//!
//! ## What it does
//!
//! Finds images whose last `USER` is root.
//!
//! ## Why it is bad
//!
//! What breaks out of a process of root is root: it may change every file of the container, and often more
//! than that.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! USER app
//! RUN id
//! USER root
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! USER root
//! RUN apt-get update
//! USER app
//! ```
//!
//! ## Notes
//!
//! An image without `USER` has that of the stage or image that it is built on. What user an image has is
//! only known where `--metadata` describes it; otherwise nothing is said. Stages that others only copy from
//! are left alone.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::{Instruction, Stage, UserInstruction};

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("RootUser", "Containers should not run as root").aliases(&["DL3002"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, stage) in facts.dockerfile.stages.iter().enumerate() {
        if !facts.is_shipped(index) {
            continue;
        }
        let hint = "end the stage with a `USER` that has no privileges";
        if let Some(user) = last_user(stage) {
            if is_root(&user.user) {
                let label = "all that the container starts is root";
                let advice = Advice::at(user.user.span, label).hint(hint);
                findings.add(
                    user.meta.location,
                    "the last user of the image is root",
                    advice,
                );
            }
            continue;
        }
        // What a stage below says is told there.
        let mut below = facts.chain(index).skip(1);
        if facts.is_used(index) || below.any(|(_, stage)| last_user(stage).is_some()) {
            continue;
        }
        let base = facts.base(index);
        if let Some(user) = base.and_then(|base| base.start.user.as_deref())
            && is_root(user)
        {
            let label = "its user is root, and no `USER` follows";
            let advice = Advice::at(stage.base_name.span, label).hint(hint);
            findings.add(stage.meta.location, "the user of the image is root", advice);
        }
    }
}

fn last_user(stage: &Stage) -> Option<&UserInstruction> {
    stage.instructions.iter().rev().find_map(|it| match it {
        Instruction::User(user) => Some(user),
        _ => None,
    })
}

fn is_root(user: &str) -> bool {
    matches!(
        user.split(':').next().unwrap_or_default(),
        "" | "root" | "0"
    )
}
