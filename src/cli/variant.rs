//! Which build of a Dockerfile is meant: the flags that choose it, declared once for all commands.

use std::collections::BTreeMap;

use clap::Args;

use super::exit::Failure;
use crate::compile::Options;
use crate::frontend::host_architecture;
use crate::image::Platform;
use crate::llb::CapSupport;
use crate::options::ClientOptions;

/// A build among those that a Dockerfile describes.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Variant {
    /// Stage to build [default: the last one]
    #[arg(long, value_name = "NAME")]
    pub(super) target: Option<String>,

    /// Platform to build for [default: DOCKER_DEFAULT_PLATFORM, or that of this machine, Linux]
    #[arg(long, value_name = "PLATFORM")]
    pub(super) platform: Option<String>,

    /// Build argument; without a value, that of the environment
    #[arg(long = "build-arg", value_name = "KEY[=VALUE]")]
    pub(super) build_args: Vec<String>,
}

impl Variant {
    /// Options of a compilation on the platform `host` by a daemon that can do everything.
    pub(super) fn options(&self, host: Platform) -> Result<Options, Failure> {
        let target_platform = self.platform(&host)?;
        let client = ClientOptions {
            build_args: self.build_args(),
            target: self.target.clone().unwrap_or_default(),
            build_platform: host,
            caps: CapSupport::All,
            ..ClientOptions::default()
        };
        Ok(Options {
            target_platform,
            ..client.into()
        })
    }

    /// The platform that is named, by the flag or else for all builds.
    ///
    /// # Errors
    /// It is none, or several.
    pub(super) fn platform(&self, host: &Platform) -> Result<Option<Platform>, Failure> {
        match self.platform.as_deref() {
            Some(text) if text.contains(',') => Err(Failure::usage(format_args!(
                "`--platform {text}` names several platforms"
            ))
            .hint("run the command for each of them; `rdf lock` takes several at once")),
            Some(text) => platform(text, host).map(Some),
            None => platform_of_environment(host),
        }
    }

    /// The build arguments that have a value, here or in the environment.
    pub(super) fn build_args(&self) -> BTreeMap<String, String> {
        let pairs = self.build_args.iter().filter_map(|argument| {
            Some(match argument.split_once('=') {
                Some((key, value)) => (key.to_owned(), value.to_owned()),
                None => (argument.clone(), std::env::var(argument).ok()?),
            })
        });
        pairs.collect()
    }
}

/// Reads a platform.
///
/// # Errors
/// It is none.
pub(super) fn platform(text: &str, host: &Platform) -> Result<Platform, Failure> {
    Platform::parse(text, host).map_err(|_| {
        Failure::usage(format_args!("`{text}` is not a valid platform"))
            .hint("write OS/ARCHITECTURE, such as `linux/amd64` or `linux/arm64`")
    })
}

/// Names the platform of all builds that name none, for `docker build` as well.
const DEFAULT_PLATFORM: &str = "DOCKER_DEFAULT_PLATFORM";

/// The platform that the environment chooses for builds that name none; `None` where it does not.
///
/// # Errors
/// It is none.
pub(super) fn platform_of_environment(host: &Platform) -> Result<Option<Platform>, Failure> {
    let text = std::env::var(DEFAULT_PLATFORM).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let failed = |failure: Failure| Failure {
        message: format!("{DEFAULT_PLATFORM}: {}", failure.message),
        ..failure
    };
    platform(&text, host).map(Some).map_err(failed)
}

/// The platform of images on this machine.
pub(super) fn host() -> Platform {
    Platform::new("linux", host_architecture())
}

/// The platform that a Dockerfile is judged for unless told otherwise: the same on every machine, so that the
/// findings are.
pub(super) fn usual() -> Platform {
    Platform::new("linux", "amd64")
}
