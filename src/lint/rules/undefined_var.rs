//! UndefinedVar

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "UndefinedVar",
    description: "Variables should be defined before their use",
    url: "https://docs.docker.com/go/dockerfile/rule/undefined-var/",
    experimental: false,
};

/// Words a finding.
pub fn detail(name: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(suggestion) => {
            format!("Usage of undefined variable '${name}' (did you mean ${suggestion}?)")
        }
        None => format!("Usage of undefined variable '${name}'"),
    }
}
