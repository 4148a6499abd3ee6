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

A file that exists is not replaced without `--force`; the others are written. That there is a hook or a workflow \
already is an error. The hook and the workflow go to the root of the git repository, where their programs look for them.";

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
        (true, "", directory.join("rdf.toml"), CONFIG),
        (
            arguments.hook,
            " --hook",
            root.join(".pre-commit-config.yaml"),
            HOOK,
        ),
        (
            arguments.workflow,
            " --workflow",
            root.join(".github/workflows/rdf.yml"),
            WORKFLOW,
        ),
    ];
    let files = files.into_iter().filter(|(is_wanted, ..)| *is_wanted);
    let files: Vec<ToWrite> = files
        .map(|(_, flag, path, text)| ToWrite {
            flag,
            path: plain(&path).to_owned(),
            text: filled(text),
        })
        .collect();
    if arguments.dry_run {
        for file in &files {
            shell.note(&format!("{}:", file.path.display()));
            shell.text(&file.text);
        }
        return Ok(Exit::Ok);
    }
    let is_more = files.len() > 1;
    let mut stayed: Vec<&ToWrite> = Vec::new();
    for file in &files {
        let shown = file.path.display();
        if !arguments.force && file.path.symlink_metadata().is_ok() {
            // A config that there is already is what a hook or a workflow is added to.
            match file.flag.is_empty() && is_more {
                true => shell.note(&format!("{shown} exists, and stays")),
                false => stayed.push(file),
            }
            continue;
        }
        write(&file.path, &file.text)
            .map_err(|error| Failure::usage(format_args!("cannot write {shown}: {error}")))?;
        shell.note(&format!("wrote {shown}"));
    }
    match stayed.is_empty() {
        true => Ok(Exit::Ok),
        false => Err(stays(directory, &stayed)),
    }
}

/// A file that is asked for.
struct ToWrite {
    /// What asks for it, with a blank before it.
    flag: &'static str,
    path: PathBuf,
    text: String,
}

/// Files were not written because they exist.
fn stays(directory: &Path, files: &[&ToWrite]) -> Failure {
    let shown = files
        .iter()
        .map(|file| format!("`{}`", file.path.display()));
    let shown: Vec<String> = shown.collect();
    let exist = if shown.len() == 1 { "exists" } else { "exist" };
    let place = match directory.to_str() {
        Some(".") | None => String::new(),
        Some(directory) => format!(" {directory}"),
    };
    let flags: String = files.iter().map(|file| file.flag).collect();
    let all = match flags.is_empty() {
        true => "replaces it",
        false => "replaces all, rdf.toml as well",
    };
    let hint =
        format!("add what `rdf init{place} --dry-run{flags}` prints by hand; `--force` {all}");
    Failure::usage(format_args!("{} {exist}", shown.join(" and "))).hint(hint)
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
