//! MaintainerDeprecated

use crate::lint::{Linter, Rule, Scope};
use crate::syntax::MaintainerInstruction;

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

/// Reports the instruction wherever it stands.
pub fn check(maintainer: &MaintainerInstruction, scope: &Scope, linter: &mut Linter) {
    linter.report(scope, &RULE, Some(maintainer.meta.location), detail());
}
