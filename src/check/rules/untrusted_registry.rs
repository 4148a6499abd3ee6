//! # UntrustedRegistry
//!
//! ## What it does
//!
//! Finds images of registries that `trusted-registries` does not name.
//!
//! ## Why it is bad
//!
//! Who can push to a registry decides what is built on. An organisation that mirrors what it has looked at
//! wants nothing from elsewhere.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM quay.io/someone/tool:1
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM registry.example.com/mirror/tool:1
//! ```
//!
//! ## Notes
//!
//! The names are in `rdf.toml`: `[check] trusted-registries = ["docker.io", "*.example.com", "quay.io/team"]`.
//! Without any, nothing is found.

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::image::Reference;
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UntrustedRegistry",
    "Images should come from registries that are trusted",
)
.aliases(&["DL3026"])
.severity(Severity::Error);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let trusted = &facts.input.trusted_registries;
    if trusted.is_empty() {
        return;
    }
    for image in facts.images {
        let Ok(reference) = Reference::parse_normalized(&image.reference) else {
            continue;
        };
        let name = reference.name();
        let registry = name.split('/').next().unwrap_or_default();
        if trusted
            .iter()
            .any(|pattern| is_match(pattern, registry, &name))
        {
            continue;
        }
        if let (Some(location), Some(span)) = (image.location, image.span) {
            let advice = Advice::at(span, format!("from `{registry}`"))
                .hint("take it from a registry that `trusted-registries` names");
            findings.add(
                location,
                format!("`{registry}` is not a trusted registry"),
                advice,
            );
        }
    }
}

/// `docker.io`, `*.example.com`, `quay.io/team`
fn is_match(pattern: &str, registry: &str, name: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(end) => registry.ends_with(end),
        None => {
            pattern == registry
                || name
                    .strip_prefix(pattern)
                    .is_some_and(|rest| rest.starts_with('/'))
        }
    }
}
