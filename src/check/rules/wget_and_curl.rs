//! # WgetAndCurl
//!
//! ## What it does
//!
//! Finds stages that use both `wget` and `curl`.
//!
//! ## Why it is bad
//!
//! Both do the same. Each brings libraries and certificates along, and has options of its own to get right.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN curl -fsSLO https://example.com/a && wget https://example.com/b
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN curl -fsSLO https://example.com/a && curl -fsSLO https://example.com/b
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("WgetAndCurl", "One program for downloads is enough").aliases(&["DL4001"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut first: Option<(usize, &str)> = None;
    let mut told = None;
    for run in &facts.runs {
        for (script, command) in run.commands() {
            let Some(program @ ("wget" | "curl")) = command.program() else {
                continue;
            };
            match first {
                Some((stage, other)) if stage == run.stage => {
                    if other != program && told != Some(stage) {
                        told = Some(stage);
                        let advice =
                            Advice::at(script.span(command.range()), "and the other one before")
                                .hint(format!("use `{other}` here as well"));
                        let message = "both `wget` and `curl` are used";
                        findings.add(run.run.meta.location, message, advice);
                    }
                }
                _ => first = Some((run.stage, program)),
            }
        }
    }
}
