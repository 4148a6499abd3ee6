//! `rdf man`: the manual.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::super::args::Arguments;
use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;

/// Examples of `rdf man`.
const EXAMPLES: &str = "\
Examples:
  rdf man | man -l -                  read it
  rdf man --dir /usr/share/man/man1   install a page for each command";

/// `rdf man`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct ManArguments {
    /// Directory for a page for each command, `rdf-check.1` and so on
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the page about `rdf`, or writes all of them.
pub(in crate::cli) fn run(arguments: &ManArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    if let Some(dir) = &arguments.dir {
        std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(command, dir))
            .map_err(|error| {
                Failure::usage(format_args!("cannot write to {}: {error}", dir.display()))
            })?;
        shell.note(&format!("Wrote the pages to {}.", dir.display()));
        return Ok(Exit::Ok);
    }
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::usage(format_args!("cannot print: {error}")))?;
    shell.text(&String::from_utf8_lossy(&page));
    Ok(Exit::Ok)
}
