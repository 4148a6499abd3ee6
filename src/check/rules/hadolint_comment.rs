//! # HadolintComment
//!
//! ## What it does
//!
//! Finds comments for hadolint that could be for `rdf`.
//!
//! ## Why it is bad
//!
//! They count as they are. But a code says less than a name, and of a comment for hadolint nobody is told
//! when it suppresses nothing any more.
//!
//! ## Example
//!
//! ```dockerfile
//! # hadolint ignore=DL3006
//! FROM debian
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! # rdf: ignore=LatestTag
//! FROM debian
//! ```
//!
//! ## Notes
//!
//! A code that has no rule here stays, and its comment with it.

use super::{Facts, Findings};
use crate::check::comments::Comments;
use crate::diagnostic::Severity;
use crate::lint::{Advice, Fix, Rule};
use crate::source::Edit;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "HadolintComment",
    "Comments that suppress findings should name rules",
)
.severity(Severity::Style)
.fixable();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let comments = Comments::read(facts.dockerfile, facts.bytes);
    for (span, lines, ours) in comments.of_hadolint() {
        let advice = Advice::at(span, "").fix(|| {
            let ours = ours.ok_or_else(|| "a code in it has no rule here".to_owned())?;
            Ok(Fix::new(
                format!("write `{ours}`"),
                vec![Edit::replace(span, ours)],
            ))
        });
        findings.add(lines, "a comment is for hadolint", advice);
    }
}
