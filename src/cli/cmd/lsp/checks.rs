//! Checks of documents, on a thread of their own: at once, and of what changes meanwhile the last version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::Event;
use super::beside;
use super::locks;
use crate::check::{Checked, Memory};
use crate::cli::cmd::check::Checker;
use crate::cli::exit::Failure;
use crate::cli::offline;
use crate::cli::variant::Variant;
use crate::compile::{Need, Source};
use crate::limits::MAX_LSP_NEEDS;
use crate::lsp::{self, Document, Finding, Workspace};

/// A document to check.
pub(super) struct Job {
    pub(super) uri: String,
    pub(super) path: Option<PathBuf>,
    pub(super) document: Arc<Document>,
    pub(super) variant: Variant,
    /// Why it is not the build that is named.
    pub(super) failure: Option<String>,
    pub(super) workspace: Workspace,
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
    let mut known: BTreeMap<String, Memory> = BTreeMap::new();
    while let Ok(first) = jobs.recv() {
        // What came while the last check ran, the last version of each document.
        let mut waiting = BTreeMap::from([(first.uri.clone(), first)]);
        waiting.extend(jobs.try_iter().map(|job| (job.uri.clone(), job)));
        for job in waiting.into_values() {
            let mut memory = known.remove(&job.uri).unwrap_or_default();
            if memory.needs.len() > MAX_LSP_NEEDS {
                memory.needs.clear();
            }
            let uri = job.uri.clone();
            // What is told goes first: taking a long file apart takes a while.
            let (outcome, _leftovers) = check(job, &mut memory);
            known.insert(uri, memory);
            if events.send(Event::Checked(outcome)).is_err() {
                return;
            }
        }
    }
}

/// What is left of a check, to be dropped.
pub(super) struct Leftovers {
    _source: Source,
    _checked: Option<Checked>,
}

/// Checks a document.
pub(super) fn check(job: Job, memory: &mut Memory) -> (Outcome, Leftovers) {
    let path = path_of(job.path.as_deref());
    let bytes = job.document.bytes();
    let (checker, failure) = checker(path, &job.variant);
    let checker = checker.filter(|checker| !checker.is_skipped());
    let source = Source::new(bytes);
    let asked = memory.needs.clone();
    let mut unneeded_stages = Vec::new();
    let (mut checked, about_lock) = thread::scope(|scope| {
        let about_lock = scope.spawn(|| of_lock(&job));
        let mut meanwhile = || unneeded_stages = unneeded(&job, &source, &asked);
        let checked = match checker {
            Some(checker) => Some(checker.check(bytes, &source, memory, meanwhile)),
            None => {
                meanwhile();
                None
            }
        };
        (checked, about_lock.join().unwrap_or_default())
    });
    let is_broken = checked.as_ref().is_some_and(Checked::has_errors);
    let problems = checked.as_mut().map(|it| std::mem::take(&mut it.problems));
    let problems = problems.unwrap_or_default().into_iter();
    let mut findings: Vec<Finding> = problems.map(Finding::from).collect();
    findings.extend(about_lock);
    // A rule may have said so.
    if !is_broken && !findings.iter().any(Finding::is_unneeded) {
        findings.extend(unneeded_stages);
    }
    let failures: Vec<String> = job.failure.into_iter().chain(failure).collect();
    let outcome = Outcome {
        version: job.document.version(),
        uri: job.uri,
        findings,
        failure: (!failures.is_empty()).then(|| failures.join("\n")),
    };
    let leftovers = Leftovers {
        _source: source,
        _checked: checked,
    };
    (outcome, leftovers)
}

/// What is wrong about the lock.
fn of_lock(job: &Job) -> Vec<Finding> {
    let Some(path) = &job.path else {
        return Vec::new();
    };
    let bytes = job.document.bytes();
    let mut findings = locks::findings(path, bytes);
    let lock = job.workspace.lock.as_deref();
    let compile = |bytes: &[u8], all| beside::compile(path, bytes, &job.variant, lock, all);
    findings.extend(lsp::outdated(&job.document, &job.workspace, &compile));
    findings
}

/// The stages that neither the chosen target nor any build of the files around needs.
fn unneeded(job: &Job, source: &Source, asked: &BTreeSet<Need>) -> Vec<Finding> {
    let bytes = job.document.bytes();
    let count = source.parsed().dockerfile.stages.len();
    if count < 2 || source.parsed().error().is_some() {
        return Vec::new();
    }
    let lock = job.workspace.lock.as_deref();
    let chosen = job.variant.target.clone().unwrap_or_default();
    let mut targets = BTreeSet::from([chosen.clone()]);
    let built = job.workspace.targets.iter();
    let built: BTreeSet<String> = built.map(|target| target.stage.clone()).collect();
    if chosen.is_empty() && !built.is_empty() {
        targets = built;
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
        let Ok(needed_by) = offline::needed(source, &options, lock, asked) else {
            return Vec::new();
        };
        for (slot, is_needed) in needed.iter_mut().zip(needed_by) {
            *slot |= is_needed;
        }
    }
    let shown: Vec<String> = targets
        .iter()
        .map(|target| match target.as_str() {
            "" => "the last stage".to_owned(),
            target => format!("`{target}`"),
        })
        .collect();
    lsp::unneeded(&source.parsed().dockerfile, &needed, &shown.join(" or "))
}

/// Where the config of a document is looked for; what was never saved is like standard input.
pub(super) fn path_of(path: Option<&Path>) -> &Path {
    path.unwrap_or(Path::new("-"))
}

/// What checks a document. Where its config cannot be used, one without it, and why.
pub(super) fn checker(path: &Path, variant: &Variant) -> (Option<Checker>, Option<String>) {
    match Checker::new(path, variant.clone()) {
        Ok(checker) => (Some(checker), None),
        Err(failure) => {
            let checker = Checker::without_config(path, variant.clone());
            (checker.ok(), Some(told(failure)))
        }
    }
}

/// A failure in words.
pub(super) fn told(failure: Failure) -> String {
    match failure.hint.as_str() {
        "" => failure.message,
        hint => format!("{}\n{hint}", failure.message),
    }
}
