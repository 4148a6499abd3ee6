//! Rules of our own, one file each: its doc comment is the rule's page, `RULE` its data, `check` the rest.
//! A rule gets the [`Facts`] of a file and leaves [`Finding`]s.

pub(super) mod add_instead_of_copy;
pub(super) mod context_without_ignore_file;
mod facts;
pub(super) mod heredoc_without_errexit;
pub(super) mod latest_tag;
pub(super) mod missing_cache_mount;
pub(super) mod package_cache_left;
mod packages;
pub(super) mod pipe_without_pipefail;
pub(super) mod secret_in_layer;
pub(super) mod sudo_in_run;
pub(super) mod unpinned_source;
pub(super) mod unversioned_package;
pub(super) mod update_without_install;

use super::selection::Selection;
use crate::lint::Rule;
use crate::source::{LineRange, Span};

pub(super) use facts::Facts;
use facts::Run;

/// Something that a rule found.
#[derive(Debug)]
pub(super) struct Finding {
    pub rule: &'static Rule,
    /// The instruction.
    pub location: LineRange,
    /// The words at fault.
    pub span: Span,
    /// What is wrong, naming the thing.
    pub message: String,
    /// Why here.
    pub label: &'static str,
    /// What to do.
    pub hint: String,
}

type Check = fn(&Facts<'_>, &mut Vec<Finding>);

/// The rules and their checks, by name.
static CHECKS: [(&Rule, Check); 12] = [
    (&add_instead_of_copy::RULE, add_instead_of_copy::check),
    (
        &context_without_ignore_file::RULE,
        context_without_ignore_file::check,
    ),
    (
        &heredoc_without_errexit::RULE,
        heredoc_without_errexit::check,
    ),
    (&latest_tag::RULE, latest_tag::check),
    (&missing_cache_mount::RULE, missing_cache_mount::check),
    (&package_cache_left::RULE, package_cache_left::check),
    (&pipe_without_pipefail::RULE, pipe_without_pipefail::check),
    (&secret_in_layer::RULE, secret_in_layer::check),
    (&sudo_in_run::RULE, sudo_in_run::check),
    (&unpinned_source::RULE, unpinned_source::check),
    (&unversioned_package::RULE, unversioned_package::check),
    (&update_without_install::RULE, update_without_install::check),
];

/// What the rules of the selection find.
pub(super) fn check(facts: &Facts<'_>, selection: &Selection) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, check) in CHECKS {
        if selection.has(rule) {
            check(facts, &mut findings);
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::CHECKS;
    use crate::check::catalogue;

    #[test]
    fn every_rule_has_its_check() {
        let names: Vec<&str> = CHECKS.iter().map(|(rule, _)| rule.name).collect();
        let listed: Vec<&str> = catalogue::all()
            .filter(|entry| entry.group == catalogue::Group::Rdf)
            .map(|entry| entry.rule.name)
            .collect();
        assert_eq!(names, listed);
    }
}
