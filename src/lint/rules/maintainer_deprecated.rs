//! # MaintainerDeprecated
//!
//! ## What it does
//!
//! Finds `MAINTAINER`.
//!
//! ## Why it is bad
//!
//! It fills a field of the image that few tools show. Labels are shown by all of them, and there is
//! an agreed one for the author.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! MAINTAINER jane@example.com
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! LABEL org.opencontainers.image.authors="jane@example.com"
//! ```

use crate::lint::{Linter, Rule, Scope};
use crate::syntax::InstructionMeta;

/// The rule.
pub static RULE: Rule = Rule {
    name: "MaintainerDeprecated",
    description: "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    url: "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
    experimental: false,
};

/// Words a finding.
pub fn detail() -> String {
    "Maintainer instruction is deprecated in favor of using label".to_owned()
}

/// Reports the instruction wherever it stands.
pub fn check(maintainer: &InstructionMeta, scope: &Scope, linter: &mut Linter) {
    linter.report(scope, &RULE, Some(maintainer.location), detail());
}
