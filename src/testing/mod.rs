//! A build daemon in a few lines, for tests of frontends.
//!
//! [`FakeDaemon`] holds images, files and options in memory. It resolves, solves and reads as a daemon does,
//! records every call, fails or hangs on demand, and can forward to frontends in the same process. A frontend
//! meets it in memory ([`FakeDaemon::client`], [`FakeDaemon::build`]) or as real gRPC over any byte stream
//! ([`serve`]).
//!
//! ```
//! use dockerfile_llb::gateway::{Bridge, Result, SolveResult};
//! use dockerfile_llb::testing::{FakeDaemon, Image};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let daemon = FakeDaemon::new();
//! daemon.set_opt("target", "app");
//! daemon.add_file("local://context", "Dockerfile", "FROM scratch\n");
//! daemon.add_image("docker.io/library/alpine:3.20", Image::new("sha256:11", "{}"));
//!
//! let frontend = async |bridge: &dyn Bridge| -> Result<SolveResult> {
//!     assert_eq!(bridge.environment().opts["target"], "app");
//!     Ok(SolveResult::default())
//! };
//! daemon.build(&frontend).await.unwrap();
//! # });
//! ```
//!
//! What it does not do: run anything. A ref is the definition it came from; reading a file of it reads the
//! source op that its last vertex leads to.

mod daemon;
mod exec;
mod files;
mod image;
mod serve;

pub use self::daemon::{Call, FakeDaemon};
pub use self::exec::ProcessAnswer;
pub use self::files::Files;
pub use self::image::Image;
pub use self::serve::serve;
