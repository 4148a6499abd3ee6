//! LLB, BuildKit's build graph: an immutable builder, and its bytes.
//!
//! ```
//! use dockerfile_llb::llb::{Constraints, FileAction, ImageOptions, CopyOptions, LocalOptions};
//! use dockerfile_llb::llb::{MarshalOptions, RunOptions, State};
//!
//! let mut local = LocalOptions::default();
//! local.session_id = "s".into();
//! let context = State::local("context", local);
//! let state = State::image("docker.io/library/alpine:3.20", ImageOptions::default())
//!     .run(RunOptions::args(["/bin/sh", "-c", "apk add --no-cache make"]))
//!     .root()
//!     .with_dir("/src")
//!     .file(
//!         FileAction::new().copy(&context, "/", ".", CopyOptions::default()),
//!         Constraints::new().custom_name("copy the sources"),
//!     );
//! let definition = state.marshal(&MarshalOptions::default())?;
//! assert_eq!(definition.ops.len(), 5);
//! # Ok::<(), dockerfile_llb::llb::MarshalError>(())
//! ```
//!
//! A [`State`] is a file system with execution metadata, and gives new states; [`State::marshal`]
//! makes the [`Definition`] that a daemon solves. The bytes are those that BuildKit's own Go
//! library makes of the same calls. This layer knows nothing of Dockerfiles.
#![deny(missing_docs)]

pub(crate) mod by_digest;
mod cache;
pub(crate) mod caps;
pub(crate) mod constraints;
mod decode;
pub(crate) mod definition;
mod description;
mod digest;
pub(crate) mod dump;
mod encoder;
mod env;
mod image_config;
mod inspect;
mod marshal;
mod one_or_many;
mod op;
mod platform;
mod proxy;
mod reload;
mod source_map;
mod state;
mod values;
pub(crate) mod vertex;
mod wire;

pub use cache::{CacheImport, NoCache};
pub use caps::Caps;
pub use constraints::{CUSTOM_NAME, Constraints};
pub use decode::DecodeError;
pub use definition::{Definition, SourceInfo};
#[cfg(feature = "compile")]
pub(crate) use description::Description;
pub use digest::OpDigest;
pub use env::EnvList;
pub use image_config::ImageConfigError;
pub use marshal::{CapSupport, MarshalError, MarshalOptions};
pub use op::build::BuildOptions;
#[cfg(feature = "compile")]
pub(crate) use op::exec::RunArgs;
pub use op::exec::{ExecState, Mount, MountKind, RunOptions, Secret, SshSocket};
pub use op::file::{
    Chmod, ChownOpt, CopyOptions, FileAction, FileOptions, MkdirOptions, RmOptions, UserOpt,
};
pub use op::source::custom as custom_source;
#[cfg(feature = "frontend")]
pub(crate) use op::source::git::{GIT_AUTH_HEADER, GIT_AUTH_TOKEN};
pub use op::source::git::{GitOptions, GitRemote, GitSignature};
pub use op::source::http::{HttpHeader, HttpOptions, HttpSignature};
pub use op::source::image::{BlobOptions, ImageOptions, ResolveMode};
pub use op::source::local::{DiffType, Differ, LocalOptions};
pub use op::source::oci_layout::OciLayoutOptions;
pub use op::source::scheme::SourceDescription;
pub(crate) use op::source::scheme::SourceScheme;
pub(crate) use proxy::proxy_of_args;
pub use reload::ReloadError;
pub use source_map::{Position, Range, SourceLocation, SourceMap};
pub use state::State;
pub use values::{
    CacheSharing, CdiDevice, HostIp, LinuxResources, MountContentCache, NetMode, OciStore,
    ProgressGroup, ProxyEnv, SecurityMode, Ulimit,
};
#[cfg(any(feature = "compile", feature = "kit"))]
pub(crate) use vertex::Deferred;
