//! # SystemUpgrade
//!
//! ## What it does
//!
//! Finds upgrades of the whole system: `apt-get dist-upgrade`, `apk upgrade`, `dnf update`, `yum update`,
//! `zypper dist-upgrade` without names of packages.
//!
//! ## Why it is bad
//!
//! What is installed depends on the day of the build, every changed file is in the image twice, and the step
//! is cached: it does not keep the image up to date. A newer base image does.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk upgrade
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.21
//! ```

use super::packages::codes;
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::Command;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "SystemUpgrade",
    "Base images should be updated by taking a newer one",
)
.aliases(&["DL3005", "DL3017", "DL3031", "DL3035", "DL3039"])
.codes_apart();

/// Programs, and words that upgrade everything.
const UPGRADES: [(&[&str], &[&str]); 4] = [
    (&["apt-get", "apt"], &["dist-upgrade", "full-upgrade"]),
    (&["apk"], &["upgrade"]),
    (
        &["dnf", "yum", "microdnf", "tdnf"],
        &["update", "upgrade", "distro-sync"],
    ),
    (&["zypper"], &["dist-upgrade", "dup", "update", "up"]),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let found = run.commands().find(|(_, command)| upgrades_all(command));
        if let Some((script, command)) = found {
            let program = command.program().unwrap_or_default();
            let advice = Advice::at(
                script.span(command.range()),
                "of the day on which the step ran",
            )
            .hint("take a newer base image, or upgrade single packages by name");
            let message = format!("`{program}` upgrades the whole system");
            findings.add_coded(
                codes(command).upgrade,
                run.run.meta.location,
                message,
                advice,
            );
        }
    }
}

fn upgrades_all(command: &Command) -> bool {
    let (program, words) = command.arguments();
    let program = program.unwrap_or_default();
    let mut upgrades = UPGRADES.iter();
    let Some((_, subcommands)) = upgrades.find(|(programs, _)| programs.contains(&program)) else {
        return false;
    };
    let mut operands = words.iter().filter(|word| !word.text.starts_with('-'));
    let is_upgrade = operands
        .next()
        .is_some_and(|word| subcommands.contains(&word.text.as_str()));
    is_upgrade && (operands.next().is_none() || program.starts_with("apt"))
}
