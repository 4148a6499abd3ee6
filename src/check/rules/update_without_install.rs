//! # UpdateWithoutInstall
//!
//! ## What it does
//!
//! Finds a `RUN` that fetches lists of packages and installs none.
//!
//! ## Why it is bad
//!
//! The step is cached with the lists of the day on which it ran. A later step that installs something
//! new then asks mirrors for versions that are gone, and security updates are never seen.
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
//!
//! ## Notes
//!
//! Steps that start a script, `make` or a program that a variable names are left alone: these may install
//! something. So are steps that download packages or look for them.

use super::packages::{Manager, PackageCommand, recognise};
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Word};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UpdateWithoutInstall",
    "Lists of packages should be fetched in the step that installs packages",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let installs = |manager: &Manager| {
            run.commands().any(|(_, command)| {
                recognise(command).is_some_and(|(found, kind, _)| {
                    kind == PackageCommand::Install && std::ptr::eq(found, manager)
                })
            })
        };
        let found = run.commands().find_map(|(script, command)| {
            let (manager, kind, _) = recognise(command)?;
            let alone = kind == PackageCommand::Update
                && !installs(manager)
                && !run.keeps_out(manager.caches);
            alone.then_some((script, command))
        });
        let may_install = || run.commands().any(|(_, command)| may_install(command));
        if let Some((script, command)) = found.filter(|_| !may_install()) {
            let program = command.program().unwrap_or_default();
            let advice = match swallowed(command) {
                Some(word) => Advice::at(
                    script.span(word.range.clone()),
                    "an argument of the command before it",
                )
                .hint(format!("put `&&` before `{}`", word.text)),
                None => Advice::at(
                    script.span(command.range()),
                    "cached as of the day on which the step ran",
                )
                .hint("put it into the RUN that installs: `apt-get update && apt-get install …`"),
            };
            findings.add(
                run.run.meta.location,
                format!("`{program}` fetches lists, and no package is installed with them"),
                advice,
            );
        }
    }
}

/// The program of a second command, where nothing but a line break is between the two.
fn swallowed(command: &Command) -> Option<&Word> {
    let (_, _, words) = recognise(command)?;
    let is_program = |word: &&Word| command.program() == Some(word.text.as_str());
    words.iter().find(is_program)
}

/// Whether a command may install packages, or need lists of them, in a way that cannot be seen.
fn may_install(command: &Command) -> bool {
    let Some(word) = command.program_word() else {
        return false;
    };
    let (program, words) = command.arguments();
    let program = program.unwrap_or_default();
    let is_script = word.text.starts_with(['.', '~'])
        || word.text.contains('/') && !word.text.contains("bin/")
        || program.contains('.');
    let is_shell = matches!(
        program,
        "sh" | "bash" | "dash" | "ash" | "zsh" | "source" | "."
    );
    let runs_file = is_shell && words.iter().any(|word| !word.text.starts_with('-'));
    let subcommands = [
        "download",
        "source",
        "search",
        "policy",
        "showpkg",
        "madison",
        "show",
        "build-dep",
        "satisfy",
    ];
    word.expands
        || is_script
        || runs_file
        || matches!(
            program,
            "make"
                | "just"
                | "task"
                | "rake"
                | "ansible"
                | "ansible-playbook"
                | "playwright"
                | "npx"
                | "add-apt-repository"
                | "apt-cache"
                | "apt-file"
                | "apt-fast"
                | "gdebi"
                | "mk-build-deps"
                | "tasksel"
                | "rosdep"
                | "unattended-upgrade"
                | "snap"
        )
        || program.starts_with("apt")
            && words
                .iter()
                .any(|word| subcommands.contains(&word.text.as_str()))
}
