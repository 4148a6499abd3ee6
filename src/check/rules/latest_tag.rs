//! # LatestTag
//!
//! ## What it does
//!
//! Finds images with the tag `latest`, or with none, which means the same.
//!
//! ## Why it is bad
//!
//! `latest` is what was pushed last. The next build may be on another major version, on another
//! distribution even, and nobody can tell which one an image was made from.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM node:22
//! ```
//!
//! ## Notes
//!
//! Variables are replaced by their defaults first. Images with a digest are left alone.

use super::{Facts, Findings};
use crate::image::Reference;
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "LatestTag",
    "Images should be named with a tag that says which version they are",
)
.aliases(&["DL3006", "DL3007"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for image in facts.images {
        let Ok(reference) = Reference::parse_normalized(&image.reference) else {
            continue;
        };
        if !is_latest(&reference) {
            continue;
        }
        let (Some(location), Some(span)) = (image.location, image.span) else {
            continue;
        };
        let name = reference.familiar_name();
        let written = crate::lint::text_at(facts.bytes, span).unwrap_or_default();
        let label = if written.contains("latest") || written.contains('$') {
            "whatever was pushed last"
        } else {
            "no tag is `latest`: whatever was pushed last"
        };
        let advice = Advice::at(span, label).hint(format!("name one: `{name}:VERSION`"));
        let message = format!("which version of `{name}` is meant is not said");
        findings.add(location, message, advice);
    }
}

/// Whether an image is whatever was pushed last.
pub(super) fn is_latest(reference: &Reference) -> bool {
    reference.digest().is_none() && reference.tag().is_none_or(|tag| tag == "latest")
}
