//! What the client asks of the Dockerfile frontend: the options of every frontend, and its own.

use super::super::options::FrontendCaps;
use super::super::{Options, options};
use crate::compile;
use crate::gateway::{Environment, Error, Result};
use crate::lint;

/// Option keys: those of every frontend, and those of Dockerfiles.
pub(super) mod key {
    pub use super::options::key::*;

    pub const DOCKERFILE_CHECK: &str = "build-arg:BUILDKIT_DOCKERFILE_CHECK";
    pub const EXPLAIN: &str = "build-arg:RDF_EXPLAIN";
    pub const GRAPH: &str = "build-arg:RDF_GRAPH";
    pub const LOCK: &str = "build-arg:RDF_LOCK";
    pub const LOCK_ANNOTATION: &str = "build-arg:RDF_LOCK_ANNOTATION";
    pub const SYNTAX: &str = "build-arg:BUILDKIT_SYNTAX";
}

/// A build, or a question about one, as the client asks for it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Everything that changes what the Dockerfile compiles to. The main context and the source map are
    /// not known yet, the target platform is that of an implicit build.
    pub options: compile::Options,
    /// The options as any frontend has them.
    pub client: Options,
}

impl Request {
    /// Reads the options of a build.
    ///
    /// # Errors
    /// With the reference's text, for the option that it complains about first.
    pub fn from_environment(environment: &Environment) -> Result<Request> {
        let client = Options::read(environment)?;
        let lint = match client.get(key::DOCKERFILE_CHECK) {
            Some(config) => Some(lint::Config::parse(config).map_err(|error| {
                Error::new(error.to_string())
                    .context(format_args!("failed to parse {}", key::DOCKERFILE_CHECK))
            })?),
            None => None,
        };
        let options = compile::Options {
            lint,
            ..compile_options(&client)
        };
        Ok(Request { options, client })
    }

    /// The value of an option, if the client gave it.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.client.get(key)
    }

    /// What the client asks of the frontend itself.
    pub fn frontend_caps(&self) -> FrontendCaps {
        self.client.frontend_caps()
    }
}

/// What of the client's options the compiler must know. Both sides are written out, so that an option that is new on
/// either must be thought about here.
pub fn compile_options(client: &Options) -> compile::Options {
    let Options {
        build_args,
        labels,
        target,
        // Each result has its own target; the build has them all.
        platforms: _,
        build_platform,
        own_platform: _,
        multi_platform,
        resolve_mode,
        no_cache,
        contexts,
        context_shared_keys,
        input_metadata,
        session_id,
        local_session_ids,
        network,
        extra_hosts,
        hostname,
        shm_size,
        ulimits,
        cgroup_parent,
        linux_resources,
        git_advice,
        cache_namespace,
        // These are the solve's and the exporter's.
        cache_imports: _,
        sbom: _,
        caps,
        all: _,
    } = client.clone();
    compile::Options {
        build_args,
        labels,
        target,
        target_platform: None,
        build_platforms: vec![build_platform],
        multi_platform,
        all_stages: false,
        resolve_mode,
        no_cache,
        contexts,
        context_shared_keys,
        input_metadata,
        session_id,
        local_session_ids,
        main_context: compile::MainContext::default(),
        network,
        extra_hosts,
        hostname,
        shm_size,
        ulimits,
        cgroup_parent,
        linux_resources,
        git_advice,
        cache_namespace,
        lint: None,
        unlinted: false,
        caps,
        source_map: None,
    }
}
