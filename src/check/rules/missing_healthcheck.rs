//! # MissingHealthcheck
//!
//! ## What it does
//!
//! Finds images without `HEALTHCHECK`.
//!
//! ## Why it is bad
//!
//! Without one, a container counts as healthy while its process lives, though it may answer nobody.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM nginx:1.27
//! COPY site /usr/share/nginx/html
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM nginx:1.27
//! COPY site /usr/share/nginx/html
//! HEALTHCHECK CMD ["curl", "-f", "http://localhost/"]
//! ```
//!
//! ## Notes
//!
//! Orchestrators such as Kubernetes have checks of their own and ignore those of images.

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "MissingHealthcheck",
    "Images should say how their health is checked",
)
.aliases(&["DL3057"])
.severity(Severity::Info)
.off_in_hadolint();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let stages = &facts.dockerfile.stages;
    let Some((index, last)) = stages.iter().enumerate().next_back() else {
        return;
    };
    let below = |stage: &usize| facts.below(*stage);
    let has_one = |index: usize| {
        let stage = stages.get(index);
        let mut instructions = stage.into_iter().flat_map(|stage| &stage.instructions);
        instructions.any(|it| matches!(it, Instruction::Healthcheck(_)))
    };
    if !std::iter::successors(Some(index), below).any(has_one) {
        let advice = Advice::at(
            last.meta.keyword.span,
            "this stage and those below have none",
        )
        .hint("add `HEALTHCHECK CMD …`, or `HEALTHCHECK NONE` to say that there is none");
        findings.add(last.meta.location, "the image has no `HEALTHCHECK`", advice);
    }
}
