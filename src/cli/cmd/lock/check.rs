//! `rdf lock --check`: offline, against the inputs of the lock itself, and those that flags add.

use std::path::Path;

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::builds::{Work, works};
use super::file::Subject;
use super::input::inputs;
use super::report::Report;
use super::show::lock_name;
use super::store::{Depth, Store};
use crate::cli::files::{self, read_file};
use crate::cli::lockfile::{self, LockPlace};
use crate::cli::shell::counted;
use crate::cli::variant::host;
use crate::limits::MAX_LOCK_BYTES;
use crate::lock::collect::{Document, Walk, finish_offline};
use crate::lock::command::{Wanted, lock_command, word};
use crate::lock::contexts::{foreign, without_foreign_sources};
use crate::lock::file::{self, Lines, lines};
use crate::lock::verify::{self, Finding, FindingKind, facts_in};
use crate::lock::{Inputs, Lock, Mode, RecordingStore, export, hermetic};

/// Checks all locks, on all processors.
pub(super) fn check(args: &LockArgs, report: &mut Report) -> Exit {
    let works = match works(args, report) {
        Ok(works) => works,
        Err(exit) => return exit,
    };
    let format = report.format();
    let checked = files::each(&works, |work| {
        let mut report = Report::new(format);
        let checked = check_one(args, work, &mut report);
        (checked, report)
    });
    let mut worst = Exit::Ok;
    for (checked, about) in checked {
        report.append(about);
        match checked {
            Ok(exit) => worst = worst.max(exit),
            Err(exit) => return exit,
        }
    }
    worst
}

/// Checks the lock of one Dockerfile; how to end if it cannot be read, and as an error if the flags are wrong, which
/// is so for all.
fn check_one(args: &LockArgs, work: &Work, report: &mut Report) -> Result<Exit, Exit> {
    let subject = match work.read(report) {
        Ok(subject) => subject,
        Err(exit) => return Ok(exit),
    };
    let Some(lock) = &subject.lock else {
        let finding = Finding {
            location: None,
            kind: FindingKind::Missing,
            subject: String::new(),
            message: format!("`{}` has no lock", subject.shown),
            hint: format!("run `rdf lock {}`", word(&subject.shown)),
        };
        report.finding(&subject.shown, &finding);
        return Ok(Exit::Ok);
    };
    let asked = match inputs(args, Some(lock)) {
        Ok(mut asked) => {
            work.build.iter().for_each(|build| build.widen(&mut asked));
            asked
        }
        Err(message) => {
            report.usage(&subject.shown, &message);
            return Err(Exit::Usage);
        }
    };
    let checked = verify::check(&subject.document, lock, &host());
    let note = verify::unlocked_steps(lock, &checked.collected);
    let mut findings = checked.findings;
    findings.extend(uncovered(&subject, lock, &asked));
    findings.extend(stale_export(&subject, lock, work.input.path()));
    let lines = lines(subject.lock_bytes.as_deref().unwrap_or_default());
    for finding in &findings {
        tell(&subject, &lines, finding, report);
    }
    if let Some(note) = note {
        report.note(format!("{}: {note}", subject.shown));
    }
    let mut is_whole = findings.is_empty();
    let mut fetches = String::new();
    if let Some(recordings) = &lock.recordings {
        let place = match &recordings.store {
            RecordingStore::Folder | RecordingStore::Layout(_) => {
                let store = Store::of_lock(work.input.path(), &recordings.store);
                is_whole &= store.tell(&subject.shown, recordings, Depth::Sizes, report);
                store.root.display().to_string()
            }
            // A registry is not asked: `--verify` does.
            RecordingStore::Registry(store) => store.index.to_string(),
        };
        let count = recordings.fetches().count();
        fetches = format!(", {} in {place}", counted(count, "recorded file"));
    }
    if is_whole {
        report.note(format!(
            "{}: {}, all locked{fetches}",
            subject.lock_path.display(),
            counted(lock.len(), "source")
        ));
    }
    Ok(Exit::Ok)
}

/// What the lock beside a Dockerfile does not hold, or why a build cannot use it; `None` where there is none.
pub(in crate::cli) fn unlocked(path: &Path, name: &str, bytes: &[u8]) -> Option<String> {
    let shown = lockfile::path_of(path);
    let unusable = |why: String| {
        let shown = shown.display();
        format!("{shown} stops a build, see `rdf lock --check`: {why}")
    };
    let lock = match lockfile::find(path) {
        LockPlace::Missing => return None,
        LockPlace::OutOfReach { why, .. } => return Some(unusable(why)),
        LockPlace::File(lock) => read_file(&lock, MAX_LOCK_BYTES as u64),
    };
    let lock = lock.map_err(|error| error.to_string());
    let lock = lock.and_then(|bytes| file::read(&bytes).map_err(|error| error.message));
    let lock = match lock {
        Ok(lock) => lock,
        Err(why) => return Some(unusable(why)),
    };
    let document = Document::new(name, bytes);
    let checked = verify::check(&document, &lock, &host());
    let note = verify::unlocked_steps(&lock, &checked.collected)?;
    Some(format!("{name}: {note}"))
}

/// What is wrong with the lock alone stands in the lock, not in the Dockerfile.
fn tell(subject: &Subject, lines: &Lines, finding: &Finding, report: &mut Report) {
    let is_of_lock = matches!(
        finding.kind,
        FindingKind::Unused | FindingKind::Off | FindingKind::Export
    );
    if !is_of_lock {
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

/// A policy beside the Dockerfile that was made of another lock.
fn stale_export(subject: &Subject, lock: &Lock, dockerfile: &Path) -> Option<Finding> {
    let mut policy = dockerfile.as_os_str().to_owned();
    policy.push(".rego");
    // One that cannot be read, or that others wrote, is nothing of ours.
    let have = read_file(Path::new(&policy), MAX_LOCK_BYTES as u64).ok()?;
    let is_ours = export::is_rego(&have);
    if !is_ours || have == export::rego(lock, &lock_name(dockerfile)).into_bytes() {
        return None;
    }
    let policy = policy.display().to_string();
    Some(Finding {
        location: None,
        kind: FindingKind::Export,
        message: format!("the policy `{policy}` is not that of the lock"),
        hint: format!(
            "run `rdf lock --export rego {} > {}`",
            word(&subject.shown),
            word(&policy)
        ),
        subject: policy,
    })
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
                ..Wanted::default()
            };
            let command = lock_command(&subject.shown, have, &wanted);
            let mut more = verify::missing(lock, &collected, &command, &subject.shown);
            for finding in &mut more {
                if finding.kind == FindingKind::Inputs {
                    finding.hint =
                        "fix the Dockerfile, or name other targets, platforms and arguments"
                            .to_owned();
                }
            }
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
        let contexts = asked.contexts.iter();
        let new = contexts.filter(|(name, _)| !have.contexts.contains_key(*name));
        let hint = "leave out --build-context";
        findings.extend(hermetic::open_contexts(new, hint));
        let declared = |name: &str| hermetic::declared(&subject.document, name);
        for given in asked.build_args.difference(&have.build_args) {
            findings.extend(hermetic::open_args(lock, given, declared, &subject.shown));
        }
    }
    findings
}
