//! # UseraddHighUid
//!
//! ## What it does
//!
//! Finds `useradd` with a high number and without `--no-log-init`.
//!
//! ## Why it is bad
//!
//! `useradd` writes to `/var/log/lastlog` and `/var/log/faillog` at the place of the number: the files get
//! as large as the number is high, hundreds of gigabytes for some, and so does the layer where it is not
//! stored sparsely.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN useradd -u 1000600000 app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN useradd --no-log-init -u 1000600000 app
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::Command;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UseraddHighUid",
    "Users with a high number should be added without a log entry",
)
.aliases(&["DL3046"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let found = run.commands().find(|(_, command)| is_sparse(command));
        if let Some((script, command)) = found {
            let advice = Advice::at(
                script.span(command.range()),
                "writes a log as long as the number is high",
            )
            .hint("write `useradd --no-log-init`");
            let message = "`useradd` with a high number writes huge log files";
            findings.add(run.run.meta.location, message, advice);
        }
    }
}

fn is_sparse(command: &Command) -> bool {
    let (program, words) = command.arguments();
    if program != Some("useradd") {
        return false;
    }
    let texts = || words.iter().map(|word| word.text.as_str());
    let is_told = |text: &str| {
        text == "--no-log-init"
            || text.starts_with('-') && !text.starts_with("--") && text.contains('l')
    };
    let values = texts().zip(texts().skip(1));
    let mut separate = values
        .filter(|(flag, _)| matches!(*flag, "-u" | "--uid"))
        .map(|(_, value)| value);
    let mut joined = texts().filter_map(|text| text.strip_prefix("--uid="));
    let is_high = |value: &str| value.len() > 5 && value.bytes().all(|byte| byte.is_ascii_digit());
    (separate.any(is_high) || joined.any(is_high)) && !texts().any(is_told)
}
