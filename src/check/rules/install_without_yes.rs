//! # InstallWithoutYes
//!
//! ## What it does
//!
//! Finds `apt-get`, `dnf`, `yum` and `zypper` that install packages without being told to answer yes.
//!
//! ## Why it is bad
//!
//! A step has nobody who could answer. The program takes that for a no, and the build fails, or worse:
//! nothing is installed.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install curl
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```

use super::Run;
use super::packages::{PackageCommand, add_flags, codes, recognise};
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Joint};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "InstallWithoutYes",
    "Packages should be installed without a question",
)
.aliases(&["DL3014", "DL3030", "DL3034", "DL3038"])
.codes_apart()
.fixable();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let answers = ["Assume-Yes", "assumeyes", "ZYPP_NONINTERACTIVE"];
        if answers.iter().any(|text| run.says(text)) || pipes_yes(run) {
            continue;
        }
        let found: Vec<_> = run
            .commands()
            .filter(|(_, command)| is_asking(command))
            .collect();
        if let Some((script, command)) = found.first().copied() {
            let program = command.program().unwrap_or_default();
            let (flag, place) = match program {
                "zypper" => ("--non-interactive", "zypper --non-interactive install"),
                _ => ("-y", "install -y"),
            };
            let advice = Advice::at(script.span(command.range()), "nobody can answer")
                .hint(format!("write `{place}`"))
                .fix(|| {
                    add_flags(&found, |command| match command.program() {
                        Some("zypper") => "--non-interactive",
                        _ => "-y",
                    })
                });
            let message = format!("`{program}` installs packages without `{flag}`");
            findings.add_coded(codes(command).asks, run.run.meta.location, message, advice);
        }
    }
}

fn pipes_yes(run: &Run<'_>) -> bool {
    run.commands().any(|(_, command)| {
        command.after == Joint::Pipe && matches!(command.program(), Some("yes" | "echo" | "printf"))
    })
}

fn is_asking(command: &Command) -> bool {
    let Some((manager, PackageCommand::Install, _)) = recognise(command) else {
        return false;
    };
    let is_apt = manager.programs.contains(&"apt-get");
    let is_rpm = manager
        .programs
        .iter()
        .any(|it| matches!(*it, "dnf" | "zypper"));
    let (_, words) = command.arguments();
    // Words that a variable stands for may be the flag.
    let answers = words.iter().any(|word| {
        let text = word.text.as_str();
        let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let letters = letters.unwrap_or_default();
        matches!(
            text,
            "--yes"
                | "--assume-yes"
                | "--assumeyes"
                | "--non-interactive"
                | "--no-confirm"
                | "--quiet=2"
                | "--simulate"
                | "--dry-run"
                | "--download-only"
                | "--print-uris"
                | "--force-yes"
                | "--trivial-only"
        ) || letters.contains('y')
            || letters.matches('q').count() > 1
            || letters.contains("q=2")
            || letters.contains('n') && manager.programs.contains(&"zypper")
            || word.expands && !text.contains('/')
    });
    // microdnf never asks.
    (is_apt || is_rpm) && !answers && command.program() != Some("microdnf")
}
