//! What the client asks of the Dockerfile frontend: the options of every frontend, and its own.

use super::super::options::FrontendCaps;
use crate::compile;
use crate::gateway::{Environment, Error, Result};
use crate::lint;
use crate::options::ClientOptions;

/// Option keys: those of every frontend, and those of Dockerfiles.
pub(super) mod key {
    pub use crate::options::key::*;

    pub const DOCKERFILE_CHECK: &str = "build-arg:BUILDKIT_DOCKERFILE_CHECK";
    pub const EXPLAIN: &str = "build-arg:RDF_EXPLAIN";
    pub const GRAPH: &str = "build-arg:RDF_GRAPH";
    pub const LOCK: &str = "build-arg:RDF_LOCK";
    pub const LOCK_ANNOTATION: &str = "build-arg:RDF_LOCK_ANNOTATION";
    pub const NETWORK: &str = "build-arg:RDF_NETWORK";
    pub const RUN_IMAGE: &str = "build-arg:RDF_RUN";
    pub const SYNTAX: &str = "build-arg:BUILDKIT_SYNTAX";
}

/// A build, or a question about one, as the client asks for it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Everything that changes what the Dockerfile compiles to. The main context and the source map are
    /// not known yet, the target platform is that of an implicit build.
    pub options: compile::Options,
}

impl Request {
    /// Reads the options of a build.
    ///
    /// # Errors
    /// With the reference's text, for the option that it complains about first.
    pub fn from_environment(environment: &Environment) -> Result<Request> {
        let client = ClientOptions::read(environment)?;
        let lint = match client.get(key::DOCKERFILE_CHECK) {
            Some(config) => Some(lint::Config::parse(config).map_err(|error| {
                Error::new(error.to_string())
                    .context(format_args!("failed to parse {}", key::DOCKERFILE_CHECK))
            })?),
            None => None,
        };
        let options = compile::Options {
            lint,
            ..client.into()
        };
        Ok(Request { options })
    }

    /// The value of an option, if the client gave it.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.options.client.get(key)
    }

    /// What the client asks of the frontend itself.
    pub fn frontend_caps(&self) -> FrontendCaps {
        self.options.client.frontend_caps()
    }
}
