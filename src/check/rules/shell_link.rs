//! # ShellLink
//!
//! ## What it does
//!
//! Finds links that put another shell in the place of `/bin/sh`.
//!
//! ## Why it is bad
//!
//! Every script of the image that asks for `sh` gets the other shell, from then on and at run time. `SHELL`
//! is about the steps of the build.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN ln -sf /bin/bash /bin/sh
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! SHELL ["/bin/bash", "-c"]
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("ShellLink", "Other shells should be chosen by SHELL").aliases(&["DL4005"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let found = run.commands().find(|(_, command)| {
            let (program, words) = command.arguments();
            let last = words.last().map_or("", |word| word.text.as_str());
            program == Some("ln") && matches!(last, "/bin/sh" | "/usr/bin/sh")
        });
        if let Some((script, command)) = found {
            let advice = Advice::at(
                script.span(command.range()),
                "changes `sh` for all scripts of the image",
            )
            .hint("write `SHELL [\"/bin/bash\", \"-c\"]`");
            findings.add(
                run.run.meta.location,
                "`/bin/sh` is made a link to another shell",
                advice,
            );
        }
    }
}
