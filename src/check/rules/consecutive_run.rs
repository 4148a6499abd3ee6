//! # ConsecutiveRun
//!
//! ## What it does
//!
//! Finds `RUN` right below `RUN`, with the same flags, in stages that become images.
//!
//! ## Why it is bad
//!
//! Every `RUN` is a layer. What one writes and the next deletes stays in the image.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update
//! RUN apt-get install -y curl
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::syntax::{Instruction, RunInstruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "ConsecutiveRun",
    "Steps that follow each other could be one",
)
.aliases(&["DL3059"])
.severity(Severity::Info);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, stage) in facts.dockerfile.stages.iter().enumerate() {
        if !facts.is_shipped(index) {
            continue;
        }
        let next = stage.instructions.iter().skip(1);
        for (first, second) in stage.instructions.iter().zip(next) {
            let (Instruction::Run(first), Instruction::Run(second)) = (first, second) else {
                continue;
            };
            let flags = |run: &RunInstruction| -> Vec<String> {
                run.mounts
                    .iter()
                    .map(|mount| mount.as_str().to_owned())
                    .collect()
            };
            let same = flags(first) == flags(second)
                && first.network == second.network
                && first.security == second.security
                && first.command.shell == second.command.shell;
            if same && first.command.files.is_empty() && second.command.files.is_empty() {
                let advice = Advice::at(second.meta.keyword.span, "a layer of its own")
                    .hint("put the commands of both into one `RUN`");
                let message = "two steps that follow each other could be one";
                findings.add(second.meta.location, message, advice);
            }
        }
    }
}
