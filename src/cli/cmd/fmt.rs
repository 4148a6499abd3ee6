//! `rdf fmt`: the usual layout for Dockerfiles.

use std::path::Path;

use super::super::args::FmtArguments;
use super::super::exit::{Exit, Failure};
use super::super::files::{self, Found};
use super::super::shell::Shell;
use super::lock::write;
use crate::check::syntax_problem;
use crate::diagnostic::File;
use crate::format::{FormatError, format};
use crate::source::unified_diff;
use crate::syntax::ParseError;

/// What came of a file.
enum Outcome {
    /// It has the usual layout.
    Fine,
    /// It has, or would have, another layout: the text for standard output.
    Changed(Vec<u8>),
    /// It stays as it is: what is wrong in its bytes.
    Rejected(Vec<u8>, Vec<ParseError>),
    Failed(Failure),
}

pub(in crate::cli) fn run(arguments: &FmtArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let Found { files, mut exit } = arguments.paths.find(None, shell);
    let outcomes = files::each(&files, |path| one(path, arguments));
    for (path, outcome) in files.iter().zip(outcomes) {
        let found = tell(path, outcome, arguments, shell)?;
        exit = exit.max(found);
    }
    Ok(exit)
}

fn tell(
    path: &Path,
    outcome: Outcome,
    arguments: &FmtArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let name = super::shown(path);
    match outcome {
        Outcome::Fine => Ok(Exit::Ok),
        Outcome::Changed(text) => {
            shell.data(&text)?;
            let is_asked = arguments.check || arguments.diff;
            Ok(if is_asked { Exit::Findings } else { Exit::Ok })
        }
        Outcome::Rejected(bytes, errors) => {
            let file = File::new(&name, &bytes);
            for error in &errors {
                shell.diagnostic(&syntax_problem(error, &file), &file);
            }
            Ok(Exit::Usage)
        }
        Outcome::Failed(failure) => {
            shell.error(&failure.message, &failure.hint);
            Ok(Exit::Usage)
        }
    }
}

/// Formats one file, and writes it unless it is only looked at.
fn one(path: &Path, arguments: &FmtArguments) -> Outcome {
    let bytes = match super::read(path) {
        Ok(bytes) => bytes,
        Err(failure) => return Outcome::Failed(failure),
    };
    let name = super::shown(path);
    let formatted = match format(&bytes) {
        Ok(formatted) => formatted,
        Err(FormatError::Rejected(errors)) => return Outcome::Rejected(bytes, errors),
        Err(error) => return Outcome::Failed(Failure::usage(format_args!("{name}: {error}"))),
    };
    let is_filter = path.as_os_str() == "-";
    let is_changed = formatted != bytes;
    if arguments.check || arguments.diff {
        let text = match (is_changed, arguments.diff) {
            (false, _) => return Outcome::Fine,
            (true, true) => unified_diff(&name, &bytes, &formatted),
            (true, false) => format!("{name}\n"),
        };
        return Outcome::Changed(text.into_bytes());
    }
    match (is_filter, is_changed) {
        (true, _) => Outcome::Changed(formatted),
        (false, false) => Outcome::Fine,
        (false, true) => match write::replace(path, &formatted) {
            Ok(()) => Outcome::Changed(format!("{name}\n").into_bytes()),
            Err(error) => {
                Outcome::Failed(Failure::usage(format_args!("cannot write {name}: {error}")))
            }
        },
    }
}
