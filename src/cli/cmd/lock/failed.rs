//! What is told when a lock cannot be made: all of it at once, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::job::Job;
use super::report::Report;
use crate::registry::Error;

/// Sources that failed, each told once for all files that need it.
#[derive(Default)]
pub(super) struct Failures(BTreeMap<String, Failure>);

struct Failure {
    error: Error,
    /// The jobs that need the source.
    jobs: BTreeSet<usize>,
}

impl Failures {
    /// The last error of a source counts.
    pub(super) fn add(&mut self, job: usize, subject: String, error: Error) {
        let jobs = BTreeSet::new();
        let failure = self.0.entry(subject).or_insert(Failure {
            error: error.clone(),
            jobs,
        });
        failure.error = error;
        failure.jobs.insert(job);
    }

    /// Whether this job has lost this source.
    pub(super) fn has(&self, job: usize, subject: &str) -> bool {
        self.0
            .get(subject)
            .is_some_and(|failure| failure.jobs.contains(&job))
    }
}

/// Reports all that went wrong, and gives the jobs that cannot be finished.
pub(super) fn tell_failures(
    jobs: &[Job],
    failures: &Failures,
    report: &mut Report,
) -> BTreeSet<usize> {
    for (subject, Failure { error, jobs: lost }) in &failures.0 {
        let of_lost = jobs.iter().enumerate().filter(|(at, _)| lost.contains(at));
        let of_lost = of_lost.map(|(_, job)| job);
        let meant = of_lost.clone().find_map(|job| stage_meant(job, subject));
        let place = of_lost.into_iter().find_map(|job| {
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
        let mut error = naming(subject, error);
        if let Some(stage) = meant {
            error = error.hint(format!("did you mean the stage `{stage}`?"));
        }
        report.failure(&file, line, subject, &error);
    }
    let lost = failures.0.values().flat_map(|failure| &failure.jobs);
    let mut failed: BTreeSet<usize> = lost.copied().collect();
    for (at, job) in jobs.iter().enumerate() {
        // What follows from a source that failed adds nothing.
        let is_lost = failed.contains(&at);
        for problem in job.collected.problems.iter().filter(|_| !is_lost) {
            report.not_compiled(&job.subject.shown, problem);
            report.problem(
                &job.subject.shown,
                problem.location.map(|lines| lines.start),
                "not-locked",
                "nothing was written",
                "",
            );
            failed.insert(at);
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
            failed.insert(at);
        }
    }
    // Of one file that failed, this says nothing new.
    let told = failed.iter().filter(|_| jobs.len() > 1);
    for job in told.filter_map(|at| jobs.get(*at)) {
        let lock = job.subject.lock_path.display();
        report.note(format!("{lock}: not written, see the errors"));
    }
    failed
}

/// The stage that was probably meant, where an image of Docker Hub is named by one word.
fn stage_meant(job: &Job, subject: &str) -> Option<String> {
    let name = subject.strip_prefix("docker.io/library/")?;
    let name = name.strip_suffix(":latest")?;
    crate::check::stage_meant(&job.subject.document.source().parsed().dockerfile, name)
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
