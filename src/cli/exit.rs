//! How commands end: one table for all of them.

use std::fmt;
use std::process::ExitCode;

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Ok,
    /// Wrong arguments, or a file that cannot be read or compiled.
    Usage,
    /// Something could not be reached or resolved.
    Unresolved,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        // 1 is for findings and 4 for broken integrity.
        ExitCode::from(match exit {
            Exit::Ok => 0,
            Exit::Usage => 2,
            Exit::Unresolved => 3,
        })
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// What the user is told.
    pub(super) message: String,
}

impl Failure {
    /// Wrong arguments or bad input.
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Failure { exit: Exit::Usage, message: message.to_string() }
    }
}
