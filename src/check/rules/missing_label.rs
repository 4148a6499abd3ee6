//! # MissingLabel
//!
//! ## What it does
//!
//! Finds images without a label that the project asks for.
//!
//! ## Why it is bad
//!
//! Registries and tools read where an image comes from, who looks after it and under which licence it is
//! out of its labels.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
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
//! Nothing is found unless `labels` in `rdf.toml`, or `label-schema` in `.hadolint.yaml`, says which labels
//! there must be. Labels of the stages that a stage is built on count; those of its base image are not
//! known. Stages that others are built on or copy from are left alone.

use super::facts::first_line;
use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "MissingLabel",
    "Images should have the labels that the project asks for",
)
.aliases(&["DL3049"])
.severity(Severity::Info);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wanted = &facts.input.labels;
    if wanted.is_empty() {
        return;
    }
    for (index, stage) in facts.dockerfile.stages.iter().enumerate() {
        if facts.is_used(index) {
            continue;
        }
        for (key, kind) in wanted {
            if facts
                .labels_of(index)
                .any(|(_, pair)| pair.key.trim_matches(['"', '\'']) == key)
            {
                continue;
            }
            let advice = Advice::at(first_line(facts, &stage.meta), "this image has none")
                .hint(format!("write `LABEL {key}=\"{}\"`", kind.example()));
            let message = format!("label `{key}` is missing");
            findings.add(stage.meta.location, message, advice);
        }
    }
}
