//! The Dockerfile frontend: what a build daemon runs when a Dockerfile says `# syntax=<our image>`.
//!
//! ```text
//! options -> main context -> Dockerfile -> forward? -> subrequest? -> compile (asking the daemon) -> solve -> result
//! ```
//!
//! [`Dockerfile`] is the whole of it, over any [`Bridge`]. It owns options, contexts, answers to what the
//! compiler asks, metadata of results, and subrequests; what instructions mean is the compiler's business.

mod archive;
mod attest;
mod attr;
mod build;
mod commit;
mod context;
mod forward;
mod json;
mod load;
mod lock;
mod options;
mod problem;
mod resolve;
mod result;
mod sbom;
mod subrequest;

pub use attest::Sbom;
pub use options::{FrontendCaps, Request};

use crate::compile::Channel;
use crate::gateway::{Bridge, Frontend, Result, SolveResult};

/// Version of the Dockerfile syntax that this frontend has, `<major>.<minor>`.
pub const SYNTAX_VERSION: &str = "1.26";

/// What `--version` prints: program, package, version of the syntax and revision of the source.
pub fn version_line(program: &str) -> String {
    let revision = option_env!("RDF_REVISION").unwrap_or("unknown");
    format!(
        "{program} {} {SYNTAX_VERSION}.0-rdf.{} {revision}",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    )
}

/// The frontend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dockerfile {
    /// Stable or labs.
    pub channel: Channel,
}

impl Frontend for Dockerfile {
    async fn build(&self, bridge: &dyn Bridge) -> Result<SolveResult> {
        build::build(bridge, self.channel).await
    }
}
