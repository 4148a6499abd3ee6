//! The lockfile's text: reading it with positions, printing it with stable bytes.
//!
//! Knows TOML and nothing of where the file is kept.
//!
//! # How the format may change
//! `version` counts changes that an older reader would misunderstand; every one that was ever written
//! stays readable here. A reader refuses a newer version, and a key that it does not know, rather than
//! half-obey a file whose purpose is to be obeyed. Version 1 is the first.
//!
//! # Printing
//! Tables are sorted by key, and values that say nothing are left out. No entry holds a line number or a
//! time that moves on its own, so that printing what was read gives the same bytes.

#[cfg(feature = "cli")]
mod lines;
mod print;
mod read;

use std::fmt;

#[cfg(feature = "cli")]
pub(crate) use lines::{Lines, lines};
pub use print::print;
use read::Reader;

use super::command::word;
use super::model::{Lock, VERSION};
use crate::limits::MAX_LOCK_BYTES;

/// Why a lockfile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Which kind of trouble.
    pub kind: FileErrorKind,
    /// One-based line, where there is one.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

codes! {
    /// Kinds of [`FileError`].
    FileErrorKind {
        /// Nothing in it.
        Empty = "lock-empty",
        /// A merge was left unfinished.
        Conflict = "lock-merge-conflict",
        /// A newer program wrote it.
        NewerVersion = "lock-newer-version",
        /// Another tool's file of the same name.
        OtherTool = "lock-other-tool",
        /// Not TOML, or not what a lock holds.
        Malformed = "lock-malformed",
    }
}

impl FileError {
    /// What to do about it; `dockerfile` is the file that the lock is of.
    pub fn hint(&self, dockerfile: &str) -> String {
        let lock = word(&format!("{dockerfile}.lock"));
        let other = word(&format!("{dockerfile}.tern"));
        let dockerfile = word(dockerfile);
        let restore = format!("restore it with `git checkout -- {lock}`");
        let anew = format!("make a new one with `rm {lock} && rdf lock {dockerfile}`");
        match self.kind {
            FileErrorKind::Empty => {
                format!("a shell redirection may have emptied it: {restore}, or {anew}")
            }
            FileErrorKind::Conflict => format!(
                "keep either side with `git checkout --ours -- {lock}` or `git checkout --theirs -- {lock}`, then run \
                 `rdf lock {dockerfile}`"
            ),
            FileErrorKind::NewerVersion => format!(
                "use the release of rdf, or of the frontend image, that wrote it, or {anew}"
            ),
            FileErrorKind::OtherTool => format!(
                "the name is needed for a lock: run `mv {lock} {other}`, then `rdf lock {dockerfile}`"
            ),
            FileErrorKind::Malformed => format!("{restore}, or {anew}"),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for FileError {}

/// Where the bytes of recordings are: a directory beside the lock.
const FOLDER_STORE: &str = "folder";

/// Reads a lockfile.
///
/// # Errors
/// [`FileError`] with the place and what to do.
pub fn read(bytes: &[u8]) -> Result<Lock, FileError> {
    let text = text_of(bytes)?;
    recognise(text)?;
    let document = toml::de::DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| line_at(text, span.start));
        malformed(line, format!("not valid TOML: {}", error.message()))
    })?;
    let reader = Reader { text };
    reader.lock(document.get_ref())
}

fn text_of(bytes: &[u8]) -> Result<&str, FileError> {
    if bytes.len() > MAX_LOCK_BYTES {
        return Err(malformed(
            None,
            format!("larger than {MAX_LOCK_BYTES} bytes"),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        malformed(u32::try_from(line).ok(), "not UTF-8")
    })
}

/// Names what is no lock of this format before TOML stumbles over it.
fn recognise(text: &str) -> Result<(), FileError> {
    if text.trim().is_empty() {
        return Err(FileError {
            kind: FileErrorKind::Empty,
            line: None,
            message: "the lock is empty".to_owned(),
        });
    }
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") || line == "=======" {
            return Err(FileError {
                kind: FileErrorKind::Conflict,
                line: u32::try_from(index + 1).ok(),
                message: "the lock has conflict markers of an unfinished merge".to_owned(),
            });
        }
    }
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let word = first
        .and_then(|line| line.split_whitespace().next())
        .unwrap_or_default();
    if word.eq_ignore_ascii_case("FROM") || word.eq_ignore_ascii_case("ARG") {
        return Err(FileError {
            kind: FileErrorKind::OtherTool,
            line: None,
            message: "this is a Dockerfile, as `tern lock` writes it, not a lock of rdf".to_owned(),
        });
    }
    Ok(())
}

fn malformed(line: Option<u32>, message: impl Into<String>) -> FileError {
    FileError {
        kind: FileErrorKind::Malformed,
        line,
        message: message.into(),
    }
}

fn newer(version: u64, line: u32) -> FileError {
    FileError {
        kind: FileErrorKind::NewerVersion,
        line: Some(line),
        message: format!(
            "the lock has format version {version}, and this program supports up to {VERSION}"
        ),
    }
}

fn line_at(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
