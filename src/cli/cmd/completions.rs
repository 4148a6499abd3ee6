//! `rdf completions`: what a shell needs to complete our words.

use clap::{Args, CommandFactory};
use clap_complete::Shell as Name;

use super::super::args::Arguments;
use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;

/// Examples of `rdf completions`.
const EXAMPLES: &str = "\
Examples:
  rdf completions bash > ~/.local/share/bash-completion/completions/rdf
  rdf completions zsh > ~/.zfunc/_rdf
  rdf completions fish > ~/.config/fish/completions/rdf.fish
  rdf completions powershell >> $PROFILE";

/// `rdf completions`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Name,
}

/// Prints them.
pub(in crate::cli) fn run(
    arguments: &CompletionsArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "rdf",
        &mut script,
    );
    shell.text(&String::from_utf8_lossy(&script));
    Ok(Exit::Ok)
}
