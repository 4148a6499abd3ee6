//! A store that is an OCI image layout on disk: its blobs lie where a build looks for them, and its index lists an
//! artifact for each lock, so that tools for images can copy it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::store::{Damage, Store};
use super::write;
use crate::cli::files::read_file;
use crate::image::Digest;
use crate::limits::MAX_LOCK_BYTES;
use crate::lock::Recordings;
use crate::recording::BODIES;
use crate::registry::store::{INDEX, MANIFEST};

/// Type of the artifact.
const ARTIFACT: &str = "application/vnd.dockerfile-rs.store.v1";

/// Type of a config that says nothing, and what is in it.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_CONFIG: &[u8] = b"{}";

/// Type of a blob.
const BLOB: &str = "application/octet-stream";

/// The name of an entry of an index, and of a blob as a file. By the latter an artifact is unpacked into a directory
/// that is a store as well.
const NAME: &str = "org.opencontainers.image.ref.name";
const TITLE: &str = "org.opencontainers.image.title";

/// The file that makes a directory a layout.
const MARK: (&str, &str) = ("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);

/// The file with the index.
const INDEX_FILE: &str = "index.json";

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Value>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    size: u64,
}

/// Lists what `recordings` need, all of it in `store`, under the name of their Dockerfile; entries of others stay.
///
/// # Errors
/// What cannot be read or written; the index is then the old one.
pub(super) fn list(store: &Store, name: &str, recordings: &Recordings) -> Result<(), String> {
    let mut layers = Vec::new();
    for digest in recordings.blobs() {
        let path = store.blob(digest);
        let metadata = fs::metadata(&path);
        let metadata =
            metadata.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        layers.push(json!({
            "mediaType": BLOB,
            "digest": digest.as_str(),
            "size": metadata.len(),
            "annotations": { TITLE: format!("{BODIES}/{}", digest.encoded()) },
        }));
    }
    let config = put(store, EMPTY_CONFIG)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": ARTIFACT,
        "config": { "mediaType": EMPTY, "digest": config.as_str(), "size": EMPTY_CONFIG.len() },
        "layers": layers,
    });
    let manifest = manifest.to_string().into_bytes();
    let digest = put(store, &manifest)?;
    let mut entries = entries(store)?;
    entries.retain(|entry| name_of(entry) != Some(name));
    entries.push(json!({
        "mediaType": MANIFEST,
        "artifactType": ARTIFACT,
        "digest": digest.as_str(),
        "size": manifest.len(),
        "annotations": { NAME: name },
    }));
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
    replace(&store.root.join(MARK.0), MARK.1.as_bytes())?;
    replace(&store.root.join(INDEX_FILE), index.to_string().as_bytes())
}

/// The blobs that the artifacts of a layout consist of.
///
/// # Errors
/// What cannot be read.
pub(super) fn listed(store: &Store) -> Result<BTreeSet<Digest>, String> {
    let mut listed = BTreeSet::new();
    for entry in entries(store)? {
        let manifest = digest(
            entry
                .get("digest")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        )?;
        let path = store.blob(&manifest);
        let content: Manifest = parse(&path)?;
        listed.insert(manifest);
        for blob in content.layers.iter().chain([&content.config]) {
            listed.insert(digest(&blob.digest)?);
        }
    }
    Ok(listed)
}

/// What is wrong with the index of a layout and with what it lists: all manifests are read, and that of the Dockerfile
/// `name` must list what `recordings` need. Its layers themselves are looked at elsewhere.
pub(super) fn damages(store: &Store, name: &str, recordings: &Recordings) -> Vec<Damage> {
    let mut damages = Vec::new();
    let mut tell = |subject: &str, message: String| {
        damages.push(Damage {
            subject: subject.to_owned(),
            message,
        });
    };
    // Other tools write the same in other words.
    if let Err(why) = parse::<Value>(&store.root.join(MARK.0)) {
        tell(MARK.0, why);
    }
    let index = store.root.join(INDEX_FILE);
    let entries = match parse::<Index>(&index) {
        Ok(index) => index.manifests,
        Err(why) => {
            tell(INDEX_FILE, why);
            return damages;
        }
    };
    let mut is_listed = false;
    for entry in &entries {
        let own = name_of(entry) == Some(name);
        is_listed |= own;
        let whose = format!("the artifact of {}", name_of(entry).unwrap_or("no name"));
        let wanted = if own {
            recordings.blobs()
        } else {
            BTreeSet::new()
        };
        if let Err(why) = check_entry(store, entry, &wanted) {
            tell(&whose, format!("{whose} in {}: {why}", index.display()));
        }
    }
    if !is_listed {
        tell(
            INDEX_FILE,
            format!("{} lists no artifact for `{name}`", index.display()),
        );
    }
    damages
}

/// Reads the manifest of an entry, and its config, and holds both against their digests; `wanted` must be among its layers.
fn check_entry(store: &Store, entry: &Value, wanted: &BTreeSet<&Digest>) -> Result<(), String> {
    let descriptor: Descriptor = serde_json::from_value(entry.clone())
        .map_err(|error| format!("the entry is malformed: {error}"))?;
    let manifest = check_blob(store, "manifest", &descriptor)?;
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|error| format!("its manifest is malformed: {error}"))?;
    check_blob(store, "config", &manifest.config)?;
    let layers: BTreeSet<&str> = manifest.layers.iter().map(|it| &*it.digest).collect();
    match wanted
        .iter()
        .find(|digest| !layers.contains(digest.as_str()))
    {
        Some(digest) => Err(format!(
            "its manifest does not list {digest}, which the lock names"
        )),
        None => Ok(()),
    }
}

/// The bytes of a blob that is small.
fn check_blob(store: &Store, what: &str, blob: &Descriptor) -> Result<Vec<u8>, String> {
    let digest = digest(&blob.digest)?;
    let bytes = read_file(&store.blob(&digest), MAX_LOCK_BYTES as u64)
        .map_err(|error| format!("its {what} {digest} cannot be read: {error}"))?;
    match bytes.len() as u64 == blob.size && Digest::sha256(&bytes) == digest {
        true => Ok(bytes),
        false => Err(format!("its {what} {digest} has other bytes")),
    }
}

/// The name of an entry: that of a Dockerfile.
fn name_of(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(NAME)?.as_str()
}

/// The entries of the index, as they are; none where the directory is not a layout yet.
fn entries(store: &Store) -> Result<Vec<Value>, String> {
    let path = store.root.join(INDEX_FILE);
    match path.exists() {
        true => Ok(parse::<Index>(&path)?.manifests),
        false => Ok(Vec::new()),
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let cannot = |why: String| format!("cannot read {}: {why}", path.display());
    let bytes =
        read_file(path, MAX_LOCK_BYTES as u64).map_err(|error| cannot(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| cannot(error.to_string()))
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(text).map_err(|error| format!("`{text}` is not a valid digest: {error}"))
}

/// Writes a blob.
fn put(store: &Store, bytes: &[u8]) -> Result<Digest, String> {
    let digest = Digest::sha256(bytes);
    replace(&store.blob(&digest), bytes)?;
    Ok(digest)
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), String> {
    write::replace(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
