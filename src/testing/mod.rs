//! A build daemon in a few lines, for tests of frontends.
//!
//! [`FakeDaemon`] holds images, files and options in memory. It resolves, solves and reads as a daemon does,
//! records every call, fails or hangs on demand, and can forward to frontends in the same process. A frontend
//! meets it in memory ([`FakeDaemon::build`]).
//!
//! ```
//! use dockerfile_llb::gateway::{Bridge, Code, Error, Method, Result, SolveRequest, SolveResult};
//! use dockerfile_llb::llb::{LocalOptions, MarshalOptions, State};
//! use dockerfile_llb::testing::{FakeDaemon, Image};
//!
//! // The frontend: builds what the client sends.
//! async fn frontend(bridge: &dyn Bridge) -> Result<SolveResult> {
//!     let session_id = bridge.environment().session_id.clone();
//!     let mut options = LocalOptions::default();
//!     options.session_id = session_id;
//!     let files = State::local("context", options);
//!     let definition = files.marshal(&MarshalOptions::default())?;
//!     bridge.solve(SolveRequest::definition(definition)).await
//! }
//!
//! let daemon = FakeDaemon::new();
//! daemon.set_opt("target", "app");
//! daemon.add_file("local://context", "README", "files of the client");
//! daemon.add_image("docker.io/library/alpine:3.20", Image::new("sha256:11", "{}"));
//! let result = daemon.run(frontend).unwrap();
//! assert_eq!(daemon.graphs(&result)[0].sources().unwrap()[0].identifier, "local://context");
//!
//! // What it asked, and what it makes of a daemon that fails.
//! assert_eq!(daemon.calls().iter().filter(|call| call.method == Method::Solve).count(), 1);
//! daemon.fail(Method::Solve, Error::with_code(Code::Unavailable, "no disk"));
//! assert_eq!(daemon.run(frontend).unwrap_err().message(), "no disk");
//! ```
//!
//! What it does not do: run anything. A ref is the definition it came from; reading a file of it reads the
//! source op that its last vertex leads to.
#![deny(missing_docs)]

pub(crate) mod daemon;
mod exec;
mod files;
mod image;
#[cfg(feature = "internals")]
pub(crate) mod serve;

pub use self::daemon::{Call, FakeDaemon};
pub use self::exec::ProcessAnswer;
pub use self::files::Files;
pub use self::image::Image;
