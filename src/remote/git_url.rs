//! URLs of git repositories: `https://host/path`, `git@host:path`.
//!
//! Owns the protocols and the split into host, path, query and fragment; what query and fragment
//! say is up to [`super::git`].

use std::collections::BTreeMap;

use thiserror::Error;

use crate::go::path;
use crate::go::url::{Url, UrlError, parse_query};

const PROTOCOLS: [&str; 4] = ["http", "https", "ssh", "git"];

/// Why a text is not the URL of a git repository.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GitUrlError {
    /// Neither a protocol nor the form `user@host:path`.
    #[error("unknown protocol")]
    UnknownProtocol,
    /// A protocol that git has no use for.
    #[error("{0}: invalid protocol")]
    InvalidProtocol(String),
    /// A protocol, but no URL after it.
    #[error(transparent)]
    Url(#[from] UrlError),
}

/// The URL of a git repository, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitUrl {
    /// `http`, `https`, `ssh` or `git`.
    pub scheme: String,
    /// Host, and port if one is given.
    pub host: String,
    /// Path on the host, unescaped.
    pub path: String,
    /// Values by name.
    pub query: BTreeMap<String, Vec<String>>,
    /// Commit, tag or branch from the fragment; empty if there is none.
    pub reference: String,
    /// Directory from the fragment, clean and without leading slash; empty if there is none.
    pub subdir: String,
    /// The URL that git understands: without query and fragment.
    pub remote: String,
}

impl GitUrl {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// [`GitUrlError`]; only a URL with a protocol can be malformed.
    pub fn parse(text: &str) -> Result<Self, GitUrlError> {
        if let Some(protocol) = protocol(text) {
            if !PROTOCOLS.contains(&protocol.as_str()) {
                return Err(GitUrlError::InvalidProtocol(protocol));
            }
            return Ok(GitUrl::from_url(&Url::parse(text)?));
        }
        parse_scp(text).ok_or(GitUrlError::UnknownProtocol)
    }

    pub(super) fn from_url(url: &Url) -> Self {
        let (reference, subdir) = split_fragment(&url.fragment());
        GitUrl {
            scheme: url.scheme.clone(),
            host: url.host.clone(),
            path: url.path().into_owned(),
            query: url.query(),
            reference,
            subdir,
            remote: url.without_query_and_fragment().to_string(),
        }
    }
}

/// The lower-case protocol of `text`, if it starts with `protocol://`.
fn protocol(text: &str) -> Option<String> {
    let (protocol, _) = text.split_once("://")?;
    let legal = !protocol.is_empty() && protocol.bytes().all(|b| b.is_ascii_alphanumeric());
    legal.then(|| protocol.to_ascii_lowercase())
}

/// Reads `reference:subdir`.
fn split_fragment(fragment: &str) -> (String, String) {
    if fragment.is_empty() {
        return (String::new(), String::new());
    }
    let (reference, subdir) = fragment.split_once(':').unwrap_or((fragment, ""));
    let subdir = path::join(&["/", subdir]);
    let subdir = subdir.strip_prefix('/').unwrap_or(&subdir);
    (reference.to_owned(), subdir.to_owned())
}

/// The parts of `user@host:path?query#fragment`.
struct Scp<'t> {
    user: &'t str,
    host: &'t str,
    path: &'t str,
    query: &'t str,
    fragment: &'t str,
}

fn split_scp(text: &str) -> Option<Scp<'_>> {
    let (user, rest) = text.split_once('@')?;
    let (host, rest) = rest.split_once(':')?;
    let is_user = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let legal = !user.is_empty()
        && user.bytes().all(is_user)
        && !host.is_empty()
        && host.bytes().all(is_host)
        && !rest.contains('\n');
    if !legal {
        return None;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Some(Scp {
        user,
        host,
        path,
        query,
        fragment,
    })
}

fn parse_scp(text: &str) -> Option<GitUrl> {
    let scp = split_scp(text)?;
    if !is_query(scp.query) {
        return None;
    }
    let (reference, subdir) = split_fragment(scp.fragment);
    Some(GitUrl {
        scheme: "ssh".to_owned(),
        host: scp.host.to_owned(),
        path: scp.path.to_owned(),
        query: parse_query(scp.query),
        reference,
        subdir,
        remote: format!("{}@{}:{}", scp.user, scp.host, scp.path),
    })
}

/// Whether all of `query` can be read; a URL with a protocol may have parts that cannot.
fn is_query(query: &str) -> bool {
    let escapes_complete = query.split('%').skip(1).all(|after| {
        let digits = after.bytes().take(2);
        digits.clone().count() == 2 && digits.clone().all(|b| b.is_ascii_hexdigit())
    });
    escapes_complete && !query.contains(';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<[String; 6], String> {
        let url = GitUrl::parse(text).map_err(|error| error.to_string())?;
        Ok([
            url.scheme,
            url.host,
            url.path,
            url.reference,
            url.subdir,
            url.remote,
        ])
    }

    #[test]
    fn urls_are_taken_apart() {
        for (text, expected) in [
            (
                "https://h.test:80/a/b.git#main:x//y/../z",
                [
                    "https",
                    "h.test:80",
                    "/a/b.git",
                    "main",
                    "x/z",
                    "https://h.test:80/a/b.git",
                ],
            ),
            (
                "HTTPS://u:p@h.test/a%20b?x=1",
                [
                    "https",
                    "h.test",
                    "/a b",
                    "",
                    "",
                    "https://u:p@h.test/a%20b",
                ],
            ),
            (
                "git@h.test:a/b.git?x=1#:../d",
                ["ssh", "h.test", "a/b.git", "", "d", "git@h.test:a/b.git"],
            ),
            (
                "ssh://git@h/~/x",
                ["ssh", "h", "/~/x", "", "", "ssh://git@h/~/x"],
            ),
            ("git://h/x#v1", ["git", "h", "/x", "v1", "", "git://h/x"]),
        ] {
            assert_eq!(parts(text), Ok(expected.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for (text, error) in [
            ("./x", "unknown protocol"),
            ("h.test/a.git", "unknown protocol"),
            ("us er@h:p", "unknown protocol"),
            ("git@h:p?%zz", "unknown protocol"),
            ("git@h:p?a;b", "unknown protocol"),
            ("git@h:a\nb", "unknown protocol"),
            ("FTP://h/x", "ftp: invalid protocol"),
            (
                "https://h:x/y",
                "parse \"https://h:x/y\": invalid port \":x\" after host",
            ),
        ] {
            assert_eq!(parts(text), Err(error.to_owned()), "{text}");
        }
    }
}
