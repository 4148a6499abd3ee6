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

use super::{Facts, Finding};
use crate::lint::Rule;

/// The rule.
pub(in crate::check) static RULE: Rule = Rule {
    name: "SudoInRun",
    description: "Steps should run as the user they need, without sudo",
    url: "",
    experimental: false,
};

pub(in crate::check) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.runs {
        let sudo = run.commands().find_map(|(script, command)| {
            let word = command.words.first()?;
            (word.text == "sudo").then(|| script.span(word.range.clone()))
        });
        if let Some(span) = sudo {
            findings.push(run.finding(
                &RULE,
                span,
                "a step asks for root by `sudo`",
                "steps are root until `USER` says otherwise",
                "put `USER root` before the step, and the user back after it",
            ));
        }
    }
}
