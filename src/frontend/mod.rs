//! What every frontend needs besides the gateway: options, contexts, results and subrequests, and nothing about
//! Dockerfiles.
//!
//! ```text
//! Environment -> ClientOptions -> BuildSource (file, main context) -> … -> PlatformResult … -> SolveResult
//!                    └----> Contexts (named contexts, images)      └-> Answer (subrequests)
//! ```
//!
//! - [`ClientOptions`] are the client's options as typed values; what is wrong with one is said as BuildKit says it.
//! - [`BuildSource`] is the file that says what to build and the main context, wherever the client has them: its
//!   own directory, a git repository, the web, the result of another build.
//! - [`Contexts`] are the names that a file uses: `--build-context` of every kind, else images.
//! - [`build_platforms`] builds for each platform and puts together what exporters read: refs, image configs,
//!   attestations; [`Scanner`] makes a bill of materials where the client wants one.
//! - [`Subrequests`] are the questions (`--call`) that a frontend answers besides building.
//!
//! `dockerfile` (the feature of that name) is the frontend for Dockerfiles, one that is built of these parts.
//! Texts of errors, names of steps, keys and defaults are those of BuildKit's own `dockerui` package, which clients
//! of every frontend know.
#![deny(missing_docs)]

mod answer;
mod archive;
mod beside;
mod commit;
mod context;
mod daemon;
mod file;
mod named;
pub(crate) mod options;
mod place;
mod platforms;
mod process;
mod sbom;
mod source_time;
mod subrequests;
mod table;

#[cfg(feature = "frontend")]
pub mod dockerfile;

pub use context::BuildSource;
pub use daemon::{inputs, solve};
#[cfg(feature = "frontend")]
pub use dockerfile::{DockerfileFrontend, version_line};
pub use file::{BuildFile, LoadedFile};
pub use named::{Contexts, LoadedContext};
pub use options::FrontendCaps;
#[cfg(feature = "cli")]
pub(crate) use options::host_architecture;
pub use platforms::{PlatformResult, assemble, build_platforms};
pub use sbom::{ScanTarget, Scanner};
pub use subrequests::{Named, Subrequest, SubrequestAnswer, Subrequests, answer_subrequest};

pub use crate::context::{IgnoreFile, MainContext};
pub use crate::options::{ClientOptions, Sbom};
