//! Every rule there is: those of Docker's own frontend and ours, with their pages.

use super::rules;
use crate::diagnostic::suggest::{Case, suggest};
use crate::lint::{self, Rule};

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
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The rule.
    pub rule: &'static Rule,
    /// Who made it.
    pub group: Group,
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

/// Every rule: Docker's, then ours, each by name.
pub fn all() -> impl Iterator<Item = Entry> {
    let docker = lint::ALL.iter().zip(lint::SOURCES);
    let docker = docker.map(|(rule, source)| Entry {
        rule,
        group: Group::Docker,
        source,
    });
    let ours = rules::ALL.iter().map(|own| Entry {
        rule: own.rule,
        group: Group::Rdf,
        source: own.source,
    });
    docker.chain(ours)
}

/// The rule of that name, or of a code of hadolint; letter case does not matter.
pub fn find(name: &str) -> Option<Entry> {
    let is_meant = |known: &str| known.eq_ignore_ascii_case(name);
    all().find(|entry| {
        let mut aliases = entry.rule.aliases.iter();
        is_meant(entry.rule.name) || aliases.any(|alias| is_meant(alias))
    })
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
    fn rules_are_found_by_name_and_have_pages() {
        assert_eq!(nearest("LatestTga"), Some("LatestTag"));
        assert!(find("latesttag").is_some());
        assert_eq!(
            find("dl3007").map(|entry| entry.rule.name),
            Some("LatestTag")
        );
        for entry in all() {
            let title = format!("# {}\n", entry.rule.name);
            assert!(entry.page().starts_with(&title), "{}", entry.rule.name);
        }
    }
}
