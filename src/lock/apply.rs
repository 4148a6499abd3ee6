//! The lock in force: references and ops with their pins.
//!
//! Images are held by asking about `name:tag@digest` in the first place; git sources and files are held in
//! the finished graph, where a source op gets the commit or the checksum. Bytes change nowhere else.

use std::collections::BTreeMap;

use super::collect::{git_key, is_http};
use super::model::{ImageLookup, ImagePin, Lock, pinned_reference};
use super::verify::show_git;
use crate::llb::{Definition, SourceDescription};
use crate::source::LineRange;

const IMAGE: &str = "docker-image://";

/// A source that the lock does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpinned {
    /// What it is: a reference, a URL or an identifier.
    pub subject: String,
    /// Why it is not held.
    pub message: String,
    /// Where it is named.
    pub lines: Vec<LineRange>,
}

/// An op of a graph is not a valid message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnreadableOp(String);

/// A graph with its pins.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// The graph.
    pub definition: Definition,
    /// Sources in it that are not held.
    pub unpinned: Vec<Unpinned>,
    /// Identifier and attributes of every source op in it.
    pub sources: Vec<SourceDescription>,
}

/// What a lock makes of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinnedImage {
    /// Name, tag and digest to ask for.
    Reference(String),
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
    pub fn pin_image(&self, reference: &str, platform: Option<&str>) -> PinnedImage {
        match self.image(reference) {
            ImageLookup::Found(key, pin) => match covers(pin, platform) {
                true => {
                    pinned_reference(key, pin).map_or(PinnedImage::Missing, PinnedImage::Reference)
                }
                false => PinnedImage::OtherPlatform,
            },
            ImageLookup::Contradicted(_, pin) => PinnedImage::Contradicted(pin.digest.clone()),
            ImageLookup::Missing => PinnedImage::Missing,
        }
    }

    /// Identifier and attributes of a source op with its pin; `None` for one that the lock does not hold.
    /// An image must have its digest already.
    pub fn pin_source(&self, (identifier, attrs): &SourceDescription) -> Option<SourceDescription> {
        if let Some(reference) = identifier.strip_prefix(IMAGE) {
            return self
                .holds_image(reference)
                .then(|| (identifier.clone(), attrs.clone()));
        }
        if let Some(key) = git_key(identifier, attrs) {
            let (_, pin) = self.git_pin(&key)?;
            if let Some(given) = attrs.get("git.checksum")
                && !pin.commit.starts_with(given.as_str())
                && pin.tag_object.as_ref() != Some(given)
            {
                return None;
            }
            return Some((with_commit(identifier, &pin.commit), attrs.clone()));
        }
        if is_http(identifier) {
            let pin = self.http.get(identifier)?;
            if attrs
                .get("http.checksum")
                .is_some_and(|given| *given != pin.digest)
            {
                return None;
            }
            let mut attrs = attrs.clone();
            attrs.insert("http.checksum".to_owned(), pin.digest.clone());
            return Some((identifier.clone(), attrs));
        }
        None
    }

    /// Puts the pins into a finished graph, but for sources that are `exempt`.
    ///
    /// # Errors
    /// When the graph has an op that is no valid message.
    pub fn pin_definition(
        &self,
        definition: Definition,
        exempt: impl Fn(&SourceDescription) -> bool,
    ) -> Result<Pinned, UnreadableOp> {
        let mut open = Vec::new();
        let mut sources = Vec::new();
        let definition = definition
            .map_sources(|source| {
                let pinned = match is_remote(&source.0) && !exempt(source) {
                    true => {
                        let pinned = self.pin_source(source);
                        open.extend(pinned.is_none().then(|| source.clone()));
                        pinned
                    }
                    false => None,
                };
                sources.push(pinned.as_ref().unwrap_or(source).clone());
                pinned.filter(|pinned| pinned != source)
            })
            .map_err(|error| UnreadableOp(error.to_string()))?;
        // Every op is read once more for the places, and so only where there is something to tell.
        let located: BTreeMap<SourceDescription, Vec<LineRange>> = match open.is_empty() {
            true => BTreeMap::new(),
            false => definition
                .located_sources()
                .map_err(|error| UnreadableOp(error.to_string()))?
                .into_iter()
                .collect(),
        };
        let unpinned = open.iter().map(|source| {
            let lines = located.get(source).cloned().unwrap_or_default();
            self.why_unpinned(source, lines)
        });
        Ok(Pinned {
            unpinned: unpinned.collect(),
            definition,
            sources,
        })
    }

    /// Whether `reference`, with its digest, is what a pin makes.
    fn holds_image(&self, reference: &str) -> bool {
        let made = |(key, pin): (&String, &ImagePin)| {
            pinned_reference(key, pin).as_deref() == Some(reference)
        };
        self.images.iter().any(made)
    }

    fn why_unpinned(
        &self,
        (identifier, attrs): &SourceDescription,
        lines: Vec<LineRange>,
    ) -> Unpinned {
        let subject = match git_key(identifier, attrs) {
            Some(key) => show_git(&key.remote, &key.reference),
            None => identifier
                .strip_prefix(IMAGE)
                .unwrap_or(identifier)
                .to_owned(),
        };
        let locked = match git_key(identifier, attrs) {
            Some(key) => self.git.get(&key).map(|pin| pin.commit.as_str()),
            None => self.http.get(identifier).map(|pin| pin.digest.as_str()),
        };
        let message = match locked {
            Some(locked) => {
                format!("the checksum of `{subject}` is not the one in the lock, {locked}")
            }
            None => format!("`{subject}` is not in the lock"),
        };
        Unpinned {
            subject,
            message,
            lines,
        }
    }
}

/// Whether bytes behind `identifier` come over a network from outside.
pub fn is_remote(identifier: &str) -> bool {
    // What the client sends is the context; an OCI layout is named by its digest.
    !["local://", "oci-layout://"]
        .iter()
        .any(|scheme| identifier.starts_with(scheme))
}

fn covers(pin: &ImagePin, platform: Option<&str>) -> bool {
    pin.platforms.is_empty() || platform.is_none_or(|platform| pin.platforms.contains_key(platform))
}

/// The identifier with `commit` for its ref; a subdirectory stays.
fn with_commit(identifier: &str, commit: &str) -> String {
    let (place, fragment) = identifier.split_once('#').unwrap_or((identifier, ""));
    match fragment.split_once(':') {
        Some((_, subdir)) => format!("{place}#{commit}:{subdir}"),
        None => format!("{place}#{commit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_takes_the_place_of_the_ref() {
        assert_eq!(with_commit("git://h/r", "c"), "git://h/r#c");
        assert_eq!(with_commit("git://h/r#v1", "c"), "git://h/r#c");
        assert_eq!(with_commit("git://h/r#v1:dir/a", "c"), "git://h/r#c:dir/a");
        assert_eq!(with_commit("git://h/r#:dir", "c"), "git://h/r#c:dir");
    }

    #[test]
    fn only_the_network_is_remote() {
        assert!(is_remote("docker-image://x"));
        assert!(is_remote("docker-image+blob://x"));
        assert!(is_remote("https://h"));
        assert!(!is_remote("local://context"));
        assert!(!is_remote("oci-layout://x@sha256:aa"));
    }
}
