//! `rdf lock --export` and `rdf lock --diff`.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::super::exit::Exit;
use super::args::{Export, Format, LockArgs};
use super::builds::works;
use super::file::{LockFile, Subject, read_lock};
use super::report::Report;
use super::store::Store;
use crate::cli::{git, lockfile};
use crate::limits::MAX_LOCK_BYTES;
use crate::lock::command::word;
use crate::lock::{Lock, Mode, diff, export, file, sbom};

pub(super) fn export(args: &LockArgs, form: Export, report: &mut Report) -> Exit {
    let mut whole = Lock {
        mode: Mode::Hermetic,
        ..Lock::default()
    };
    let (mut locks, mut recorded) = (Vec::new(), BTreeSet::new());
    let works = match works(args, report) {
        Ok(works) => works,
        Err(exit) => return exit,
    };
    let mut names = Vec::new();
    for input in works.into_iter().map(|work| work.input) {
        let path = input.path();
        let shown = lockfile::path_of(path).display().to_string();
        match read_lock(path, report) {
            Ok(Some(LockFile { lock, .. })) => {
                locks.push(lock.clone());
                let recordings = lock.recordings.iter();
                recorded.extend(
                    recordings.flat_map(|it| Store::of_lock(path, &it.store).addresses(it)),
                );
                // The least strict of them says what is denied.
                whole.mode = whole.mode.min(lock.mode);
                whole.images.extend(lock.images);
                whole.git.extend(lock.git);
                whole.http.extend(lock.http);
                names.push(lock_name(path));
            }
            Ok(None) => {
                let hint = format!("run `rdf lock {}`", word(&path.display().to_string()));
                report.problem(
                    &shown,
                    None,
                    "lock-missing",
                    &format!("no such file: `{shown}`"),
                    &hint,
                );
            }
            Err(exit) => return exit,
        }
    }
    if report.worst() > Exit::Ok {
        return Exit::Usage;
    }
    let leaves_out = matches!(form, Export::BuildContext | Export::Bake);
    if leaves_out && !(whole.git.is_empty() && whole.http.is_empty()) {
        report.note("git sources and files cannot be pinned by contexts; `--export source-policy` pins them as well");
    }
    report.write(&match form {
        Export::SourcePolicy => export::source_policy(&whole, &recorded),
        Export::Rego => export::rego(&whole, &names.join(", ")),
        Export::Sbom => sbom::cyclonedx(&locks.iter().collect::<Vec<_>>()),
        Export::BuildContext => export::build_context_flags(&whole),
        Export::Bake => export::bake(&whole),
    });
    Exit::Ok
}

/// The lock's name without the directory, which differs from place to place.
pub(super) fn lock_name(dockerfile: &Path) -> String {
    let lock = lockfile::path_of(dockerfile);
    lock.file_name().unwrap_or_default().display().to_string()
}

pub(super) fn diff(args: &LockArgs, revision: &str, report: &mut Report) -> Exit {
    let files = works(args, report).map(|works| works.into_iter().map(|work| work.input));
    let files: Vec<_> = match files {
        Ok(files) => files.collect(),
        Err(exit) => return exit,
    };
    let subjects = match Subject::read_all(&files, report) {
        Ok(subjects) => subjects,
        Err(exit) => return exit,
    };
    let mut changes = Vec::new();
    for subject in subjects {
        let before = match at_revision(&subject, revision) {
            Ok(lock) => lock,
            Err(why) => {
                let shown = subject.lock_path.display().to_string();
                report.problem(
                    &shown,
                    None,
                    "lock-revision",
                    &why,
                    "name a git revision with a valid lock",
                );
                return Exit::Usage;
            }
        };
        changes.extend(diff::diff(&before, &subject.lock.unwrap_or_default()));
    }
    match report.format() {
        Format::Markdown => report.write(&diff::to_markdown(&changes)),
        Format::Json => changes.into_iter().for_each(|it| report.change(it)),
        _ => changes
            .iter()
            .for_each(|change| report.write(&format!("{}\n", diff::to_line(change)))),
    }
    Exit::Ok
}

/// The lock as git has it; empty where it did not exist yet.
fn at_revision(subject: &Subject, revision: &str) -> Result<Lock, String> {
    if revision.starts_with('-') || revision.contains(':') {
        return Err(format!("`{revision}` is not a valid revision"));
    }
    let directory = subject
        .lock_path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = subject
        .lock_path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let git = |arguments: &[&str]| {
        git::ask(directory, arguments, MAX_LOCK_BYTES as u64)
            .map_err(|error| format!("`{revision}` cannot be read: {error}"))
    };
    let known = git(&[
        "rev-parse",
        "--verify",
        "--quiet",
        &format!("{revision}^{{commit}}"),
    ])?;
    if known.failure.is_some() {
        return Err(format!("unknown git revision `{revision}`"));
    }
    let shown = git(&["show", &format!("{revision}:./{name}")])?;
    match shown.failure {
        None => file::read(&shown.bytes).map_err(|error| error.to_string()),
        Some(_) => Ok(Lock::default()),
    }
}
