//! InvalidDefaultArgInFrom

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "InvalidDefaultArgInFrom",
    description: "Default value for global ARG results in an empty or invalid base image name",
    url: "https://docs.docker.com/go/dockerfile/rule/invalid-default-arg-in-from/",
    experimental: false,
};

/// Words a finding.
pub fn detail(base_name: &str) -> String {
    format!("Default value for ARG {base_name} results in empty or invalid base image name")
}
