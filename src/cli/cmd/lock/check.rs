//! `rdf lock --check`: offline, against the inputs of the lock itself.

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::file::{Subject, host};
use super::report::Report;
use crate::lock::verify::{self, Finding, FindingKind};

pub(super) fn check(args: &LockArgs, report: &mut Report) -> Exit {
    let subjects = match Subject::read_all(&args.paths(), report) {
        Ok(subjects) => subjects,
        Err(exit) => return exit,
    };
    for subject in subjects {
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
        let checked = verify::check(&subject.document, lock, &host());
        for finding in &checked.findings {
            // An entry that nothing uses stands in the lock, not in the Dockerfile.
            let file = match finding.kind {
                FindingKind::Unused => subject.lock_path.display().to_string(),
                _ => subject.shown.clone(),
            };
            report.finding(&file, finding);
        }
        if checked.findings.is_empty() {
            report.note(format!(
                "{}: {} sources, all locked",
                subject.lock_path.display(),
                lock.len()
            ));
        }
    }
    Exit::Ok
}
