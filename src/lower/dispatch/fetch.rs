//! What `ADD` fetches from repositories and from the web.

use crate::diagnostic::ErrorCode;
use crate::llb::{Constraints, HttpOptions};
use crate::plan::{CompileError, step_name};
use crate::remote::{self, GitSource};
use crate::syntax::Text;

/// What `ADD` says of repositories and of files of the web. Parity: what the query of a repository says counts for
/// the sources after it, too.
pub(super) struct RemoteFlags {
    pub(super) keep_git_dir: Option<bool>,
    pub(super) checksum: String,
}

pub(super) fn invalid_checksum(message: impl Into<Text>) -> CompileError {
    CompileError::new(ErrorCode::InvalidChecksum, message)
}

/// A git repository that `ADD` checks out.
pub(super) fn git_source(
    git: &remote::GitRef,
    flags: &mut RemoteFlags,
    advice: bool,
) -> Result<GitSource, CompileError> {
    match (flags.keep_git_dir, git.keep_git_dir) {
        (Some(flag), Some(query)) if flag != query => {
            let message = "inconsistent keep-git-dir configuration";
            return Err(CompileError::new(ErrorCode::InvalidGitSource, message));
        }
        (flag, query) => flags.keep_git_dir = query.or(flag),
    }
    if !git.checksum.is_empty() {
        if !flags.checksum.is_empty() && flags.checksum != git.checksum {
            return Err(invalid_checksum(format!(
                "checksum mismatch {} != {}",
                crate::go::quote::quote(&flags.checksum),
                crate::go::quote::quote(&git.checksum)
            )));
        }
        flags.checksum.clone_from(&git.checksum);
    }
    let mut source = git.source();
    source.keep_git_dir = flags.keep_git_dir.unwrap_or(false);
    source.checksum.clone_from(&flags.checksum);
    // Parity: accepted, and not looked at.
    source.mtime.clear();
    source.advice = advice;
    Ok(source)
}

/// How `ADD` downloads a file.
pub(super) fn http_options(
    file: &str,
    checksum: &str,
    name: &str,
) -> Result<HttpOptions, CompileError> {
    if !checksum.is_empty() {
        crate::image::Digest::parse(checksum)
            .map_err(|error| invalid_checksum(error.to_string()))?;
    }
    Ok(HttpOptions {
        filename: file.to_owned(),
        checksum: checksum.to_owned(),
        // Parity: the key is there, without a value.
        constraints: Constraints::new()
            .custom_name(name)
            .description(step_name::COMMAND_KEY, ""),
        ..Default::default()
    })
}
