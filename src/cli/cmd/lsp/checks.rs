//! Checks of documents, on a thread of their own: the last version of each, once it rests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::Event;
use crate::cli::cmd::check::Checker;
use crate::cli::exit::Failure;
use crate::cli::variant::Variant;
use crate::limits::LSP_REST;
use crate::lsp::{Document, Finding};

/// A document to check.
pub(super) struct Job {
    pub(super) uri: String,
    pub(super) path: Option<PathBuf>,
    pub(super) document: Arc<Document>,
    pub(super) variant: Variant,
}

/// What was found in a document.
pub(super) struct Outcome {
    pub(super) uri: String,
    pub(super) version: i32,
    pub(super) findings: Vec<Finding>,
    /// Why the config or the settings were not used.
    pub(super) failure: Option<String>,
}

/// Starts the thread; it ends with the sender.
pub(super) fn start(events: Sender<Event>) -> Sender<Job> {
    let (sender, jobs) = mpsc::channel();
    thread::spawn(move || work(&jobs, &events));
    sender
}

fn work(jobs: &Receiver<Job>, events: &Sender<Event>) {
    while let Ok(first) = jobs.recv() {
        let mut waiting = BTreeMap::from([(first.uri.clone(), first)]);
        while let Ok(job) = jobs.recv_timeout(LSP_REST) {
            waiting.insert(job.uri.clone(), job);
        }
        for job in waiting.into_values() {
            if events.send(Event::Checked(check(job))).is_err() {
                return;
            }
        }
    }
}

fn check(job: Job) -> Outcome {
    let path = path_of(job.path.as_deref());
    let (checker, failure) = checker(path, &job.variant);
    let checked = checker
        .filter(|checker| !checker.skips(path))
        .map(|checker| checker.check(path, job.document.bytes()));
    let problems = checked.map_or_else(Vec::new, |checked| checked.problems);
    Outcome {
        uri: job.uri,
        version: job.document.version(),
        findings: problems.into_iter().map(Finding::from).collect(),
        failure,
    }
}

/// Where the config of a document is looked for; what was never saved is like standard input.
pub(super) fn path_of(path: Option<&Path>) -> &Path {
    path.unwrap_or(Path::new("-"))
}

/// What checks a document. Where its config or the settings cannot be used, one without them, and why.
pub(super) fn checker(path: &Path, variant: &Variant) -> (Option<Checker>, Option<String>) {
    let told = |failure: Failure| match failure.hint.as_str() {
        "" => failure.message,
        hint => format!("{}\n{hint}", failure.message),
    };
    match Checker::new(path, variant.clone()) {
        Ok(checker) => (Some(checker), None),
        Err(failure) => (Checker::without_config().ok(), Some(told(failure))),
    }
}
