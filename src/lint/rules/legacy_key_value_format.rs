//! # LegacyKeyValueFormat
//!
//! ## What it does
//!
//! Finds `ENV` and `LABEL` with a blank between name and value.
//!
//! ## Why it is bad
//!
//! Everything after the first blank is the value, other assignments on the line included. The form
//! with `=` can say where a value ends, and is the one that other instructions use.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENV DIR /var/lib/app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENV DIR=/var/lib/app
//! ```

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "LegacyKeyValueFormat",
    description: "Legacy key/value format with whitespace separator should not be used",
    url: "https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/",
    experimental: false,
};

/// Words a finding.
pub fn detail(instruction: &str) -> String {
    format!(
        "\"{instruction} key=value\" should be used instead of legacy \"{instruction} key value\" format"
    )
}
