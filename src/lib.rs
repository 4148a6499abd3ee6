//! Dockerfiles, BuildKit's build graph (LLB), and frontends for BuildKit: the parts of which `rdf` and the frontend image
//! are made, each usable alone.
//!
//! ```text
//! bytes -> source -> syntax (lines, pest, AST) -> plan (stages, needs) -> lower (dispatch)
//!       -> llb (State, marshal) -> Definition -> gateway / file
//! ```
//!
//! | for | features | start at |
//! | --- | --- | --- |
//! | reading Dockerfiles | none | [`syntax::parse`], [`expand`] |
//! | changing them, byte for byte | none | [`source::Edit`], [`source::apply`] |
//! | laying them out | none | [`format::format`] |
//! | build graphs | `llb` | `llb::State`, `llb::Definition` |
//! | compiling Dockerfiles | `compile` (with `lint`, `llb`) | `compile::compile` |
//! | talking to a build daemon | `gateway` | `gateway::run`, `gateway::Bridge` |
//! | a frontend of your own | `kit` | `tutorial`, `frontend` |
//! | a frontend around Dockerfiles | `frontend` | `frontend::dockerfile` |
//! | tests without a daemon | `testing` | `testing::FakeDaemon` |
//! | findings, fixes, locks, registries: `rdf` | `check`, `lock`, `registry`, `cli` (the default) | the command itself |
//!
//! Libraries say `default-features = false` and name what they use. Modules of a feature are on this page only where
//! the feature is on.
//!
//! # A Dockerfile as a value
//!
//! What was written, with places, and nothing expanded; what is wrong is a list beside it:
//!
//! ```
//! let parsed = dockerfile_llb::syntax::parse(b"FROM alpine AS base\nRUN make\n");
//! assert!(parsed.error().is_none());
//! let stage = &parsed.dockerfile.stages[0];
//! assert_eq!((stage.name(), stage.base_name.as_str()), ("base", "alpine"));
//! assert_eq!(stage.instructions.len(), 1);
//! ```
//!
//! # A build graph
//!
//! A `State` is a file system and the execution metadata of what runs on it. States are values: every op gives a new one.
//! Marshalling is deterministic and collects the capabilities that a daemon needs:
//!
//! ```
//! # #[cfg(feature = "llb")] {
//! use dockerfile_llb::llb::{Constraints, FileAction, ImageOptions, MarshalOptions, MkdirOptions, RunOptions, State};
//!
//! let made = State::image("alpine", ImageOptions::default())
//!     .run(RunOptions::args(["/bin/sh", "-c", "apk add make"]))
//!     .root()
//!     .file(FileAction::new().mkdir("/src", 0o755, MkdirOptions::default()), Constraints::new());
//! let definition = made.marshal(&MarshalOptions::default()).unwrap();
//! assert_eq!(definition.sources().unwrap()[0].identifier, "docker-image://docker.io/library/alpine:latest");
//! // And back: the ops keep their bytes, so that digests and caches hold.
//! let again = State::from_definition(&definition).unwrap();
//! assert_eq!(again.marshal(&MarshalOptions::default()).unwrap().ops, definition.ops);
//! # }
//! ```
//!
//! # A Dockerfile compiled
//!
//! One pure call. What must be known from outside is asked for, and the caller answers from wherever it likes:
//!
//! ```
//! # #[cfg(feature = "compile")] {
//! use dockerfile_llb::compile::{Answer, ImageAnswer, ImageMeta, Need, Options, Source};
//!
//! let source = Source::new(b"FROM alpine\nRUN make\n");
//! let compiled = source.compile_with(&Options::default(), |need| match need {
//!     Need::Image(image) => Answer::Image(Ok(ImageAnswer::Found(ImageMeta {
//!         reference: image.reference.clone(),
//!         digest: Some(format!("sha256:{:064}", 1)),
//!         config: br#"{"rootfs":{"diff_ids":["sha256:a"]}}"#.as_slice().into(),
//!     }))),
//!     _ => Answer::File(Ok(None)), // an ignore file: there is none
//! });
//! let lowered = compiled.result.unwrap();
//! assert_eq!(lowered.definition().unwrap().ops.len(), 3);
//! # }
//! ```
//!
//! # A frontend
//!
//! A frontend asks the daemon through a `Bridge` and returns what was built; `gateway::run` is its `main`. On top of
//! that, `frontend` has what every one needs: options, contexts, results, questions. The page `tutorial` goes from an
//! empty directory to an image that a daemon runs; the examples `toml-frontend`, `include-frontend`, `script-frontend`,
//! `wrapper-frontend` and `definition-frontend` are whole ones.
//!
//! A frontend is tested against a daemon in memory, in a few lines:
//!
//! ```
//! # #[cfg(all(feature = "kit", feature = "testing"))] {
//! use dockerfile_llb::frontend::{BuildFile, BuildSource, ClientOptions, PlatformResult, build_platforms, solve};
//! use dockerfile_llb::gateway::{Bridge, Result, SolveResult};
//! use dockerfile_llb::testing::FakeDaemon;
//!
//! /// Gives the context as the result.
//! async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
//!     let options = ClientOptions::read(bridge.environment())?;
//!     let source = BuildSource::open(bridge, &options, &BuildFile::new("files", "Text")).await?;
//!     let files = source.context_state(bridge).await?;
//!     build_platforms(&options, async |platform| {
//!         Ok(PlatformResult::new(platform, solve(bridge, &options, &files, platform).await?))
//!     })
//!     .await
//! }
//!
//! let daemon = FakeDaemon::new();
//! daemon.add_file("local://dockerfile", "files", "all of them");
//! daemon.add_file("local://context", ".dockerignore", "target");
//! let result = daemon.run(build).unwrap();
//! let source = &daemon.graphs(&result)[0].sources().unwrap()[0];
//! assert_eq!(source.identifier, "local://context");
//! assert_eq!(source.attrs["local.excludepatterns"], r#"["target"]"#);
//! # }
//! ```
//!
//! # What is stable
//!
//! - Bytes: equal input gives equal bytes, and those are BuildKit's. A change of them is a fault, not a version.
//! - Texts that clients and tools read (errors of builds, warnings, names of steps) are BuildKit's as well; other texts
//!   may change.
//! - The interface: until 1.0 a minor version may change it; `CHANGELOG.md` says what. Enums that may grow are `non_exhaustive`.
//! - Rust: the minimum version is that of `Cargo.toml`, raised with a minor version.
//!
//! # Where the facts come from
//!
//! Behaviour, keys, capability names and texts are BuildKit's (`moby/buildkit`, frontend 1.28), read in its source and
//! recorded from its programs; units are said where there are any (bytes, nanoseconds, seconds since 1970). Field
//! numbers are those of its protocol files. `PARITY.md` lists what is claimed, each line with its tests.
#![cfg_attr(not(test), warn(missing_docs))]
#![cfg_attr(
    not(all(feature = "cli", feature = "run", feature = "testing")),
    allow(
        dead_code,
        unused_imports,
        reason = "what the parts share is there also for those that use less of it"
    )
)]
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]
// The core computes; clippy.toml lists what it does not call.
#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod collect;
mod diagnostic;
pub mod expand;
mod go;
mod limits;
pub mod source;
pub mod syntax;

#[cfg(any(feature = "llb", feature = "lint"))]
pub mod image;
#[cfg(feature = "llb")]
pub mod llb;
#[cfg(feature = "llb")]
mod pb;

pub mod format;

#[cfg(any(feature = "lint", feature = "kit"))]
mod ignore;
#[cfg(feature = "lint")]
mod lint;

#[cfg(feature = "compile")]
pub mod compile;
#[cfg(any(feature = "compile", feature = "kit"))]
mod context;
#[cfg(feature = "compile")]
mod explain;
#[cfg(feature = "compile")]
mod graph;
#[cfg(feature = "compile")]
mod lower;
#[cfg(any(feature = "compile", feature = "kit"))]
mod options;
#[cfg(feature = "compile")]
mod plan;
#[cfg(any(feature = "compile", feature = "kit"))]
mod remote;

#[cfg(feature = "check")]
mod shell;

#[cfg(feature = "gateway")]
#[allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
pub mod gateway;

#[cfg(feature = "lock")]
mod lock;
#[cfg(feature = "recording")]
mod recording;

#[cfg(feature = "check")]
mod check;

#[cfg(feature = "kit")]
#[allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
pub mod frontend;

#[cfg(feature = "cli")]
mod lsp;
#[cfg(feature = "registry")]
#[allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
mod registry;

#[cfg(feature = "run")]
#[allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
pub mod run;
#[cfg(feature = "testing")]
#[allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
pub mod testing;

#[cfg(feature = "cli")]
#[allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
pub mod cli;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

#[cfg(all(feature = "kit", feature = "testing"))]
#[doc = include_str!("../docs/tutorial.md")]
pub mod tutorial {}

/// The code of the README runs.
#[cfg(all(doctest, feature = "compile"))]
#[doc = include_str!("../README.md")]
struct Readme;
