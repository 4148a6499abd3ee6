//! Hermetic builds whose lock says what `RUN` steps fetch: the steps get that, out of the store beside the lock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ActiveLock;
use crate::collect::CollectSmall as _;
use crate::compile::{MountedFile, Options, RecordingMode, StepRecording, StepReplay};
use crate::frontend::dockerfile::build::Build;
use crate::frontend::dockerfile::load::LoadedDockerfile;
use crate::frontend::dockerfile::options::{Request, key};
use crate::frontend::dockerfile::resolve::{marshal_error, single};
use crate::gateway::{Bridge, Error, FileRange, Ref, Result, SolveRequest};
use crate::go::path;
use crate::image::Digest;
use crate::limits::{MAX_PROGRAM_BYTES, RECORDED_PIECE};
use crate::llb::{
    Chmod, Constraints, CopyOptions, FileAction, ImageOptions, LocalOptions, MarshalOptions, State,
};
use crate::lock::model::Mode;
use crate::lock::verify::{Finding, FindingKind};
use crate::lock::{RecordedRun, RecordingStore, Recordings, StoreImages};
use crate::recording::{BODIES, Fetch, IMAGE_STORE, RunError};

/// Name of the program where the store is not mounted.
const PROGRAM: &str = "/rdf-run";

/// Where the store of a lock is: beside it.
#[derive(Clone, Debug)]
pub(in crate::frontend::dockerfile) struct StorePlace {
    /// Set when that is not a directory of the client.
    state: Option<State>,
    /// The directory of the client.
    local: String,
    /// Path of the Dockerfile in there, without a slash at the start.
    dockerfile: String,
}

impl StorePlace {
    /// Beside the Dockerfile at `dockerfile`.
    pub(in crate::frontend::dockerfile) fn new(
        state: Option<State>,
        local: String,
        dockerfile: &str,
    ) -> Self {
        let path = path::join(&["/", dockerfile]);
        StorePlace {
            state,
            local,
            dockerfile: path.trim_start_matches('/').to_owned(),
        }
    }

    /// The name of the store.
    pub(super) fn name(&self, store: &RecordingStore) -> String {
        store.name(path::base(&self.dockerfile))
    }

    /// What the directory of its bodies is in, relative to the lock.
    pub(super) fn directory(&self, store: &RecordingStore) -> String {
        store.directory(path::base(&self.dockerfile))
    }

    /// What a step is replayed from.
    fn of_step(
        &self,
        options: &Options,
        store: &RecordingStore,
        run: &RecordedRun,
    ) -> Option<StepReplay> {
        let recording = run.recording.as_ref()?;
        let whose = recording.encoded().get(..12).unwrap_or_default();
        let bodies = run.fetches.iter().map(|fetch| &fetch.digest);
        Some(StepReplay {
            recording: recording.clone(),
            fetches: Fetch::digest_of(&run.fetches),
            store: match store {
                RecordingStore::Registry(images) => in_image(images, recording, whose)?,
                RecordingStore::Folder | RecordingStore::Layout(_) => {
                    self.with(options, store, bodies.chain([recording]), whose)
                }
            },
        })
    }

    /// The store with these blobs and no others.
    fn with<'d>(
        &self,
        options: &Options,
        store: &RecordingStore,
        blobs: impl IntoIterator<Item = &'d Digest>,
        whose: &str,
    ) -> MountedFile {
        let directory = path::join(&[&*path::dir(&self.dockerfile), &self.directory(store)]);
        let state = self.state.clone().unwrap_or_else(|| {
            let blob = |digest: &Digest| format!("{directory}/{BODIES}/{}", digest.encoded());
            let options = LocalOptions {
                session_id: options.client.session_for(&self.local).unwrap_or_default(),
                // What a step gets is sent once, and not again because another step gets something else.
                shared_key_hint: format!("{}-{whose}", self.local),
                include_patterns: blobs.into_iter().map(blob).collect(),
                constraints: Constraints::new()
                    .custom_name(format!("[internal] load {} for {whose}", self.name(store))),
                ..LocalOptions::default()
            };
            State::local(&self.local, options)
        });
        MountedFile {
            state,
            path: format!("/{directory}"),
        }
    }

    /// The program `digest`.
    fn program(
        &self,
        options: &Options,
        store: &RecordingStore,
        digest: &Digest,
    ) -> Option<MountedFile> {
        match store {
            RecordingStore::Registry(images) => {
                let store = in_image(images, digest, "rdf-run")?;
                let path = format!("{}/{BODIES}/{}", store.path, digest.encoded());
                Some(MountedFile { path, ..store })
            }
            RecordingStore::Folder | RecordingStore::Layout(_) => {
                Some(self.program_in_directory(options, store, digest))
            }
        }
    }

    /// The same, executable whatever became of its mode in version control.
    fn program_in_directory(
        &self,
        options: &Options,
        store: &RecordingStore,
        digest: &Digest,
    ) -> MountedFile {
        let store = self.with(options, store, [digest], "rdf-run");
        let copy = CopyOptions {
            mode: Some(Chmod::Mode(0o755)),
            ..CopyOptions::default()
        };
        let source = format!("{}/{BODIES}/{}", store.path, digest.encoded());
        let state = State::scratch().file(
            FileAction::new().copy(&store.state, source, PROGRAM, copy),
            Constraints::new().custom_name("[internal] load rdf-run"),
        );
        MountedFile {
            state,
            path: PROGRAM.to_owned(),
        }
    }
}

/// The image that holds a recording or a program.
pub(super) fn in_image(store: &StoreImages, held: &Digest, whose: &str) -> Option<MountedFile> {
    let image = store.image(held)?;
    let name = format!("[internal] load {} for {whose}", image.name());
    let options = ImageOptions {
        constraints: Constraints::new().custom_name(name),
        ..ImageOptions::default()
    };
    Some(MountedFile {
        state: State::image(&image.to_string(), options),
        path: IMAGE_STORE.to_owned(),
    })
}

/// Patterns of what a recording leaves out of the main context: the lock `lock` and its store, wherever the
/// Dockerfile is.
pub(super) fn left_out(lock: &str, store: &str) -> Vec<String> {
    [lock, store]
        .map(|name| format!("**/{}", path::base(name)))
        .to_vec()
}

impl ActiveLock {
    /// What the lock has recorded of the steps, where it is hermetic.
    pub(super) fn recordings(&self) -> Option<&Recordings> {
        let recordings = self.lock.recordings.as_ref();
        recordings.filter(|_| self.mode == Mode::Hermetic)
    }

    /// What is to be said about recordings in a lock that is kept to, and not hermetic: steps have a network.
    pub(in crate::frontend::dockerfile) fn unused_recordings(&self) -> Option<Finding> {
        self.lock.recordings.as_ref()?;
        (self.mode == Mode::Locked).then(|| Finding {
            location: None,
            kind: FindingKind::Open,
            subject: String::new(),
            message: "its recordings are not replayed, because the mode is `locked`: steps have a network".to_owned(),
            hint: "write `mode = \"hermetic\"` in the lock, or build with `--build-arg RDF_LOCK=hermetic`".to_owned(),
        })
    }

    /// Makes the build one that replays, if the lock has recordings and is hermetic.
    pub(in crate::frontend::dockerfile) fn replay(
        &self,
        request: &mut Request,
        dockerfile: &LoadedDockerfile,
    ) {
        let Some(recordings) = self.recordings() else {
            return;
        };
        let client = &mut request.options.client;
        let epoch = set_epoch(&mut client.build_args, &mut client.all, recordings.epoch);
        let store = &dockerfile.store;
        let options = &request.options;
        // Steps run on what is built for, and on the builder's own platform; no other program is checked, or started.
        let targets = options.client.targets().into_iter();
        let wanted = targets.chain([options.client.builder()]);
        let wanted: BTreeSet<String> = wanted
            .map(|it| it.normalized().format_all())
            .collect_small();
        let programs = recordings.programs.iter();
        let programs = programs
            .filter(|(platform, _)| wanted.contains(*platform))
            .filter_map(|(platform, digest)| {
                let program = store.program(options, &recordings.store, digest)?;
                Some((platform.clone(), program))
            });
        let runs = recordings.runs.iter().filter_map(|(key, run)| {
            let replay = store.of_step(options, &recordings.store, run)?;
            Some((key.clone(), replay))
        });
        let recording = StepRecording {
            programs: programs.collect_small(),
            mode: RecordingMode::Replay(runs.collect_small()),
            epoch,
            left_out: left_out(&self.name, &store.name(&recordings.store)),
            unnamed_args: self.lock.unnamed_args(&options.client.build_args),
            networked: recordings.networked(),
        };
        request.options.recording = Some(Arc::new(recording));
    }
}

/// Gives a build `epoch` unless its client says one; gives the time that counts for steps.
pub(super) fn set_epoch(
    build_args: &mut BTreeMap<String, String>,
    all: &mut BTreeMap<String, String>,
    epoch: i64,
) -> i64 {
    let given = all.get(key::EPOCH).filter(|given| !given.is_empty());
    match given {
        // Something that has a time, such as `context`, is for the result alone.
        Some(given) => given.parse().unwrap_or(epoch),
        None => {
            let name = key::EPOCH.trim_start_matches(key::BUILD_ARG);
            build_args.insert(name.to_owned(), epoch.to_string());
            all.insert(key::EPOCH.to_owned(), epoch.to_string());
            epoch
        }
    }
}

/// Compares the program that steps will be started with, whose bytes come from the store, with the lock.
pub(in crate::frontend::dockerfile) async fn check_programs(build: &Build<'_>) -> Result<()> {
    let Some(lock) = &build.lock else {
        return Ok(());
    };
    let (Some(recordings), Some(recording)) = (lock.recordings(), &build.request.options.recording)
    else {
        return Ok(());
    };
    for (platform, program) in &recording.programs {
        let Some(digest) = recordings.programs.get(platform) else {
            continue;
        };
        let damaged = |what: &str| {
            Error::new(format!(
                "{}: [lock-damaged] the store has no intact rdf-run for {platform}, {digest}: {what} (restore the \
                 store, or run `rdf lock --record`)",
                lock.name
            ))
        };
        let found = digest_of(build.bridge, program).await;
        match found {
            Ok(found) if found == *digest => {}
            Ok(found) => return Err(damaged(&format!("it has {found} in its place"))),
            Err(error) => return Err(damaged(error.message())),
        }
    }
    Ok(())
}

/// The digest of a program.
pub(super) async fn digest_of(bridge: &dyn Bridge, file: &MountedFile) -> Result<Digest> {
    let definition = file
        .state
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
    let result = bridge.solve(SolveRequest::definition(definition)).await?;
    let reference = single(result.single()?)?;
    let mut hasher = crate::image::Hasher::default();
    read_pieces(bridge, reference, &file.path, MAX_PROGRAM_BYTES, |piece| {
        hasher.update(piece)
    })
    .await?;
    Ok(hasher.finish())
}

/// Reads a file piece by piece.
pub(super) async fn read_pieces(
    bridge: &dyn Bridge,
    reference: &Ref,
    path: &str,
    limit: usize,
    mut take: impl FnMut(&[u8]),
) -> Result<()> {
    let mut offset = 0;
    loop {
        let range = FileRange {
            offset,
            length: RECORDED_PIECE,
        };
        let piece = bridge.read_file(reference, path, Some(range)).await?;
        take(&piece);
        let length = i64::try_from(piece.len()).unwrap_or(RECORDED_PIECE);
        offset += length;
        if usize::try_from(offset).unwrap_or(usize::MAX) > limit {
            return Err(Error::new(format!(
                "{path} exceeds the limit of {limit} bytes"
            )));
        }
        if length < RECORDED_PIECE {
            return Ok(());
        }
    }
}

/// What a `RUN` that failed in a replay lacks, by the message of the daemon, which ends with the exit code.
pub(super) fn why_it_failed(message: &str) -> String {
    let has_failed =
        |error: &RunError| message.ends_with(&format!("exit code: {}", error.exit_code()));
    let reasons = [
        (
            RunError::Unrecorded,
            "this RUN made a request that was not recorded, its output says which: run `rdf lock --record`",
        ),
        (
            RunError::Damaged,
            "what was recorded of this RUN cannot be replayed, its output says why: restore the store, or run \
             `rdf lock --record`",
        ),
    ];
    let Some((error, why)) = reasons.into_iter().find(|(error, _)| has_failed(error)) else {
        return "this build is hermetic: RUN gets what was recorded and has no other network; if it needs more, run \
                `rdf lock --record`"
            .to_owned();
    };
    format!("[{}] {why}", error.code())
}
