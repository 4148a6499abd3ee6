//! From an old lock and fresh resolutions to a new lock: which pins stay, which move, which go.

use crate::collect::CollectSmall as _;
use std::collections::BTreeMap;

use super::collect::{Collected, Facts, ImageQuestion};
use super::model::{ConfigFacts, GitKey, GitPin, HttpPin, ImageLookup, ImagePin, Inputs, Lock};

/// An image as a registry has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedImage {
    /// Tag that was followed, where it is not the reference's own.
    pub tag: Option<String>,
    /// Digest of the index, or of the only manifest.
    pub digest: String,
    /// Digest of the config for each platform that was asked for.
    pub platforms: BTreeMap<String, String>,
}

/// A git ref as a remote has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedGit {
    /// The commit.
    pub commit: String,
    /// The tag object of an annotated tag.
    pub tag_object: Option<String>,
}

/// A file as a server has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedHttp {
    /// Digest of the content.
    pub digest: String,
    /// Its size.
    pub size: Option<u64>,
}

/// Everything that was found out.
#[derive(Clone, Debug, Default)]
pub struct Resolutions {
    /// Images by the reference that the build uses.
    pub images: BTreeMap<String, ResolvedImage>,
    /// Git sources.
    pub git: BTreeMap<GitKey, ResolvedGit>,
    /// Files by URL.
    pub http: BTreeMap<String, ResolvedHttp>,
}

/// Makes the new lock. A source without a resolution keeps its old pin; one that has neither is left out,
/// which callers must not let happen. A pin that did not change keeps its day.
pub fn assemble(
    old: &Lock,
    inputs: Inputs,
    collected: &Collected,
    resolutions: &Resolutions,
    facts: &Facts,
    today: &str,
) -> Lock {
    let mut lock = Lock {
        mode: old.mode,
        frontend: old.frontend,
        inputs,
        pinned: old.pinned.clone(),
        recordings: old.recordings.clone(),
        args: old.args.clone(),
        free_args: old.free_args.clone(),
        secrets: old.secrets.clone(),
        ..Lock::default()
    };
    for (reference, seen) in &collected.images {
        // What `rdf pin` wrote stays under the key without digest.
        let (key, before) = match old.image(reference) {
            ImageLookup::Found(key, pin) => (key.to_owned(), Some(pin)),
            _ => (reference.clone(), None),
        };
        let fresh = resolutions.images.get(reference);
        let Some((tag, digest, platforms)) = fresh
            .map(|fresh| {
                (
                    fresh.tag.clone(),
                    fresh.digest.clone(),
                    fresh.platforms.clone(),
                )
            })
            .or_else(|| {
                before.map(|pin| (pin.tag.clone(), pin.digest.clone(), pin.platforms.clone()))
            })
        else {
            continue;
        };
        let same = before.filter(|pin| pin.digest == digest && pin.tag == tag);
        let mut platforms = platforms;
        platforms.retain(|platform, _| seen.platforms.contains(platform));
        let config = seen.platforms.iter().filter_map(|platform| {
            let question = ImageQuestion {
                reference: reference.clone(),
                platform: platform.clone(),
            };
            let facts: &ConfigFacts = facts.get(&question)?;
            (!facts.is_empty()).then(|| (platform.clone(), facts.clone()))
        });
        let pin = ImagePin {
            tag,
            digest,
            platforms,
            config: config.collect_small(),
            used_by: seen.used_by.clone(),
            locked: same.map_or(today, |pin| &pin.locked).to_owned(),
        };
        merge(&mut lock, key, pin);
    }
    for seen in collected.git.keys() {
        // What `rdf pin` wrote stays under the ref.
        let (key, before) = match old.git_pin(seen) {
            Some((key, pin)) => (key, Some(pin)),
            None => (seen, None),
        };
        let pin = match resolutions.git.get(seen) {
            Some(fresh) => GitPin {
                commit: fresh.commit.clone(),
                tag_object: fresh.tag_object.clone(),
                locked: before
                    .filter(|pin| pin.commit == fresh.commit)
                    .map_or(today, |pin| &pin.locked)
                    .to_owned(),
            },
            None => match before {
                Some(pin) => pin.clone(),
                None => continue,
            },
        };
        lock.git.insert(key.clone(), pin);
    }
    for (url, seen) in &collected.http {
        let before = old.http.get(url);
        let pin = match resolutions.http.get(url) {
            Some(fresh) => HttpPin {
                digest: fresh.digest.clone(),
                size: fresh.size.or_else(|| {
                    before
                        .filter(|pin| pin.digest == fresh.digest)
                        .and_then(|pin| pin.size)
                }),
                given: false,
                locked: before
                    .filter(|pin| pin.digest == fresh.digest)
                    .map_or(today, |pin| &pin.locked)
                    .to_owned(),
            },
            None => match before {
                Some(pin) => pin.clone(),
                None => continue,
            },
        };
        // A checksum that `rdf pin` wrote is not the author's.
        let given = !seen.given.is_empty()
            && before
                .is_none_or(|pin| pin.given || pin.digest != seen.checksum().unwrap_or_default());
        lock.http.insert(url.clone(), HttpPin { given, ..pin });
    }
    lock
}

/// Two spellings of one image, with and without its digest, share an entry.
fn merge(lock: &mut Lock, key: String, pin: ImagePin) {
    match lock.images.get_mut(&key) {
        None => drop(lock.images.insert(key, pin)),
        Some(have) => {
            have.used_by.extend(pin.used_by);
            have.platforms.extend(pin.platforms);
            have.config.extend(pin.config);
        }
    }
}
