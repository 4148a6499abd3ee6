//! Why a source could not be resolved.

use std::fmt;

/// Kinds of failure; they decide the exit code and what advice is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No connection, or one that stayed silent.
    Unreachable,
    /// A connection that broke, or spoke something else than HTTP.
    BrokeOff,
    /// Credentials are missing or wrong.
    Unauthorized,
    /// The credentials are not enough.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Too many requests, also after waiting.
    RateLimited,
    /// The server failed.
    Server,
    /// The answer makes no sense.
    Malformed,
    /// The answer is larger than anything legitimate.
    TooLarge,
    /// The content is not what its digest says.
    Integrity,
    /// The question cannot be asked.
    Refused,
}

impl ErrorKind {
    /// The code under which tools report it.
    pub const fn code(self) -> &'static str {
        match self {
            ErrorKind::Unreachable | ErrorKind::BrokeOff => "source-unreachable",
            ErrorKind::Unauthorized => "source-unauthorized",
            ErrorKind::Forbidden => "source-forbidden",
            ErrorKind::NotFound => "source-not-found",
            ErrorKind::RateLimited => "source-rate-limited",
            ErrorKind::Server => "source-server-error",
            ErrorKind::Malformed => "source-malformed",
            ErrorKind::TooLarge => "source-too-large",
            ErrorKind::Integrity => "source-integrity",
            ErrorKind::Refused => "source-refused",
        }
    }
}

/// A failed question. The message names the host and never a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Which kind.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// What to do, where something can be done.
    pub hint: Option<String>,
    /// The message leaves out what was asked for: it is about a host, or must not repeat a URL.
    pub(crate) unnamed: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            hint: None,
            unnamed: false,
        }
    }

    /// What cannot be asked or done as it stands.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Refused, message)
    }

    /// For messages that do not say which source they are about.
    pub(super) fn unnamed(mut self) -> Self {
        self.unnamed = true;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
