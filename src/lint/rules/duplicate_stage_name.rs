//! DuplicateStageName

use crate::go::quote;
use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "DuplicateStageName",
    description: "Stage names should be unique",
    url: "https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/",
    experimental: false,
};

/// Words a finding.
pub fn detail(stage_name: &str) -> String {
    format!(
        "Duplicate stage name {}, stage names should be unique",
        quote::quote(stage_name)
    )
}
