//! What the user asked for, as typed values: everything that changes what a Dockerfile compiles to.

use std::collections::BTreeMap;

pub use crate::context::{IgnoreFile, MainContext};
use crate::image::Platform;
use crate::lint;
use crate::llb;
pub use crate::llb::{NoCache, ResolveMode};

/// Options of one compilation. `Options::default()` is what `docker build` sends without flags, except
/// that the build platform has to be given.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// `--label`: set on the image at the end, over the file's own.
    pub labels: BTreeMap<String, String>,
    /// `--target`: a stage name; empty for the last stage.
    pub target: String,
    /// The platform to build for; `None`: the build platform, or the base image's own where a worker has it.
    pub target_platform: Option<Platform>,
    /// Platforms of the first worker; the first one is the build platform. Empty means linux/amd64.
    pub build_platforms: Vec<Platform>,
    /// The result will hold several platforms: step names carry theirs.
    pub multi_platform: bool,
    /// Convert every stage, also those that the target does not need (lint without a target).
    pub all_stages: bool,
    /// `image-resolve-mode`.
    pub resolve_mode: ResolveMode,
    /// `no-cache`.
    pub no_cache: NoCache,
    /// Named contexts: name, or `name::platform`, to what the client gave (`docker-image://…`).
    pub contexts: BTreeMap<String, String>,
    /// Shared keys of local named contexts, by name as in `contexts`.
    pub context_shared_keys: BTreeMap<String, String>,
    /// Metadata of inputs, JSON, by input name.
    pub input_metadata: BTreeMap<String, String>,
    /// The client's session; `None` leaves it out of the ops.
    pub session_id: Option<String>,
    /// Sessions of local sources that come from elsewhere, by source name.
    pub local_session_ids: BTreeMap<String, String>,
    /// Where `COPY` without `--from` reads.
    pub main_context: MainContext,
    /// `force-network-mode`.
    pub network: llb::NetMode,
    /// `--add-host`: host and textual IP address.
    pub extra_hosts: Vec<(String, String)>,
    /// `hostname`.
    pub hostname: String,
    /// `--shm-size` in bytes; 0 for the daemon's own.
    pub shm_size: i64,
    /// `--ulimit`.
    pub ulimits: Vec<llb::Ulimit>,
    /// `--cgroup-parent`.
    pub cgroup_parent: String,
    /// CPU and memory limits of every `RUN`.
    pub linux_resources: Option<std::sync::Arc<llb::LinuxResources>>,
    /// `BUILDKIT_GIT_ADVICE`: what git advises while it fetches is shown.
    pub git_advice: bool,
    /// `BUILDKIT_CACHE_MOUNT_NS`.
    pub cache_namespace: String,
    /// Lint configuration that replaces the file's own `# check=`.
    pub lint: Option<lint::Config>,
    /// No rule fires: the Dockerfile is linted for another platform of the same build.
    pub unlinted: bool,
    /// What the daemon's LLB can do.
    pub caps: llb::CapSupport,
    /// The Dockerfile as the definition's source map records it; `None` for no source map.
    pub source_map: Option<llb::SourceMap>,
}
