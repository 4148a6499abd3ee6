//! `rdf rule`: what a rule of `rdf check` is about.

use clap::Args;

use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;
use crate::check::catalogue::{self, Entry, Group};

/// Examples of `rdf rule`.
const EXAMPLES: &str = "\
Examples:
  rdf rule                 all rules, a line each
  rdf rule LatestTag       the page about one";

/// `rdf rule`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct RuleArguments {
    /// Name of a rule
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Prints the page, or the list.
pub(in crate::cli) fn run(arguments: &RuleArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let Some(name) = &arguments.name else {
        shell.text(&list());
        return Ok(Exit::Ok);
    };
    let Some(entry) = catalogue::find(name) else {
        let failure = Failure::usage(format_args!("there is no rule `{name}`"));
        return Err(match catalogue::nearest(name) {
            Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
            None => failure.hint("`rdf rule` lists them"),
        });
    };
    let mut page = entry.page();
    let rule = entry.rule;
    if !rule.url.is_empty() {
        page.push_str(&format!("\n{}\n", rule.url));
    }
    shell.text(&page);
    Ok(Exit::Ok)
}

fn list() -> String {
    let width = catalogue::all()
        .map(|entry| entry.rule.name.len())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    for group in [Group::Docker, Group::Rdf] {
        let title = match group {
            Group::Docker => "docker: what `docker build --check` reports; on unless turned off",
            _ => "rdf: our own; off unless turned on, by `--extend-select rdf` for one",
        };
        let entries = catalogue::all().filter(|entry| entry.group == group);
        let lines: String = entries.map(|entry| line(entry, width)).collect();
        let blank = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{blank}{title}\n{lines}"));
    }
    out
}

fn line(entry: &Entry, width: usize) -> String {
    let rule = entry.rule;
    let mut notes = String::new();
    if entry.fixable {
        notes.push_str(" [--fix]");
    }
    if rule.experimental {
        notes.push_str(" [off unless named]");
    }
    let description = rule.description.split(". ").next().unwrap_or_default();
    format!(
        "  {:width$}  {}{notes}\n",
        rule.name,
        description.trim_end_matches('.')
    )
}
