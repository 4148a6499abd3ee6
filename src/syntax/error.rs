//! Problems in a Dockerfile's syntax, with the reference's wording.
//!
//! A check makes a [`Fault`], which knows what is wrong and where in the line; the file parser
//! turns it into a [`ParseError`], which also knows the lines and what the wire says.

use std::fmt;

use crate::diagnostic::suggest::with_suggestion;
use crate::diagnostic::suggest::{Case, suggest};
use crate::diagnostic::{ErrorCode, Related, Relation};
use crate::go::byte_text::Text;
use crate::source::{LineRange, Span};

/// A problem that stops the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// The phase of reading in which the reference finds it.
    pub(crate) phase: Phase,
    /// The text on the wire, exactly as the reference has it, its
    /// `dockerfile parse error on line N: ` included where the reference puts it.
    pub message: Text,
    /// The message without that prefix and without the suggestion.
    pub(crate) title: Text,
    /// The lines that the reference reports, one range per line on the wire. Line 0 is possible.
    /// `None` when the reference gives no place.
    pub location: Option<LineRange>,
    /// The exact bytes at fault, when known.
    pub span: Option<Span>,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
    /// Another place that explains it.
    pub(crate) related: Option<Related>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// When the reference notices a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// While the whole file is split into lines, flags, JSON arrays, words and heredocs.
    Lines,
    /// While each instruction is given its meaning.
    Instructions,
}

/// A problem in the value of a flag that is only read once variables are replaced. As text it has the suggestion
/// in it, as on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// What kind of error it is.
    pub(crate) code: ErrorCode,
    /// The text without the suggestion.
    pub(crate) title: String,
    /// The word that was probably meant.
    pub(crate) suggestion: Option<String>,
}

impl ArgumentError {
    #[cold]
    pub(super) fn new(title: impl Into<String>) -> Self {
        ArgumentError {
            code: ErrorCode::InvalidMount,
            title: title.into(),
            suggestion: None,
        }
    }

    /// `title`, and which of the `known` words `word` may have been meant to be.
    pub(super) fn suggesting(title: String, word: &str, known: &[&str]) -> Self {
        ArgumentError {
            suggestion: suggest(word, known, Case::Sensitive),
            ..ArgumentError::new(title)
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_suggestion(
            self.title.as_str(),
            self.suggestion.as_deref(),
        ))
    }
}

impl std::error::Error for ArgumentError {}

/// What a check found wrong, before the lines are known.
#[derive(Debug)]
pub(super) struct Fault {
    code: ErrorCode,
    title: Text,
    suggestion: Option<String>,
    span: Option<Span>,
    related: Option<Related>,
}

impl Fault {
    #[cold]
    pub fn new(code: ErrorCode, title: impl Into<Text>) -> Self {
        Fault {
            code,
            title: title.into(),
            suggestion: None,
            span: None,
            related: None,
        }
    }

    /// A flag's value that was read at once.
    #[cold]
    pub fn argument(error: ArgumentError) -> Self {
        Fault::new(error.code, error.title).suggest(error.suggestion)
    }

    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The bytes at fault.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Another place that explains it.
    pub fn related(mut self, span: Span, relation: Relation) -> Self {
        self.related = Some(Related { span, relation });
        self
    }

    pub fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// The error as the reference words it in a file's second phase: with the line in front.
    pub fn into_instruction_error(self, location: LineRange) -> ParseError {
        let mut error = self.into_error(Phase::Instructions, Some(location));
        let line = location.start;
        let prefix = format!("dockerfile parse error on line {line}: ");
        error.message = Text::concat([prefix.as_bytes(), error.message.as_bytes()]);
        error
    }

    /// The error as the reference words it elsewhere.
    pub fn into_error(self, phase: Phase, location: Option<LineRange>) -> ParseError {
        let message = with_suggestion(self.title.clone(), self.suggestion.as_deref());
        ParseError {
            code: self.code,
            phase,
            message,
            title: self.title,
            location,
            span: self.span,
            suggestion: self.suggestion,
            related: self.related,
        }
    }
}
