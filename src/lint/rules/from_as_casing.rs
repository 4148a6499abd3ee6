//! FromAsCasing

use crate::lint::{Linter, Rule, Scope};
use crate::syntax::Stage;

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

/// Reports an `AS` in other letters than its `FROM`.
pub fn check(stage: &Stage, scope: &Scope, linter: &mut Linter) {
    if let Some(written) = stage
        .as_keyword
        .as_ref()
        .filter(|_| !stage.as_matches_from_casing())
    {
        let detail = detail(stage.meta.keyword.as_str(), written.as_str());
        linter.report(scope, &RULE, Some(stage.meta.location), detail);
    }
}
