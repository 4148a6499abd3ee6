//! What is told when a lock cannot be made: all of it at once, each with its place.

use std::collections::BTreeMap;

use super::job::Job;
use super::report::Report;
use crate::registry::Error;

/// A source that failed, once for all files that need it.
pub(super) type Failures = BTreeMap<String, Error>;

/// Reports all that went wrong; true when something did.
pub(super) fn tell_failures(jobs: &[Job], failures: &Failures, report: &mut Report) -> bool {
    let mut failed = false;
    for (subject, error) in failures {
        let place = jobs.iter().find_map(|job| {
            let seen = job.collected.images.get(subject).map(|seen| &seen.lines);
            let lines = seen.or_else(|| job.collected.http.get(subject).map(|seen| &seen.lines));
            let lines = lines.or_else(|| job.lines.get(subject));
            lines.map(|lines| {
                (
                    job.subject.shown.clone(),
                    lines.first().map(|lines| lines.start),
                )
            })
        });
        let (file, line) = place.unwrap_or_default();
        report.failure(&file, line, subject, &naming(subject, error));
        failed = true;
    }
    for job in jobs {
        for problem in &job.collected.problems {
            // What follows from a source that failed adds nothing.
            if failures.is_empty() {
                report.not_compiled(&job.subject.shown, problem);
                report.problem(
                    &job.subject.shown,
                    problem.location.map(|lines| lines.start),
                    "not-locked",
                    "nothing was written",
                    "",
                );
                failed = true;
            }
        }
        for key in job
            .collected
            .git
            .keys()
            .filter(|key| crate::lock::model::has_credentials(&key.remote))
        {
            let message = format!(
                "the remote of `#{}` has credentials in its URL, which never enter a lock",
                key.reference
            );
            report.problem(
                &job.subject.shown,
                None,
                "source-refused",
                &message,
                "give them to the daemon as a secret",
            );
            failed = true;
        }
    }
    failed
}

/// The error with the source in it, where its message names a host alone.
fn naming(subject: &str, error: &Error) -> Error {
    match error.unnamed {
        false => error.clone(),
        true => Error {
            message: format!("`{subject}`: {}", error.message),
            unnamed: false,
            ..error.clone()
        },
    }
}
