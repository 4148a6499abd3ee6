//! What a stage is while its instructions are dispatched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::history::EntryId;
use crate::image::config::ContainerConfig;
use crate::image::{ImageConfig, Platform};
use crate::llb;
use crate::plan::{ArgInfo, StageId, StepCounter};
use crate::source::{LineRange, Span};

/// A build argument that a stage has declared.
#[derive(Clone, Debug)]
pub(crate) struct BuildArg {
    pub key: Arc<str>,
    pub value: Option<Arc<str>>,
}

/// What the outline will tell about a stage, itself only.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutlineFacts {
    /// Its own `ARG`s that are not a mere copy of a global one.
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
    pub cmd: Option<Earlier>,
    pub entrypoint: Option<Earlier>,
    pub healthcheck: Option<Earlier>,
}

/// Where an instruction stands that a later one may replace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier {
    pub location: LineRange,
    pub arguments: Span,
    /// An ONBUILD trigger brought it.
    pub in_trigger: bool,
}

/// A stage, up to the instruction that was dispatched last.
#[derive(Clone, Debug)]
pub(crate) struct DispatchState {
    /// File system, environment, directory, user.
    pub state: llb::State,
    /// Config of the image so far, its history that of the base only. Stages that change nothing share it.
    pub image: Arc<ImageConfig>,
    /// Config of the base image as it was resolved.
    pub base_image: Option<Arc<ImageConfig>>,
    /// Platform of the stage.
    pub platform: Arc<Platform>,
    /// Declared build arguments, in order.
    pub build_args: Vec<BuildArg>,
    /// The last of the history entries of the file's instructions.
    pub history: Option<EntryId>,
    /// Step numbers.
    pub steps: StepCounter,
    /// The stage at whose entry the paths are noted that others read: the one that this one continues, or itself.
    pub paths: StageId,
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
    /// Size of what the image config has lists of.
    pub(crate) fn inherited_bytes(&self) -> usize {
        let config = &self.image.config;
        let labels = config.labels.iter();
        let labels = labels.map(|(key, value)| key.len() + value.len());
        let texts = config.env.iter().chain(&config.shell);
        let texts = texts.chain(&config.exposed_ports).chain(&config.volumes);
        let command = config.entrypoint.iter().chain(&config.cmd);
        labels.sum::<usize>()
            + texts.map(String::len).sum::<usize>()
            + command.map(|word| word.len()).sum::<usize>()
            + config.working_dir.len()
    }

    /// How containers of the image start, to be changed.
    pub(crate) fn config_mut(&mut self) -> &mut ContainerConfig {
        &mut Arc::make_mut(&mut self.image).config
    }

    /// Size of what every step carries of its execution metadata, but for variables.
    pub(crate) fn meta_bytes(&self) -> usize {
        self.state.dir().len() + self.state.user().len()
    }

    /// Makes the stage one of `platform`.
    pub(crate) fn set_platform(&mut self, platform: Arc<Platform>) {
        self.platform = platform;
    }

    /// Operating system of the stage's platform.
    pub(crate) fn os(&self) -> &str {
        &self.platform.os
    }
}
