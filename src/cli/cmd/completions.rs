//! `rdf completions`: what a shell needs to complete our words.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell as Name;

use super::super::args::Arguments;
use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;
use crate::check::catalogue;
use crate::diagnostic::ErrorCode;

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
    let mut command = with_rules(Arguments::command());
    clap_complete::generate(arguments.shell, &mut command, "rdf", &mut script);
    shell.text(&String::from_utf8_lossy(&script));
    Ok(Exit::Ok)
}

/// The groups of rules, as `rdf check --select` takes them.
const GROUPS: [&str; 5] = ["docker", "recommended", "hadolint", "rdf", "all"];

/// Has the names of rules completed. The program itself takes more, such as codes of hadolint, and has hints of its own.
fn with_rules(command: Command) -> Command {
    let rules = || catalogue::all().map(|entry| entry.rule.name);
    let errors = ErrorCode::ALL.iter().map(|code| code.as_str());
    let pages: Vec<&str> = rules().chain(errors).collect();
    let selectors: Vec<&str> = GROUPS.into_iter().chain(rules()).collect();
    command
        .mut_subcommand("rule", |rule| {
            rule.mut_arg("name", |it| {
                it.value_parser(PossibleValuesParser::new(pages))
            })
        })
        .mut_subcommand("check", |check| {
            let names = ["select", "extend_select", "ignore"];
            names.into_iter().fold(check, |check, name| {
                let parser = PossibleValuesParser::new(&selectors);
                check.mut_arg(name, |it| it.value_parser(parser))
            })
        })
}
