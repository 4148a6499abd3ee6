//! A Dockerfile and the lock beside it, as they are on disk.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::super::exit::Exit;
use super::report::Report;
use crate::limits::MAX_LOCKED_FILE_BYTES;
use crate::lock::collect::Document;
use crate::lock::{Lock, file};

/// One Dockerfile to work on.
pub(super) struct Subject {
    /// Its path as the user gave it.
    pub shown: String,
    pub document: Document,
    /// Where its lock is, or will be.
    pub lock_path: PathBuf,
    /// The lock, if there is one.
    pub lock: Option<Lock>,
    /// Its bytes.
    pub lock_bytes: Option<Vec<u8>>,
}

impl Subject {
    /// Reads a Dockerfile and its lock.
    pub(super) fn read(path: &Path, report: &mut Report) -> Result<Self, Exit> {
        let shown = path.display().to_string();
        let too_large =
            std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > MAX_LOCKED_FILE_BYTES);
        let bytes = match std::fs::read(path) {
            Ok(_) if too_large => Err("it is too large".to_owned()),
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(error.to_string()),
        };
        let bytes = bytes.map_err(|why| {
            report.problem(
                &shown,
                None,
                "dockerfile-unreadable",
                &format!("`{shown}` can't be read: {why}"),
                "check the path",
            );
            Exit::Usage
        })?;
        let lock_path = lock_path(path);
        let (lock, lock_bytes) = read_lock(&lock_path, report)?;
        let document = Document::new(shown.clone(), bytes);
        Ok(Subject {
            shown,
            document,
            lock_path,
            lock,
            lock_bytes,
        })
    }

    /// Reads all; what can't be read is reported.
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

/// Reads a lockfile; `None` when there is none.
pub(super) fn read_lock(
    path: &Path,
    report: &mut Report,
) -> Result<(Option<Lock>, Option<Vec<u8>>), Exit> {
    let shown = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((None, None)),
        Err(error) => {
            report.problem(
                &shown,
                None,
                "lock-unreadable",
                &format!("`{shown}` can't be read: {error}"),
                "check its permissions",
            );
            return Err(Exit::Usage);
        }
    };
    match file::read(&bytes) {
        Ok(lock) => Ok((Some(lock), Some(bytes))),
        Err(error) => {
            report.problem(
                &shown,
                error.line,
                error.kind.code(),
                &format!("`{shown}`: {}", error.message),
                &error.hint,
            );
            Err(Exit::Usage)
        }
    }
}

/// `<Dockerfile>.lock`
pub(super) fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    PathBuf::from(name)
}
