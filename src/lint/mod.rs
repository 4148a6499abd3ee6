//! Lint: rules, their configuration, and what they find.
//!
//! A rule is a file in `rules`: its page, its data ([`Rule`]), its facts (a `Violation`), the text that goes
//! over the wire, and what `rdf check` says beside it. Whoever finds the facts hands them to a
//! [`Linter`], which knows which rules are on at a place and collects [`Warning`]s.

#[cfg(feature = "check")]
mod advice;
mod config;
#[cfg(feature = "check")]
mod context;
#[cfg_attr(
    not(feature = "check"),
    allow(dead_code, reason = "facts that only advice is made of")
)]
pub(crate) mod rules;

use std::collections::BTreeSet;
use std::sync::Arc;

#[cfg(feature = "check")]
pub use advice::Fix;
#[cfg(feature = "check")]
pub(crate) use advice::{Advice, Advise, Offer};
pub use config::Config;
#[cfg(feature = "check")]
pub(crate) use context::{Base, Context, Start, in_case, is_windows, text_at};
pub use rules::ALL;
#[cfg(feature = "check")]
pub(crate) use rules::SOURCES;
#[cfg(feature = "check")]
pub(crate) use rules::copy_ignored_file::is_ignored;

use crate::collect::CollectSmall as _;
use crate::diagnostic::Severity;
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
    /// `rdf check --fix` fixes what it finds, mostly.
    pub fixable: bool,
    /// Codes of hadolint for what the rule finds; they can be written wherever its name can.
    pub aliases: &'static [&'static str],
    /// Each finding has one of the codes, and they can be selected one by one.
    pub codes_apart: bool,
    /// On unless turned off, though Docker does not have it.
    pub recommended: bool,
    /// hadolint has it, and has it off.
    pub off_in_hadolint: bool,
    /// How bad it is for `rdf check`, unless a config says otherwise.
    pub severity: Severity,
    /// How editors show what it finds, where not as any other finding.
    pub(crate) shown_as: Option<ShownAs>,
}

/// What is special about the text that a finding marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownAs {
    /// It has no effect.
    Unnecessary,
    /// It should not be used any more.
    Deprecated,
}

impl Rule {
    pub(crate) const fn new(name: &'static str, description: &'static str) -> Self {
        Rule {
            name,
            description,
            url: "",
            experimental: false,
            fixable: false,
            aliases: &[],
            codes_apart: false,
            recommended: false,
            off_in_hadolint: false,
            severity: Severity::Warning,
            shown_as: None,
        }
    }

    /// Codes of hadolint that mean this rule.
    pub(crate) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[cfg(feature = "check")]
    pub(crate) const fn codes_apart(mut self) -> Self {
        self.codes_apart = true;
        self
    }

    #[cfg(feature = "check")]
    pub(crate) const fn recommended(mut self) -> Self {
        self.recommended = true;
        self
    }

    #[cfg(feature = "check")]
    pub(crate) const fn off_in_hadolint(mut self) -> Self {
        self.off_in_hadolint = true;
        self
    }

    #[cfg(feature = "check")]
    pub(crate) const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) const fn shown_as(mut self, shown_as: ShownAs) -> Self {
        self.shown_as = Some(shown_as);
        self
    }

    pub(crate) const fn url(mut self, url: &'static str) -> Self {
        self.url = url;
        self
    }

    pub(crate) const fn experimental(mut self) -> Self {
        self.experimental = true;
        self
    }

    pub(crate) const fn fixable(mut self) -> Self {
        self.fixable = true;
        self
    }
}

/// What a rule found, as facts: names, and the bytes of the file that are meant.
pub(crate) trait Violation: Advise + std::fmt::Debug + Send + Sync + 'static {
    /// The rule.
    fn rule(&self) -> &'static Rule;

    /// The text on the wire, which is the reference's.
    fn message(&self) -> Text;
}

/// Without `check` nobody asks for advice.
#[cfg(not(feature = "check"))]
pub(crate) trait Advise {}

#[cfg(not(feature = "check"))]
impl<V: Violation> Advise for V {}

/// A finding.
#[derive(Clone, Debug)]
pub struct Warning {
    /// The rule that fired.
    pub(crate) rule: &'static Rule,
    /// What is wrong here.
    pub detail: Text,
    /// The lines of the instruction meant; empty when there is none in the file.
    pub location: Vec<LineRange>,
    /// The facts.
    #[cfg(feature = "check")]
    pub(crate) violation: Arc<dyn Violation>,
    /// The facts are about an ONBUILD trigger: their spans are those of its text.
    #[cfg(feature = "check")]
    pub(crate) in_trigger: bool,
}

impl Warning {
    /// Name of the rule, as `# check=skip=` spells it.
    pub fn rule_name(&self) -> &'static str {
        self.rule.name
    }

    /// One sentence for every finding of the rule.
    pub fn description(&self) -> &'static str {
        self.rule.description
    }

    /// Page about the rule; empty when there is none.
    pub fn url(&self) -> &'static str {
        self.rule.url
    }

    /// The text clients show: `Rule: detail (line N)`.
    pub fn message(&self) -> Text {
        let line = match self.location.first() {
            Some(lines) if lines.start > 0 => format!(" (line {})", lines.start),
            _ => String::new(),
        };
        Text::concat([
            self.rule.name.as_bytes(),
            b": ",
            self.detail.as_bytes(),
            line.as_bytes(),
        ])
    }
}

/// Which rules are on at a place of the file.
#[derive(Clone, Debug)]
pub struct Scope {
    config: Arc<Config>,
    /// What is looked at is an ONBUILD trigger.
    #[cfg_attr(not(feature = "check"), allow(dead_code))]
    in_trigger: bool,
}

impl Scope {
    fn allows(&self, rule: &Rule) -> bool {
        if rule.experimental {
            self.config.experimental_all || self.config.experimental.contains(rule.name)
        } else {
            !self.config.skip_all && !self.config.skip.contains(rule.name)
        }
    }

    /// The same rules for an instruction that an ONBUILD trigger brought, if it is one.
    #[cfg(feature = "compile")]
    #[must_use]
    pub(crate) fn of_trigger(self, in_trigger: bool) -> Scope {
        Scope { in_trigger, ..self }
    }

    /// This scope with what the comments above an instruction add to it: the first `check=` comment
    /// counts, and one that cannot be read is ignored.
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
            Ok(config) => Scope {
                config: Arc::new(self.config.merged(&config)),
                ..self.clone()
            },
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
            base: Scope {
                config: Arc::new(config),
                in_trigger: false,
            },
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

    /// Another one for the same rules, which has found nothing.
    #[cfg(feature = "compile")]
    pub(crate) fn fresh(&self) -> Self {
        Linter {
            base: self.base.clone(),
            warnings: Vec::new(),
            ..*self
        }
    }

    /// Adds what `later` found.
    #[cfg(feature = "compile")]
    pub(crate) fn append(&mut self, later: Linter) {
        self.warnings.extend(later.warnings);
    }

    /// Adds a finding, if its rule is on in `scope`. The lines are those of the instruction.
    pub(crate) fn report(
        &mut self,
        scope: &Scope,
        location: Option<LineRange>,
        violation: impl Violation,
    ) {
        let rule = violation.rule();
        if !self.silent && scope.allows(rule) {
            self.warnings.push(Warning {
                rule,
                detail: violation.message(),
                location: location.into_iter().collect(),
                #[cfg(feature = "check")]
                violation: Arc::new(violation),
                #[cfg(feature = "check")]
                in_trigger: scope.in_trigger,
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
            .collect_small();
        let rules: Vec<&str> = rules.into_iter().collect();
        Some(format!(
            "lint violation found for rules: {}",
            rules.join(", ")
        ))
    }

    /// The findings, in order.
    pub fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}
