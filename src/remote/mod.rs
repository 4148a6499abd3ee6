//! Sources that are not files of a context: git repositories, web files, OCI layouts.
//!
//! Owns how users write them and what that means; builds no graph and fetches nothing. Everything
//! here is plain data that whoever builds the graph turns into a source.

mod git;
mod git_url;
mod http;
mod oci_layout;
mod source;

pub use git::{
    GitRef, GitRefError, GitRefResult, GitSource, detect_git_context, is_git_source, parse_git_ref,
};
pub use git_url::GitUrl;
pub use http::{HTTP_CONTEXT_FILENAME, http_filename, is_http_context, is_http_source};
pub use oci_layout::{OciLayoutError, parse_oci_layout};
pub use source::{Pin, RemoteSource};
