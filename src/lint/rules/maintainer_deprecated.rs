//! MaintainerDeprecated

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "MaintainerDeprecated",
    description: "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    url: "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
    experimental: false,
};

/// Words a finding.
pub fn detail() -> String {
    "Maintainer instruction is deprecated in favor of using label".to_owned()
}
