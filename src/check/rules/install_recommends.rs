//! # InstallRecommends
//!
//! ## What it does
//!
//! Finds `apt-get install` without `--no-install-recommends`.
//!
//! ## Why it is bad
//!
//! Debian installs what a package recommends along with it: documentation, desktop parts, servers. The image
//! gets larger, and there is more in it to keep up to date.
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
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! ```

use super::packages::{PackageCommand, add_flags, recognise};
use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Script};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "InstallRecommends",
    "Packages should be installed without those that they recommend",
)
.aliases(&["DL3015"])
.fixable()
.severity(Severity::Info);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let is_told = |text: &str| text.to_ascii_lowercase().contains("install-recommends");
    // Once it is in a config file it holds for what follows. A flag is not written into one.
    let is_configured = |text: &str| is_told(&text.replace("--no-install-recommends", ""));
    let mut configured = None;
    for run in &facts.runs {
        if run
            .scripts
            .iter()
            .any(|script| is_configured(&script.text) && script.text.contains("/etc/apt"))
        {
            configured = Some(run.stage);
        }
        if configured == Some(run.stage) {
            continue;
        }
        let told_nothing = |(_, command): &(&Script, &Command)| {
            let Some((manager, PackageCommand::Install, _)) = recognise(command) else {
                return false;
            };
            let (_, words) = command.arguments();
            let installs = words.iter().any(|word| word.text == "install");
            let told = words
                .iter()
                .any(|word| is_told(&word.text) || word.expands && word.text.starts_with('$'));
            manager.programs.contains(&"apt-get") && installs && !told
        };
        let found: Vec<_> = run.commands().filter(told_nothing).collect();
        if let Some((script, command)) = found.first().copied() {
            let program = command.program().unwrap_or_default();
            let advice = Advice::at(
                script.span(command.range()),
                "with all that its packages recommend",
            )
            .hint("write `install --no-install-recommends`")
            .fix(|| add_flags(&found, |_| "--no-install-recommends"));
            let message = format!("`{program} install` installs recommended packages as well");
            findings.add(run.run.meta.location, message, advice);
        }
    }
}
