//! # AptInScript
//!
//! ## What it does
//!
//! Finds `apt` in `RUN`.
//!
//! ## Why it is bad
//!
//! `apt` is for people: its output and its flags may change with any version, as it says itself whenever it
//! is used in a script. `apt-get` and `apt-cache` stay as they are.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt update && apt install -y curl
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("AptInScript", "Scripts should use apt-get, not apt").aliases(&["DL3027"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let found = run
            .commands()
            .find(|(_, command)| command.program() == Some("apt"));
        if let Some((script, command)) = found {
            let word = command
                .program_word()
                .map_or(command.range(), |word| word.range.clone());
            let advice = Advice::at(script.span(word), "has no stable interface")
                .hint("write `apt-get` or `apt-cache`");
            findings.add(run.run.meta.location, "a script uses `apt`", advice);
        }
    }
}
