//! The Dockerfile frontend: what a build daemon runs when a Dockerfile says `# syntax=<our image>`.
//!
//! ```text
//! options -> main context -> Dockerfile -> forward? -> subrequest? -> compile (asking the daemon) -> solve -> result
//! ```
//!
//! [`DockerfileFrontend`] is the whole of it, over any [`Bridge`]: options, contexts, results and subrequests are those of any
//! frontend ([`crate::frontend`]), the compiler's questions are asked of the daemon here, and what instructions mean is
//! up to the compiler.
//!
//! Frontends that read Dockerfiles, or make them, find the steps one by one: [`build_file`] and
//! [`BuildSource::open`](super::BuildSource::open) load, [`compile()`] compiles what was loaded, changed or made,
//! [`platform_result`] is what comes of it. The example `include-frontend` puts them together.

mod build;
mod compile;
mod forward;
mod load;
mod lock;
pub(crate) mod options;
mod problem;
mod resolve;
mod subrequest;

pub use compile::{compile, platform_result};
pub use load::build_file;
pub(crate) use options::Request;
pub use problem::located;
#[cfg(feature = "cli")]
pub(crate) use subrequest::{outline_report, targets_report};

use crate::gateway::{Bridge, Frontend, Result, SolveResult};

/// Version of the Dockerfile syntax that this frontend has, `<major>.<minor>`.
pub(crate) const SYNTAX_VERSION: &str = "1.28";

/// What `--version` prints: program, package, version of the syntax and revision of the source.
pub fn version_line(program: &str) -> String {
    let revision = option_env!("RDF_REVISION").unwrap_or("unknown");
    format!(
        "{program} {} {SYNTAX_VERSION}.0-rdf.{} {revision}",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    )
}

/// The frontend for Dockerfiles.
#[derive(Clone, Copy, Debug, Default)]
pub struct DockerfileFrontend;

impl Frontend for DockerfileFrontend {
    async fn build(&self, bridge: &dyn Bridge) -> Result<SolveResult> {
        build::build(bridge).await
    }
}
