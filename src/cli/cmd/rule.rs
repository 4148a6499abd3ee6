//! `rdf rule`: what a rule of `rdf check`, or an error, is about.

use clap::Args;

use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;
use crate::check::catalogue::{self, Entry, Group, OtherCode};
use crate::check::{ErrorPage, Selector};
use crate::diagnostic::ErrorCode;

/// Examples of `rdf rule`.
const EXAMPLES: &str = "\
Examples:
  rdf rule                 all rules and errors, a line each
  rdf rule LatestTag       the page about a rule
  rdf rule unknown-flag    the page about an error";

/// `rdf rule`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct RuleArguments {
    /// Name of a rule or of an error, or a code of hadolint or ShellCheck
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Prints the page, or the list.
pub(in crate::cli) fn run(arguments: &RuleArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let Some(name) = &arguments.name else {
        shell.text(&list());
        return Ok(Exit::Ok);
    };
    let other = OtherCode::find(name);
    if let Some(OtherCode::Words(words)) = other {
        shell.text(&format!("{}: {words}\n", name.to_uppercase()));
        return Ok(Exit::Ok);
    }
    let error = match other {
        Some(OtherCode::Error(code)) => Some(ErrorPage::of(code)),
        _ => ErrorPage::find(name),
    };
    if let Some(error) = error {
        shell.text(error.page);
        return Ok(Exit::Ok);
    }
    if let Ok(Selector::Shell(code, _)) = Selector::parse(name) {
        let page = catalogue::find("ShellCheck").map(|entry| entry.page());
        shell.text(&page.unwrap_or_default());
        shell.text(&format!("\nhttps://www.shellcheck.net/wiki/SC{code}\n"));
        return Ok(Exit::Ok);
    }
    let Some(entry) = catalogue::find(name) else {
        let failure = Failure::usage(format_args!("unknown rule or error `{name}`"));
        let nearest = catalogue::nearest(name).map(str::to_owned);
        return Err(match nearest.or_else(|| ErrorPage::nearest(name)) {
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
            _ => "rdf: our own; off unless turned on, but for those that are recommended",
        };
        let entries = catalogue::all().filter(|entry| entry.group == group);
        let lines: String = entries.map(|entry| line(&entry, width)).collect();
        let blank = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{blank}{title}\n{lines}"));
    }
    out.push_str("\nerrors: nothing can be built\n");
    let codes = ErrorCode::ALL.iter();
    let width = codes.clone().map(|code| code.as_str().len()).max();
    let width = width.unwrap_or_default();
    for code in codes {
        let summary = ErrorPage::of(*code).summary();
        let summary = summary.trim_end_matches('.');
        out.push_str(&format!("  {:width$}  {summary}\n", code.as_str()));
    }
    out
}

fn line(entry: &Entry, width: usize) -> String {
    let rule = entry.rule;
    let mut notes = String::new();
    if entry.rule.fixable {
        notes.push_str(" [--fix]");
    }
    if rule.recommended {
        notes.push_str(" [on]");
    }
    if !rule.aliases.is_empty() {
        notes.push_str(&format!(" [{}]", rule.aliases.join(", ")));
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
