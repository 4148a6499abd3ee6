//! The frontend's side of BuildKit's gateway: what a frontend may ask a daemon for.
//!
//! [`Bridge`] is everything a frontend can ask. `Client` is the bridge to a real daemon; it works over
//! any `Rpc`, which is gRPC on stdin and stdout in a frontend image ([`run`]) and a fake daemon in
//! tests. [`Frontend`] is what a frontend implements.
//!
//! ```text
//! Frontend -> Bridge (Client: caps, defaults, old wire forms) -> Rpc (channel: gRPC on HTTP/2) -> stdio
//! ```
//!
//! Nothing here knows Dockerfiles or syntax; a definition is passed through as it was marshalled.
//!
//! A frontend that hands every build to another image, and says so:
//!
//! ```no_run
//! use std::process::ExitCode;
//! use dockerfile_llb::gateway::{Bridge, Result, SolveResult, WarnRequest, forward, run};
//!
//! async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
//!     let target = bridge.environment().opts.get("target");
//!     let text = format!("forwarding target {target:?}");
//!     bridge.warn(WarnRequest::new(text)).await?;
//!     let image = "docker/dockerfile:1";
//!     forward(bridge, image, image, bridge.environment().opts.clone()).await
//! }
//!
//! fn main() -> ExitCode {
//!     run(build)
//! }
//! ```
//!
//! # What can go wrong
//! - The daemon says no: an [`Error`] with its words, code and typed details. Return it, with
//!   [`Error::context`] where that helps; the details travel on.
//! - The daemon lacks something: [`CapError`]'s words. Ask [`CapSet::supports`] first where there is another way.
//! - The daemon is gone or silent: every call fails, [`run`] says why on stderr and exits with 1.
//!   Calls themselves have no time limit, as builds take what they take.
#![deny(missing_docs)]

pub(crate) mod caps;
pub(crate) mod channel;
pub(crate) mod client;
mod container;
mod detail;
mod environment;
mod error;
mod file;
mod forward;
mod request;
pub(crate) mod resolve;
mod result;
pub(crate) mod rpc;
pub(crate) mod run;
mod stdio;
mod warning;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

pub(crate) use self::caps::gateway_cap;
pub use self::caps::{CapError, CapList, CapSet};
#[cfg(feature = "internals")]
pub(crate) use self::channel::send_data;
#[cfg(feature = "testing")]
pub(crate) use self::client::Client;
pub use self::container::{
    Container, Exit, Finished, NewContainer, NewProcess, Process, ProcessOutput, SecretEnv,
};
#[cfg(feature = "frontend")]
pub(crate) use self::detail::info_to_json as source_info_json;
pub use self::detail::type_url;
pub use self::environment::{Environment, Worker};
pub use self::error::{Code, Error, SourceDetail};
pub use self::file::{FileRange, Stat};
pub use self::forward::{GATEWAY_FRONTEND, OPT_CMDLINE, OPT_SOURCE, forward};
pub use self::request::SolveRequest;
pub use self::resolve::{ResolvedImage, ResolvedSource};
pub use self::result::{
    Attestation, AttestationKind, Ref, Refs, SolveResult, Subject, SubjectKind,
};
pub use self::rpc::Method;
#[cfg(feature = "testing")]
pub(crate) use self::rpc::{ExecStream, Rpc};
pub use self::run::run;
pub use self::warning::WarnRequest;

use crate::image::Platform;
use crate::llb::Definition;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What comes of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything a frontend can ask of the daemon that runs it.
///
/// The calls are independent of each other: run what does not wait for something else at once, with
/// `futures_util::future::join_all` or the like. Errors are those of the daemon, details included
/// ([`Error`]); a call whose capability the daemon lacks fails with the text of [`CapError`].
///
/// Implemented by this crate only: what daemons learn to answer is added to it.
pub trait Bridge: resolve::Resolve {
    /// What is known without asking: options, session, workers, capabilities.
    fn environment(&self) -> &Environment;

    /// Digest and config of an image of a registry; `platform` is the worker's where it is `None`.
    fn resolve_image<'a>(
        &'a self,
        reference: &'a str,
        platform: Option<&'a Platform>,
    ) -> BoxFuture<'a, Result<ResolvedImage>>;

    /// What any source is right now, by the identifier and attributes of its op
    /// ([`Definition::sources`]): an image, a git repository, a file on the web.
    fn resolve_source<'a>(
        &'a self,
        identifier: &'a str,
        attrs: &'a BTreeMap<String, String>,
        platform: Option<&'a Platform>,
    ) -> BoxFuture<'a, Result<ResolvedSource>>;

    /// Builds a definition, or runs another frontend. Refs are lazy unless `evaluate` is set.
    fn solve(&self, request: SolveRequest) -> BoxFuture<'_, Result<SolveResult>>;

    /// Content of a file of a ref; `range` selects a part of it.
    fn read_file<'a>(
        &'a self,
        reference: &'a Ref,
        path: &'a str,
        range: Option<FileRange>,
    ) -> BoxFuture<'a, Result<Vec<u8>>>;

    /// Entries of a directory of a ref; `include_pattern` is empty for all. Needs cap `readdir`.
    fn read_dir<'a>(
        &'a self,
        reference: &'a Ref,
        path: &'a str,
        include_pattern: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Stat>>>;

    /// Metadata of a file of a ref. Needs cap `statfile`.
    fn stat_file<'a>(&'a self, reference: &'a Ref, path: &'a str) -> BoxFuture<'a, Result<Stat>>;

    /// Builds a ref now. Daemons without `gateway.evaluate` are asked to stat its root.
    fn evaluate<'a>(&'a self, reference: &'a Ref) -> BoxFuture<'a, Result<()>>;

    /// Definitions that the build hands to this frontend, by name. Needs cap `frontend.inputs`.
    fn inputs(&self) -> BoxFuture<'_, Result<BTreeMap<String, Definition>>>;

    /// Shows a warning to the user. Daemons without `gateway.warnings` are not bothered.
    fn warn(&self, warning: WarnRequest) -> BoxFuture<'_, Result<()>>;

    /// Makes a container for processes. Needs cap `gateway.exec`.
    fn new_container(&self, container: NewContainer) -> BoxFuture<'_, Result<Container>>;
}

/// A frontend: asks the daemon through a [`Bridge`] and returns what was built.
///
/// Closures are frontends too: `run(async |bridge: &dyn Bridge| { … })`.
#[allow(async_fn_in_trait, reason = "a frontend runs on one thread")]
pub trait Frontend {
    /// One build. An error goes back to the daemon with its details.
    async fn build(&self, bridge: &dyn Bridge) -> Result<SolveResult>;
}

impl<F> Frontend for F
where
    F: AsyncFn(&dyn Bridge) -> Result<SolveResult>,
{
    async fn build(&self, bridge: &dyn Bridge) -> Result<SolveResult> {
        self(bridge).await
    }
}
