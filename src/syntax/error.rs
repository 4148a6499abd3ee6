//! Problems in a Dockerfile's syntax, with the reference's wording.
//!
//! A check makes a [`Fault`], which knows what is wrong and where in the line; the file parser
//! turns it into a [`ParseError`], which also knows the lines and what the wire says.

use std::fmt;

use crate::diagnostic::suggest::{Case, suggest};
use crate::source::{LineRange, Span};

/// A problem that stops the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// While the whole file is split into lines, flags, JSON arrays, words and heredocs.
    Lines,
    /// While each instruction is given its meaning.
    Instructions,
}

/// Kinds of [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorCode {
    /// The file has no bytes.
    EmptyFile,
    /// The file has no instructions.
    NoInstructions,
    /// A physical line is longer than the limit.
    LineTooLong,
    /// A parser directive is repeated.
    DuplicateDirective,
    /// `# escape=` with something else than `\` or a backtick.
    InvalidEscape,
    /// The file ends inside a heredoc.
    UnterminatedHeredoc,
    /// The word that names a heredoc cannot be read.
    InvalidHeredoc,
    /// A JSON array holds something else than strings.
    JsonNotStrings,
    /// The arguments must be a JSON array.
    JsonRequired,
    /// A word of `ENV` or `LABEL` has no value.
    MissingValue,
    /// The instruction word is unknown.
    UnknownInstruction,
    /// An instruction other than `ARG` stands before the first `FROM`.
    InstructionBeforeFrom,
    /// A flag is unknown.
    UnknownFlag,
    /// A flag is repeated.
    DuplicateFlag,
    /// A flag has no value or a wrong one.
    InvalidFlagValue,
    /// Too many or too few arguments.
    ArgumentCount,
    /// A name or path is empty.
    BlankArgument,
    /// A heredoc stands where none can.
    HeredocDestination,
    /// The name of a stage has the wrong form.
    InvalidStageName,
    /// The instruction cannot be a trigger.
    InvalidTrigger,
    /// `HEALTHCHECK` is neither `CMD` nor `NONE`.
    InvalidHealthcheck,
}

impl ParseErrorCode {
    /// The code as shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            ParseErrorCode::EmptyFile => "empty-file",
            ParseErrorCode::NoInstructions => "no-instructions",
            ParseErrorCode::LineTooLong => "line-too-long",
            ParseErrorCode::DuplicateDirective => "duplicate-directive",
            ParseErrorCode::InvalidEscape => "invalid-escape",
            ParseErrorCode::UnterminatedHeredoc => "unterminated-heredoc",
            ParseErrorCode::InvalidHeredoc => "invalid-heredoc",
            ParseErrorCode::JsonNotStrings => "json-not-strings",
            ParseErrorCode::JsonRequired => "json-required",
            ParseErrorCode::MissingValue => "missing-value",
            ParseErrorCode::UnknownInstruction => "unknown-instruction",
            ParseErrorCode::InstructionBeforeFrom => "instruction-before-from",
            ParseErrorCode::UnknownFlag => "unknown-flag",
            ParseErrorCode::DuplicateFlag => "duplicate-flag",
            ParseErrorCode::InvalidFlagValue => "invalid-flag-value",
            ParseErrorCode::ArgumentCount => "argument-count",
            ParseErrorCode::BlankArgument => "blank-argument",
            ParseErrorCode::HeredocDestination => "heredoc-destination",
            ParseErrorCode::InvalidStageName => "invalid-stage-name",
            ParseErrorCode::InvalidTrigger => "invalid-trigger",
            ParseErrorCode::InvalidHealthcheck => "invalid-healthcheck",
        }
    }
}

/// A problem in the value of a flag that is only read once variables are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArgumentError {
    /// The text on the wire, suggestion included.
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl ArgumentError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        ArgumentError {
            message: message.into(),
            suggestion: None,
        }
    }

    /// `message`, and which of the `known` words `word` may have been meant to be.
    pub(super) fn suggesting(message: String, word: &str, known: &[&str]) -> Self {
        let suggestion = suggest(word, known, Case::Sensitive);
        ArgumentError {
            message: with_suggestion(message, suggestion.as_deref()),
            suggestion,
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ArgumentError {}

/// What [`with_suggestion`] adds around the word.
const SUGGESTION_BYTES: usize = " (did you mean ?)".len();

fn with_suggestion(message: String, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(word) => format!("{message} (did you mean {word}?)"),
        None => message,
    }
}

/// What a check found wrong, before the lines are known.
#[derive(Debug)]
pub(super) struct Fault {
    code: ParseErrorCode,
    title: String,
    suggestion: Option<String>,
    span: Option<Span>,
}

impl Fault {
    #[cold]
    pub fn new(code: ParseErrorCode, title: impl Into<String>) -> Self {
        Fault {
            code,
            title: title.into(),
            suggestion: None,
            span: None,
        }
    }

    /// A flag's value that was read at once.
    #[cold]
    pub fn argument(error: ArgumentError) -> Self {
        let mut title = error.message;
        if let Some(word) = &error.suggestion {
            title.truncate(title.len().saturating_sub(SUGGESTION_BYTES + word.len()));
        }
        Fault::new(ParseErrorCode::InvalidFlagValue, title).suggest(error.suggestion)
    }

    /// The bytes at fault.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
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
        error.message = format!("dockerfile parse error on line {line}: {}", error.message);
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
        }
    }
}
