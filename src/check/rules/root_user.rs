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
//! Images without `USER` are left alone: what user their base image has is not known. Stages that
//! others only copy from are as well.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("RootUser", "Containers should not run as root").aliases(&["DL3002"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, stage) in facts.dockerfile.stages.iter().enumerate() {
        if !facts.is_shipped(index) {
            continue;
        }
        let last = stage.instructions.iter().rev().find_map(|it| match it {
            Instruction::User(user) => Some(user),
            _ => None,
        });
        let Some(user) = last else {
            continue;
        };
        let name = user.user.split(':').next().unwrap_or_default();
        if matches!(name, "root" | "0") {
            let advice = Advice::at(user.user.span, "all that the container starts is root")
                .hint("end the stage with a `USER` that has no privileges");
            findings.add(
                user.meta.location,
                "the last user of the image is root",
                advice,
            );
        }
    }
}
