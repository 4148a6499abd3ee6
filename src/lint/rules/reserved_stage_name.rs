//! ReservedStageName

use crate::go::quote;
use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "ReservedStageName",
    description: "Reserved words should not be used as stage names",
    url: "https://docs.docker.com/go/dockerfile/rule/reserved-stage-name/",
    experimental: false,
};

/// Words a finding.
pub fn detail(stage_name: &str) -> String {
    format!(
        "Stage name should not use the same name as reserved stage {}",
        quote::quote(stage_name)
    )
}
