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

use super::packages::{PackageCommand, recognise};
use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::shell::Command;

/// The rule.
pub(super) static RULE: Rule = Rule::new("NoisyDownload", "Downloads should print no progress")
    .aliases(&["DL3047"])
    .severity(Severity::Info);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        // That of BusyBox has no such flag.
        if facts.has_busybox(run.stage) && !installs_wget(facts, run.stage) {
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

/// Whether a stage installs the program that others have from the start.
fn installs_wget(facts: &Facts<'_>, stage: usize) -> bool {
    let runs = facts.runs.iter().filter(|run| run.stage == stage);
    let mut commands = runs.flat_map(|run| run.commands());
    commands.any(|(_, command)| {
        let installed = recognise(command).filter(|(_, kind, _)| *kind == PackageCommand::Install);
        installed.is_some_and(|(_, _, words)| words.iter().any(|word| word.text == "wget"))
    })
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
