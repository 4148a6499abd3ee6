//! What a stage is while its instructions are dispatched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::go::byte_text::Text;
use crate::image::{History, ImageConfig, Platform, Timestamp};
use crate::llb;
use crate::plan::{ArgInfo, StepCounter};
use crate::source::LineRange;

/// Comment of every history entry.
const HISTORY_COMMENT: &str = "buildkit.dockerfile.v0";

/// Index of a set of paths; a stage shares its set with the stage it continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathsId(pub usize);

/// A build argument that a stage has declared.
#[derive(Clone, Debug)]
pub(crate) struct BuildArg {
    pub key: Arc<str>,
    pub value: Option<Arc<str>>,
}

/// What the outline will tell about a stage, itself only.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutlineFacts {
    /// Its own `ARG`s that are no mere copy of a global one.
    pub args: BTreeMap<String, ArgInfo>,
    /// Arguments that it uses.
    pub used: BTreeSet<String>,
    /// Secrets: whether required, and where first mounted.
    pub secrets: BTreeMap<String, (bool, LineRange)>,
    /// SSH sockets, likewise.
    pub ssh: BTreeMap<String, (bool, LineRange)>,
}

/// Where instructions stand of which only the last one counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastOf {
    pub cmd: Option<LineRange>,
    pub entrypoint: Option<LineRange>,
    pub healthcheck: Option<LineRange>,
}

/// A stage, up to the instruction that was dispatched last.
#[derive(Clone, Debug)]
pub(crate) struct DispatchState {
    /// File system, environment, directory, user.
    pub state: llb::State,
    /// Config of the image so far; its history is that of the base only.
    pub image: ImageConfig,
    /// Config of the base image as it was resolved.
    pub base_image: Option<Arc<ImageConfig>>,
    /// Platform of the stage.
    pub platform: Arc<Platform>,
    /// The same as ops carry it.
    pub op_platform: Arc<llb::Platform>,
    /// Declared build arguments, in order.
    pub build_args: Vec<BuildArg>,
    /// History entries of the file's instructions.
    pub history: HistoryChain,
    /// Step numbers.
    pub steps: StepCounter,
    /// Paths that others read from the stage.
    pub paths: PathsId,
    /// A `WORKDIR` was seen in this file.
    pub workdir_set: bool,
    /// Instructions of which only the last counts.
    pub last: LastOf,
    /// Facts for the outline.
    pub outline: OutlineFacts,
    /// The SBOM scanner looks at the main context.
    pub scan_context: bool,
    /// The SBOM scanner looks at the stage.
    pub scan_stage: bool,
}

impl DispatchState {
    /// Adds a history entry; `layer` tells whether it comes with a layer.
    pub(crate) fn commit(
        &mut self,
        created_by: impl Into<Text>,
        layer: bool,
        created: Option<Timestamp>,
    ) {
        self.history.push(HistoryEntry {
            created,
            created_by: created_by.into(),
            layer,
        });
    }

    /// Size of the variables and labels in the image config.
    pub(crate) fn inherited_bytes(&self) -> usize {
        let config = &self.image.config;
        let env = config.env.iter().map(String::len);
        let labels = config
            .labels
            .iter()
            .map(|(key, value)| key.len() + value.len());
        env.chain(labels).sum()
    }

    /// Makes the stage one of `platform`.
    pub(crate) fn set_platform(&mut self, platform: Arc<Platform>) {
        self.op_platform = Arc::new((&*platform).into());
        self.platform = platform;
    }

    /// Operating system of the stage's platform.
    pub(crate) fn os(&self) -> &str {
        &self.platform.os
    }
}

/// A list that stages share with those they continue: appending copies nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct HistoryChain(Option<Arc<Link>>);

/// What differs between the entries of a file.
#[derive(Debug)]
struct HistoryEntry {
    created: Option<Timestamp>,
    created_by: Text,
    layer: bool,
}

impl HistoryEntry {
    fn written(&self) -> History {
        History {
            created: self.created,
            created_by: self.created_by.clone(),
            author: String::new(),
            comment: HISTORY_COMMENT.to_owned(),
            empty_layer: !self.layer,
        }
    }
}

#[derive(Debug)]
struct Link {
    entry: HistoryEntry,
    earlier: HistoryChain,
}

impl HistoryChain {
    fn push(&mut self, entry: HistoryEntry) {
        let earlier = HistoryChain(self.0.take());
        self.0 = Some(Arc::new(Link { entry, earlier }));
    }

    /// The entries, oldest first.
    pub(crate) fn to_vec(&self) -> Vec<History> {
        let mut entries = Vec::new();
        let mut link = self.0.as_deref();
        while let Some(Link { entry, earlier }) = link {
            entries.push(entry.written());
            link = earlier.0.as_deref();
        }
        entries.reverse();
        entries
    }
}

impl Drop for HistoryChain {
    // A long chain must not be dropped link within link.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut link) = next.and_then(Arc::into_inner) {
            next = link.earlier.0.take();
        }
    }
}
