//! # FromAsCasing
//!
//! ## What it does
//!
//! Finds a `FROM` whose `AS` is written in other letters than `FROM` itself.
//!
//! ## Why it is bad
//!
//! The two words belong to one instruction. Written alike both are seen to be keywords, and what
//! stands around them to be names.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25 as build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! ```
//!
//! ## Notes
//!
//! A `FROM` in mixed case is left to ConsistentInstructionCasing.

use crate::lint::casing::{is_lower_case, is_upper_case};
use crate::lint::{Linter, Rule, Scope};
use crate::syntax::{InstructionMeta, Text};

/// The rule.
pub static RULE: Rule = Rule {
    name: "FromAsCasing",
    description: "The 'as' keyword should match the case of the 'from' keyword",
    url: "https://docs.docker.com/go/dockerfile/rule/from-as-casing/",
    experimental: false,
};

/// Words a finding.
pub fn detail(from: &str, as_keyword: &str) -> String {
    format!("'{as_keyword}' and '{from}' keywords' casing do not match")
}

/// Reports an `AS`, or whatever stands in its place, in other letters than its `FROM`.
pub fn check(from: &InstructionMeta, as_keyword: &Text, scope: &Scope, linter: &mut Linter) {
    let keyword = &from.keyword.value;
    let differs = match (is_lower_case(keyword), is_upper_case(keyword)) {
        (true, _) => !is_lower_case(as_keyword),
        (false, true) => !is_upper_case(as_keyword),
        (false, false) => false,
    };
    if differs {
        let detail = detail(keyword.as_str(), as_keyword.as_str());
        linter.report(scope, &RULE, Some(from.location), detail);
    }
}
