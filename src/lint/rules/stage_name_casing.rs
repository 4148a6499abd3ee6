//! StageNameCasing

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "StageNameCasing",
    description: "Stage names should be lowercase",
    url: "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
    experimental: false,
};

/// Words a finding.
pub fn detail(stage_name: &str) -> String {
    format!("Stage name '{stage_name}' should be lowercase")
}
