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
use std::ops::Range;

#[cfg(feature = "cli")]
pub(crate) use lines::{Lines, lines};
pub use print::print;
use read::Reader;

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
    /// What to do about it.
    pub hint: String,
}

/// Kinds of [`FileError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// Nothing in it.
    Empty,
    /// A merge was left unfinished.
    Conflict,
    /// A newer program wrote it.
    NewerVersion,
    /// Another tool's file of the same name.
    OtherTool,
    /// Not TOML, or not what a lock holds.
    Malformed,
}

impl FileErrorKind {
    /// The code under which tools report it.
    pub const fn code(self) -> &'static str {
        match self {
            FileErrorKind::Empty => "lock-empty",
            FileErrorKind::Conflict => "lock-merge-conflict",
            FileErrorKind::NewerVersion => "lock-newer-version",
            FileErrorKind::OtherTool => "lock-other-tool",
            FileErrorKind::Malformed => "lock-malformed",
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

const REGENERATE: &str = "restore it from version control, or run `rdf lock` to make a new one";

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

/// Names what is not a lock of this format before TOML stumbles over it.
fn recognise(text: &str) -> Result<(), FileError> {
    if text.trim().is_empty() {
        return Err(FileError {
            kind: FileErrorKind::Empty,
            line: None,
            message: "the lock is empty".to_owned(),
            hint: "a shell redirection may have emptied it: restore it from version control, or remove it".to_owned(),
        });
    }
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") || line == "=======" {
            return Err(FileError {
                kind: FileErrorKind::Conflict,
                line: u32::try_from(index + 1).ok(),
                message: "the lock has conflict markers of an unfinished merge".to_owned(),
                hint: "keep either side (`git checkout --ours` or `--theirs`), then run `rdf lock`"
                    .to_owned(),
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
            hint: "rename it: `rdf lock` needs the name for its own file".to_owned(),
        });
    }
    Ok(())
}

fn malformed(line: Option<u32>, message: impl Into<String>) -> FileError {
    FileError {
        kind: FileErrorKind::Malformed,
        line,
        message: message.into(),
        hint: REGENERATE.to_owned(),
    }
}

fn newer(version: u64, line: u32) -> FileError {
    FileError {
        kind: FileErrorKind::NewerVersion,
        line: Some(line),
        message: format!(
            "the lock has format version {version}, and this program supports up to {VERSION}"
        ),
        hint: "use the version of rdf, or of the frontend image, that wrote it".to_owned(),
    }
}

fn line_at(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

fn line_of(text: &str, span: Range<usize>) -> u32 {
    line_at(text, span.start)
}

#[cfg(test)]
mod tests;
