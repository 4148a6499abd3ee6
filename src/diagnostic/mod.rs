//! Problems in what a user wrote, and how they are told.
//!
//! A [`Diagnostic`] is built beside the check that finds the problem, out of facts; `text` and
//! [`json`] tell it. Knows places in a file and nothing about Dockerfiles.

mod code;
#[cfg(feature = "check")]
mod display;
mod file;
pub(crate) mod json;
pub(crate) mod suggest;
#[cfg(feature = "check")]
pub(crate) mod text;

use std::borrow::Cow;

pub use code::{ErrorCode, Related, Relation};
#[cfg(feature = "cli")]
pub(crate) use display::sanitize;
pub use file::File;
#[cfg(feature = "check")]
pub(crate) use file::number;

use crate::source::Span;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing can be built.
    Error,
    /// Something is built, perhaps not what was meant.
    Warning,
    /// What is built is what was meant, and could be better.
    Info,
    /// A matter of taste.
    Style,
}

impl Severity {
    /// The word for it, lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
            Severity::Style => "style",
        }
    }

    /// Every level, the worst first.
    pub const ALL: [Severity; 4] = [
        Severity::Error,
        Severity::Warning,
        Severity::Info,
        Severity::Style,
    ];

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// A part of the file and what it has to do with the problem.
///
/// ```text
/// COPY --from=assets /dist /srv
///             ^^^^^^ only earlier stages can be copied from
///             span   text
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Why here; may be empty.
    pub text: String,
}

/// One problem.
///
/// Texts are lower case and have no final stop, except where they repeat the words of other tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name: kebab-case for errors, the rule's name for lint.
    pub code: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, naming the thing.
    pub message: String,
    /// The place at fault, if there is one.
    pub primary: Option<Label>,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What to do.
    pub hints: Vec<String>,
    /// Where to read more.
    pub url: Option<Cow<'static, str>>,
}

impl Diagnostic {
    /// A problem without a place.
    pub fn new(
        severity: Severity,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Diagnostic {
            code: code.into(),
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            hints: Vec::new(),
            url: None,
        }
    }

    /// An error without a place.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// A warning without a place.
    pub fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Sets the place at fault.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a place that explains the problem.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Sets where to read more.
    #[must_use]
    pub fn url(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.url = Some(url.into());
        self
    }
}
