//! # InvalidLabelKey
//!
//! ## What it does
//!
//! Finds keys of `LABEL` that are not made of lower-case letters, digits and single `.`, `-` and `_`, begin
//! or end otherwise, or are in a namespace of Docker.
//!
//! ## Why it is bad
//!
//! Tools that look for labels expect keys of this form, and the namespaces `com.docker`, `io.docker` and
//! `org.dockerproject` are for Docker itself.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! LABEL Build.Version=1
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! LABEL org.example.build-version=1
//! ```

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "InvalidLabelKey",
    "Keys of labels should follow the rules for them",
)
.aliases(&["DL3048"])
.severity(Severity::Style);

/// What keys of Docker itself begin with.
const RESERVED: [&str; 3] = ["com.docker.", "io.docker.", "org.dockerproject."];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        let Instruction::Label(label) = instruction else {
            continue;
        };
        for pair in &label.pairs {
            let key = pair.key.trim_matches(['"', '\'']);
            let why = match key {
                _ if key.contains('$') || is_valid(key) && !is_reserved(key) => continue,
                _ if is_reserved(key) => "is in a namespace of Docker",
                _ => "is not made of lower-case letters, digits and single `.`, `-` and `_`",
            };
            let advice =
                Advice::at(pair.key.span, "").hint("write a key such as `org.example.name`");
            findings.add(
                label.meta.location,
                format!("the label `{key}` {why}"),
                advice,
            );
        }
    }
}

fn is_reserved(key: &str) -> bool {
    RESERVED.iter().any(|start| key.starts_with(start))
}

fn is_valid(key: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_sign = |byte: u8| matches!(byte, b'.' | b'-' | b'_' | b'/');
    let mut pairs = key.bytes().zip(key.bytes().skip(1));
    let ends = key
        .bytes()
        .next()
        .into_iter()
        .chain(key.bytes().next_back());
    key.bytes().all(|byte| is_letter(byte) || is_sign(byte))
        && ends.clone().count() == 2
        && ends.into_iter().all(is_letter)
        && !pairs.any(|(a, b)| is_sign(a) && is_sign(b))
}
