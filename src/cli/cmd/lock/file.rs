//! A Dockerfile and the lock beside it, as they are on disk.

use std::path::{Path, PathBuf};

use super::super::super::exit::Exit;
use super::args::STDIN;
use super::report::Report;
use crate::cli::files::{read_file, read_stdin};
use crate::cli::lockfile::{self, LockPlace};
use crate::limits::{MAX_LOCK_BYTES, MAX_LOCKED_FILE_BYTES};
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
    pub(super) fn read(path: &Path, report: &mut Report) -> Result<Self, Exit> {
        if path.as_os_str() == STDIN {
            return Self::read_stdin(report);
        }
        let shown = path.display().to_string();
        let bytes = read_file(path, MAX_LOCKED_FILE_BYTES).map_err(|why| {
            report.problem(
                &shown,
                None,
                "dockerfile-unreadable",
                &format!("cannot read `{shown}`: {why}"),
                "check the path",
            );
            Exit::Usage
        })?;
        let lock_path = lockfile::path_of(path);
        let (lock_file, lock, lock_bytes) = match read_lock(path, report)? {
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

    /// A Dockerfile from standard input, which has no lock beside it.
    fn read_stdin(report: &mut Report) -> Result<Self, Exit> {
        match read_stdin(MAX_LOCKED_FILE_BYTES) {
            Ok(bytes) => Ok(Subject {
                shown: "<stdin>".to_owned(),
                document: Document::new("<stdin>", bytes),
                lock_path: PathBuf::from(STDIN),
                lock_file: PathBuf::from(STDIN),
                lock: None,
                lock_bytes: None,
            }),
            Err(error) => {
                let message = format!("cannot read standard input: {error}");
                report.problem("<stdin>", None, "dockerfile-unreadable", &message, "");
                Err(Exit::Usage)
            }
        }
    }

    /// Reads all; what cannot be read is reported.
    pub(super) fn read_all(paths: &[PathBuf], report: &mut Report) -> Result<Vec<Self>, Exit> {
        let mut worst = None;
        let mut subjects = Vec::new();
        for path in paths {
            match Self::read(path, report) {
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
