//! What `rdf check` says about a finding beside its text: the bytes at fault, why there, what to do, and
//! a fix where one is known.

use std::borrow::Cow;

use crate::diagnostic::Severity;
use crate::image::ImageConfig;
use crate::source::{Edit, Span};

/// What a rule of Docker's adds to its facts for people.
pub(crate) trait Advise {
    /// The place at fault and what to do about it.
    fn advise(&self, cx: &super::Context<'_>) -> Advice;

    /// Whether the facts hang on what a base image sets, and nothing is known about it.
    fn is_guess(&self, _cx: &super::Context<'_>) -> bool {
        false
    }
}

/// A place and what to do about it.
#[derive(Debug)]
pub(crate) struct Advice {
    /// The bytes at fault.
    pub span: Span,
    /// Why there; may be empty.
    pub label: Cow<'static, str>,
    /// Other places that explain it.
    pub related: Vec<(Span, &'static str)>,
    /// What to do where no fix says it; may be empty.
    pub hint: Cow<'static, str>,
    /// What fixes it, or why nothing does; none where nothing ever does.
    pub fix: Option<Offer>,
    /// How bad it is, where that is not what the rule says.
    pub severity: Option<Severity>,
    /// The finding is about text that is not in this file, which no fix can change.
    pub(super) outside: bool,
}

impl Advice {
    /// `label` says why `span` is at fault.
    pub(crate) fn at(span: Span, label: impl Into<Cow<'static, str>>) -> Self {
        Advice {
            span,
            label: label.into(),
            related: Vec::new(),
            hint: Cow::Borrowed(""),
            fix: None,
            severity: None,
            outside: false,
        }
    }

    /// Says what to do, an imperative.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Says that this one is worse or less bad than others of its rule.
    #[must_use]
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Adds a place that explains the finding.
    #[must_use]
    pub(crate) fn related(mut self, span: Span, label: &'static str) -> Self {
        self.related.push((span, label));
        self
    }

    /// Adds what fixes it.
    #[must_use]
    pub(crate) fn fix(mut self, offer: impl FnOnce() -> Offer) -> Self {
        self.fix = (!self.outside).then(offer);
        self
    }
}

/// A fix, or why there is none.
pub(crate) type Offer = Result<Fix, String>;

/// A way to fix a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, an imperative: "write `RUN`".
    pub title: String,
    /// The changes.
    pub edits: Vec<Edit>,
    /// Why it might change what is built: applied only when asked for.
    pub unsafe_because: Option<String>,
    /// It is meant to change commands, and what the history of the image says about them.
    pub(crate) changes_commands: bool,
    /// Takes out of an image config what the fix is meant to change; the rest but the history must stay as it is.
    pub(crate) purpose: Option<fn(&mut ImageConfig)>,
}

impl Fix {
    pub(crate) fn new(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Fix {
            title: title.into(),
            edits,
            unsafe_because: None,
            changes_commands: false,
            purpose: None,
        }
    }

    /// It is meant to change commands.
    #[must_use]
    pub(crate) fn changes_commands(mut self) -> Self {
        self.changes_commands = true;
        self
    }

    /// Sets what of an image config it is meant to change, beside the history: `purpose` takes that out.
    #[must_use]
    pub(crate) fn changes(mut self, purpose: fn(&mut ImageConfig)) -> Self {
        self.purpose = Some(purpose);
        self
    }

    /// The number of lines stays.
    pub(crate) fn keeps_lines(&self, bytes: &[u8]) -> bool {
        let feeds = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
        self.edits
            .iter()
            .all(|edit| feeds(edit.span.of(bytes)) == feeds(&edit.text))
    }
}
