//! Every rule there is: those of Docker's own frontend and ours, with their pages.

use super::rules;
use crate::diagnostic::suggest::{Case, suggest};
use crate::lint::Rule;
use crate::lint::rules as docker;

/// Who made a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// The frontend of Docker: what `docker build --check` reports.
    Docker,
    /// This project.
    Rdf,
}

impl Group {
    /// The word that selects the group.
    pub const fn as_str(self) -> &'static str {
        match self {
            Group::Docker => "docker",
            Group::Rdf => "rdf",
        }
    }
}

/// A rule and what is known about it.
#[derive(Debug)]
pub struct Entry {
    /// The rule.
    pub rule: &'static Rule,
    /// Who made it.
    pub group: Group,
    /// `--fix` can mend what it finds, mostly.
    pub fixable: bool,
    source: &'static str,
}

impl Entry {
    /// The page about the rule, Markdown.
    pub fn page(&self) -> String {
        let lines = self.source.lines();
        lines
            .map_while(|line| line.strip_prefix("//!"))
            .flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"])
            .collect()
    }
}

macro_rules! entries {
    ($group:ident, $place:ident, $dir:literal: $($module:ident $($fixable:ident)?),* $(,)?) => {
        &[$(Entry {
            rule: &$place::$module::RULE,
            group: Group::$group,
            fixable: entries!(@ $($fixable)?),
            source: include_str!(concat!($dir, "/", stringify!($module), ".rs")),
        }),*]
    };
    (@ fixable) => { true };
    (@) => { false };
}

/// The rules of Docker's frontend, by name.
static DOCKER: &[Entry] = entries!(Docker, docker, "../lint/rules":
    consistent_instruction_casing fixable,
    copy_ignored_file,
    duplicate_stage_name,
    expose_invalid_format,
    expose_proto_casing fixable,
    from_as_casing fixable,
    from_platform_flag_const_disallowed,
    invalid_base_image_platform,
    invalid_default_arg_in_from,
    invalid_definition_description,
    json_args_recommended fixable,
    legacy_key_value_format fixable,
    maintainer_deprecated fixable,
    multiple_instructions_disallowed,
    no_empty_continuation fixable,
    redundant_target_platform fixable,
    reserved_stage_name,
    secrets_used_in_arg_or_env,
    stage_name_casing fixable,
    undefined_arg_in_from,
    undefined_var,
    workdir_relative_path fixable,
);

/// Ours, by name.
static RDF: &[Entry] = entries!(Rdf, rules, "rules":
    add_instead_of_copy,
    context_without_ignore_file,
    heredoc_without_errexit,
    latest_tag,
    missing_cache_mount,
    package_cache_left,
    pipe_without_pipefail,
    secret_in_layer,
    sudo_in_run,
    unpinned_source,
    unversioned_package,
    update_without_install,
);

/// Every rule: Docker's, then ours, each by name.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    DOCKER.iter().chain(RDF)
}

/// The rule of that name; letter case does not matter.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.rule.name.eq_ignore_ascii_case(name))
}

/// The rule that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    let lower: Vec<String> = all().map(|entry| entry.rule.name.to_lowercase()).collect();
    let nearest = suggest(&name.to_lowercase(), &lower, Case::Sensitive)?;
    find(&nearest).map(|entry| entry.rule.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_docker_are_all_here() {
        let ours: Vec<&str> = DOCKER.iter().map(|entry| entry.rule.name).collect();
        let theirs: Vec<&str> = docker::ALL.iter().map(|rule| rule.name).collect();
        assert_eq!(ours, theirs);
        assert!(RDF.is_sorted_by_key(|entry| entry.rule.name));
    }

    #[test]
    fn rules_are_found_by_name_and_have_pages() {
        assert_eq!(nearest("LatestTga"), Some("LatestTag"));
        assert!(find("latesttag").is_some());
        for entry in all() {
            let title = format!("# {}\n", entry.rule.name);
            assert!(entry.page().starts_with(&title), "{}", entry.rule.name);
        }
    }
}
