//! How commands end: one table for all of them.

use std::fmt;
use std::process::ExitCode;

/// Exit codes; of two outcomes the later one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Done.
    #[default]
    Ok,
    /// Something was found: stale, incomplete, or against a rule.
    Findings,
    /// Wrong arguments, or a file that cannot be read or compiled.
    Usage,
    /// Something could not be reached or resolved.
    Unresolved,
    /// Content is not what its digest says.
    Integrity,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Unresolved => 3,
            Exit::Integrity => 4,
        })
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// What the user is told.
    pub(super) message: String,
    /// What the user can do about it; may be empty.
    pub(super) hint: String,
}

impl Failure {
    /// Wrong arguments or bad input.
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Failure {
            exit: Exit::Usage,
            message: message.to_string(),
            hint: String::new(),
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}
