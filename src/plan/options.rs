//! What the user asked for, as typed values: everything that changes what a Dockerfile compiles to.

use std::sync::Arc;

use super::StepRecording;
pub use crate::context::{IgnoreFile, MainContext};
use crate::image::Platform;
use crate::lint;
use crate::llb;
pub use crate::llb::{NoCache, ResolveMode};
use crate::options::ClientOptions;

/// Options of one compilation: what the client asks of the build, and what makes it one of a Dockerfile.
///
/// `Options::default()` is what `docker build` sends without flags to a daemon on linux/amd64.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the client asks, whatever the frontend. Its list of platforms is the build's, and no target.
    pub client: ClientOptions,
    /// The platform to build for; `None`: the build platform, or the base image's own where a worker has it.
    pub target_platform: Option<Platform>,
    /// Convert every stage, also those that the target does not need (lint without a target).
    pub all_stages: bool,
    /// Where `COPY` without `--from` reads.
    pub main_context: MainContext,
    /// Lint configuration that replaces the file's own `# check=`.
    pub(crate) lint: Option<lint::Config>,
    /// Nothing of other builds gets into steps, and of disks and servers nothing but content: cache mounts are empty
    /// directories that are thrown away after their step, results of steps are not those of builds that had proxies, and
    /// files are copied with the date of the build.
    pub(crate) hermetic: bool,
    /// No rule fires: the Dockerfile is linted for another platform of the same build.
    pub(crate) unlinted: bool,
    /// Only what is wrong is asked for: the result has no outline and no steps of `RUN`, and must not be built.
    pub(crate) findings_only: bool,
    /// The Dockerfile as the definition's source map records it; `None` for no source map.
    pub source_map: Option<llb::SourceMap>,
    /// How `RUN` steps are recorded or replayed; `None` for neither.
    pub(crate) recording: Option<Arc<StepRecording>>,
}

impl Options {
    /// The platform to build for, also where none was asked for.
    pub fn platform(&self) -> Platform {
        let asked = self.target_platform.clone();
        asked.unwrap_or_else(|| self.client.builder())
    }
}

impl From<ClientOptions> for Options {
    fn from(client: ClientOptions) -> Self {
        Options {
            client,
            ..Options::default()
        }
    }
}
