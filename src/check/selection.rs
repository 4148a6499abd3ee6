//! Which rules are on: by groups and names, from a config file, the command line and comments.

use std::collections::BTreeSet;
use std::fmt;

use super::catalogue::{self, Entry, Group};
use super::rules;
use super::shellcheck::ShellCode;
use crate::diagnostic::Severity;
use crate::lint::Rule;

/// A word that selects rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `all`
    All,
    /// `recommended`: what is on unless something else is asked for, besides Docker's rules.
    Recommended,
    /// `hadolint`: rules that find what those of hadolint find that are on there.
    Hadolint,
    /// `docker` or `rdf`
    Group(Group),
    /// The name of a rule.
    Rule(&'static str),
    /// Codes of ShellCheck, `SC2086`: the first and the last of them.
    Shell(u16, u16),
    /// One of several codes of hadolint that a rule tells apart.
    Code(&'static str),
}

/// What others call a finding, where that says more than its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// ShellCheck's number.
    Shell(ShellCode),
    /// hadolint's code.
    Hadolint(&'static str),
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
        match (catalogue::OtherCode::find(&self.name), self.nearest) {
            (Some(other), _) => write!(f, " (here {other})"),
            (None, Some(nearest)) => write!(f, " (did you mean `{nearest}`?)"),
            (None, None) => Ok(()),
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
        if let Some(code) = shell_code(text) {
            return Ok(Selector::Shell(code, code));
        }
        if let Some(entry) = catalogue::find(text) {
            let mut codes = entry.rule.aliases.iter();
            let code = codes.find(|code| code.eq_ignore_ascii_case(text));
            return Ok(match code.filter(|_| entry.rule.codes_apart) {
                Some(code) => Selector::Code(code),
                None => Selector::Rule(entry.rule.name),
            });
        }
        Err(UnknownRule {
            name: text.to_owned(),
            nearest: catalogue::nearest(text),
        })
    }

    /// It is about all that a rule finds.
    fn is_whole(self) -> bool {
        !matches!(self, Selector::Shell(..) | Selector::Code(_))
    }

    /// Whether it names the rule or a group that the rule is in.
    pub(super) fn selects(self, entry: Entry, code: Option<Code>) -> bool {
        self.exactness(entry, code).is_some()
    }

    /// How exactly it selects what a rule finds; none if it does not. `code` is that of a finding; without it is asked about the rule.
    pub(super) fn exactness(self, entry: Entry, code: Option<Code>) -> Option<u8> {
        match self {
            // Experimental rules are for those who ask for them.
            Selector::All => (!entry.rule.experimental).then_some(1),
            Selector::Recommended => {
                let is_minor =
                    matches!(code, Some(Code::Shell(shell)) if shell.level > Severity::Warning);
                (entry.rule.recommended && !is_minor).then_some(2)
            }
            Selector::Hadolint => {
                let rule = entry.rule;
                let is_in = !rule.aliases.is_empty() && !rule.off_in_hadolint;
                (is_in || rule.name == SHELLCHECK).then_some(2)
            }
            Selector::Group(group) => {
                (group == entry.group && !entry.rule.experimental).then_some(2)
            }
            Selector::Rule(name) => (name == entry.rule.name).then_some(3),
            Selector::Shell(first, last) => match code {
                Some(Code::Shell(shell)) => (first..=last).contains(&shell.code).then_some(4),
                _ => None,
            },
            Selector::Code(wanted) => match code {
                Some(code) => (code == Code::Hadolint(wanted)).then_some(4),
                None => entry.rule.aliases.contains(&wanted).then_some(3),
            },
        }
    }
}

/// The rule that ShellCheck's findings are of.
pub(crate) const SHELLCHECK: &str = "ShellCheck";

/// The number in `SC2086`.
pub(super) fn shell_code(text: &str) -> Option<u16> {
    let (word, number) = text.split_at_checked(2)?;
    let is_code = word.eq_ignore_ascii_case("SC")
        && number.len() == 4
        && number.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| number.parse().ok()).flatten()
}

/// The rules that are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    names: BTreeSet<&'static str>,
    /// What is selected and what is ignored, for ShellCheck's codes.
    select: Vec<Selector>,
    ignore: Vec<Selector>,
    /// What is off whatever else is said.
    off: Vec<Selector>,
}

impl Selection {
    /// What is selected and not ignored. A name counts more than a group, and a group more than `all`;
    /// of two that count alike, ignoring wins.
    pub fn new(select: &[Selector], ignore: &[Selector]) -> Self {
        // A rule of which one code is ignored has others.
        let whole: Vec<Selector> = ignore.iter().copied().filter(|it| it.is_whole()).collect();
        let names = catalogue::all()
            .filter(|entry| best(select, *entry, None) > best(&whole, *entry, None))
            .map(|entry| entry.rule.name);
        let mut selection = Selection {
            names: names.collect(),
            select: select.to_vec(),
            ignore: ignore.to_vec(),
            off: Vec::new(),
        };
        // One code is enough to have ShellCheck look.
        if select.iter().any(|it| matches!(it, Selector::Shell(..))) {
            selection.names.insert(SHELLCHECK);
        }
        selection
    }

    /// What is on unless something else is asked for: Docker's rules, and those of ours that are recommended.
    pub fn usual() -> Vec<Selector> {
        vec![Selector::Group(Group::Docker), Selector::Recommended]
    }

    /// Whether the rule is on.
    pub fn has(&self, rule: &Rule) -> bool {
        self.names.contains(rule.name)
    }

    /// Whether what a rule found is reported.
    pub(super) fn reports(&self, rule: &Rule, code: Option<Code>) -> bool {
        let (true, Some(code)) = (self.has(rule), code) else {
            return self.has(rule);
        };
        let Some(entry) = catalogue::of(rule) else {
            return false;
        };
        let is_off = self.off.iter().any(|it| it.selects(entry, Some(code)));
        let on = best(&self.select, entry, Some(code));
        !is_off && on > best(&self.ignore, entry, Some(code))
    }

    /// Whether any of our own rules is on.
    pub(super) fn has_own(&self) -> bool {
        rules::ALL.iter().any(|own| self.has(own.rule))
    }

    /// The rules of this selection that the others do not turn off.
    #[must_use]
    pub fn without(mut self, ignore: &[Selector]) -> Self {
        for entry in catalogue::all() {
            let mut whole = ignore.iter().filter(|selector| selector.is_whole());
            if whole.any(|selector| selector.selects(entry, None)) {
                self.names.remove(entry.rule.name);
            }
        }
        self.off.extend(ignore);
        self
    }
}

/// How exactly the most exact of some words selects what a rule finds.
fn best(selectors: &[Selector], entry: Entry, code: Option<Code>) -> Option<u8> {
    let exactness = selectors.iter().map(|it| it.exactness(entry, code));
    exactness.max().flatten()
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
    fn codes_of_shellcheck_are_selected_one_by_one() {
        let reports = |select: &[&str], ignore: &[&str], code: u16, level: Severity| {
            let read = |words: &[&str]| -> Vec<Selector> {
                words
                    .iter()
                    .map(|word| Selector::parse(word).unwrap())
                    .collect()
            };
            let rule = catalogue::find(SHELLCHECK).unwrap().rule;
            Selection::new(&read(select), &read(ignore))
                .reports(rule, Some(Code::Shell(ShellCode { code, level })))
        };
        let (warning, info) = (Severity::Warning, Severity::Info);
        assert!(reports(&["recommended"], &[], 2164, warning));
        assert!(!reports(&["recommended"], &[], 2086, info));
        assert!(reports(&["hadolint"], &[], 2086, info));
        assert!(!reports(&["hadolint"], &["sc2086"], 2086, info));
        assert!(reports(&["hadolint"], &["SC2086"], 2046, info));
        assert!(reports(&["SC2086"], &[], 2086, info));
        assert!(!reports(&["SC2086"], &[], 2164, warning));
        assert!(!reports(&["SC2086"], &["SC2086"], 2086, info));
        assert!(!reports(&["all"], &["ShellCheck"], 2164, warning));
        assert!(reports(&["docker", "ShellCheck"], &["rdf"], 2086, info));
        assert!(Selector::parse("SC20").is_err() && Selector::parse("SCé").is_err());
    }

    #[test]
    fn codes_of_hadolint_are_selected_one_by_one() {
        let reports = |select: &[&str], ignore: &[&str], code: &'static str| {
            let read = |words: &[&str]| -> Vec<Selector> {
                let words = words.iter();
                words.map(|word| Selector::parse(word).unwrap()).collect()
            };
            let rule = catalogue::find(code).unwrap().rule;
            let selection = Selection::new(&read(select), &read(ignore));
            selection.reports(rule, Some(Code::Hadolint(code)))
        };
        assert!(reports(&["hadolint"], &["dl3008"], "DL3013"));
        assert!(!reports(&["hadolint"], &["DL3008"], "DL3008"));
        assert!(!reports(&["hadolint"], &["UnversionedPackage"], "DL3008"));
        assert!(reports(&["DL3008"], &[], "DL3008"));
        assert!(!reports(&["DL3008"], &[], "DL3013"));
        assert!(!on(&["hadolint"], &["DL3006"], "LatestTag"));
        assert!(on(&["hadolint"], &["DL3008"], "UnversionedPackage"));
        let without = Selection::new(&[Selector::Hadolint], &[])
            .without(&[Selector::parse("DL3008").unwrap()]);
        let rule = catalogue::find("UnversionedPackage").unwrap().rule;
        assert!(without.reports(rule, Some(Code::Hadolint("DL3013"))));
        assert!(!without.reports(rule, Some(Code::Hadolint("DL3008"))));
    }

    #[test]
    fn unknown_words_get_an_offer() {
        assert_eq!(
            Selector::parse("UndefinedVr").unwrap_err().to_string(),
            "unknown rule `UndefinedVr` (did you mean `UndefinedVar`?)"
        );
    }
}
