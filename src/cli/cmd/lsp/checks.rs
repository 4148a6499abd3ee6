//! Checks of documents, on a thread of their own: the last version of each, once it rests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::Event;
use super::locks;
use crate::cli::cmd::check::Checker;
use crate::cli::exit::Failure;
use crate::cli::offline;
use crate::cli::variant::Variant;
use crate::compile::Source;
use crate::limits::LSP_REST;
use crate::lsp::{self, Document, Finding};

/// A document to check.
pub(super) struct Job {
    pub(super) uri: String,
    pub(super) path: Option<PathBuf>,
    pub(super) document: Arc<Document>,
    pub(super) variant: Variant,
    /// The stages that files around it build.
    pub(super) stages: BTreeSet<String>,
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

/// Checks a document.
pub(super) fn check(job: Job) -> Outcome {
    let path = path_of(job.path.as_deref());
    let (checker, failure) = checker(path, &job.variant);
    let checked = checker
        .filter(|checker| !checker.is_skipped())
        .map(|checker| checker.check(job.document.bytes()));
    let problems = checked.map_or_else(Vec::new, |checked| checked.problems);
    let mut findings: Vec<Finding> = problems.into_iter().map(Finding::from).collect();
    if let Some(path) = &job.path {
        findings.extend(locks::findings(path, job.document.bytes()));
    }
    // A rule may have said so.
    if !findings.iter().any(Finding::is_unneeded) {
        findings.extend(unneeded(&job));
    }
    Outcome {
        uri: job.uri,
        version: job.document.version(),
        findings,
        failure,
    }
}

/// The stages that neither the chosen target nor any build of the files around needs.
fn unneeded(job: &Job) -> Vec<Finding> {
    let bytes = job.document.bytes();
    let source = Source::new(bytes);
    let count = source.parsed().dockerfile.stages.len();
    if count < 2 || source.parsed().error().is_some() {
        return Vec::new();
    }
    let path = job.path.as_deref();
    let lock = path.and_then(|path| offline::find_lock(path, None).ok().flatten());
    let chosen = job.variant.target.clone().unwrap_or_default();
    let mut targets = BTreeSet::from([chosen.clone()]);
    if chosen.is_empty() && !job.stages.is_empty() {
        targets.clone_from(&job.stages);
    }
    let mut needed = vec![false; count];
    for target in &targets {
        let variant = Variant {
            target: (!target.is_empty()).then(|| target.clone()),
            ..job.variant.clone()
        };
        let Ok(options) = offline::options(&variant, "Dockerfile", bytes) else {
            return Vec::new();
        };
        let (compiled, answers) = offline::compile(&source, &options, lock.as_ref());
        let shape = compiled
            .result
            .and_then(|_| source.shape(&options, &answers));
        let Ok(shape) = shape else {
            return Vec::new();
        };
        let own = shape.stages.iter().filter(|stage| stage.in_file);
        for (slot, stage) in needed.iter_mut().zip(own) {
            *slot |= stage.needed;
        }
    }
    let shown: Vec<String> = targets
        .iter()
        .map(|target| match target.as_str() {
            "" => "the last stage".to_owned(),
            target => format!("`{target}`"),
        })
        .collect();
    lsp::unneeded(&job.document, &needed, &shown.join(" or "))
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
        Err(failure) => (Checker::without_config(path).ok(), Some(told(failure))),
    }
}
