//! The active lock: what the compiler is answered where there is one.
//!
//! Images are held by asking about `name:tag@digest` in the first place; git sources and files by answers that are there
//! before the compiler asks ([`Lock::answers`]), so that it makes the pinned op.

use super::model::{GitKey, GitPin, HttpPin, ImageLookup, Lock, pinned_reference};
use crate::compile::{Answers, Pin, RemoteSource};

/// What a lock makes of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinnedImage {
    /// Its pin.
    Pinned {
        /// Name, tag and digest to ask for.
        reference: String,
        /// The digest in it.
        digest: String,
    },
    /// The lock holds the same tag to this other digest.
    Contradicted(String),
    /// The lock has it, but not for the platform.
    OtherPlatform,
    /// The lock does not have it.
    Missing,
}

impl Lock {
    /// The reference to ask for in the place of `reference`, which is normalised and has a tag or a digest.
    /// `platform` is normalised; `None` where it does not matter.
    pub(crate) fn pin_image(&self, reference: &str, platform: Option<&str>) -> PinnedImage {
        match self.image(reference) {
            ImageLookup::Found(_, pin) if platform.is_some_and(|it| !pin.covers(it)) => {
                PinnedImage::OtherPlatform
            }
            ImageLookup::Found(key, pin) => match pinned_reference(key, pin) {
                Some(reference) => PinnedImage::Pinned {
                    reference,
                    digest: pin.digest.clone(),
                },
                None => PinnedImage::Missing,
            },
            ImageLookup::Contradicted(_, pin) => PinnedImage::Contradicted(pin.digest.clone()),
            ImageLookup::Missing => PinnedImage::Missing,
        }
    }

    /// What `source` is held to.
    pub fn pin(&self, source: &RemoteSource) -> Option<Pin> {
        match source {
            RemoteSource::Git { remote, reference } => {
                let key = GitKey {
                    remote: remote.clone(),
                    reference: reference.clone(),
                };
                self.git_pin(&key).map(|(_, pin)| pin.into())
            }
            RemoteSource::Http { url } => self.http.get(url).map(Pin::from),
        }
    }

    /// What is answered before a compilation asks: every pin of a git repository and of a file on the web. What the
    /// lock does not hold is asked for.
    pub fn answers(&self) -> Answers {
        let git = |remote: &str, reference: &str, pin: &GitPin| {
            let (remote, reference) = (remote.to_owned(), reference.to_owned());
            (RemoteSource::Git { remote, reference }, Pin::from(pin))
        };
        // As with `Lock::git_pin`: a commit is served by a ref that is held to it, if it has no entry of its own.
        let commits = self.git.iter();
        let commits = commits.map(|(key, pin)| git(&key.remote, &pin.commit, pin));
        let refs = self.git.iter();
        let refs = refs.map(|(key, pin)| git(&key.remote, &key.reference, pin));
        let files = self.http.iter();
        let files = files.map(|(url, pin)| (RemoteSource::http(url), Pin::from(pin)));
        Answers::with_pins(commits.chain(refs).chain(files))
    }
}

impl From<&GitPin> for Pin {
    fn from(pin: &GitPin) -> Self {
        Pin::Commit {
            commit: pin.commit.clone(),
            tag_object: pin.tag_object.clone(),
        }
    }
}

impl From<&HttpPin> for Pin {
    fn from(pin: &HttpPin) -> Self {
        Pin::Digest(pin.digest.clone())
    }
}
