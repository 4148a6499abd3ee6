//! `rdf lock --check`: offline, against the inputs of the lock itself, and those that flags add.

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::builds::works;
use super::file::Subject;
use super::input::inputs;
use super::report::Report;
use super::store::{Depth, Store};
use crate::cli::shell::counted;
use crate::cli::variant::host;
use crate::lock::collect::{Walk, finish_offline};
use crate::lock::command::{Wanted, lock_command, word};
use crate::lock::contexts::{foreign, without_foreign_sources};
use crate::lock::file::{Lines, lines};
use crate::lock::verify::{self, Finding, FindingKind, facts_in};
use crate::lock::{Inputs, Lock, Mode, hermetic};

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
                hint: format!("run `rdf lock {}`", word(&subject.shown)),
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
                report.usage(&subject.shown, &message);
                return Exit::Usage;
            }
        };
        let mut findings = verify::check(&subject.document, lock, &host()).findings;
        findings.extend(uncovered(&subject, lock, &asked));
        let lines = lines(subject.lock_bytes.as_deref().unwrap_or_default());
        for finding in &findings {
            tell(&subject, &lines, finding, report);
        }
        let mut is_whole = findings.is_empty();
        let mut fetches = String::new();
        if let Some(recordings) = &lock.recordings {
            let store = Store::of(&work.path);
            is_whole &= store.tell(&subject.shown, recordings, Depth::Sizes, report);
            let count = recordings.fetches().count();
            fetches = format!(
                ", {} in {}",
                counted(count, "recorded file"),
                store.root.display()
            );
        }
        if is_whole {
            report.note(format!(
                "{}: {}, all locked{fetches}",
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
    // What flags name matters where it leads to something that the lock lacks.
    let known = verify::check(&subject.document, lock, &host()).findings;
    let mut findings = Vec::new();
    for target in &asked.targets {
        for args in &asked.build_args {
            let wider = Inputs {
                targets: [target.clone()].into(),
                build_args: [args.clone()].into(),
                ..asked.clone()
            };
            let walk = Walk::new(&subject.document, &wider, &host());
            let collected = finish_offline(walk, |question| facts_in(lock, question));
            let wanted = Wanted {
                target,
                platforms: asked.platforms.iter().cloned().collect(),
                build_args: Some(args),
                contexts: None,
            };
            let command = lock_command(&subject.shown, have, &wanted);
            let mut more = verify::missing(lock, &collected, &command);
            let foreign = foreign(lock, &collected, &asked.contexts, &subject.shown);
            without_foreign_sources(&mut more, &foreign, &asked.contexts);
            more.extend(foreign);
            let is_new = |finding: &Finding| {
                let same = |other: &Finding| {
                    (other.kind, &other.subject, &other.message)
                        == (finding.kind, &finding.subject, &finding.message)
                };
                !known.iter().any(same) && !findings.iter().any(same)
            };
            more.retain(is_new);
            findings.extend(more);
        }
    }
    if lock.mode == Mode::Hermetic {
        let declared = |name: &str| hermetic::declared(&subject.document, name);
        for given in asked.build_args.difference(&have.build_args) {
            findings.extend(hermetic::open_args(lock, given, declared, &subject.shown));
        }
    }
    findings
}
