//! Every rule there is: those of Docker's own frontend and ours, with their pages.

use std::fmt;

use super::rules;
use crate::diagnostic::ErrorCode;
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

/// What is known about a rule.
pub fn of(rule: &Rule) -> Option<Entry> {
    all().find(|entry| std::ptr::eq(entry.rule, rule))
}

/// The rule that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    let lower: Vec<String> = all().map(|entry| entry.rule.name.to_lowercase()).collect();
    let nearest = suggest(&name.to_lowercase(), &lower, Case::Sensitive)?;
    find(&nearest).map(|entry| entry.rule.name)
}

/// What a code of hadolint is here that no rule has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherCode {
    /// The build fails with this error.
    Error(ErrorCode),
    /// Something else, in words.
    Words(&'static str),
}

/// The codes of hadolint that no rule has.
pub const OTHER_CODES: [(&str, OtherCode); 6] = [
    ("DL1000", OtherCode::Words("any error of the syntax")),
    ("DL3011", OtherCode::Error(ErrorCode::InvalidPort)),
    (
        "DL3021",
        OtherCode::Words("no rule: BuildKit makes the destination a directory"),
    ),
    ("DL3023", OtherCode::Error(ErrorCode::CircularDependency)),
    ("DL3043", OtherCode::Error(ErrorCode::InvalidTrigger)),
    ("DL3061", OtherCode::Error(ErrorCode::InstructionBeforeFrom)),
];

impl OtherCode {
    /// What the code is here; letter case does not matter.
    pub fn find(code: &str) -> Option<OtherCode> {
        let mut codes = OTHER_CODES.iter();
        let (_, other) = codes.find(|(known, _)| known.eq_ignore_ascii_case(code))?;
        Some(*other)
    }
}

impl fmt::Display for OtherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OtherCode::Error(code) => write!(f, "error `{}`", code.as_str()),
            OtherCode::Words(words) => f.write_str(words),
        }
    }
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
