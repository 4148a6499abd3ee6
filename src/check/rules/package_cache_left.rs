//! # PackageCacheLeft
//!
//! ## What it does
//!
//! Finds package managers that leave lists or downloaded packages in a layer: `apt-get update` without removing
//! the lists in the same `RUN`, `apk add` without `--no-cache`, `dnf`, `yum` and `zypper` without `clean`,
//! `pip install` without `--no-cache-dir`, `yarn install` without `yarn cache clean`, all without a cache mount.
//!
//! ## Why it is bad
//!
//! The image carries megabytes that nobody reads. A later `RUN` that removes them only hides them: the
//! layer below still has them.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! ## Notes
//!
//! Stages that others only copy from are left alone: their layers are part of no image.

use super::packages::{MANAGERS, PackageCommand, codes, program, recognise};
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::Command;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "PackageCacheLeft",
    "Package managers should leave no lists and packages in a layer",
)
.aliases(&[
    "DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060",
])
.codes_apart();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in facts.runs.iter().filter(|run| facts.is_shipped(run.stage)) {
        let fetching: Vec<_> = run
            .commands()
            .filter_map(|(script, command)| {
                let (manager, kind, _) = recognise(command)?;
                // Images of Debian keep no packages, but lists.
                let leaving = match manager.programs.contains(&"apt-get") {
                    true => PackageCommand::Update,
                    false => PackageCommand::Install,
                };
                (kind == leaving).then_some((manager, script, command))
            })
            .collect();
        for manager in MANAGERS
            .iter()
            .filter(|it| !fetching.is_empty() && !it.clean_hint.is_empty())
        {
            let said = || manager.cleaned.iter();
            let is_cleaned = said()
                .filter(|text| !text.starts_with("--"))
                .any(|text| run.says(text) || facts.sets_variable(run, text));
            if is_cleaned || run.keeps_out(manager.caches) {
                continue;
            }
            let has_flag = |command: &Command| {
                let (_, words) = command.arguments();
                words
                    .iter()
                    .any(|word| said().any(|flag| word.text == *flag))
            };
            let mut leaves = fetching.iter();
            let leaves = leaves
                .find(|(found, _, command)| std::ptr::eq(*found, manager) && !has_flag(command));
            if let Some((_, script, command)) = leaves {
                let program = program(command).map_or("", |(program, _)| program);
                let advice = Advice::at(
                    script.span(command.range()),
                    "nothing in this RUN removes it",
                )
                .hint(manager.clean_hint);
                findings.add_coded(
                    codes(command).cache,
                    run.run.meta.location,
                    format!("`{program}` leaves its cache in the layer"),
                    advice,
                );
            }
        }
    }
}
