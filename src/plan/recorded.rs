//! How the `RUN` steps of a build are recorded, or replayed from what was recorded.

use std::collections::{BTreeMap, BTreeSet};

use crate::image::Digest;
use crate::llb;
use crate::recording::StepKey;
use crate::source::LineRange;

/// What is put before the commands of `RUN` steps. Builds without recordings have none of it.
#[derive(Clone, Debug)]
pub struct StepRecording {
    /// What is done.
    pub mode: RecordingMode,
    /// `rdf-run` by the platform that it runs on, normalised: `linux/amd64`.
    pub programs: BTreeMap<String, MountedFile>,
    /// Seconds since 1970: what steps are told, and the youngest time that they leave on a file.
    pub epoch: i64,
    /// Patterns of what is left out of the main context, whatever the ignore file says: the lock and its store.
    pub left_out: Vec<String>,
    /// Build arguments by whose values no steps are told apart: free ones, secrets, those that steer the build.
    pub unnamed_args: BTreeSet<String>,
    /// Steps that keep their network: they are neither recorded nor replayed.
    pub networked: BTreeSet<StepKey>,
}

impl StepRecording {
    /// All that is mounted into steps.
    pub(crate) fn files(&self) -> impl Iterator<Item = &MountedFile> {
        let stores = match &self.mode {
            RecordingMode::Record { .. } => None,
            RecordingMode::Replay(runs) => Some(runs.values().map(|run| &run.store)),
        };
        self.programs.values().chain(stores.into_iter().flatten())
    }
}

/// Recording or replay.
#[derive(Clone, Debug)]
pub enum RecordingMode {
    /// Requests go out, answers are kept.
    Record {
        /// Differs from recording to recording, so that no step is answered by the cache.
        nonce: String,
        /// Lines of steps that are to keep their network instead of being recorded.
        lines: BTreeSet<u32>,
    },
    /// Requests are answered by what was recorded. A step that is not in the map has fetched nothing.
    Replay(BTreeMap<StepKey, StepReplay>),
}

/// What a step is replayed from.
#[derive(Clone, Debug)]
pub struct StepReplay {
    /// Digest of the recording, a blob of the store.
    pub recording: Digest,
    /// Digest of the fetches that the lock lists.
    pub fetches: Digest,
    /// The store, as far as this step needs it.
    pub store: MountedFile,
}

/// A file or directory of some file system.
#[derive(Clone, Debug)]
pub struct MountedFile {
    /// The file system.
    pub state: llb::State,
    /// The path in it, `/bin/rdf-run`.
    pub path: String,
}

/// A `RUN` step that is being recorded.
#[derive(Clone, Debug)]
pub struct RecordedStep {
    /// Its name.
    pub key: StepKey,
    /// Its lines.
    pub location: LineRange,
    /// What it leaves behind: the recording and the bodies, below [`RECORDED`]. `None` of a step that keeps its network.
    pub out: Option<llb::State>,
}

/// Where a recorded step leaves what it has fetched, in the file system of [`RecordedStep::out`].
pub const RECORDED: &str = "/out";
