//! What the user asked for, as typed values: everything that changes what a Dockerfile compiles to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ResolveMode;
use crate::image::Platform;
use crate::lint;
use crate::llb;

/// Which steps must not use the cache; the option `no-cache`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NoCache {
    /// Every step may.
    #[default]
    Never,
    /// No step may.
    All,
    /// The steps of these stages must not; names compare without case.
    Stages(Vec<String>),
}

impl NoCache {
    /// Whether the steps of stage `name` ignore the cache.
    pub fn covers(&self, name: &str) -> bool {
        match self {
            NoCache::Never => false,
            NoCache::All => true,
            NoCache::Stages(stages) => stages
                .iter()
                .any(|stage| crate::go::text::equal_fold(stage, name)),
        }
    }
}

/// Which set of features the frontend offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// `docker/dockerfile:1`.
    #[default]
    Stable,
    /// `docker/dockerfile:1-labs`: also `RUN --device`.
    Labs,
}

/// An ignore file that was read together with the Dockerfile.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    /// Its name, for errors: `Dockerfile.dockerignore`.
    pub name: String,
    /// Its bytes.
    pub data: Arc<[u8]>,
}

/// Where `COPY` without `--from` reads.
#[derive(Clone, Debug)]
pub enum MainContext {
    /// A directory that the client sends.
    Local {
        /// Name of the local source, `context` unless the client says otherwise.
        name: String,
        /// Session that offers it; `None` leaves it out of the op, so that any client can solve it.
        session_id: Option<String>,
        /// `<Dockerfile>.dockerignore`, if there is one; otherwise `.dockerignore` is asked for.
        ignore_file: Option<IgnoreFile>,
    },
    /// A source or an input that is not a directory of the client: git, HTTP, another build's result.
    State(llb::State),
}

impl Default for MainContext {
    fn default() -> Self {
        MainContext::Local {
            name: "context".into(),
            session_id: None,
            ignore_file: None,
        }
    }
}

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
    /// `BUILDKIT_CACHE_MOUNT_NS`.
    pub cache_namespace: String,
    /// Lint configuration that replaces the file's own `# check=`.
    pub lint: Option<lint::Config>,
    /// What the daemon's LLB can do.
    pub caps: llb::CapSupport,
    /// Stable or labs.
    pub channel: Channel,
    /// The Dockerfile as the definition's source map records it; `None` for no source map.
    pub source_map: Option<llb::SourceMap>,
}
