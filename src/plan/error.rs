//! Why a Dockerfile did not compile: what kind of error, its text, and where it is.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::context::{AnswerError, ContextError, LoadError, LoadErrorKind};
use crate::diagnostic::suggest::with_suggestion;
use crate::diagnostic::{ErrorCode, Related, Relation};
use crate::expand::ExpandError;
use crate::source::{LineRange, Span};
use crate::syntax::{ArgumentError, ParseError, Text};

/// A failed compilation.
///
/// The message is the text that goes over the wire; the locations, innermost first, become the code
/// frames that clients print. Code, span and related places are for whoever tells more about it.
#[derive(Clone)]
pub struct CompileError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: ErrorCode,
    message: Text,
    /// The message without what the wire puts around it, where that differs.
    title: Option<Text>,
    suggestion: Option<String>,
    span: Option<Span>,
    related: Vec<Related>,
    locations: Vec<Vec<LineRange>>,
    cause: Option<Arc<dyn Any + Send + Sync>>,
}

impl CompileError {
    /// An error without a place.
    #[cold]
    pub(crate) fn new(code: ErrorCode, message: impl Into<Text>) -> Self {
        CompileError(Box::new(Inner {
            code,
            message: message.into(),
            title: None,
            suggestion: None,
            span: None,
            related: Vec::new(),
            locations: Vec::new(),
            cause: None,
        }))
    }

    /// What kind of error it is.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The text on the wire: prefixes and suggestions are in it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// [`message`](CompileError::message) with the bytes of the file that are not UTF-8: the reference's JSON tells
    /// them from the character U+FFFD.
    pub(crate) fn text(&self) -> &Text {
        &self.0.message
    }

    /// The message without suggestion, and without the line that the reference puts before an error of the syntax.
    pub fn title(&self) -> &str {
        self.0.title.as_deref().unwrap_or(&self.0.message)
    }

    /// The word that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        self.0.suggestion.as_deref()
    }

    /// The bytes at fault, where they are known and stand in the file.
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }

    /// Other places that explain it.
    pub(crate) fn related(&self) -> &[Related] {
        &self.0.related
    }

    /// Places in the Dockerfile, innermost first; each is the lines of one instruction.
    pub fn locations(&self) -> &[Vec<LineRange>] {
        &self.0.locations
    }

    /// The resolver's own error where an answer failed, as it was given.
    pub fn cause(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.cause.as_deref()
    }

    /// Puts `prefix: ` before the message.
    #[must_use]
    #[cold]
    pub fn context(mut self, prefix: impl fmt::Display) -> Self {
        let prefix = format!("{prefix}: ");
        for text in std::iter::once(&mut self.0.message).chain(&mut self.0.title) {
            *text = Text::concat([prefix.as_bytes(), text.as_bytes()]);
        }
        self
    }

    /// Says which word was probably meant, if there is one.
    #[must_use]
    #[cold]
    pub(crate) fn suggest(mut self, word: Option<String>) -> Self {
        if let Some(word) = &word {
            let message = with_suggestion(self.0.message.clone(), Some(word));
            let title = std::mem::replace(&mut self.0.message, message);
            self.0.title.get_or_insert(title);
        }
        self.0.suggestion = word;
        self
    }

    /// Says another word to people than the one that the message has: the reference's may lead nowhere.
    #[must_use]
    pub(super) fn suggest_instead(mut self, word: String) -> Self {
        self.0.suggestion = Some(word);
        self
    }

    /// Adds a place around those that are there.
    #[must_use]
    pub(crate) fn at(mut self, location: &[LineRange]) -> Self {
        self.0.locations.push(location.to_vec());
        self
    }

    /// Replaces all places by this one, for what was found in a text outside the file.
    #[must_use]
    pub(crate) fn only_at(mut self, location: &[LineRange]) -> Self {
        self.0.locations = vec![location.to_vec()];
        self.outside_file()
    }

    /// The bytes at fault, unless they are known more closely.
    #[must_use]
    pub(crate) fn with_span(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// Adds a place that explains it.
    #[must_use]
    pub(crate) fn with_related(mut self, span: Span, relation: Relation) -> Self {
        self.0.related.push(Related { span, relation });
        self
    }

    /// Forgets places of bytes: they are those of a trigger.
    #[must_use]
    pub(crate) fn outside_file(mut self) -> Self {
        self.0.span = None;
        self.0.related.clear();
        self
    }
}

impl fmt::Debug for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompileError")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("locations", &self.0.locations)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for CompileError {}

impl From<&ParseError> for CompileError {
    fn from(error: &ParseError) -> Self {
        let mut failed = CompileError::new(error.code, error.message.clone());
        failed.0.title = Some(error.title.clone());
        failed.0.suggestion.clone_from(&error.suggestion);
        failed.0.span = error.span;
        failed.0.related.extend(error.related);
        failed.0.locations = error.location.iter().map(|lines| vec![*lines]).collect();
        failed
    }
}

impl From<ArgumentError> for CompileError {
    fn from(error: ArgumentError) -> Self {
        CompileError::new(error.code, error.title).suggest(error.suggestion)
    }
}

impl From<ContextError> for CompileError {
    fn from(error: ContextError) -> Self {
        CompileError::new(ErrorCode::InvalidNamedContext, error.to_string())
    }
}

impl From<ExpandError> for CompileError {
    fn from(error: ExpandError) -> Self {
        CompileError::new(error.code, error.message)
    }
}

impl From<LoadError> for CompileError {
    fn from(error: LoadError) -> Self {
        let code = match error.kind {
            LoadErrorKind::Context => ErrorCode::InvalidNamedContext,
            LoadErrorKind::Reference => ErrorCode::InvalidImageReference,
            LoadErrorKind::Image => ErrorCode::ImageNotResolved,
            LoadErrorKind::Config => ErrorCode::InvalidImageConfig,
            LoadErrorKind::Source => ErrorCode::SourceNotResolved,
            LoadErrorKind::IgnoreFile => ErrorCode::InvalidIgnoreFile,
            LoadErrorKind::Redirects => ErrorCode::LimitExceeded,
            LoadErrorKind::WrongAnswer => ErrorCode::Internal,
        };
        CompileError::answer(code, error.error)
    }
}

/// An answer that was not about an image.
impl From<AnswerError> for CompileError {
    fn from(error: AnswerError) -> Self {
        CompileError::answer(ErrorCode::SourceNotResolved, error)
    }
}

impl CompileError {
    /// What the resolver said.
    fn answer(code: ErrorCode, error: AnswerError) -> Self {
        let mut failed = CompileError::new(code, error.message);
        failed.0.cause = error.cause;
        failed
    }
}
