//! One file for each subcommand.

pub(super) mod compile;
pub(super) mod explain;
pub(super) mod fmt;
pub(super) mod graph;
pub(super) mod lock;
pub(super) mod parse;

use std::io::Read;
use std::path::Path;

use super::exit::Failure;
use crate::diagnostic::Diagnostic;
use crate::syntax::ParseError;

/// The content of a file; `-` is standard input.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        return match read {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Failure::usage(format_args!(
                "cannot read standard input: {error}"
            ))),
        };
    }
    std::fs::read(path)
        .map_err(|error| Failure::usage(format_args!("cannot read {}: {error}", path.display())))
}

/// The name of a file for people.
fn shown(path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => "<stdin>".to_owned(),
        false => path.display().to_string(),
    }
}

/// Writes `bytes` to a file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::usage(format_args!("cannot write {}: {error}", path.display())))
}

/// A problem in the syntax of a Dockerfile.
fn syntax_problem(error: &ParseError, file: &crate::diagnostic::File<'_>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(error.code.as_str(), error.title.as_str());
    let span = error
        .span
        .or_else(|| error.location.map(|lines| file.span_of_lines(lines)));
    if let Some(span) = span {
        diagnostic = diagnostic.at(span, "");
    }
    match &error.suggestion {
        Some(word) => diagnostic.hint(format!("did you mean `{word}`?")),
        None => diagnostic,
    }
}
