//! A lock made by the daemon: `--call=lock`, `--call=lock-check`, and `RDF_LOCK=write` for the local exporter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::gather::{Gathered, gather};
use super::{LockRequest, lock_name};
use crate::collect::CollectSmall as _;
use crate::frontend::dockerfile::build::Build;
use crate::frontend::dockerfile::options::key;
use crate::frontend::dockerfile::problem;
use crate::frontend::dockerfile::resolve::marshal_error;
use crate::gateway::{Error, Refs, Result, SolveRequest, SolveResult};
use crate::go::path;
use crate::image::Platform;
use crate::llb::{Constraints, FileAction, FileOptions, MarshalOptions, State};
use crate::lock::collect::{reduce, step_args};
use crate::lock::contexts::portable;
use crate::lock::model::has_credentials;
use crate::lock::update::assemble;
use crate::lock::verify::{self, Finding};
use crate::lock::{Inputs, Lock, Mode, file, hermetic};
use crate::source::LineRange;

/// The date of the build is not an input of a Dockerfile.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The new lock as text.
pub(in crate::frontend::dockerfile) async fn answer(build: &Build<'_>) -> Result<(Lock, String)> {
    let old = old_lock(build)?;
    let document = &build.document;
    let host = builder(build);
    let mut inputs = inputs(build, &old)?;
    let gathered = gather(build.bridge, document, &inputs, &old, &host).await;
    gathered.refuse(build)?;
    let Gathered {
        collected,
        mut facts,
        resolutions,
        ..
    } = gathered;
    let given = inputs.build_args.clone();
    let records = LockRequest::of(&build.request)? == LockRequest::Record;
    let kept = match records || old.recordings.is_some() {
        true => step_args(document, &old, &inputs),
        false => BTreeSet::new(),
    };
    reduce(document, &mut inputs, &host, &mut facts, &kept);
    let mut lock = assemble(&old, inputs, &collected, &resolutions, &facts, &today());
    if records || lock.mode == Mode::Hermetic {
        lock.keep_args(&given, &super::salt());
    }
    let text = file::print(&lock);
    Ok((lock, text))
}

impl Gathered {
    /// Everything that went wrong as one error, at the place of the first.
    fn refuse(&self, build: &Build<'_>) -> Result<()> {
        let at = |error: Error, location: Option<LineRange>| match location {
            Some(location) => problem::at(error, build.dockerfile.info(), &[location]),
            None => error,
        };
        let Some((first, _)) = self.failures.iter().next() else {
            // What follows from a source that failed adds nothing.
            return match self.collected.problems.first() {
                Some(problem) => Err(at(Error::new(problem.message.clone()), problem.location)),
                None => Ok(()),
            };
        };
        let texts: Vec<&str> = self.failures.values().map(Error::message).collect();
        let git = |(key, seen): (&crate::lock::GitKey, &crate::lock::collect::RemoteSeen)| {
            let named = verify::show_git(&key.remote, &key.reference) == *first;
            named.then(|| seen.lines.first().copied())?
        };
        let images = self.collected.images.get(first).map(|seen| &seen.lines);
        let lines = images.or_else(|| self.collected.http.get(first).map(|seen| &seen.lines));
        let location = lines
            .and_then(|lines| lines.first().copied())
            .or_else(|| self.collected.git.iter().find_map(git));
        let name = lock_name(build.dockerfile.name());
        let message = format!("{name}: nothing was written: {}", texts.join("; "));
        Err(at(Error::new(message), location))
    }
}

/// What `--call=lock-check` tells: text, JSON, and whether all is well.
pub(in crate::frontend::dockerfile) fn check_answer(
    build: &Build<'_>,
) -> Result<(String, serde_json::Value, bool)> {
    let name = build.dockerfile.name();
    let document = &build.document;
    let checked = match build.dockerfile.lock.readable()? {
        None => {
            let message = format!("{} does not exist", lock_name(name));
            vec![Finding {
                location: None,
                kind: verify::FindingKind::Missing,
                subject: String::new(),
                message,
                hint: format!("run `rdf lock {name}`"),
            }]
        }
        Some(_) => verify::check(document, &old_lock(build)?, &builder(build)).findings,
    };
    let mut text = String::new();
    for finding in &checked {
        let line = finding
            .location
            .map(|lines| format!("{name}:{}: ", lines.start))
            .unwrap_or_default();
        text.push_str(&format!(
            "{line}{}: {} ({})\n",
            finding.kind.code(),
            finding.message,
            finding.hint
        ));
    }
    if checked.is_empty() {
        text.push_str("The lock is complete.\n");
    }
    let list: Vec<_> = checked
        .iter()
        .map(|finding| {
            json!({
                "code": finding.kind.code(), "subject": finding.subject, "message": finding.message,
                "hint": finding.hint, "line": finding.location.map(|lines| lines.start),
            })
        })
        .collect();
    Ok((text, json!({ "findings": list }), checked.is_empty()))
}

/// A result that holds the lock and nothing else.
pub(in crate::frontend::dockerfile) async fn write_result(
    build: &Build<'_>,
) -> Result<SolveResult> {
    let (_, text) = answer(build).await?;
    let name = lock_name(path::base(build.dockerfile.name()));
    let action = FileAction::new().mkfile(
        format!("/{name}"),
        0o644,
        text.into_bytes(),
        FileOptions::default(),
    );
    let state = State::scratch().file(
        action,
        Constraints::new().custom_name(format!("[internal] write {name}")),
    );
    let definition = state
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
    let result = build
        .bridge
        .solve(SolveRequest::definition(definition))
        .await?;
    let reference = result.single()?.cloned();
    Ok(SolveResult {
        refs: Refs::Single(reference),
        ..SolveResult::default()
    })
}

pub(super) fn old_lock(build: &Build<'_>) -> Result<Lock> {
    match build.dockerfile.lock.readable()? {
        None => Ok(Lock::default()),
        Some(found) => found.read(build.dockerfile.name()),
    }
}

pub(super) fn builder(build: &Build<'_>) -> Platform {
    build.request.options.client.builder()
}

/// The inputs of the old lock, and what this request says otherwise; as the flags of `rdf lock` do.
fn inputs(build: &Build<'_>, old: &Lock) -> Result<Inputs> {
    let options = &build.request.options;
    let mut inputs = old.inputs.clone();
    let records = LockRequest::of(&build.request)? == LockRequest::Record;
    if !options.client.target.is_empty() {
        // Recordings of other targets stay.
        if !(records && old.recordings.is_some()) {
            inputs.targets.clear();
        }
        inputs.targets.insert(options.client.target.clone());
    }
    let platforms: BTreeSet<String> = build
        .request
        .options
        .client
        .platforms
        .iter()
        .map(|platform| platform.normalized().format_all())
        .collect_small();
    if !platforms.is_empty() {
        inputs.platforms = platforms;
    } else if inputs.platforms.is_empty() {
        inputs
            .platforms
            .insert(builder(build).normalized().format_all());
    }
    let args: BTreeMap<String, String> = options
        .client
        .build_args
        .iter()
        .filter(|(name, _)| !hermetic::is_steering(name) && *name != EPOCH)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect_small();
    if !args.is_empty() {
        // A first recording is of this build, and not also of one without arguments.
        if records && build.dockerfile.lock.readable()?.is_none() {
            inputs.build_args.clear();
        }
        inputs.build_args.insert(args);
    }
    let contexts = options
        .client
        .contexts
        .iter()
        .filter(|(name, _)| *name != super::LOCK_CONTEXT);
    inputs
        .contexts
        .extend(contexts.map(|(name, spec)| (name.clone(), portable(name, spec))));
    if let Some(sbom) = &build.request.options.client.sbom {
        inputs.sbom = Some(sbom.generator.clone());
    }
    // A lock inside a repository cannot hold the commit that it is part of.
    let remote = build.request.options.client.remote_context_url();
    if let Some(url) = remote.filter(|_| options.client.contexts.contains_key(super::LOCK_CONTEXT))
    {
        if has_credentials(url) {
            return Err(Error::new(
                "a context with credentials in its URL is not locked: they would end up in the lock",
            ));
        }
        inputs.context = Some(url.to_owned());
    }
    Ok(inputs)
}

/// Whether the request asks for a lock instead of a build.
pub(in crate::frontend::dockerfile) fn is_wished(build: &Build<'_>) -> Result<bool> {
    Ok(LockRequest::of(&build.request)? == LockRequest::Write
        && build.request.get(key::REQUEST_ID).is_none())
}

/// Today in UTC, `YYYY-MM-DD`.
fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    crate::lock::model::day_of(seconds)
}
