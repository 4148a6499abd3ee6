//! `rdf parse`: the syntax tree of a Dockerfile as JSON.

use super::super::args::ParseArguments;
use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;
use super::super::tree;
use crate::check::syntax_problem;
use crate::diagnostic::File;
use crate::syntax;

pub(in crate::cli) fn run(arguments: &ParseArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let input = arguments.dockerfile.find()?;
    let bytes = input.read()?;
    let parsed = syntax::parse(&bytes);
    let json = format!("{:#}\n", tree::dockerfile(&parsed.dockerfile));
    shell.data(json.as_bytes())?;
    let name = input.shown();
    let file = File::new(&name, &bytes);
    for error in &parsed.errors {
        shell.diagnostic(&syntax_problem(error, &file), &file);
    }
    Ok(if parsed.errors.is_empty() {
        Exit::Ok
    } else {
        Exit::Usage
    })
}
