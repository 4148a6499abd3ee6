//! Problems in a Dockerfile's syntax, with the reference's wording.

use std::fmt;

use crate::source::{LineRange, Span};

/// A problem that stops the reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseError {
    /// Our kebab-case code.
    pub code: ParseErrorCode,
    /// The phase of reading in which the reference finds it.
    pub phase: Phase,
    /// The text on the wire, exactly as the reference has it, its
    /// `dockerfile parse error on line N: ` included where the reference puts it.
    pub message: String,
    /// The message without that prefix and without the suggestion.
    pub title: String,
    /// The lines that the reference reports, one range per line on the wire. Line 0 is possible.
    /// `None` when the reference gives no place.
    pub location: Option<LineRange>,
    /// The exact bytes at fault, when known.
    pub span: Option<Span>,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// When the reference notices a problem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// While the whole file is split into lines, flags, JSON arrays, words and heredocs.
    #[default]
    Lines,
    /// While each instruction is given its meaning.
    Instructions,
}

/// Kinds of [`ParseError`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorCode {
    /// Nothing more specific.
    #[default]
    Syntax,
}

/// A problem in the value of a flag that is only read once variables are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArgumentError {
    /// The text on the wire, suggestion included.
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ArgumentError {}
