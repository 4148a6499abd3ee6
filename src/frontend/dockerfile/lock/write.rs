//! A lock made by the daemon: `--call=lock`, `--call=lock-check`, and `RDF_LOCK=write` for the local exporter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::json;

use super::{Wish, ask, lock_name};
use crate::frontend::dockerfile::build::Build;
use crate::frontend::dockerfile::options::key;
use crate::frontend::dockerfile::resolve::marshal_error;
use crate::gateway::{Error, Refs, Result, SolveRequest, SolveResult};
use crate::go::path;
use crate::image::Platform;
use crate::llb::{Constraints, FileAction, FileOptions, MarshalOptions, State};
use crate::lock::collect::{Document, Facts, ImageQuestion, Walk, reduce};
use crate::lock::model::{ImageLookup, pinned_reference};
use crate::lock::update::{Resolutions, ResolvedHttp, ResolvedImage, assemble};
use crate::lock::verify::{self, Finding};
use crate::lock::{Inputs, Lock, file};

/// Build arguments that steer the build and are no inputs of a Dockerfile.
const STEERING: [&str; 4] = ["RDF_", "BUILDKIT_", "SOURCE_DATE_EPOCH", "HTTP_PROXY"];

/// The new lock as text.
pub(in crate::frontend) async fn answer(build: &Build<'_>) -> Result<(Lock, String)> {
    let old = old_lock(build)?;
    let document = document(build);
    let host = builder(build);
    let mut inputs = inputs(build, &old);
    let (collected, mut facts, mut resolutions) =
        walk(build, &document, &inputs, &old, &host).await?;
    if let Some(problem) = collected.problems.first() {
        let error = Error::new(problem.message.clone());
        return Err(match problem.location {
            Some(location) => crate::frontend::dockerfile::problem::at(
                error,
                build.dockerfile.info(),
                &[location],
            ),
            None => error,
        });
    }
    rest(build, &old, &collected, &mut resolutions).await?;
    reduce(&document, &mut inputs, &host, &mut facts);
    let lock = assemble(&old, inputs, &collected, &resolutions, &facts, &today());
    let text = file::print(&lock);
    Ok((lock, text))
}

/// What `--call=lock-check` tells: text, JSON, and whether all is well.
pub(in crate::frontend) fn check_answer(
    build: &Build<'_>,
) -> Result<(String, serde_json::Value, bool)> {
    let name = build.dockerfile.name();
    let document = document(build);
    let checked = match &build.dockerfile.lock {
        None => {
            let message = format!("there is no {}", lock_name(name));
            vec![Finding {
                location: None,
                kind: verify::FindingKind::Missing,
                subject: String::new(),
                message,
                hint: format!("run `rdf lock {name}`"),
            }]
        }
        Some(_) => verify::check(&document, &old_lock(build)?, &builder(build)).findings,
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
pub(in crate::frontend) async fn write_result(build: &Build<'_>) -> Result<SolveResult> {
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
        .solve(SolveRequest::definition(definition.into_pb()))
        .await?;
    let reference = result.single()?.cloned();
    Ok(SolveResult {
        refs: Refs::Single(reference),
        ..SolveResult::default()
    })
}

fn old_lock(build: &Build<'_>) -> Result<Lock> {
    match &build.dockerfile.lock {
        None => Ok(Lock::default()),
        Some(bytes) => file::read(bytes).map_err(|error| {
            Error::new(format!(
                "{}: {error} ({})",
                lock_name(build.dockerfile.name()),
                error.hint
            ))
        }),
    }
}

fn document(build: &Build<'_>) -> Document {
    Document::new(build.dockerfile.name(), build.dockerfile.data().clone())
}

fn builder(build: &Build<'_>) -> Platform {
    build
        .request
        .options
        .build_platforms
        .first()
        .cloned()
        .unwrap_or_else(|| Platform::new("linux", "amd64"))
}

/// The inputs of the old lock, and what this request says otherwise; as the flags of `rdf lock` do.
fn inputs(build: &Build<'_>, old: &Lock) -> Inputs {
    let options = &build.request.options;
    let mut inputs = old.inputs.clone();
    if !options.target.is_empty() {
        inputs.targets = BTreeSet::from([options.target.clone()]);
    }
    let platforms: BTreeSet<String> = build
        .request
        .client
        .platforms
        .iter()
        .map(|platform| platform.normalized().format_all())
        .collect();
    if !platforms.is_empty() {
        inputs.platforms = platforms;
    } else if inputs.platforms.is_empty() {
        inputs
            .platforms
            .insert(builder(build).normalized().format_all());
    }
    let args: BTreeMap<String, String> = options
        .build_args
        .iter()
        .filter(|(name, _)| {
            !STEERING
                .iter()
                .any(|prefix| name.to_ascii_uppercase().starts_with(prefix))
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !args.is_empty() {
        inputs.build_args.insert(args);
    }
    let contexts = options
        .contexts
        .iter()
        .filter(|(name, _)| *name != super::LOCK_CONTEXT);
    inputs
        .contexts
        .extend(contexts.map(|(name, spec)| (name.clone(), portable(spec))));
    inputs
}

/// Local contexts have names of their session, which mean nothing later.
fn portable(spec: &str) -> String {
    if spec.starts_with("local:") {
        "local:context".to_owned()
    } else {
        spec.to_owned()
    }
}

type Walked = (crate::lock::collect::Collected, Facts, Resolutions);

async fn walk(
    build: &Build<'_>,
    document: &Document,
    inputs: &Inputs,
    old: &Lock,
    host: &Platform,
) -> Result<Walked> {
    let mut walk = Walk::new(document, inputs, host);
    let mut facts = Facts::new();
    let mut resolutions = Resolutions::default();
    loop {
        let questions = walk.questions();
        if questions.is_empty() {
            return Ok((walk.finish(), facts, resolutions));
        }
        let answers = join_all(
            questions
                .into_iter()
                .map(|question| image(build, old, question)),
        )
        .await;
        for answer in answers {
            let (question, found, known) = answer?;
            resolutions.images.insert(question.reference.clone(), found);
            facts.insert(question.clone(), known.clone());
            walk.answer(question, Some(known));
        }
    }
}

async fn image(
    build: &Build<'_>,
    old: &Lock,
    question: ImageQuestion,
) -> Result<(ImageQuestion, ResolvedImage, crate::lock::ConfigFacts)> {
    let pin = match old.image(&question.reference) {
        ImageLookup::Found(key, pin) => pinned_reference(key, pin).map(|pinned| (pinned, pin)),
        _ => None,
    };
    let reference = pin
        .as_ref()
        .map_or(question.reference.as_str(), |(pinned, _)| pinned);
    let (digest, facts) = ask::image(build.bridge, reference, &question).await?;
    let found = ResolvedImage {
        tag: pin.as_ref().and_then(|(_, pin)| pin.tag.clone()),
        digest,
        platforms: pin
            .map(|(_, pin)| pin.platforms.clone())
            .unwrap_or_default(),
    };
    Ok((question, found, facts))
}

/// What the walk does not ask about.
async fn rest(
    build: &Build<'_>,
    old: &Lock,
    collected: &crate::lock::collect::Collected,
    resolutions: &mut Resolutions,
) -> Result<()> {
    for (reference, seen) in &collected.images {
        let Some(platform) = seen.platforms.first() else {
            continue;
        };
        if !resolutions.images.contains_key(reference)
            && !matches!(old.image(reference), ImageLookup::Found(..))
        {
            let question = ImageQuestion {
                reference: reference.clone(),
                platform: platform.clone(),
            };
            let (question, found, _) = image(build, old, question).await?;
            resolutions.images.insert(question.reference, found);
        }
    }
    for key in collected
        .git
        .keys()
        .filter(|key| old.git_pin(key).is_none())
    {
        if crate::lock::model::has_credentials(&key.remote) {
            return Err(Error::new(
                "a git URL with credentials is not locked: they would end up in the lock",
            ));
        }
        let found = ask::git(build.bridge, key).await?;
        resolutions.git.insert(key.clone(), found);
    }
    for (url, seen) in &collected.http {
        let pin = old.http.get(url);
        let found = match (&seen.given, pin) {
            (Some(given), pin) if pin.is_none_or(|pin| pin.digest != *given) => ResolvedHttp {
                digest: given.clone(),
                size: None,
            },
            (None, None) => ask::http(build.bridge, url).await?,
            (None, Some(pin)) if pin.given => ask::http(build.bridge, url).await?,
            _ => continue,
        };
        resolutions.http.insert(url.clone(), found);
    }
    Ok(())
}

/// Whether the request asks for a lock instead of a build.
pub(in crate::frontend) fn is_wished(build: &Build<'_>) -> Result<bool> {
    Ok(Wish::of(&build.request)? == Wish::Write && build.request.get(key::REQUEST_ID).is_none())
}

/// Today in UTC, `YYYY-MM-DD`.
fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    crate::lock::model::day_of(seconds)
}
