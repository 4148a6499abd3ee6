//! # NamedUser
//!
//! ## What it does
//!
//! Finds images whose user is a name and not a number.
//!
//! ## Why it is bad
//!
//! What runs a container cannot tell who a name is without looking into the image. Kubernetes, asked to run
//! no container as root (`runAsNonRoot`), refuses an image whose user is a name.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN useradd --uid 10001 app
//! USER app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN useradd --uid 10001 app
//! USER 10001
//! ```
//!
//! ## Notes
//!
//! Only the last `USER` of an image that is shipped counts. Variables, and root, which RootUser is about,
//! are left alone.

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new("NamedUser", "Users of images should be numbers")
    .aliases(&["DL3066"])
    .severity(Severity::Info);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, stage) in facts.dockerfile.stages.iter().enumerate() {
        let last = stage.instructions.iter().rev().find_map(|it| match it {
            Instruction::User(user) => Some(user),
            _ => None,
        });
        let Some(user) = last.filter(|_| !facts.is_used(index)) else {
            continue;
        };
        let name = user.user.split(':').next().unwrap_or_default();
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        // Users that every image of Windows has.
        let is_windows = matches!(name, "ContainerUser" | "ContainerAdministrator");
        if is_windows || is_number || name.contains(['$', '"', '\'', '\\']) || name == "root" {
            continue;
        }
        let advice = Advice::at(user.user.span, "only the image knows who that is")
            .hint("give the user a number, as by `useradd --uid 10001`, and write `USER 10001`");
        let message = format!("the user `{name}` is not a number");
        findings.add(user.meta.location, message, advice);
    }
}
