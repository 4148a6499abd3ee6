//! # SudoInRun
//!
//! ## What it does
//!
//! Finds `sudo` in `RUN`.
//!
//! ## Why it is bad
//!
//! A step runs as the user that `USER` chose, root at first, and needs nobody's leave. `sudo` handles
//! signals and terminals in its own way, loses the environment that `ENV` set, and as a part of the image
//! is a way to become root.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! USER app
//! RUN sudo apt-get update
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

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "SudoInRun",
    "Steps should run as the user they need, without sudo",
)
.aliases(&["DL3004"])
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let sudo = run.commands().find_map(|(script, command)| {
            let mut words = command.wrappers().iter().chain(command.program_word());
            let word = words.find(|word| word.text.rsplit('/').next() == Some("sudo"))?;
            Some(script.span(word.range.clone()))
        });
        if let Some(span) = sudo {
            let advice = Advice::at(span, "steps are root until `USER` says otherwise")
                .hint("put `USER root` before the step, and the user back after it");
            findings.add(
                run.run.meta.location,
                "a step asks for root by `sudo`",
                advice,
            );
        }
    }
}
