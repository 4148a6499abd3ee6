//! `RDF_LOCK=record`: a build whose `RUN` steps are recorded, and whose result is the lock with what they fetched.
//!
//! ```text
//! new pins -> compile, rdf-run before each RUN -> run the steps -> read their recordings -> lock and store
//! ```
//! Bodies go from the steps to the result by copies in the daemon; only recordings are read here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::try_join_all;

use super::enforce::identifiers;
use super::replay::{digest_of, in_image, left_out, read_pieces, set_epoch};
use super::write::{answer, builder};
use super::{ActiveLock, LockRequest, lock_name};
use crate::collect::CollectSmall as _;
use crate::compile::{
    Lowered, MountedFile, Options, RECORDED, RecordedStep, RecordingMode, StepRecording,
};
use crate::frontend::dockerfile::build::Build;
use crate::frontend::dockerfile::options::key;
use crate::frontend::dockerfile::problem;
use crate::frontend::dockerfile::resolve::{marshal_error, single};
use crate::gateway::{Error, Ref, Refs, Result, SolveRequest, SolveResult};
use crate::go::path;
use crate::image::{Digest, Platform, Reference};
use crate::limits::{MAX_LOCK_BYTES, MAX_RECORDING_BYTES};
use crate::llb::{
    Chmod, Constraints, CopyOptions, FileAction, FileOptions, ImageOptions, MkdirOptions, State,
};
use crate::lock::collect::{Collected, recorded_steps};
use crate::lock::directive::unknown_groups;
use crate::lock::hermetic::Door;
use crate::lock::model::Mode;
use crate::lock::recorded::not_a_run;
use crate::lock::{Lock, RecordedRun, RecordingStore, Recordings, file};
use crate::pb::gateway::ResolveImageConfigRequest;
use crate::recording::{BODIES, FILE_NAME, Recording, StepKey};
use crate::source::LineRange;

/// The program in its image.
const PROGRAM: &str = "/bin/rdf-run";

/// What the tag of that image has behind the frontend's.
const TAG_SUFFIX: &str = "-run";

/// Whether the request asks for a recording.
pub(in crate::frontend::dockerfile) fn is_recording(build: &Build<'_>) -> Result<bool> {
    let asks = build.request.get(key::REQUEST_ID).is_some();
    Ok(LockRequest::of(&build.request)? == LockRequest::Record && !asks)
}

/// A step with what it fetched.
struct Fetched {
    step: RecordedStep,
    /// Digest of the recording; `None` where the step fetched nothing.
    recording: Option<(Digest, Recording)>,
}

/// A result that holds the lock, and the store with what the steps fetched.
pub(in crate::frontend::dockerfile) async fn record_result(
    mut build: Build<'_>,
) -> Result<SolveResult> {
    let (mut lock, _) = answer(&build).await?;
    let old = lock.recordings.take().unwrap_or_default();
    lock.mode = Mode::Hermetic;
    let name = build.dockerfile.name().to_owned();
    let hermetic = ActiveLock::made(lock.clone(), Mode::Hermetic, &name);
    // Names of hosts are for the recording: what answers under them is in it.
    let mut others = build.request.options.clone();
    others.client.extra_hosts.clear();
    hermetic.check_hermetic(&others)?;

    let asked = networked_lines(&build)?;
    let asked_lines = asked.clone().unwrap_or_default();
    let programs = programs(&build).await?;
    let client = &mut build.request.options.client;
    let epoch = if old.runs.is_empty() && old.epoch == 0 {
        now()
    } else {
        old.epoch
    };
    let epoch = set_epoch(&mut client.build_args, &mut client.all, epoch);
    let mounted = programs
        .iter()
        .map(|(platform, (file, _))| (platform.clone(), file.clone()));
    build.request.options.recording = Some(Arc::new(StepRecording {
        mode: RecordingMode::Record {
            nonce: nonce(),
            lines: asked_lines.clone(),
        },
        programs: mounted.collect_small(),
        epoch,
        left_out: left_out(&lock_name(&name), &build.dockerfile.store.name(&old.store)),
        unnamed_args: lock.unnamed_args(&client.build_args),
        networked: match asked {
            Some(_) => BTreeSet::new(),
            None => old.networked(),
        },
    }));
    let active = ActiveLock::made(lock.clone(), Mode::Locked, &name);
    build.lock = Some(active.clone());

    let targets = build.targets();
    let source = build.document.source();
    let (compiled, answers) = build.resolver().compile(source, &targets).await;
    let missing = active.missing(&build.document, &targets, &compiled, &answers);
    active.refuse(&missing, build.dockerfile.info())?;
    let mut given = active.given(&build.request.options, &answers);
    let mut lowered = Vec::new();
    for compiled in compiled {
        build.warn(&compiled.warnings).await;
        let located = |error| problem::located(error, build.dockerfile.info());
        let result = compiled.result.map_err(located)?;
        active.refuse_unpinned(&result, build.dockerfile.info())?;
        let used = result.remote_uses.iter();
        given.extend(used.map(|used| used.identifier.clone()));
        lowered.push(result);
    }
    check_networked(&build, &asked_lines, &lowered)?;
    tell_unknown_groups(&build).await;
    let fetched = lowered.iter().map(|lowered| run(&build, lowered, &given));
    let fetched: Vec<Fetched> = try_join_all(fetched).await?.into_iter().flatten().collect();

    for id in secrets(&lowered) {
        if lock.secrets.insert(id.clone()) {
            let message = format!(
                "{}: steps of builds may have the secret `{id}` from now on, since one that was recorded has it",
                lock_name(&name)
            );
            let _ = build
                .bridge
                .warn(build.dockerfile.file.warning(message, []))
                .await;
        }
    }
    let old_store = old.store.clone();
    let digests = programs
        .iter()
        .map(|(platform, (_, digest))| (platform.clone(), digest.clone()));
    lock.recordings = Some(recordings(
        &build,
        &lock,
        old,
        epoch,
        digests.collect_small(),
        &fetched,
    ));
    let kept = kept(&lock, &old_store, &programs, &fetched);
    given.extend(kept.iter().flat_map(|file| identifiers(&file.state)));
    let state = result(&build, &lock, &programs, &fetched, &kept)?;
    let reference = match lowered.first() {
        Some(lowered) => solve(&build, lowered, &state, &given).await?,
        None => None,
    };
    Ok(SolveResult {
        refs: Refs::Single(reference),
        ..SolveResult::default()
    })
}

impl ActiveLock {
    /// A lock that was just made.
    fn made(lock: Lock, mode: Mode, dockerfile: &str) -> Self {
        ActiveLock {
            lock,
            outside: false,
            mode,
            digest: String::new(),
            name: lock_name(dockerfile),
            dockerfile: dockerfile.to_owned(),
            records: true,
        }
    }
}

/// `rdf-run` for each platform that is built for, and for the one that is built on.
async fn programs(build: &Build<'_>) -> Result<BTreeMap<String, (MountedFile, Digest)>> {
    let image = program_image(build)?;
    let targets = build.targets();
    let mut wanted: BTreeMap<String, (Platform, bool)> = BTreeMap::new();
    let own = builder(build).normalized();
    wanted.insert(own.format_all(), (own, false));
    for platform in targets.iter().map(Options::platform) {
        let platform = platform.normalized();
        wanted.insert(platform.format_all(), (platform, true));
    }
    let mut programs = BTreeMap::new();
    for (name, (platform, needed)) in wanted {
        match program(build, &image, &platform).await {
            Ok(found) => drop(programs.insert(name, found)),
            Err(error) if needed => {
                return Err(
                    error.context(format!("rdf-run for {name} cannot be taken from {image}"))
                );
            }
            Err(_) => {}
        }
    }
    Ok(programs)
}

/// The image with the program: the one that the client names, or the one beside the frontend that runs.
fn program_image(build: &Build<'_>) -> Result<String> {
    if let Some(image) = build
        .request
        .get(key::RUN_IMAGE)
        .filter(|image| !image.is_empty())
    {
        let named = Reference::parse_normalized(image);
        let named = named.map_err(|error| Error::new(error.to_string()).context(key::RUN_IMAGE))?;
        return Ok(named.tag_name_only().to_string());
    }
    let unknown = || {
        Error::new(
            "the image of rdf-run is not known, because the daemon does not tell which frontend runs: name it with \
             `--build-arg RDF_RUN=…`, for `rdf lock --record` with `--run-image …`",
        )
    };
    let own = build
        .bridge
        .environment()
        .frontend
        .as_deref()
        .ok_or_else(unknown)?;
    let own = Reference::parse_normalized(own).map_err(|error| Error::new(error.to_string()))?;
    let tag = format!("{}{TAG_SUFFIX}", own.tag().unwrap_or("latest"));
    let image = own.trim_named().with_tag(&tag);
    Ok(image
        .map_err(|error| Error::new(error.to_string()))?
        .to_string())
}

async fn program(
    build: &Build<'_>,
    image: &str,
    platform: &Platform,
) -> Result<(MountedFile, Digest)> {
    let found = build
        .bridge
        .resolve_image_config(ResolveImageConfigRequest {
            r#ref: image.to_owned(),
            platform: Some(platform.into()),
            resolve_mode: build
                .request
                .options
                .client
                .resolve_mode
                .as_str()
                .to_owned(),
            log_name: format!("[internal] load metadata for {image}"),
            ..ResolveImageConfigRequest::default()
        })
        .await?;
    let pinned = Reference::parse_normalized(image)
        .ok()
        .zip(Digest::parse(&found.digest).ok())
        .and_then(|(image, digest)| image.with_digest(digest).ok());
    let pinned =
        pinned.ok_or_else(|| Error::new(format!("{image}: the daemon gives no digest")))?;
    let options = ImageOptions {
        constraints: Constraints::new()
            .platform(platform.clone())
            .custom_name(format!("[internal] {image}")),
        ..ImageOptions::default()
    };
    let file = MountedFile {
        state: State::image(&pinned.to_string(), options),
        path: PROGRAM.to_owned(),
    };
    let digest = digest_of(build.bridge, &file).await?;
    Ok((file, digest))
}

/// Runs the steps of a platform, and reads what they recorded.
async fn run(
    build: &Build<'_>,
    lowered: &Lowered,
    given: &BTreeSet<String>,
) -> Result<Vec<Fetched>> {
    if lowered.recorded.is_empty() {
        return Ok(Vec::new());
    }
    let mut action = FileAction::new().mkdir("/steps", 0o755, MkdirOptions::default());
    for (index, step) in lowered.recorded.iter().enumerate() {
        let Some(out) = &step.out else { continue };
        let options = CopyOptions::default();
        let source = format!("{RECORDED}/{FILE_NAME}");
        action = action.copy(out, source, format!("/steps/{index}"), options);
    }
    let state = State::scratch().file(
        action,
        Constraints::new().custom_name("[internal] collect recordings"),
    );
    let reference = solve(build, lowered, &state, given).await?;
    let reference = single(reference.as_ref())?;
    let mut fetched = Vec::with_capacity(lowered.recorded.len());
    for (index, step) in lowered.recorded.iter().enumerate() {
        if step.out.is_none() {
            fetched.push(Fetched {
                step: step.clone(),
                recording: None,
            });
            continue;
        }
        let mut text = Vec::new();
        let take = |piece: &[u8]| text.extend_from_slice(piece);
        read_pieces(
            build.bridge,
            reference,
            &format!("/steps/{index}"),
            MAX_RECORDING_BYTES,
            take,
        )
        .await?;
        let recording = Recording::parse(&text)
            .map_err(|error| Error::new(error.to_string()))
            .map_err(|error| problem::at(error, build.dockerfile.info(), &[step.location]))?;
        let has_any = recording.exchanges().next().is_some();
        fetched.push(Fetched {
            step: step.clone(),
            recording: has_any.then(|| (Digest::sha256(&text), recording)),
        });
    }
    Ok(fetched)
}

/// Builds `state`, which reads what `lowered` and others have made; `given` are the sources that it may have.
async fn solve(
    build: &Build<'_>,
    lowered: &Lowered,
    state: &State,
    given: &BTreeSet<String>,
) -> Result<Option<Ref>> {
    let Some(lock) = &build.lock else {
        return Err(Error::new("internal: a recording without a lock"));
    };
    let definition = state.marshal(&lowered.marshal).map_err(marshal_error)?;
    let request = SolveRequest {
        cache_imports: build.request.options.client.cache_imports.clone(),
        source_policies: lock.policy(lowered, given, &build.request.options),
        evaluate: true,
        ..SolveRequest::definition(definition)
    };
    let result = build.bridge.solve(request).await;
    let result = result.map_err(|error| lock.explain(error, lowered, build.dockerfile.info()))?;
    Ok(result.single()?.cloned())
}

/// What the lock says of the steps: the new recordings, and the old ones of other builds that the lock is for.
fn recordings(
    build: &Build<'_>,
    lock: &Lock,
    old: Recordings,
    epoch: i64,
    mut programs: BTreeMap<String, Digest>,
    fetched: &[Fetched],
) -> Recordings {
    let mut runs: BTreeMap<StepKey, RecordedRun> = BTreeMap::new();
    for Fetched { step, recording } in fetched {
        let run = match recording {
            Some((digest, recording)) => RecordedRun {
                recording: Some(digest.clone()),
                fetches: recording.fetches(),
                network: false,
            },
            None => RecordedRun {
                network: step.out.is_none(),
                ..RecordedRun::default()
            },
        };
        runs.insert(step.key.clone(), run);
    }
    if !old.runs.is_empty() {
        let known = programs.keys().chain(old.programs.keys());
        let known: BTreeSet<String> = known.cloned().collect_small();
        let builds = recorded_steps(&build.document, lock, &known, &builder(build));
        let wanted = builds.iter().flat_map(|build| build.builders.values());
        let wanted: BTreeSet<&StepKey> = wanted.flat_map(BTreeMap::keys).collect_small();
        for (key, run) in old.runs {
            if !wanted.contains(&key) || runs.contains_key(&key) {
                continue;
            }
            if let Some(program) = old.programs.get(&key.platform) {
                let program = || program.clone();
                programs.entry(key.platform.clone()).or_insert_with(program);
            }
            runs.insert(key, run);
        }
    }
    Recordings {
        // A directory beside the lock stays the one that it was, and keeps what is in it.
        store: match old.store {
            RecordingStore::Layout(name) => RecordingStore::Layout(name),
            _ => RecordingStore::Folder,
        },
        epoch,
        programs,
        runs,
    }
}

/// The images of an old store in a registry that hold what the lock has from earlier recordings: the new store is whole.
fn kept(
    lock: &Lock,
    store: &RecordingStore,
    programs: &BTreeMap<String, (MountedFile, Digest)>,
    fetched: &[Fetched],
) -> Vec<MountedFile> {
    let (RecordingStore::Registry(images), Some(recordings)) = (store, &lock.recordings) else {
        return Vec::new();
    };
    let fetched = fetched
        .iter()
        .filter_map(|fetched| fetched.recording.as_ref());
    let fresh = fetched.map(|(digest, _)| digest);
    let fresh: BTreeSet<&Digest> = programs
        .values()
        .map(|(_, it)| it)
        .chain(fresh)
        .collect_small();
    let held = recordings.held().filter(|held| !fresh.contains(held));
    held.filter_map(|held| in_image(images, held, "the new store"))
        .collect()
}

/// The lock, and beside it the store with what was recorded in this build.
fn result(
    build: &Build<'_>,
    lock: &Lock,
    programs: &BTreeMap<String, (MountedFile, Digest)>,
    fetched: &[Fetched],
    kept: &[MountedFile],
) -> Result<State> {
    let text = file::print(lock);
    if text.len() > MAX_LOCK_BYTES {
        let message = format!("the lock would exceed the limit of {MAX_LOCK_BYTES} bytes");
        return Err(Error::new(message));
    }
    let none = Recordings::default();
    let recordings = lock.recordings.as_ref().unwrap_or(&none);
    let created = Some(recordings.epoch.saturating_mul(1_000_000_000));
    let store = build.dockerfile.store.directory(&recordings.store);
    let blobs = format!("/{store}/{BODIES}");
    let directory = MkdirOptions {
        make_parents: true,
        created,
        ..MkdirOptions::default()
    };
    let copy = || CopyOptions {
        created,
        ..CopyOptions::default()
    };
    let mut action = FileAction::new().mkdir(&blobs, 0o755, directory);
    for (file, digest) in programs.values() {
        let options = CopyOptions {
            mode: Some(Chmod::Mode(0o755)),
            ..copy()
        };
        let target = format!("{blobs}/{}", digest.encoded());
        action = action.copy(&file.state, &file.path, target, options);
    }
    for fetched in fetched {
        let (Some((digest, recording)), Some(out)) = (&fetched.recording, &fetched.step.out) else {
            continue;
        };
        if !recording.fetches().is_empty() {
            let options = CopyOptions {
                copy_dir_contents_only: true,
                ..copy()
            };
            action = action.copy(out, format!("{RECORDED}/{BODIES}"), &blobs, options);
        }
        let source = format!("{RECORDED}/{FILE_NAME}");
        action = action.copy(out, source, format!("{blobs}/{}", digest.encoded()), copy());
    }
    for image in kept {
        let options = CopyOptions {
            copy_dir_contents_only: true,
            ..copy()
        };
        let source = format!("{}/{BODIES}", image.path);
        action = action.copy(&image.state, source, &blobs, options);
    }
    let name = lock_name(path::base(build.dockerfile.name()));
    let options = FileOptions {
        created,
        ..FileOptions::default()
    };
    let action = action.mkfile(format!("/{name}"), 0o644, text.into_bytes(), options);
    let constraints =
        Constraints::new().custom_name(format!("[internal] write {name} and its store"));
    Ok(State::scratch().file(action, constraints))
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Now, in seconds since 1970.
fn now() -> i64 {
    i64::try_from(since_epoch().as_secs()).unwrap_or_default()
}

/// The lines of steps that are to keep their network, of `RDF_NETWORK`; `None` where it says nothing, and those of the
/// lock stay as they are.
fn networked_lines(build: &Build<'_>) -> Result<Option<BTreeSet<u32>>> {
    let Some(given) = build.request.get(key::NETWORK).filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    if given == "none" {
        return Ok(Some(BTreeSet::new()));
    }
    let mut lines = BTreeSet::new();
    for line in given.split(',') {
        lines.insert(line.trim().parse().map_err(|_| {
            Error::new(format!(
                "invalid value `{given}` for RDF_NETWORK, expected lines of RUN instructions, as in 3,7, or none"
            ))
        })?);
    }
    Ok(Some(lines))
}

/// Refuses lines of `RDF_NETWORK` that name no step of the build.
fn check_networked(build: &Build<'_>, lines: &BTreeSet<u32>, lowered: &[Lowered]) -> Result<()> {
    let steps = lowered.iter().flat_map(|lowered| &lowered.recorded);
    let steps: BTreeSet<LineRange> = steps.map(|step| step.location).collect_small();
    let wrong = |line: &u32| Some((*line, not_a_run(*line, &steps)?));
    let Some((line, (message, hint))) = lines.iter().find_map(wrong) else {
        return Ok(());
    };
    let error = Error::new(format!("{}: {message} ({hint})", build.dockerfile.name()));
    let place = [LineRange::line(line)];
    Err(problem::at(error, build.dockerfile.info(), &place))
}

/// The secrets that steps mount.
fn secrets(lowered: &[Lowered]) -> BTreeSet<String> {
    let mut collected = Collected::default();
    let definitions = lowered.iter().filter_map(|it| it.definition().ok());
    definitions.for_each(|definition| collected.add_steps(&definition));
    let doors = collected.steps.into_values().flatten();
    doors
        .filter_map(|door| match door {
            Door::Secret(id) => Some(id),
            _ => None,
        })
        .collect()
}

/// Warns of comments that name files to keep and cannot be read.
async fn tell_unknown_groups(build: &Build<'_>) {
    let dockerfile = &build.document.source().parsed().dockerfile;
    for (line, column, unread) in unknown_groups(dockerfile, build.document.bytes()) {
        let message = format!(
            "`# rdf: {}`, column {column}: {}",
            unread.word, unread.message
        );
        let file = &build.dockerfile.file;
        let warning = file.warning(message, [LineRange::line(line)]);
        // Whoever cannot be told builds all the same.
        let _ = build.bridge.warn(warning).await;
    }
}

/// What no other recording has.
fn nonce() -> String {
    format!("{:x}", since_epoch().as_nanos())
}
