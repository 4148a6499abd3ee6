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

use super::{Facts, Finding};
use crate::image::Reference;
use crate::lint::Rule;

/// The rule.
pub(in crate::check) static RULE: Rule = Rule {
    name: "LatestTag",
    description: "Images should be named with a tag that says which version they are",
    url: "",
    experimental: false,
};

pub(in crate::check) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for image in facts.images {
        let Ok(reference) = Reference::parse_normalized(&image.reference) else {
            continue;
        };
        if reference.digest().is_some() || reference.tag().is_some_and(|tag| tag != "latest") {
            continue;
        }
        let (Some(location), Some(span)) = (image.location, facts.place_of(image)) else {
            continue;
        };
        let name = reference.familiar_name();
        let written = crate::check::text_at(facts.bytes, span).unwrap_or_default();
        let label = if written.contains("latest") || written.contains('$') {
            "whatever was pushed last"
        } else {
            "no tag is `latest`: whatever was pushed last"
        };
        findings.push(Finding {
            rule: &RULE,
            location,
            span,
            message: format!("which version of `{name}` is meant is not said"),
            label,
            hint: format!("name one: `{name}:VERSION`"),
        });
    }
}
