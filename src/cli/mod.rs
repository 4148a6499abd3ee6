//! `rdf`, the command line.
//!
//! ```text
//! args -> cmd/<subcommand> -> library -> shell (the only printer) -> exit
//! ```

mod answers;
mod args;
mod cmd;
mod exit;
mod files;
mod finding;
mod git;
mod inputs;
mod lockfile;
mod offline;
mod plugin;
mod shell;
mod tree;
mod variant;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{ABOUT, Arguments, Command};
use exit::{Exit, Failure};
use plugin::Start;
use shell::{Shell, Verbosity};

/// The `main` of `rdf`.
pub fn run() -> ExitCode {
    let start = match Start::of_process() {
        Ok(start) => start,
        Err(failure) => return failed(failure),
    };
    let (command, words) = match start {
        Start::Command(words) => (Arguments::command(), words),
        Start::Plugin(words) => (Arguments::command().bin_name("docker rdf"), words),
        Start::Metadata => return metadata(),
    };
    let matches = command.try_get_matches_from(words);
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not failures.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
            // Not clap's own decision on colours, which differs from that of all else: in CI, and with CLICOLOR.
            let colour = shell::colour_asked(std::env::args());
            let mut shell = Shell::new(colour, Verbosity::Usual);
            shell.arguments(&error);
            return shell.finish(exit).into();
        }
    };
    let mut shell = arguments.shell();
    let outcome = match &arguments.command {
        Command::Check(arguments) => cmd::check::run(arguments, &mut shell),
        Command::Compile(arguments) => cmd::compile::run(arguments, &mut shell),
        Command::Completions(arguments) => cmd::completions::run(arguments, &mut shell),
        Command::Explain(arguments) => cmd::explain::run(arguments, &mut shell),
        Command::Graph(arguments) => cmd::graph::run(arguments, &mut shell),
        Command::Fmt(arguments) => cmd::fmt::run(arguments, &mut shell),
        Command::Init(arguments) => cmd::init::run(arguments, &mut shell),
        Command::Lock(arguments) => cmd::lock::run(arguments, &mut shell),
        Command::Lsp(arguments) => cmd::lsp::run(arguments, &mut shell),
        Command::Man(arguments) => cmd::man::run(arguments, &mut shell),
        Command::Outline(arguments) => cmd::inspect::outline(arguments, &mut shell),
        Command::Pin(arguments) => cmd::lock::pin(arguments, &mut shell),
        Command::Unpin(arguments) => cmd::lock::unpin(arguments, &mut shell),
        Command::Parse(arguments) => cmd::parse::run(arguments, &mut shell),
        Command::Rule(arguments) => cmd::rule::run(arguments, &mut shell),
        Command::Targets(arguments) => cmd::inspect::targets(arguments, &mut shell),
        Command::Why(arguments) => cmd::why::run(arguments, &mut shell),
    };
    let exit = outcome.unwrap_or_else(|failure: Failure| {
        shell.error(&failure.message, &failure.hint);
        failure.exit
    });
    shell.finish(exit).into()
}

/// Tells Docker what its plugin is.
fn metadata() -> ExitCode {
    match plugin::metadata(ABOUT) {
        Ok(line) => {
            let mut shell = Shell::new(shell::ColourWhen::Never, Verbosity::Usual);
            shell.text(&line);
            shell.finish(Exit::Ok).into()
        }
        Err(failure) => failed(failure),
    }
}

/// The end of a start that went wrong before there were arguments.
fn failed(failure: Failure) -> ExitCode {
    let mut shell = Shell::new(shell::colour_asked(std::env::args()), Verbosity::Usual);
    shell.error(&failure.message, &failure.hint);
    shell.finish(failure.exit).into()
}
