//! # NoisyDownload
//!
//! ## What it does
//!
//! Finds `wget` that is not told how much to print.
//!
//! ## Why it is bad
//!
//! Where no terminal is, `wget` prints a line for every 50 KiB. The log of the build is full of dots.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN wget https://example.com/tool
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN wget --progress=dot:giga https://example.com/tool
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::Command;

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("NoisyDownload", "Downloads should print no progress").aliases(&["DL3047"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let base = facts.base_image(run.stage).unwrap_or_default();
        // That of BusyBox has no such flag.
        if base.contains("alpine") || base.contains("busybox") {
            continue;
        }
        let found = run.commands().find(|(_, command)| is_noisy(command));
        if let Some((script, command)) = found {
            let advice = Advice::at(
                script.span(command.range()),
                "prints a line for every 50 KiB",
            )
            .hint("write `wget --progress=dot:giga`, or `-nv`");
            findings.add(run.run.meta.location, "`wget` prints its progress", advice);
        }
    }
}

fn is_noisy(command: &Command) -> bool {
    let (program, words) = command.arguments();
    let is_told = words.iter().any(|word| {
        let text = word.text.as_str();
        let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let letters = letters.unwrap_or_default();
        [
            "--progress",
            "--quiet",
            "--no-verbose",
            "--output-file",
            "--append-output",
            "--version",
            "--help",
        ]
        .iter()
        .any(|flag| text.starts_with(flag))
            || letters.contains('q')
            || letters.starts_with("nv")
            || letters == "o"
            || letters == "a"
    });
    program == Some("wget") && !words.is_empty() && !is_told
}
