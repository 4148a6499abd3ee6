//! `rdf completions`: what a shell needs to complete our words.
//!
//! Names of rules are in the script. Names of stages are asked of the program when a key is pressed, with the words of
//! the command line, of which it takes the Dockerfile.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args, Command, CommandFactory};
use clap_complete::Shell as Name;

use super::super::args::Arguments;
use super::super::exit::{Exit, Failure};
use super::super::inputs::{self, StdinName};
use super::super::shell::Shell;
use crate::check::catalogue;
use crate::diagnostic::ErrorCode;
use crate::expand::Expander;
use crate::llb::EnvList;
use crate::syntax;

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
    #[arg(value_enum, value_name = "SHELL", required_unless_present = "stages")]
    shell: Option<Name>,

    /// Print the stages that can stand in the place of the last of these words of a command line
    #[arg(long, hide = true, value_name = "WORD", num_args = 1.., allow_hyphen_values = true)]
    stages: Option<Vec<OsString>>,
}

/// Prints them.
pub(in crate::cli) fn run(
    arguments: &CompletionsArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    if let Some(words) = &arguments.stages {
        let names = stages(words, arguments.shell).into_iter();
        shell.text(&names.map(|name| name + "\n").collect::<String>());
    } else if let Some(name) = arguments.shell {
        let mut script = Vec::new();
        let mut command = with_stages(with_rules(Arguments::command()));
        clap_complete::generate(name, &mut command, "rdf", &mut script);
        shell.text(&asking(name, &String::from_utf8_lossy(&script)));
    }
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

/// What stands in a script where stages are asked for.
const MARK: &str = "@stages@";

/// Asks in Bash; words come as they are written, those of `--flag=value` in three parts.
const BASH: &str = r#"_rdf_stages() {
    "${COMP_WORDS[0]/#\~/$HOME}" completions bash --stages "${COMP_WORDS[@]:0:COMP_CWORD}" 2>/dev/null
}

"#;

/// Asks in zsh, where the words begin with the subcommand, and `--flag=` is apart from its value.
const ZSH: &str = r#"(( $+functions[_rdf_stages] )) ||
_rdf_stages() {
    local -a stages
    stages=(${(f)"$(rdf completions zsh --stages rdf "${(@Q)words[1,CURRENT-1]}" $IPREFIX 2>/dev/null)"})
    compadd -a stages
}

"#;

/// Asks in fish, which is given no values of arguments that are not flags.
const FISH: &str = r#"function __rdf_stages
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l flag (string match -r -- '^-[^=]*=' "$word")
    command $words[1] completions fish --stages $words $flag 2>/dev/null
end

complete -c rdf -n "__fish_rdf_using_subcommand why" -f -a "(__rdf_stages)"
"#;

/// Marks the arguments that are names of stages.
fn with_stages(command: Command) -> Command {
    let names = command.get_subcommands().map(|it| it.get_name().to_owned());
    let names: Vec<String> = names.collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(&name, |subcommand| {
            let ids = subcommand.get_arguments().map(|it| it.get_id().to_string());
            let is_stage = |id: &str| match id {
                "target" | "no_cache_filter" => true,
                "step" => name == "why",
                _ => false,
            };
            let ids: Vec<String> = ids.filter(|id| is_stage(id)).collect();
            ids.into_iter().fold(subcommand, |subcommand, id| {
                let mark = PossibleValuesParser::new([MARK]);
                subcommand.mut_arg(id, |it| it.value_parser(mark))
            })
        })
    })
}

/// The script with a question in the place of each mark; as it is for shells that complete no values.
fn asking(shell: Name, script: &str) -> String {
    match shell {
        Name::Bash => {
            let previous = "prev=\"$3\"\n";
            let whole = "    [[ ${prev} == \"=\" ]] && prev=\"${COMP_WORDS[COMP_CWORD-2]}\"\n";
            let script = script.replacen(previous, &format!("{previous}{whole}"), 1);
            format!("{BASH}{}", script.replace(MARK, "$(_rdf_stages)"))
        }
        Name::Zsh => {
            let script = script.replace(&format!("({MARK})"), "_rdf_stages");
            script.replacen("\n_rdf() {", &format!("\n{ZSH}_rdf() {{"), 1)
        }
        Name::Fish => {
            let mark = format!("\"{MARK}\\t''\"");
            format!("{}{FISH}", script.replace(&mark, "\"(__rdf_stages)\""))
        }
        _ => script.to_owned(),
    }
}

/// The stages of the Dockerfiles that a command line names, whose last word is about to be written. What cannot be
/// read has none: nobody wants to be told while typing.
fn stages(words: &[OsString], shell: Option<Name>) -> BTreeSet<String> {
    let line = Arguments::command().ignore_errors(true);
    let words = whole(words);
    let words = words.iter().map(|word| meant(word, shell));
    let Ok(matches) = line.try_get_matches_from(words) else {
        return BTreeSet::new();
    };
    let named = matches.subcommand().map(|(name, it)| named(name, it));
    let inputs = named.into_iter().flatten().filter_map(|path| {
        let input = inputs::one(Path::new(&path), &StdinName::default()).ok()?;
        (!input.is_stdin()).then(|| input.read().ok())?
    });
    let names = inputs.flat_map(|bytes| {
        let stages = syntax::parse(&bytes).dockerfile.stages.into_iter();
        stages.map(|stage| stage.name().to_owned())
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// The words with flags that a shell cut at `=` in one piece, and a value for a flag that waits for one.
fn whole(words: &[OsString]) -> Vec<OsString> {
    let mut whole: Vec<OsString> = Vec::new();
    let mut goes_on = false;
    for word in words {
        let is_cut = word == "=";
        match whole.last_mut() {
            Some(last) if is_cut || goes_on => last.push(word),
            _ => whole.push(word.clone()),
        }
        goes_on = is_cut;
    }
    // Nothing elsewhere: it would be taken for the Dockerfile.
    if let Some(last) = whole.last_mut()
        && last.as_encoded_bytes().starts_with(b"-")
    {
        match last.as_encoded_bytes() {
            bytes if bytes.ends_with(b"=") => last.push("x"),
            bytes if bytes.contains(&b'=') => {}
            _ => whole.push("x".into()),
        }
    }
    whole
}

/// A word as the program will get it: shells give `~` as it is written, and Bash quotes and variables, too.
fn meant(word: &OsStr, shell: Option<Name>) -> OsString {
    let Some(text) = word.to_str() else {
        return word.to_owned();
    };
    let is_home = |rest: &&str| rest.is_empty() || rest.starts_with('/');
    let at_home = text.strip_prefix('~').filter(is_home);
    let home = at_home.and_then(|_| env::var_os("HOME"));
    let rest = at_home.filter(|_| home.is_some()).unwrap_or(text);
    let mut meant = home.unwrap_or_default();
    match shell {
        Some(Name::Bash) => {
            let variables = env::vars_os().filter_map(|(key, value)| {
                Some((key.into_string().ok()?, value.into_string().ok()?))
            });
            let expanded = Expander::default().expand_word(rest, &variables.collect::<EnvList>());
            meant.push(expanded.map_or(rest.into(), |it| it.text).as_ref());
        }
        _ => meant.push(rest),
    }
    meant
}

/// The Dockerfiles, or directories with one, that the words of a subcommand name.
fn named(subcommand: &str, words: &ArgMatches) -> Vec<OsString> {
    let values = |ids: &[&str]| -> Vec<OsString> {
        let there = ids
            .iter()
            .filter(|id| words.try_contains_id(id).unwrap_or_default());
        let values = there.filter_map(|id| words.get_raw(id)).flatten();
        values.map(OsStr::to_owned).collect()
    };
    let others = match subcommand {
        "compile" => &["context"][..],
        "explain" => &["new"],
        _ => &[],
    };
    let mut found = [&["file", "files", "path", "paths"], others]
        .into_iter()
        .map(values);
    let found = found.find(|named| !named.is_empty());
    found.unwrap_or_else(|| vec![OsString::from(".")])
}
