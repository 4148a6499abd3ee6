//! `rdf lock --check`: offline, against the inputs of the lock itself, and those that flags add.

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::builds::works;
use super::file::Subject;
use super::input::inputs;
use super::report::Report;
use crate::cli::shell::counted;
use crate::cli::variant::host;
use crate::lock::file::{Lines, lines};
use crate::lock::verify::{self, Finding, FindingKind};
use crate::lock::{Inputs, Lock};

pub(super) fn check(args: &LockArgs, report: &mut Report) -> Exit {
    let works = match works(args, report) {
        Ok(works) => works,
        Err(exit) => return exit,
    };
    let paths: Vec<_> = works.iter().map(|work| work.path.clone()).collect();
    let subjects = match Subject::read_all(&paths, report) {
        Ok(subjects) => subjects,
        Err(exit) => return exit,
    };
    for (subject, work) in subjects.into_iter().zip(works) {
        let Some(lock) = &subject.lock else {
            let finding = Finding {
                location: None,
                kind: FindingKind::Missing,
                subject: String::new(),
                message: format!("`{}` has no lock", subject.shown),
                hint: format!("run `rdf lock {}`", subject.shown),
            };
            report.finding(&subject.shown, &finding);
            continue;
        };
        let asked = match inputs(args, Some(lock)) {
            Ok(mut asked) => {
                work.build.iter().for_each(|build| build.widen(&mut asked));
                asked
            }
            Err(message) => {
                report.problem(
                    &subject.shown,
                    None,
                    "usage",
                    &message,
                    "see `rdf lock --help`",
                );
                return Exit::Usage;
            }
        };
        let mut findings = verify::check(&subject.document, lock, &host()).findings;
        findings.extend(uncovered(&subject, lock, &asked));
        let lines = lines(subject.lock_bytes.as_deref().unwrap_or_default());
        for finding in &findings {
            tell(&subject, &lines, finding, report);
        }
        if findings.is_empty() {
            report.note(format!(
                "{}: {}, all locked",
                subject.lock_path.display(),
                counted(lock.len(), "source")
            ));
        }
    }
    Exit::Ok
}

/// What is wrong with the lock alone stands in the lock, not in the Dockerfile.
fn tell(subject: &Subject, lines: &Lines, finding: &Finding, report: &mut Report) {
    if !matches!(finding.kind, FindingKind::Unused | FindingKind::Off) {
        return report.finding(&subject.shown, finding);
    }
    let shown = subject.lock_path.display().to_string();
    let line = match finding.kind {
        FindingKind::Off => lines.mode,
        _ => lines.sources.get(&finding.subject).copied(),
    };
    report.item(
        &shown,
        line,
        finding.kind.code(),
        &finding.subject,
        &finding.message,
        &finding.hint,
        Exit::Findings,
    );
}

/// What the flags ask for and the lock was not made for.
fn uncovered(subject: &Subject, lock: &Lock, asked: &Inputs) -> Vec<Finding> {
    let have = &lock.inputs;
    if asked == have {
        return Vec::new();
    }
    let lacking = |what: &str, name: &str, flag: &str| Finding {
        location: None,
        kind: FindingKind::Inputs,
        subject: name.to_owned(),
        message: format!("the lock is not made for the {what} `{name}`"),
        hint: format!(
            "run `rdf lock {flag} {name} {}` with all that there are",
            subject.shown
        ),
    };
    let targets = asked.targets.difference(&have.targets);
    let mut findings: Vec<Finding> = targets
        .map(|target| lacking("target", target, "--target"))
        .collect();
    if !have.platforms.is_empty() {
        let platforms = asked.platforms.difference(&have.platforms);
        findings.extend(platforms.map(|platform| lacking("platform", platform, "--platform")));
    }
    let contexts = asked
        .contexts
        .iter()
        .filter(|(name, value)| have.contexts.get(*name) != Some(value));
    findings.extend(contexts.map(|(name, _)| lacking("context", name, "--build-context")));
    // Arguments matter where they lead to other sources.
    let wider = Lock {
        inputs: asked.clone(),
        ..lock.clone()
    };
    let more = verify::check(&subject.document, &wider, &host()).findings;
    let known = verify::check(&subject.document, lock, &host()).findings;
    let missing = |finding: &Finding| {
        matches!(
            finding.kind,
            FindingKind::Inputs | FindingKind::Missing | FindingKind::MissingPlatform
        )
    };
    findings.extend(
        more.into_iter()
            .filter(|finding| missing(finding) && !known.contains(finding)),
    );
    findings
}
