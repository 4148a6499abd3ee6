//! Why a named context cannot be used.

use thiserror::Error;

use crate::image::{ConfigError, ReferenceError};
use crate::remote::{GitRefError, OciLayoutError};

/// Why a named context cannot be used. The texts are the reference's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The name cannot be the name of an image.
    #[error("invalid context name {name}: {error}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: ReferenceError,
    },
    /// The specifier has no scheme.
    #[error("invalid context specifier {spec} for {key}")]
    NoScheme {
        /// The specifier.
        spec: String,
        /// The context's name.
        key: String,
    },
    /// The scheme is unknown.
    #[error("unsupported context source {scheme} for {key}")]
    Scheme {
        /// The scheme.
        scheme: String,
        /// The context's name.
        key: String,
    },
    /// What has the scheme of a git repository is not the address of one.
    #[error("invalid git context {0}")]
    NotGit(String),
    /// The address of a git repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitRefError),
    /// A source policy names something that has no scheme.
    #[error("could not parse ref: {0}")]
    Redirect(String),
    /// The image in an OCI layout cannot be read.
    #[error(transparent)]
    Layout(#[from] OciLayoutError),
    /// The context of an OCI layout cannot be named as an image.
    #[error("could not parse oci-layout reference \"{name}\": {error}")]
    LayoutName {
        /// The context's name.
        name: String,
        /// What is wrong with it.
        error: ReferenceError,
    },
    /// The context of an OCI layout has a digest already.
    #[error("could not wrap \"{name}\" with digest: {error}")]
    LayoutDigest {
        /// The context's name.
        name: String,
        /// What is wrong with it.
        error: ReferenceError,
    },
    /// The metadata of an input cannot be read.
    #[error("failed to parse input metadata {metadata}: {why}")]
    InputMetadata {
        /// The metadata as given.
        metadata: String,
        /// What is wrong with it.
        why: String,
    },
    /// The image config of an input cannot be read.
    #[error("failed to parse image config for {key}: {error}")]
    InputConfig {
        /// The context's name.
        key: String,
        /// What is wrong with it.
        error: ConfigError,
    },
}

/// An ignore file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("failed parsing {name}: {error}")]
pub struct IgnoreFileError {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub error: crate::ignore::LineTooLong,
}
