//! A Dockerfile and the lock beside it, as they are on disk.

use std::path::{Path, PathBuf};

use super::super::super::exit::Exit;
use super::report::Report;
use crate::cli::files::read_file;
use crate::cli::inputs::Input;
use crate::cli::lockfile::{self, LockPlace};
use crate::limits::MAX_LOCK_BYTES;
use crate::lock::collect::Document;
use crate::lock::command::word;
use crate::lock::{Lock, file};

/// One Dockerfile to work on.
pub(super) struct Subject {
    /// Its path as the user gave it.
    pub shown: String,
    pub document: Document,
    /// Where its lock is, or will be, for people.
    pub lock_path: PathBuf,
    /// The same at the end of links: what is replaced.
    pub lock_file: PathBuf,
    /// The lock, if there is one.
    pub lock: Option<Lock>,
    /// Its bytes.
    pub lock_bytes: Option<Vec<u8>>,
}

impl Subject {
    /// Reads a Dockerfile and its lock.
    pub(super) fn read(input: &Input, report: &mut Report) -> Result<Self, Exit> {
        let shown = input.shown();
        let bytes = input.read().map_err(|failure| {
            let code = "dockerfile-unreadable";
            report.problem(&shown, None, code, &failure.message, &failure.hint);
            failure.exit
        })?;
        let lock_path = lockfile::path_of(input.path());
        // What is read from standard input goes out again, with no lock beside it.
        let found = match input {
            Input::File(path) => read_lock(path, report)?,
            Input::Stdin(_) => None,
        };
        let (lock_file, lock, lock_bytes) = match found {
            Some(found) => (found.file, Some(found.lock), Some(found.bytes)),
            None => (lock_path.clone(), None, None),
        };
        let document = Document::new(shown.clone(), bytes);
        Ok(Subject {
            shown,
            document,
            lock_path,
            lock_file,
            lock,
            lock_bytes,
        })
    }

    /// Reads all; what cannot be read is reported.
    pub(super) fn read_all(inputs: &[Input], report: &mut Report) -> Result<Vec<Self>, Exit> {
        let mut worst = None;
        let mut subjects = Vec::new();
        for input in inputs {
            match Self::read(input, report) {
                Ok(subject) => subjects.push(subject),
                Err(exit) => worst = worst.max(Some(exit)),
            }
        }
        worst.map_or(Ok(subjects), Err)
    }
}

/// A lock that was read.
pub(super) struct LockFile {
    /// Where it is, at the end of links.
    pub file: PathBuf,
    pub lock: Lock,
    pub bytes: Vec<u8>,
}

/// Reads the lock of a Dockerfile, as a build would find it; `None` when there is none.
pub(super) fn read_lock(dockerfile: &Path, report: &mut Report) -> Result<Option<LockFile>, Exit> {
    let shown = lockfile::path_of(dockerfile).display().to_string();
    let read = match lockfile::find(dockerfile) {
        LockPlace::Missing => return Ok(None),
        LockPlace::File(file) => match read_file(&file, MAX_LOCK_BYTES as u64) {
            Ok(bytes) => Ok((file, bytes)),
            Err(error) => Err((error.to_string(), "check its permissions".to_owned())),
        },
        LockPlace::OutOfReach { why, elsewhere } => {
            let parent = dockerfile.parent().unwrap_or(Path::new(""));
            let lock = word(&shown);
            let dockerfile = word(&dockerfile.display().to_string());
            let hint = match elsewhere {
                Some(name) => {
                    let there = parent.join(name);
                    let there = word(&there.display().to_string());
                    format!(
                        "put it beside this Dockerfile with `mv {there} {lock}`, or name the file that it is for"
                    )
                }
                None => format!(
                    "put the lock itself there, or make a new one with `rm -r {lock} && rdf lock {dockerfile}`"
                ),
            };
            Err((why, hint))
        }
    };
    let (file, bytes) = read.map_err(|(why, hint)| {
        let message = format!("cannot read `{shown}`: {why}");
        report.problem(&shown, None, "lock-unreadable", &message, &hint);
        Exit::Usage
    })?;
    match file::read(&bytes) {
        Ok(lock) => Ok(Some(LockFile { file, lock, bytes })),
        Err(error) => {
            report.problem(
                &shown,
                error.line,
                error.kind.code(),
                &format!("`{shown}`: {}", error.message),
                &error.hint(&dockerfile.display().to_string()),
            );
            Err(Exit::Usage)
        }
    }
}
