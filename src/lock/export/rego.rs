//! The lock as a policy that buildx loads by itself: rules that are always the same, on data out of the lock.
//!
//! The data is in the same file. A policy can load JSON of its own, but by a path in the build context, and where in the
//! context the Dockerfile lies is not known here; buildx finds the policy itself beside the Dockerfile.

use serde_json::{Map, Value, json};

use super::pretty;
use crate::lock::model::{Lock, pinned_reference};

/// What the file begins with, by which it is known again.
const HEADER: &str = "# Made by `rdf lock --export rego`";

/// The rules, on `locked` and `input`.
const RULES: &str = include_str!("rules.rego");

/// A policy for `docker buildx build` that holds every source to `lock`, and where that is strict, refuses all others.
/// `name` is the lock's, for messages.
pub fn rego(lock: &Lock, name: &str) -> String {
    let mut digests = Vec::new();
    let mut images = Map::new();
    for (key, pin) in &lock.images {
        images.insert(key.clone(), pin.digest.clone().into());
        digests.extend(pinned_reference(key, pin));
        // The tag of the Dockerfile stays where an update has moved to another.
        let digest = pin.digest.as_str();
        if !key.contains('@') {
            digests.push(format!("{key}@{digest}"));
        }
    }
    digests.sort_unstable();
    digests.dedup();
    let repositories = lock.git.iter().map(|(key, pin)| {
        json!({ "remote": with_scheme(&key.remote), "ref": key.reference, "commit": pin.commit })
    });
    let repositories: Vec<Value> = repositories.collect();
    let files = lock.http.iter();
    let files: Map<String, Value> = files
        .map(|(url, pin)| (url.clone(), pin.digest.clone().into()))
        .collect();
    let locked = json!({
        "lock": name,
        "strict": lock.mode.is_strict(),
        "images": images,
        "digests": digests,
        "repositories": repositories,
        "files": files,
    });
    format!(
        "{HEADER}: `docker buildx` 0.31 and later loads it from beside the Dockerfile.\n\
         # The lock decides; what is changed here is gone with the next export.\n\
         package docker\n\n\
         locked := {}{RULES}",
        pretty(&locked)
    )
}

/// Whether a file is a policy that [`rego`] made.
pub fn is_rego(bytes: &[u8]) -> bool {
    bytes.starts_with(HEADER.as_bytes())
}

/// A remote as build clients tell it.
fn with_scheme(remote: &str) -> String {
    match remote.contains("://") || remote.contains('@') {
        true => remote.to_owned(),
        false => format!("https://{remote}"),
    }
}
