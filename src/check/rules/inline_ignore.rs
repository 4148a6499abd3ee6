//! # InlineIgnore
//!
//! ## What it does
//!
//! Finds comments that suppress findings.
//!
//! ## Why it is bad
//!
//! It is not, as a rule. Where it is a config that says what is accepted, a comment goes around it.
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
//! ```toml
//! [check.per-file-ignores]
//! "tools/Dockerfile" = ["LatestTag"]
//! ```
//!
//! ## Notes
//!
//! Comments that suppress nothing are reported without this rule.

use super::{Facts, Findings};
use crate::check::comments::Comments;
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "InlineIgnore",
    "Findings should be suppressed by the config, not by comments",
)
.aliases(&["DL1001"])
.severity(Severity::Info)
.off_in_hadolint();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let comments = Comments::read(facts.dockerfile, facts.bytes);
    for (span, lines) in comments.places() {
        let advice = Advice::at(span, "").hint("name the rule in rdf.toml");
        findings.add(lines, "a comment suppresses findings", advice);
    }
}
