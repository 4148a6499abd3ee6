//! WorkdirRelativePath

use crate::go::quote;
use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "WorkdirRelativePath",
    description: "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
    url: "https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/",
    experimental: false,
};

/// Words a finding.
pub fn detail(workdir: &str) -> String {
    format!(
        "Relative workdir {} can have unexpected results if the base image changes",
        quote::quote(workdir)
    )
}
