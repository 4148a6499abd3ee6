//! Shell scripts of a Dockerfile for ShellCheck, and what it says about them at the bytes of the Dockerfile.
//!
//! Nothing is run here: whoever checks hands in a [`ShellCheck`], which is given texts and answers with
//! [`ShellComment`]s. A text is a whole script: a first line that names the shell, the variables that `ARG` and `ENV` set,
//! and what the shell is given.

mod compose;
mod dialect;

use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use crate::diagnostic::Severity;

pub(super) use compose::blocks;
pub(super) use dialect::{has_busybox, is_image_of_windows};

/// Arguments of the program `shellcheck`, before the names of the files.
///
/// Files that a script reads are those of the image, which is not there: what ShellCheck says when it cannot follow them
/// is left out.
pub const SHELLCHECK_ARGUMENTS: [&str; 3] = ["--norc", "--format=json1", "--exclude=SC1090,SC1091"];

/// Looks at shell scripts.
pub trait ShellCheck: std::fmt::Debug + Send + Sync {
    /// Whether scripts can be looked at. Where they cannot, only the first of a file is put together, to know that there
    /// is one.
    fn is_there(&self) -> bool {
        true
    }

    /// What there is to say about each script, in their order. A script that could not be looked at has no comments.
    fn comments(&self, scripts: &[&str]) -> Vec<Arc<[ShellComment]>>;
}

/// What ShellCheck says about a place of a script. Lines and columns count from one, columns in characters; an end
/// is behind the last character.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShellComment {
    /// The name of the script's file.
    pub file: String,
    /// The first line.
    pub line: usize,
    /// The last line.
    pub end_line: usize,
    /// The first column.
    pub column: usize,
    /// Behind the last column.
    pub end_column: usize,
    /// How bad it is.
    #[serde(deserialize_with = "level")]
    pub level: Severity,
    /// The number of the check: 2086.
    pub code: u16,
    /// What is wrong.
    pub message: String,
    /// What fixes it, if ShellCheck knows.
    pub fix: Option<ShellFix>,
}

/// A fix of ShellCheck's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShellFix {
    /// The changes.
    pub replacements: Vec<ShellReplacement>,
}

/// A text in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShellReplacement {
    /// The first line.
    pub line: usize,
    /// The last line.
    pub end_line: usize,
    /// The first column.
    pub column: usize,
    /// Behind the last column.
    pub end_column: usize,
    /// The new text.
    pub replacement: String,
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    let name = String::deserialize(deserializer)?;
    Severity::parse(&name)
        .ok_or_else(|| serde::de::Error::custom(format_args!("unknown level `{name}`")))
}

#[derive(Deserialize)]
struct Report {
    comments: Vec<ShellComment>,
}

/// Why a report is not one that `shellcheck --format=json1` prints.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ShellReportError(serde_json::Error);

/// Reads what `shellcheck --format=json1` prints.
///
/// # Errors
/// One that is not that.
pub fn parse_shellcheck(report: &[u8]) -> Result<Vec<ShellComment>, ShellReportError> {
    let report: Report = serde_json::from_slice(report).map_err(ShellReportError)?;
    Ok(report.comments)
}

/// A finding of ShellCheck's: the number of its check, and how bad it is by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShellCode {
    pub code: u16,
    pub level: Severity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read() {
        let report = br#"{"comments":[{"file":"0.sh","line":3,"endLine":3,"column":6,"endColumn":8,"level":"info",
            "code":2086,"message":"Double quote.","fix":{"replacements":[{"column":6,"endColumn":6,"endLine":3,
            "insertionPoint":"afterEnd","line":3,"precedence":7,"replacement":"\""}]}}]}"#;
        let comments = parse_shellcheck(report).unwrap();
        assert_eq!(
            (comments[0].code, comments[0].level),
            (2086, Severity::Info)
        );
        assert_eq!(
            comments[0].fix.as_ref().unwrap().replacements[0].replacement,
            "\""
        );
        for broken in [
            "",
            "{}",
            "[]",
            "{\"comments\":[{\"file\":\"a\"}]}",
            "shellcheck: a: no such file",
        ] {
            assert!(parse_shellcheck(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
