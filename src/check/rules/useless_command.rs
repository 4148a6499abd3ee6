//! # UselessCommand
//!
//! ## What it does
//!
//! Finds commands in `RUN` that are about a running machine: `ssh`, `vim`, `shutdown`, `service`, `ps`,
//! `free`, `top`, `kill`, `mount`, `ifconfig`.
//!
//! ## Why it is bad
//!
//! A step leaves files behind and nothing else. Services that it starts end with it, and what it shows
//! nobody sees.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN service nginx start
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! CMD ["nginx", "-g", "daemon off;"]
//! ```

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::shell::Command;
use crate::syntax::RunMountKind;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UselessCommand",
    "Steps should not start what has no effect in an image",
)
.aliases(&["DL3001"])
.severity(Severity::Info);

/// About a running machine.
const PROGRAMS: [&str; 10] = [
    "free", "ifconfig", "kill", "mount", "ps", "service", "shutdown", "ssh", "top", "vim",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let has_agent = run
            .mounts
            .iter()
            .any(|mount| mount.kind == RunMountKind::Ssh);
        let is_useless = |command: &Command| {
            let program = command.program().unwrap_or_default();
            PROGRAMS.contains(&program) && !(program == "ssh" && has_agent)
        };
        // What follows in the step may need the service, and ends what was started before.
        let found = run.scripts.iter().find_map(|script| {
            let useful = script
                .commands()
                .iter()
                .rposition(|command| !is_useless(command));
            let from = useful.map_or(0, |useful| useful + 1);
            let command = script.commands().get(from)?;
            let ends_another = command.program() == Some("kill") && from > 0;
            (!ends_another).then_some((script, command))
        });
        if let Some((script, command)) = found {
            let program = command.program().unwrap_or_default();
            let advice = Advice::at(script.span(command.range()), "ends with the step")
                .hint("remove it, or start it when the container does");
            let message = format!("`{program}` has no effect that stays in the image");
            findings.add(run.run.meta.location, message, advice);
        }
    }
}
