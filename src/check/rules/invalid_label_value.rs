//! # InvalidLabelValue
//!
//! ## What it does
//!
//! Finds labels whose value does not have the form that the project asks for: a URL, a time, a version, a
//! commit, a licence, an address of e-mail.
//!
//! ## Why it is bad
//!
//! What reads the label cannot read it.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! LABEL org.opencontainers.image.created="yesterday"
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! LABEL org.opencontainers.image.created="2026-11-29T12:00:00Z"
//! ```
//!
//! ## Notes
//!
//! Nothing is found unless `labels` in `rdf.toml`, or `label-schema` in `.hadolint.yaml`, says what form a
//! label has: `text`, `url`, `rfc3339`, `semver`, `hash`, `spdx` or `email`. Values with variables are left
//! alone.

use super::facts::literal;
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "InvalidLabelValue",
    "Values of labels should have the form that the project asks for",
)
.aliases(&[
    "DL3051", "DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058",
])
.codes_apart();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wanted = &facts.input.labels;
    if wanted.is_empty() {
        return;
    }
    for (location, pair) in facts.labels() {
        let key = pair.key.trim_matches(['"', '\'']);
        let (Some(kind), Some(value)) = (wanted.get(key), literal(&pair.value)) else {
            continue;
        };
        if let Some(problem) = kind.problem(value) {
            let span = match pair.value.span {
                span if span.start < span.end => span,
                _ => pair.key.span,
            };
            let advice = Advice::at(span, problem)
                .hint(format!("write a value such as `{}`", kind.example()));
            let message = format!("the value of label `{key}` {problem}");
            findings.add_coded(kind.code(value), location, message, advice);
        }
    }
}
