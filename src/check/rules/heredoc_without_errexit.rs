//! # HeredocWithoutErrexit
//!
//! ## What it does
//!
//! Finds `RUN` with a heredoc of several commands and no `set -e`.
//!
//! ## Why it is bad
//!
//! A step fails when its last command does. What fails before that is ignored, and the build goes on
//! with half of the work done.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN <<EOF
//! wget https://example.com/tool
//! install tool /usr/bin
//! EOF
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN <<EOF
//! set -e
//! wget https://example.com/tool
//! install tool /usr/bin
//! EOF
//! ```
//!
//! ## Notes
//!
//! `SHELL ["/bin/sh", "-e", "-c"]` says it for all that follow, and so does a first line such as
//! `#!/bin/sh -e`.

use super::{Facts, Findings, Run};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Script, is_assignment};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "HeredocWithoutErrexit",
    "Heredocs of several commands should begin with `set -e`",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        // The first script is what stands beside the opener.
        let Some((line, bodies)) = run.scripts.split_first() else {
            continue;
        };
        if let Some(body) = bodies.iter().find(|body| goes_on(run, line, body)) {
            let mut commands = body.commands().iter();
            let first = commands.find(|command| can_fail(command) && command.goes_on);
            let first = first.map(|command| command.range());
            let advice = Advice::at(
                body.span(first.unwrap_or_default()),
                "if this fails, the next command runs all the same",
            )
            .hint("begin it with `set -e`");
            findings.add(
                run.run.meta.location,
                "the heredoc goes on after a command that fails",
                advice,
            );
        }
    }
}

/// Whether it makes a difference when the command fails: not for those that only print or set something, and not for
/// the end of `… || exit 1`.
fn can_fail(command: &Command) -> bool {
    let program = command.program().unwrap_or_default();
    let is_quiet = matches!(
        program,
        "set"
            | "exit"
            | "return"
            | "true"
            | ":"
            | "echo"
            | "printf"
            | "export"
            | "shopt"
            | "unset"
            | "umask"
    );
    !is_quiet && !command.texts().all(is_assignment)
}

/// Whether a command of the body is followed by another, whatever comes of it.
fn goes_on(run: &Run<'_>, line: &Script, body: &Script) -> bool {
    let first_line = body.text.lines().next().unwrap_or_default();
    let by_first_line = first_line.starts_with("#!")
        && first_line
            .split_ascii_whitespace()
            .any(|word| word.starts_with('-') && word.contains('e'));
    body.commands()
        .iter()
        .any(|command| can_fail(command) && command.goes_on && !command.nested)
        && !by_first_line
        && !run.sets(body, 'e', "errexit")
        && !run.sets(line, 'e', "errexit")
}
