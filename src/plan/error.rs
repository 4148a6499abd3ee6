//! Why a Dockerfile did not compile: the text and the lines that a client shows.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::need::AnswerError;
use crate::source::LineRange;

/// A failed compilation.
///
/// The message is the text that goes over the wire; the locations, innermost first, become the code
/// frames that clients print.
#[derive(Clone)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// Places in the Dockerfile, innermost first; each is the lines of one instruction.
    pub locations: Vec<Vec<LineRange>>,
    /// The resolver's own error where an answer failed, as it was given.
    pub cause: Option<Arc<dyn Any + Send + Sync>>,
}

impl CompileError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        CompileError {
            message: message.into(),
            locations: Vec::new(),
            cause: None,
        }
    }

    /// Puts `prefix: ` before the message.
    #[must_use]
    pub fn context(mut self, prefix: impl fmt::Display) -> Self {
        self.message = format!("{prefix}: {}", self.message);
        self
    }

    /// Adds a place around those that are there.
    #[must_use]
    pub fn at(mut self, location: &[LineRange]) -> Self {
        self.locations.push(location.to_vec());
        self
    }

    /// Replaces all places by this one.
    #[must_use]
    pub fn only_at(mut self, location: &[LineRange]) -> Self {
        self.locations = vec![location.to_vec()];
        self
    }
}

impl fmt::Debug for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompileError")
            .field("message", &self.message)
            .field("locations", &self.locations)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

impl From<AnswerError> for CompileError {
    fn from(error: AnswerError) -> Self {
        CompileError {
            message: error.message,
            locations: Vec::new(),
            cause: error.cause,
        }
    }
}

impl From<crate::expand::ExpandError> for CompileError {
    fn from(error: crate::expand::ExpandError) -> Self {
        CompileError::new(error.to_string())
    }
}
