//! One file for each subcommand.

pub(super) mod check;
pub(super) mod compile;
pub(super) mod completions;
pub(super) mod explain;
pub(super) mod fmt;
pub(super) mod graph;
pub(super) mod init;
pub(super) mod inspect;
pub(super) mod lock;
pub(super) mod lsp;
pub(super) mod man;
pub(super) mod parse;
pub(super) mod rule;
pub(super) mod why;

use std::path::Path;

use super::exit::Failure;
use super::inputs::STDIN;
use super::shell::Shell;

/// Writes a result to the file that was asked for, or to standard output.
fn deliver(path: Option<&Path>, bytes: &[u8], shell: &mut Shell) -> Result<(), Failure> {
    match path {
        Some(path) if path.as_os_str() != STDIN => write(path, bytes),
        _ => shell.data(bytes),
    }
}

/// Writes `bytes` to a file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::usage(format_args!("cannot write {}: {error}", path.display())))
}
