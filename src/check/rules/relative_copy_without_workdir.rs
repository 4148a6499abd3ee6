//! # RelativeCopyWithoutWorkdir
//!
//! ## What it does
//!
//! Finds `COPY` to a relative destination in a stage that sets no `WORKDIR`.
//!
//! ## Why it is bad
//!
//! The destination depends on the working directory of the base image. When that changes, files are
//! somewhere else.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM python:3.12
//! COPY app.py app/
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM python:3.12
//! WORKDIR /app
//! COPY app.py ./
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "RelativeCopyWithoutWorkdir",
    "Destinations should be absolute where no WORKDIR is set",
)
.aliases(&["DL3045"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut in_stage = vec![false; facts.dockerfile.stages.len()];
    let mut current = None;
    for (stage, instruction) in facts.instructions() {
        if current != Some(stage) {
            current = Some(stage);
            let below = facts
                .below(stage)
                .and_then(|below| in_stage.get(below).copied());
            if let (Some(slot), Some(true)) = (in_stage.get_mut(stage), below) {
                *slot = true;
            }
        }
        match instruction {
            Instruction::Workdir(_) => {
                if let Some(slot) = in_stage.get_mut(stage) {
                    *slot = true;
                }
            }
            Instruction::Copy(copy) if in_stage.get(stage) == Some(&false) => {
                let dest = &copy.paths.dest;
                let is_relative =
                    !dest.starts_with(['/', '$', '\\', '"', '\'']) && !dest.contains(':');
                if is_relative {
                    let advice = Advice::at(dest.span, "relative to what the base image has")
                        .hint("set a `WORKDIR` before it, or write an absolute path");
                    let message = "the destination is relative, and no `WORKDIR` is set";
                    findings.add(copy.meta.location, message, advice);
                }
            }
            _ => {}
        }
    }
}
