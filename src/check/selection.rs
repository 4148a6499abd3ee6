//! Which rules are on: by groups and names, from a config file, the command line and comments.

use std::collections::BTreeSet;
use std::fmt;

use super::catalogue::{self, Entry, Group};
use super::rules;
use crate::lint::Rule;

/// A word that selects rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `all`
    All,
    /// `recommended`: what is on unless something else is asked for, besides Docker's rules.
    Recommended,
    /// `hadolint`: rules that find what hadolint's do.
    Hadolint,
    /// `docker` or `rdf`
    Group(Group),
    /// The name of a rule.
    Rule(&'static str),
}

/// A word that selects nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    /// The word.
    pub name: String,
    /// The rule that was probably meant.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rule `{}`", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, " (did you mean `{nearest}`?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownRule {}

impl Selector {
    /// Reads a word.
    ///
    /// # Errors
    /// There is no such rule or group.
    pub fn parse(text: &str) -> Result<Selector, UnknownRule> {
        let text = text.trim();
        for group in [Group::Docker, Group::Rdf] {
            if text.eq_ignore_ascii_case(group.as_str()) {
                return Ok(Selector::Group(group));
            }
        }
        let others = [
            ("all", Selector::All),
            ("recommended", Selector::Recommended),
            ("hadolint", Selector::Hadolint),
        ];
        for (name, selector) in others {
            if text.eq_ignore_ascii_case(name) {
                return Ok(selector);
            }
        }
        if let Some(entry) = catalogue::find(text) {
            return Ok(Selector::Rule(entry.rule.name));
        }
        Err(UnknownRule {
            name: text.to_owned(),
            nearest: catalogue::nearest(text),
        })
    }

    /// Whether it names the rule or a group that the rule is in.
    pub(super) fn selects(self, entry: Entry) -> bool {
        self.exactness(entry).is_some()
    }

    /// How exactly it selects the rule; none if it does not.
    fn exactness(self, entry: Entry) -> Option<u8> {
        match self {
            // Experimental rules are for those who ask for them.
            Selector::All => (!entry.rule.experimental).then_some(1),
            Selector::Recommended => entry.rule.recommended.then_some(2),
            Selector::Hadolint => (!entry.rule.aliases.is_empty()).then_some(2),
            Selector::Group(group) => {
                (group == entry.group && !entry.rule.experimental).then_some(2)
            }
            Selector::Rule(name) => (name == entry.rule.name).then_some(3),
        }
    }
}

/// The rules that are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    names: BTreeSet<&'static str>,
}

impl Selection {
    /// What is selected and not ignored. A name counts more than a group, and a group more than `all`;
    /// of two that count alike, ignoring wins.
    pub fn new(select: &[Selector], ignore: &[Selector]) -> Self {
        let best = |selectors: &[Selector], entry: Entry| {
            selectors
                .iter()
                .filter_map(|selector| selector.exactness(entry))
                .max()
        };
        let names = catalogue::all()
            .filter(|entry| best(select, *entry) > best(ignore, *entry))
            .map(|entry| entry.rule.name);
        Selection {
            names: names.collect(),
        }
    }

    /// What is on unless something else is asked for: Docker's rules, and those of ours that are recommended.
    pub fn usual() -> Vec<Selector> {
        vec![Selector::Group(Group::Docker), Selector::Recommended]
    }

    /// Whether the rule is on.
    pub fn has(&self, rule: &Rule) -> bool {
        self.names.contains(rule.name)
    }

    /// Whether any of our own rules is on.
    pub(super) fn has_own(&self) -> bool {
        rules::ALL.iter().any(|own| self.has(own.rule))
    }

    /// The rules of this selection that the others do not turn off.
    #[must_use]
    pub fn without(mut self, ignore: &[Selector]) -> Self {
        for entry in catalogue::all() {
            if ignore
                .iter()
                .any(|selector| selector.exactness(entry).is_some())
            {
                self.names.remove(entry.rule.name);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(select: &[&str], ignore: &[&str], rule: &str) -> bool {
        let read = |words: &[&str]| -> Vec<Selector> {
            words
                .iter()
                .map(|word| Selector::parse(word).unwrap())
                .collect()
        };
        let rule = catalogue::find(rule).unwrap().rule;
        Selection::new(&read(select), &read(ignore)).has(rule)
    }

    #[test]
    fn the_more_exact_word_counts() {
        assert!(on(&["docker"], &[], "UndefinedVar"));
        assert!(!on(&["docker"], &[], "LatestTag"));
        assert!(on(&["recommended"], &[], "SudoInRun"));
        assert!(!on(&["recommended"], &[], "LatestTag"));
        assert!(on(&["hadolint"], &["DL3004"], "LatestTag"));
        assert!(!on(&["hadolint"], &["DL3004"], "SudoInRun"));
        assert!(on(&["docker", "LatestTag"], &["rdf"], "LatestTag"));
        assert!(!on(&["all"], &["rdf"], "LatestTag"));
        assert!(!on(&["LatestTag"], &["latesttag"], "LatestTag"));
        assert!(!on(&["all"], &[], "InvalidDefinitionDescription"));
        assert!(on(
            &["InvalidDefinitionDescription"],
            &[],
            "InvalidDefinitionDescription"
        ));
    }

    #[test]
    fn unknown_words_get_an_offer() {
        assert_eq!(
            Selector::parse("UndefinedVr").unwrap_err().to_string(),
            "unknown rule `UndefinedVr` (did you mean `UndefinedVar`?)"
        );
    }
}
