//! Git repositories as sources: which texts name one, and what their query and fragment ask for.
//!
//! Owns the rule that a web URL is a repository only if its path ends in `.git`, the names in the
//! query, and the conflicts between query and fragment.

use thiserror::Error;

use super::git_url::{GitUrl, GitUrlError};
use crate::go::number::parse_bool;
use crate::go::quote::quote;
use crate::go::url::Url;

/// Prefix of repositories that may be written without a protocol.
const SHORT_HOST: &str = "github.com/";

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GitRefResult {
    /// No git repository.
    NotGit,
    /// A git repository whose query makes no sense.
    Invalid(GitRefError),
    /// A git repository.
    Git(GitRef),
}

/// What is wrong with the query of a git repository.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GitRefError {
    /// A name that needs a value.
    #[error("query {} has no value", quote(.0))]
    NoValue(String),
    /// A name that is given more than once.
    #[error("query {} has multiple values", quote(.0))]
    MultipleValues(String),
    /// A name without a meaning.
    #[error("unexpected query {}", quote(.0))]
    Unexpected(String),
    /// A value that is not a boolean.
    #[error("invalid {name} value: {}", quote(.value))]
    InvalidBool {
        /// The name in the query.
        name: &'static str,
        /// The value as written.
        value: String,
    },
    /// A value that is not a policy for times.
    #[error("invalid mtime value: {} (must be \"checkout\" or \"commit\")", quote(.0))]
    InvalidMtime(String),
    /// Two references.
    #[error("ref conflicts: {} vs {}", quote(.0), quote(.1))]
    RefConflict(String, String),
    /// Two directories.
    #[error("subdir conflicts: {} vs {}", quote(.0), quote(.1))]
    SubdirConflict(String, String),
    /// Both a branch and a tag.
    #[error("branch conflicts with tag")]
    BranchAndTag,
}

/// A git repository as a user asked for it. Empty texts and `None` mean "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitRef {
    /// The repository, without query and fragment, as written.
    pub remote: String,
    /// Last component of the repository's path, without `.git`.
    pub short_name: String,
    /// Commit, tag or branch.
    pub reference: String,
    /// Commit that the reference must be.
    pub checksum: String,
    /// Directory that becomes the root.
    pub subdir: String,
    /// Written without a protocol (`github.com/…`): could be a local path. Only contexts may.
    pub indistinguishable_from_local: bool,
    /// The protocol does not encrypt.
    pub unencrypted_tcp: bool,
    /// Whether to keep `.git`.
    pub keep_git_dir: Option<bool>,
    /// Whether to fetch submodules.
    pub submodules: Option<bool>,
    /// Times of files: `checkout` or `commit`.
    pub mtime: String,
    /// Fetch the commit of `checksum` whatever the reference is now.
    pub fetch_by_commit: bool,
}

/// A git repository as a source of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitSource {
    /// `http`, `https`, `ssh` or `git`.
    pub scheme: String,
    /// Host, and port if one is given. Empty, as is `path`, if `url` could not be taken apart:
    /// the identifier is `url` then.
    pub host: String,
    /// Path on the host.
    pub path: String,
    /// The URL that git gets.
    pub url: String,
    /// Commit, tag or branch.
    pub reference: String,
    /// Directory that becomes the root.
    pub subdir: String,
    /// Commit that the reference must be.
    pub checksum: String,
    /// Keep `.git`.
    pub keep_git_dir: bool,
    /// Leave submodules out.
    pub skip_submodules: bool,
    /// Times of files: `checkout`, `commit`, or empty for the default.
    pub mtime: String,
    /// Fetch the commit of `checksum` whatever the reference is now.
    pub fetch_by_commit: bool,
    /// Show what git advises while it fetches.
    pub advice: bool,
}

/// Reads `text` as a git repository.
pub fn parse_git_ref(text: &str) -> GitRefResult {
    let Some((url, is_short)) = repository_url(text) else {
        return GitRefResult::NotGit;
    };
    let remote = match url.remote.split_once("://") {
        Some((_, remote)) if is_short => remote.to_owned(),
        _ => url.remote.clone(),
    };
    let last = remote.rsplit('/').next().unwrap_or(&remote);
    let mut git = GitRef {
        short_name: last.strip_suffix(".git").unwrap_or(last).to_owned(),
        reference: url.reference,
        subdir: url.subdir,
        indistinguishable_from_local: is_short,
        unencrypted_tcp: !is_short && matches!(url.scheme.as_str(), "http" | "git"),
        remote,
        ..GitRef::default()
    };
    match git.load_query(url.query) {
        Ok(()) => GitRefResult::Git(git),
        Err(error) => GitRefResult::Invalid(error),
    }
}

/// `text` names a git repository and its query makes sense.
pub fn is_git_source(text: &str) -> bool {
    matches!(parse_git_ref(text), GitRefResult::Git(_))
}

/// Reads a build context as a git repository; `None` if it is none.
///
/// # Errors
/// A query that makes no sense.
pub fn detect_git_context(text: &str) -> Option<Result<GitSource, GitRefError>> {
    match parse_git_ref(text) {
        GitRefResult::NotGit => None,
        GitRefResult::Invalid(error) => Some(Err(error)),
        GitRefResult::Git(git) => Some(Ok(git.source())),
    }
}

/// The URL in `text` if it is that of a repository, and whether its protocol was left out.
fn repository_url(text: &str) -> Option<(GitUrl, bool)> {
    if text.starts_with("./") || text.starts_with("../") {
        return None;
    }
    if text.starts_with(SHORT_HOST) {
        let mut url = Url::parse(text).ok()?;
        url.scheme = "https".to_owned();
        return Some((GitUrl::from_url(&url), true));
    }
    let url = GitUrl::parse(text).ok()?;
    // Anything can be behind a web URL, so a repository has to say that it is one.
    let is_web = matches!(url.scheme.as_str(), "http" | "https");
    (!is_web || url.path.ends_with(".git")).then_some((url, false))
}

impl GitRef {
    fn load_query(
        &mut self,
        query: std::collections::BTreeMap<String, Vec<String>>,
    ) -> Result<(), GitRefError> {
        let mut tag = String::new();
        let mut branch = String::new();
        for (name, values) in query {
            let value = match values.as_slice() {
                [] => String::new(),
                [value] => value.clone(),
                _ => return Err(GitRefError::MultipleValues(name)),
            };
            let is_flag = matches!(
                name.as_str(),
                "submodules" | "keep-git-dir" | "fetch-by-commit"
            );
            if value.is_empty() && !is_flag {
                return Err(GitRefError::NoValue(name));
            }
            match name.as_str() {
                "ref" => self.set_reference(value)?,
                "tag" => tag = value,
                "branch" => branch = value,
                "subdir" => self.set_subdir(value)?,
                "checksum" | "commit" => self.checksum = value,
                "keep-git-dir" => self.keep_git_dir = Some(flag("keep-git-dir", &value)?),
                "submodules" => self.submodules = Some(flag("submodules", &value)?),
                "mtime" => match value.as_str() {
                    "checkout" | "commit" => self.mtime = value,
                    _ => return Err(GitRefError::InvalidMtime(value)),
                },
                "fetch-by-commit" => self.fetch_by_commit = flag("fetch-by-commit", &value)?,
                _ => return Err(GitRefError::Unexpected(name)),
            }
        }
        let has_tag = !tag.is_empty();
        if has_tag {
            self.set_reference(qualified("refs/tags/", tag))?;
        }
        if !branch.is_empty() {
            if has_tag {
                return Err(GitRefError::BranchAndTag);
            }
            self.set_reference(qualified("refs/heads/", branch))?;
        }
        Ok(())
    }

    fn set_reference(&mut self, reference: String) -> Result<(), GitRefError> {
        if !self.reference.is_empty() && self.reference != reference {
            let known = std::mem::take(&mut self.reference);
            return Err(GitRefError::RefConflict(known, reference));
        }
        self.reference = reference;
        Ok(())
    }

    fn set_subdir(&mut self, subdir: String) -> Result<(), GitRefError> {
        if !self.subdir.is_empty() && self.subdir != subdir {
            let known = std::mem::take(&mut self.subdir);
            return Err(GitRefError::SubdirConflict(known, subdir));
        }
        self.subdir = subdir;
        Ok(())
    }

    /// The source that this asks for. A caller with requirements of its own changes the result.
    pub fn source(&self) -> GitSource {
        let mut source = locate(&self.remote);
        source.reference.clone_from(&self.reference);
        source.subdir.clone_from(&self.subdir);
        source.checksum.clone_from(&self.checksum);
        source.keep_git_dir = self.keep_git_dir == Some(true);
        source.skip_submodules = self.submodules == Some(false);
        source.mtime.clone_from(&self.mtime);
        source.fetch_by_commit = self.fetch_by_commit;
        source
    }
}

/// Where `remote` is; without a protocol it is a web server.
fn locate(remote: &str) -> GitSource {
    let mut text = remote.to_owned();
    let mut url = GitUrl::parse(&text);
    if url == Err(GitUrlError::UnknownProtocol) {
        text = format!("https://{remote}");
        url = GitUrl::parse(&text);
    }
    match url {
        Ok(url) => GitSource {
            scheme: url.scheme,
            // A place, even if nobody can be there: only what is not a URL has none.
            path: if url.host.is_empty() && url.path.is_empty() {
                "/".to_owned()
            } else {
                url.path
            },
            host: url.host,
            url: url.remote,
            ..GitSource::default()
        },
        Err(_) => GitSource {
            url: text,
            ..GitSource::default()
        },
    }
}

fn flag(name: &'static str, value: &str) -> Result<bool, GitRefError> {
    if value.is_empty() {
        return Ok(true);
    }
    parse_bool(value).map_err(|_| GitRefError::InvalidBool {
        name,
        value: value.to_owned(),
    })
}

fn qualified(prefix: &str, name: String) -> String {
    if name.starts_with(prefix) {
        name
    } else {
        format!("{prefix}{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn git(text: &str) -> GitRef {
        match parse_git_ref(text) {
            GitRefResult::Git(git) => git,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn repositories_are_recognised() {
        for (text, remote, name) in [
            ("https://h.test/o/r.git", "https://h.test/o/r.git", "r"),
            ("http://h.test/r.git?ref=x", "http://h.test/r.git", "r"),
            ("git://h.test/o/r#x", "git://h.test/o/r", "r"),
            ("git@h.test:o/r.git", "git@h.test:o/r.git", "r"),
            ("ssh://git@h.test/o/r", "ssh://git@h.test/o/r", "r"),
            ("github.com/o/r#x:y", "github.com/o/r", "r"),
        ] {
            let git = git(text);
            assert_eq!(
                (git.remote.as_str(), git.short_name.as_str()),
                (remote, name)
            );
            assert_eq!(git.indistinguishable_from_local, text.starts_with("github"));
            assert_eq!(
                git.unencrypted_tcp,
                text.starts_with("http:") || text.starts_with("git:")
            );
        }
        for text in [
            "",
            "r.git",
            "./r.git",
            "../r.git",
            "h.test/o/r.git",
            "https://h.test/o/r",
            "https://h.test/r.git/",
            "https://github.com/o/r",
            "http://h.test/r.git:#x",
            "ftp://h.test/r.git",
        ] {
            assert_eq!(parse_git_ref(text), GitRefResult::NotGit, "{text}");
            assert!(!is_git_source(text));
        }
    }

    #[test]
    fn fragment_and_query_say_what_to_use() {
        let by_fragment = git("https://h/r.git#main:a/../b/");
        assert_eq!(
            (by_fragment.reference.as_str(), by_fragment.subdir.as_str()),
            ("main", "b")
        );
        let by_query = git(concat!(
            "git@h:r.git?subdir=/d&checksum=abc&keep-git-dir=0&submodules&mtime=commit",
            "&fetch-by-commit=T&tag=v1#refs/tags/v1"
        ));
        assert_eq!(by_query.reference, "refs/tags/v1");
        assert_eq!(by_query.subdir, "/d");
        assert_eq!(by_query.checksum, "abc");
        assert_eq!(by_query.keep_git_dir, Some(false));
        assert_eq!(by_query.submodules, Some(true));
        assert_eq!(by_query.mtime, "commit");
        assert!(by_query.fetch_by_commit);
        assert_eq!(git("https://h/r.git?branch=b").reference, "refs/heads/b");
        assert_eq!(
            git("https://h/r.git?branch=refs/heads/b").reference,
            "refs/heads/b"
        );
    }

    #[test]
    fn queries_without_sense_are_errors() {
        for (query, error) in [
            ("?ref=a#b", r#"ref conflicts: "b" vs "a""#),
            ("?ref=a&tag=b", r#"ref conflicts: "a" vs "refs/tags/b""#),
            ("?tag=a&branch=b", "branch conflicts with tag"),
            ("?subdir=/a#:a", r#"subdir conflicts: "a" vs "/a""#),
            ("?ref=", r#"query "ref" has no value"#),
            ("?mtime", r#"query "mtime" has no value"#),
            ("?ref=a&ref=b", r#"query "ref" has multiple values"#),
            (
                "?mtime=x",
                r#"invalid mtime value: "x" (must be "checkout" or "commit")"#,
            ),
            ("?submodules=x", r#"invalid submodules value: "x""#),
            ("?what=x", r#"unexpected query "what""#),
        ] {
            let text = format!("https://h/r.git{query}");
            let Some(Err(found)) = detect_git_context(&text) else {
                panic!("{text}");
            };
            assert_eq!(found.to_string(), error, "{text}");
        }
    }

    #[test]
    fn a_source_has_a_place() {
        let source = git("github.com/o/r#x").source();
        assert_eq!(source.url, "https://github.com/o/r");
        assert_eq!(
            (source.host.as_str(), source.path.as_str()),
            ("github.com", "/o/r")
        );
        let source = git("git@h:o/r?submodules=false").source();
        assert_eq!(
            (source.scheme.as_str(), source.path.as_str()),
            ("ssh", "o/r")
        );
        assert!(source.skip_submodules && !source.keep_git_dir);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(https://|git@h:|github.com/|ssh://)?[a-z/.:?#&=%@;é]{0,30}") {
            if let Some(Ok(source)) = detect_git_context(&text) {
                prop_assert!(!source.url.is_empty());
            }
        }
    }
}
