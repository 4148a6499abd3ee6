//! Findings for people and as JSON, and the line at the end.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::super::files;
use super::super::super::finding::{self, Finding};
use super::super::super::shell::{Shell, counted};
use super::args::CheckArguments;
use super::{Outcome, formats, github, sarif};
use crate::check::Problem;
use crate::diagnostic::{Diagnostic, File};

/// Forms of the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, JSON, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code quality of GitLab, JSON
    Gitlab,
    /// XML of Checkstyle
    Checkstyle,
    /// XML of JUnit
    Junit,
    /// `file:line:column: Rule message`
    Concise,
    /// `file:line:column: warning: message [Rule]`
    Gnu,
}

/// Prints the findings; those of a file that is itself printed go to stderr.
pub(super) fn print(format: Format, outcomes: &[Outcome], shell: &mut Shell, aside: bool) {
    match format {
        Format::Text => print_text(outcomes, shell, aside),
        Format::Json => shell.text(&format!("{:#}\n", to_json(outcomes))),
        Format::Sarif => shell.text(&format!("{:#}\n", sarif::log(outcomes))),
        Format::Github => shell.text(&github::commands(outcomes)),
        Format::Gitlab => shell.text(&format!("{:#}\n", formats::gitlab(outcomes))),
        Format::Checkstyle => shell.text(&formats::checkstyle(outcomes)),
        Format::Junit => shell.text(&formats::junit(outcomes)),
        Format::Concise => shell.text(&formats::concise(outcomes)),
        Format::Gnu => shell.text(&formats::gnu(outcomes)),
    }
}

fn print_text(outcomes: &[Outcome], shell: &mut Shell, aside: bool) {
    if aside {
        for outcome in outcomes {
            let file = File::new(&outcome.name, &outcome.bytes);
            for problem in &outcome.problems {
                shell.diagnostic(&with_page(problem), &file);
            }
        }
        return;
    }
    let framed = files::each(outcomes, |outcome| {
        let file = File::new(&outcome.name, &outcome.bytes);
        let mut text = String::new();
        for problem in &outcome.problems {
            text.push_str(&shell.frame(&with_page(problem), &file));
            text.push('\n');
        }
        text
    });
    framed.iter().for_each(|text| shell.text(text));
}

/// With the address of its page; a rule of ours has its page in the program.
fn with_page(problem: &Problem) -> Cow<'_, Diagnostic> {
    match (&problem.diagnostic.url, problem.rule) {
        (None, Some(rule)) => {
            let diagnostic = problem.diagnostic.clone();
            Cow::Owned(diagnostic.url(format!("rdf rule {}", rule.name)))
        }
        _ => Cow::Borrowed(&problem.diagnostic),
    }
}

/// `{"version":1,"findings":[…],"files":2}`.
fn to_json(outcomes: &[Outcome]) -> Value {
    let mut findings = Vec::new();
    for outcome in outcomes {
        let file = File::new(&outcome.name, &outcome.bytes);
        findings.extend(outcome.problems.iter().map(|problem| {
            Finding {
                diagnostic: &problem.diagnostic,
                file: &file,
                lines: finding::lines(problem.location),
                fix: problem.fix.as_ref(),
                subject: None,
            }
            .to_json()
        }));
    }
    json!({ "version": finding::VERSION, "findings": findings, "files": outcomes.len() })
}

/// What was found, in a line.
pub(super) fn summary(outcomes: &[Outcome], arguments: &CheckArguments) -> String {
    let problems = || outcomes.iter().flat_map(|outcome| &outcome.problems);
    let fixed = || outcomes.iter().filter_map(|outcome| outcome.fixed.as_ref());
    let fixed_count: usize = fixed().map(|fixed| fixed.count()).sum();
    let mut text = match (problems().count(), fixed_count) {
        (0, 0) => format!("All fine: {}.", counted(outcomes.len(), "Dockerfile")),
        (0, gone) => format!("Fixed {}, none left.", counted(gone, "problem")),
        (found, 0) => format!(
            "Found {} in {}.",
            counted(found, "problem"),
            counted(outcomes.len(), "Dockerfile")
        ),
        (found, gone) => format!("Fixed {}, {found} left.", counted(gone, "problem")),
    };
    let fixes = |safe: bool| {
        let whole = outcomes.iter().filter(|outcome| !outcome.has_errors());
        whole
            .flat_map(|outcome| &outcome.problems)
            .filter_map(|problem| problem.fix.as_ref())
            .filter(|fix| fix.unsafe_because.is_none() == safe)
            .count()
    };
    match (fixes(true), fixes(false)) {
        (safe, 0) if safe > 0 && !arguments.fix => {
            text.push_str(&format!(" `--fix` fixes {safe}."));
        }
        (safe, more) if safe > 0 && !arguments.fix => text.push_str(&format!(
            " `--fix` fixes {safe}, and {more} more with `--unsafe-fixes`."
        )),
        (_, more) if more > 0 => text.push_str(&format!(
            " `--fix --unsafe-fixes` would fix {more}, which may change what is built."
        )),
        _ => {}
    }
    text.push_str(&left(outcomes));
    for refused in fixed().flat_map(|fixed| &fixed.refused) {
        let line = refused.location.map_or(0, |lines| lines.start);
        text.push_str(&format!(
            "\n{} of line {line} was not fixed: {}.",
            refused.rule, refused.why
        ));
    }
    text
}

/// A line for each file that has something to fix and was left as it is, because it has an error.
pub(super) fn left(outcomes: &[Outcome]) -> String {
    let fixable = |outcome: &&Outcome| {
        let any = outcome.problems.iter().any(|problem| problem.fix.is_some());
        any && outcome.fixed.is_some() && outcome.has_errors()
    };
    let line = |outcome: &Outcome| format!("\n{} was not changed: it has an error.", outcome.name);
    outcomes.iter().filter(fixable).map(line).collect()
}
