//! # CdInRun
//!
//! ## What it does
//!
//! Finds `cd` in `RUN`.
//!
//! ## Why it is bad
//!
//! `cd` holds for its own step only, hides in the middle of a command, and its failure is easily overlooked.
//! `WORKDIR` makes the directory, is seen in the image and holds for all that follows.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node:22
//! RUN cd /app && npm ci
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM node:22
//! WORKDIR /app
//! RUN npm ci
//! ```
//!
//! ## Notes
//!
//! `cd` within `$(…)` is left alone.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "CdInRun",
    "Directories of steps should be chosen by WORKDIR",
)
.aliases(&["DL3003"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let found = run
            .commands()
            .find(|(_, command)| !command.nested && command.program() == Some("cd"));
        if let Some((script, command)) = found {
            let advice = Advice::at(script.span(command.range()), "holds for this step only")
                .hint("choose the directory by `WORKDIR` before the step");
            let message = "a step changes its directory by `cd`";
            findings.add(run.run.meta.location, message, advice);
        }
    }
}
