//! NoEmptyContinuation

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "NoEmptyContinuation",
    description: "Empty continuation lines will become errors in a future release",
    url: "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
    experimental: false,
};

/// Words a finding.
pub fn detail() -> String {
    "Empty continuation line".to_owned()
}
