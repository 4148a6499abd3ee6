//! `rdf init`: a config to begin with, and where asked for a hook and a workflow.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::cmd::lock::write::replace;
use crate::cli::exit::{Exit, Failure};
use crate::cli::files::plain;
use crate::cli::shell::Shell;

const EXAMPLES: &str = "\
Examples:
  rdf init                        write rdf.toml here
  rdf init --hook --workflow      a hook of pre-commit and a workflow of GitHub as well
  rdf init --workflow --dry-run   show what would be written

A file that exists is not replaced without `--force`. A hook or workflow that exists keeps all from being written; \
an rdf.toml stays beside them. The hook and the workflow go to the \
root of the git repository, where their programs look for them.";

/// What each file is made of.
const CONFIG: &str = include_str!("rdf.toml");
const HOOK: &str = include_str!("pre-commit-config.yaml");
const WORKFLOW: &str = include_str!("workflow.yml");

/// `rdf init`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct InitArguments {
    /// Directory for rdf.toml
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// Write a hook as well, .pre-commit-config.yaml
    #[arg(long)]
    hook: bool,

    /// Write a workflow as well, .github/workflows/rdf.yml
    #[arg(long)]
    workflow: bool,

    /// Replace files that exist
    #[arg(long)]
    force: bool,

    /// Print the files, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) fn run(arguments: &InitArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let directory = &arguments.directory;
    if !directory.is_dir() {
        let shown = directory.display();
        let failure = Failure::usage(format_args!("no such directory: `{shown}`"));
        return Err(failure.hint("name a directory that exists"));
    }
    let root = repository(directory);
    let files = [
        (true, directory.join("rdf.toml"), CONFIG),
        (arguments.hook, root.join(".pre-commit-config.yaml"), HOOK),
        (
            arguments.workflow,
            root.join(".github/workflows/rdf.yml"),
            WORKFLOW,
        ),
    ];
    let files = files.into_iter().filter(|(is_wanted, ..)| *is_wanted);
    let mut files: Vec<(PathBuf, String)> = files
        .map(|(_, path, text)| (plain(&path).to_owned(), filled(text)))
        .collect();
    if arguments.dry_run {
        for (path, text) in &files {
            shell.note(&format!("{}:", path.display()));
            shell.text(text);
        }
        return Ok(Exit::Ok);
    }
    let exists = |(path, _): &&(PathBuf, String)| path.symlink_metadata().is_ok();
    // A config that there is already does not keep a hook or a workflow from being added.
    if let [config, _, ..] = files.as_slice()
        && exists(&config)
        && !arguments.force
    {
        shell.note(&format!("{} exists, and stays", config.0.display()));
        files.remove(0);
    }
    if let Some((path, _)) = files.iter().find(exists)
        && !arguments.force
    {
        let failure = Failure::usage(format_args!("`{}` exists", path.display()));
        let hint =
            "add what `rdf init --dry-run` prints by hand, or replace the file with `--force`";
        return Err(failure.hint(hint));
    }
    for (path, text) in &files {
        write(path, text).map_err(|error| {
            Failure::usage(format_args!("cannot write {}: {error}", path.display()))
        })?;
        shell.note(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Ok)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    replace(path, text.as_bytes())
}

/// A text with the names that a release has.
fn filled(text: &str) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let action = repository.trim_start_matches("https://github.com/");
    text.replace("{repository}", repository)
        .replace("{action}", action)
        .replace("{version}", env!("CARGO_PKG_VERSION"))
}

/// The root of the git repository that a directory is in; the directory itself where there is none.
fn repository(directory: &Path) -> PathBuf {
    let here = directory.join(".git");
    let whole = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let mut above = whole.ancestors().skip(1);
    match above.find(|it| it.join(".git").exists()) {
        Some(root) if !here.exists() => root.to_owned(),
        _ => directory.to_owned(),
    }
}
