//! Contexts as values: what a client lets a build read, and which sources of the graph that becomes.
//!
//! ```text
//! `--build-context name=…`  -> NamedContext -> ContextSource: image, OCI layout, directory, input, git, web
//! `docker build CONTEXT`    -> MainContext: a directory of the client, or any other source
//! ```
//!
//! Asks nobody: what must be known from outside (the digest of an image, an ignore file, an input) is a [`Need`]
//! that the caller answers, and [`Loader`] makes contexts of the answers. Compilers and frontends share these rules, which are those of BuildKit's `dockerui`.
#![deny(missing_docs)]

mod error;
mod load;
mod main_context;
mod named;
mod need;
mod remote_use;

pub use error::{ContextError, IgnoreFileError};
#[cfg(feature = "compile")]
pub(crate) use load::image_platform;
pub use load::{LoadError, LoadErrorKind, Loaded, Loader, PendingLocal};
pub use main_context::{IgnoreFile, LOCAL_CONTEXT, MainContext};
pub use named::{ContextSource, NamedContext};
pub use need::{Answer, AnswerError, Answers, ImageAnswer, ImageMeta, ImageNeed, Need};
pub use remote_use::RemoteUse;

pub use crate::llb::OciStore;

use crate::llb::{self, Constraints};
use crate::remote::GitSource;

impl GitSource {
    /// The repository's files.
    pub fn state(&self, constraints: Constraints) -> llb::State {
        let remote = llb::GitRemote {
            scheme: self.scheme.clone(),
            host: self.host.clone(),
            path: self.path.clone(),
            url: self.url.clone(),
        };
        let options = llb::GitOptions {
            reference: self.reference.clone(),
            subdir: self.subdir.clone(),
            keep_git_dir: self.keep_git_dir,
            checksum: self.checksum.clone(),
            skip_submodules: self.skip_submodules,
            mtime: self.mtime.clone(),
            fetch_by_commit: self.fetch_by_commit,
            advice: self.advice,
            constraints,
            ..Default::default()
        };
        llb::State::git(&remote, options)
    }
}

/// How a file from the web is a context: the file itself, under the name that contexts have
/// ([`crate::remote::HTTP_CONTEXT_FILENAME`]); `name` is that of the step in the client's progress.
pub fn http_options(name: impl Into<String>) -> llb::HttpOptions {
    llb::HttpOptions {
        filename: crate::remote::HTTP_CONTEXT_FILENAME.to_owned(),
        constraints: Constraints::new().custom_name(name.into()),
        ..Default::default()
    }
}
