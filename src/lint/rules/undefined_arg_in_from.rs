//! UndefinedArgInFrom

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "UndefinedArgInFrom",
    description: "FROM command must use declared ARGs",
    url: "https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/",
    experimental: false,
};

/// Words a finding.
pub fn detail(arg: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(suggestion) => {
            format!("FROM argument '{arg}' is not declared (did you mean {suggestion}?)")
        }
        None => format!("FROM argument '{arg}' is not declared"),
    }
}
