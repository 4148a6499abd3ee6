//! What a lock can hold: sources over the network that are not images, and what they are held to.

use std::fmt;

use super::git::{GitRefResult, GitSource, detect_git_context, parse_git_ref};
use super::http::{is_http_context, is_http_source};

/// A source over the network that is not an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RemoteSource {
    /// A git repository.
    Git {
        /// URL that git gets, without query and fragment.
        remote: String,
        /// Branch, tag or commit; empty is the default branch.
        reference: String,
    },
    /// A file on the web.
    Http {
        /// Its URL.
        url: String,
    },
}

impl RemoteSource {
    /// What is behind the address of a build context; `None` for what is neither a repository nor on the web.
    pub(crate) fn of_context(address: &str) -> Option<Self> {
        match detect_git_context(address) {
            Some(git) => Some(git.ok()?.remote_source()),
            None => is_http_context(address).then(|| RemoteSource::http(address)),
        }
    }

    /// What `ADD` fetches from `address`; `None` for a path, which an address without a protocol is there.
    pub(crate) fn of_add(address: &str) -> Option<Self> {
        match parse_git_ref(address) {
            GitRefResult::Git(git) if !git.indistinguishable_from_local => {
                Some(git.source().remote_source())
            }
            _ => is_http_source(address).then(|| RemoteSource::http(address)),
        }
    }

    /// The file at `url`.
    pub(crate) fn http(url: &str) -> Self {
        RemoteSource::Http {
            url: url.to_owned(),
        }
    }
}

/// The content that a [`RemoteSource`] is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pin {
    /// The commit of a repository.
    Commit {
        /// Its hash, full hexadecimal.
        commit: String,
        /// Hash of the tag object, where the reference is an annotated tag.
        tag_object: Option<String>,
    },
    /// The digest of a file, `sha256:<hex>`.
    Digest(String),
}

impl Pin {
    /// Whether `checksum`, which the user demands, is the pin's: that of the commit or of the tag object, perhaps only
    /// by its beginning. None (empty) agrees with any pin.
    pub(crate) fn agrees(&self, checksum: &str) -> bool {
        match self {
            Pin::Commit { commit, tag_object } => {
                let is_tag = |tag: &String| tag.starts_with(checksum);
                commit.starts_with(checksum) || tag_object.as_ref().is_some_and(is_tag)
            }
            Pin::Digest(digest) => checksum.is_empty() || digest == checksum,
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pin::Commit {
                commit: content, ..
            }
            | Pin::Digest(content) => f.write_str(content),
        }
    }
}

impl GitSource {
    /// Which source it is, whatever is done with it.
    pub fn remote_source(&self) -> RemoteSource {
        RemoteSource::Git {
            remote: self.url.clone(),
            reference: self.reference.clone(),
        }
    }

    /// Takes the commit of `pin` in the place of the reference. Says whether it did: only a URL that was understood
    /// has a place for one.
    pub fn pin(&mut self, pin: &Pin) -> bool {
        let has_place = !self.host.is_empty() || !self.path.is_empty();
        match pin {
            Pin::Commit { commit, .. } if has_place && pin.agrees(&self.checksum) => {
                self.reference.clone_from(commit);
                // The checksum of a tag object is not that of what is asked for now.
                if !commit.starts_with(&self.checksum) {
                    self.checksum.clone_from(commit);
                }
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_a_tag_object_becomes_that_of_its_commit() {
        let (tag, commit) = ("a".repeat(40), "b".repeat(40));
        let pin = Pin::Commit {
            commit: commit.clone(),
            tag_object: Some(tag.clone()),
        };
        for (given, made) in [
            (tag.as_str(), Some(commit.as_str())),
            (&tag[..9], Some(&commit)),
            (&commit, Some(&commit)),
            (&commit[..9], Some(&commit[..9])),
            ("", Some("")),
            ("cccc", None),
        ] {
            let GitRefResult::Git(git) = parse_git_ref("https://h.test/r.git#v1") else {
                panic!("no repository");
            };
            let mut source = git.source();
            source.checksum = given.to_owned();
            assert_eq!(source.pin(&pin), made.is_some(), "{given}");
            if let Some(made) = made {
                assert_eq!(
                    (&source.reference, source.checksum.as_str()),
                    (&commit, made)
                );
            }
        }
    }

    #[test]
    fn contexts_over_the_network_are_sources() {
        let git = RemoteSource::of_context("https://h.test/r.git#v1:sub");
        let reference = "v1".to_owned();
        let remote = "https://h.test/r.git".to_owned();
        assert_eq!(git, Some(RemoteSource::Git { remote, reference }));
        let url = "https://h.test/a.tar";
        assert_eq!(RemoteSource::of_context(url), Some(RemoteSource::http(url)));
        let short = "github.com/a/b";
        assert!(RemoteSource::of_context(short).is_some() && RemoteSource::of_add(short).is_none());
        assert_eq!(RemoteSource::of_add(url), Some(RemoteSource::http(url)));
        assert_eq!(RemoteSource::of_context("dir"), None);
        assert_eq!(RemoteSource::of_context("https://h.test/r.git?x=y"), None);
    }

    #[test]
    fn a_checksum_is_the_commit_or_its_tag_object() {
        let pin = Pin::Commit {
            commit: "abc".repeat(13) + "a",
            tag_object: Some("d".repeat(40)),
        };
        for (checksum, agrees) in [("", true), ("abcabc", true), ("dddd", true), ("dda", false)] {
            assert_eq!(pin.agrees(checksum), agrees, "{checksum}");
        }
        assert!(pin.agrees(&"d".repeat(40)));
        let pin = Pin::Digest("sha256:aa".into());
        assert!(pin.agrees("") && pin.agrees("sha256:aa") && !pin.agrees("sha256:a"));
    }

    #[test]
    fn a_commit_takes_the_place_of_the_ref() {
        let commit = "c".repeat(40);
        let pin = Pin::Commit {
            commit: commit.clone(),
            tag_object: None,
        };
        let read = |text: &str| detect_git_context(text).unwrap().unwrap();
        let mut source = read("https://h.test/r.git#v1:dir/a");
        assert!(source.pin(&pin));
        assert_eq!((&source.reference, &*source.subdir), (&commit, "dir/a"));
        let mut other = read("https://h.test/r.git?checksum=dddd#v1");
        assert!(!other.pin(&pin));
        assert_eq!(other.reference, "v1");
        assert!(!GitSource::default().pin(&pin));
    }
}
