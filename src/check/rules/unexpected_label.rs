//! # UnexpectedLabel
//!
//! ## What it does
//!
//! Finds labels that the project does not ask for.
//!
//! ## Why it is bad
//!
//! A label with a slip in its name is one that nobody reads. Where all labels of a project are listed, what
//! is not in the list is a slip, or should be in the list.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! LABEL org.opencontainer.image.source="https://example.com/app"
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! LABEL org.opencontainers.image.source="https://example.com/app"
//! ```
//!
//! ## Notes
//!
//! Nothing is found unless `strict-labels` is on, in `rdf.toml` or in `.hadolint.yaml`.

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::diagnostic::suggest::{Case, suggest};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UnexpectedLabel",
    "Images should have no labels but those that the project asks for",
)
.aliases(&["DL3050"])
.severity(Severity::Info);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.input.strict_labels {
        return;
    }
    let wanted = &facts.input.labels;
    for (location, pair) in facts.labels() {
        let key = pair.key.trim_matches(['"', '\'']);
        if key.contains('$') || wanted.contains_key(key) {
            continue;
        }
        let hint = match suggest(key, wanted.keys(), Case::Sensitive) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "remove it, or add it to `labels` in rdf.toml".to_owned(),
        };
        let advice = Advice::at(pair.key.span, "not in the list of labels").hint(hint);
        findings.add(location, format!("label `{key}` is not asked for"), advice);
    }
}
