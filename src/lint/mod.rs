//! Lint: rules, their configuration, and what they find.
//!
//! A [`Rule`] is data; the functions in [`rules`] decide whether it fires and word the finding. A
//! [`Linter`] knows which rules are on at a place and collects [`Warning`]s.

mod config;
pub mod rules;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use config::{Config, ConfigError};

use crate::collect::Inserted as _;
use crate::source::LineRange;
use crate::syntax::Text;

/// A lint rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name, as `# check=skip=` and reports spell it.
    pub name: &'static str,
    /// One sentence for every finding of the rule.
    pub description: &'static str,
    /// Page about the rule; empty when there is none.
    pub url: &'static str,
    /// Off unless asked for.
    pub experimental: bool,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The rule that fired.
    pub rule: &'static Rule,
    /// What is wrong here.
    pub detail: String,
    /// The lines of the instruction meant; empty when there is none in the file.
    pub location: Vec<LineRange>,
}

impl Warning {
    /// The text clients show: `Rule: detail (line N)`.
    pub fn message(&self) -> String {
        match self.location.first() {
            Some(lines) if lines.start > 0 => {
                format!("{}: {} (line {})", self.rule.name, self.detail, lines.start)
            }
            _ => format!("{}: {}", self.rule.name, self.detail),
        }
    }
}

/// Which rules are on at a place of the file.
#[derive(Clone, Debug)]
pub struct Scope(Arc<Config>);

impl Scope {
    fn allows(&self, rule: &Rule) -> bool {
        if rule.experimental {
            self.0.experimental_all || self.0.experimental.contains(rule.name)
        } else {
            !self.0.skip_all && !self.0.skip.contains(rule.name)
        }
    }

    /// This scope with what the comments above an instruction add to it: the first `check=` comment
    /// counts, and one that can't be read is ignored.
    #[must_use]
    pub fn with_comments(&self, comments: &[Text]) -> Scope {
        let directive = comments.iter().find_map(|comment| {
            crate::syntax::comment_directive(comment)
                .filter(|(kind, _)| *kind == crate::syntax::DirectiveKind::Check)
                .map(|(_, value)| value)
        });
        let Some(value) = directive else {
            return self.clone();
        };
        match Config::parse(value.split(' ').next().unwrap_or_default()) {
            Ok(config) => Scope(Arc::new(self.0.merged(&config))),
            Err(_) => self.clone(),
        }
    }
}

/// Collects findings under one configuration.
#[derive(Debug)]
pub struct Linter {
    base: Scope,
    silent: bool,
    fail_on_findings: bool,
    warnings: Vec<Warning>,
}

impl Linter {
    /// A linter for a whole file.
    pub fn new(config: Config) -> Self {
        let fail_on_findings = config.error;
        Linter {
            base: Scope(Arc::new(config)),
            silent: false,
            fail_on_findings,
            warnings: Vec::new(),
        }
    }

    /// A linter that finds nothing, whatever a file asks for.
    pub fn silent() -> Self {
        Linter {
            silent: true,
            ..Linter::new(Config::default())
        }
    }

    /// The rules that are on where no comment says otherwise.
    pub fn base(&self) -> Scope {
        self.base.clone()
    }

    /// Adds a finding of `rule`, if the rule is on in `scope`.
    pub fn report(
        &mut self,
        scope: &Scope,
        rule: &'static Rule,
        location: Option<LineRange>,
        detail: String,
    ) {
        if !self.silent && scope.allows(rule) {
            self.warnings.push(Warning {
                rule,
                detail,
                location: location.into_iter().collect(),
            });
        }
    }

    /// With `error=true`: the text of the failure, once anything was found. Rules are sorted by name.
    pub fn failure(&self) -> Option<String> {
        if !self.fail_on_findings || self.warnings.is_empty() {
            return None;
        }
        let rules: BTreeSet<&str> = self
            .warnings
            .iter()
            .map(|warning| warning.rule.name)
            .inserted();
        let rules: Vec<&str> = rules.into_iter().collect();
        Some(format!(
            "lint violation found for rules: {}",
            rules.join(", ")
        ))
    }

    /// The findings so far, in order.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The findings, in order.
    pub fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}
