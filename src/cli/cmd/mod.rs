//! One file for each subcommand.

pub(super) mod check;
pub(super) mod compile;
pub(super) mod completions;
pub(super) mod explain;
pub(super) mod fmt;
pub(super) mod graph;
pub(super) mod inspect;
pub(super) mod lock;
pub(super) mod lsp;
pub(super) mod man;
pub(super) mod parse;
pub(super) mod rule;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::files::{is_dockerfile, read_file, read_stdin};
use super::shell::Shell;
use crate::limits::MAX_LOCKED_FILE_BYTES;

/// The content of a file; `-` is standard input.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() == "-" {
        return read_stdin(MAX_LOCKED_FILE_BYTES)
            .map_err(|error| Failure::usage(format_args!("cannot read standard input: {error}")));
    }
    read_file(path, MAX_LOCKED_FILE_BYTES).map_err(|error| {
        let shown = path.display();
        match error.kind() {
            _ if path.is_dir() => Failure::usage(format_args!("`{shown}` is a directory"))
                .hint(format!("name the Dockerfile in it{}", offer(path))),
            ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(Path::new(""));
                Failure::usage(format_args!("no such file: `{shown}`")).hint(format!(
                    "name a Dockerfile{}, or `-` for standard input",
                    offer(folder)
                ))
            }
            _ => Failure::usage(format_args!("cannot read `{shown}`: {error}")),
        }
    })
}

/// The Dockerfile that a path means: that of a directory, like `docker build` has it.
fn dockerfile_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        let names = ["Dockerfile", "Containerfile"];
        let mut files = names.iter().map(|name| path.join(name));
        if let Some(file) = files.find(|file| file.is_file()) {
            return file;
        }
    }
    path.to_owned()
}

/// `, such as …`, if a directory has something that looks like a Dockerfile.
fn offer(folder: &Path) -> String {
    let folder_or_here = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(folder_or_here).into_iter().flatten();
    let names = entries.flatten().map(|entry| entry.file_name());
    match names
        .filter(|name| is_dockerfile(&name.to_string_lossy()))
        .min()
    {
        Some(name) => format!(", such as `{}`", folder.join(name).display()),
        None => String::new(),
    }
}

/// The name of a file for people.
fn shown(path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => "<stdin>".to_owned(),
        false => path.display().to_string(),
    }
}

/// Writes a result to the file that was asked for, or to standard output.
fn deliver(path: Option<&Path>, bytes: &[u8], shell: &mut Shell) -> Result<(), Failure> {
    match path {
        Some(path) => write(path, bytes),
        None => shell.data(bytes),
    }
}

/// Writes `bytes` to a file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::usage(format_args!("cannot write {}: {error}", path.display())))
}
