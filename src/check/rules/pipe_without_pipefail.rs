//! # PipeWithoutPipefail
//!
//! ## What it does
//!
//! Finds pipes in `RUN` whose shell is not told to fail when a command before the last one fails.
//!
//! ## Why it is bad
//!
//! What counts is the end of the pipe. When a download breaks off, `sh` runs the half that came, or
//! `tar` unpacks nothing, and the step is a success, cached for the next build.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN curl -fsSL https://example.com/install.sh | sh
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! SHELL ["/bin/bash", "-o", "pipefail", "-c"]
//! RUN curl -fsSL https://example.com/install.sh | sh
//! ```
//!
//! ## Notes
//!
//! `set -o pipefail` in the script will do as well where the shell knows it: bash and BusyBox's `sh` do, the `sh`
//! of Debian and Ubuntu ends the step with an error. Commands that only print, such as `echo`, are left
//! alone, and so is what goes to a check, such as `sha256sum -c`.

use super::{Facts, Findings, Run};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Joint, Word};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "PipeWithoutPipefail",
    "Pipes should fail when one of their commands fails",
)
.aliases(&["DL4006"])
.recommended();

/// Programs that do not fail: they print, or change what they read.
const PRINTS: [&str; 13] = [
    "cat", "cut", "echo", "fold", "printf", "rev", "seq", "sort", "tr", "true", "uniq", "wc", "yes",
];

/// Whether a command fails when what it reads is not as it should be.
fn checks(command: &Command) -> bool {
    let (program, words) = command.arguments();
    let is_check = |word: &Word| {
        let text = word.text.as_str();
        text == "--check" || text.starts_with('-') && !text.starts_with("--") && text.contains('c')
    };
    program.is_some_and(|program| program.ends_with("sum")) && words.iter().any(is_check)
}

/// What to do, by what is known about the shell: that of Debian knows no pipefail, and images of Alpine have no bash.
fn hint(facts: &Facts<'_>, run: &Run<'_>) -> &'static str {
    let is_bash = run
        .shell
        .iter()
        .any(|word| word.ends_with("bash") || word.ends_with("zsh"));
    if is_bash {
        "begin it with `set -o pipefail &&`"
    } else if facts.has_busybox(run.stage) {
        "begin it with `set -o pipefail &&`, or put `SHELL [\"/bin/ash\", \"-eo\", \"pipefail\", \"-c\"]` before it"
    } else {
        "put `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]` before it, where the image has bash"
    }
}

/// The program whose failure is that of the command: `find` does not fail when what it starts does.
fn failing(command: &Command) -> &str {
    let mut wrappers = command.wrappers().iter();
    match wrappers.find(|word| word.text == "find") {
        Some(find) => &find.text,
        None => command.program().unwrap_or_default(),
    }
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let found = run.scripts.iter().find_map(|script| {
            if run.sets(script, '\0', "pipefail") {
                return None;
            }
            let mut commands = script.commands().iter().peekable();
            while let Some(command) = commands.next() {
                let next = commands.peek().copied();
                let program = command.program().unwrap_or_default();
                let is_lost = command.after == Joint::Pipe && !PRINTS.contains(&program);
                if is_lost && !next.is_some_and(checks) {
                    return Some((script, command, next));
                }
            }
            None
        });
        let Some((script, command, next)) = found else {
            continue;
        };
        let program = failing(command);
        let is_shell = next
            .and_then(|next| next.program())
            .is_some_and(|program| matches!(program, "sh" | "bash" | "dash" | "ash" | "zsh"));
        let label = match is_shell {
            true => "if this breaks off, the shell runs what came so far",
            false => "only the end of the pipe counts",
        };
        let advice = Advice::at(script.span(command.range()), label).hint(hint(facts, run));
        findings.add(
            run.run.meta.location,
            format!("the step succeeds when `{program}` fails"),
            advice,
        );
    }
}
