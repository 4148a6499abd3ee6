//! A store in a registry. Each recording is an image with its bodies, each program is one, and an index ties them
//! together: a step mounts its own image alone. Equal content gives equal layers, so that only new ones are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::store::{Damage, digest_of, open_blob};
use crate::image::{Digest, Platform, Reference};
use crate::limits::{GROUPED_LAYERS, MAX_OWN_LAYERS, OWN_LAYER_BYTES};
use crate::lock::{Recordings, StoreImages};
use crate::recording::{BODIES, IMAGE_STORE};
use crate::registry::store::{CONFIG, INDEX, MANIFEST};
use crate::registry::{Client, Error, ErrorKind};

/// Layers are not packed: most bodies are already.
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// What a push brought.
pub(super) struct Pushed {
    pub store: StoreImages,
    /// How many layers there were to send, and their size in bytes.
    pub layers: usize,
    pub bytes: u64,
}

/// What one image holds.
struct Content<'r> {
    platform: &'r str,
    /// Sizes by digest.
    bodies: BTreeMap<&'r Digest, u64>,
}

/// The images that a store consists of, by the recording or program that each is for.
fn contents(recordings: &Recordings) -> BTreeMap<&Digest, Content<'_>> {
    let programs = recordings.programs.iter().map(|(platform, digest)| {
        let bodies = BTreeMap::new();
        (digest, Content { platform, bodies })
    });
    let runs = recordings.runs.iter().filter_map(|(key, run)| {
        let fetches = run.fetches.iter();
        let content = Content {
            platform: &key.platform,
            bodies: fetches.map(|fetch| (&fetch.digest, fetch.size)).collect(),
        };
        Some((run.recording.as_ref()?, content))
    });
    programs.chain(runs).collect()
}

/// Spreads what an image holds over its layers.
fn layers<'r>(held: &'r Digest, content: &Content<'r>) -> Vec<BTreeSet<&'r Digest>> {
    let mut large: Vec<_> = content
        .bodies
        .iter()
        .filter(|(_, size)| **size >= OWN_LAYER_BYTES)
        .collect();
    large.sort_by_key(|(digest, size)| (std::cmp::Reverse(**size), **digest));
    large.truncate(MAX_OWN_LAYERS);
    let own: BTreeSet<&Digest> = large.into_iter().map(|(digest, _)| *digest).collect();
    let mut groups = vec![BTreeSet::new(); GROUPED_LAYERS];
    for digest in content
        .bodies
        .keys()
        .filter(|digest| !own.contains(*digest))
    {
        let first = digest
            .encoded()
            .chars()
            .next()
            .and_then(|digit| digit.to_digit(16));
        if let Some(group) = groups.get_mut(first.unwrap_or_default() as usize) {
            group.insert(*digest);
        }
    }
    groups.retain(|group| !group.is_empty());
    let alone = std::iter::once(held)
        .chain(own)
        .map(|digest| BTreeSet::from([digest]));
    alone.chain(groups).collect()
}

/// Writes a layer: the blobs `digests`, which `find` gives the files of; always the same bytes.
fn write_layer(
    to: &Path,
    digests: &BTreeSet<&Digest>,
    find: &dyn Fn(&Digest) -> PathBuf,
) -> io::Result<()> {
    let directory = IMAGE_STORE.trim_start_matches('/');
    let mut archive = tar::Builder::new(File::create(to)?);
    let header = |kind, size| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(size);
        // Programs are started from here.
        header.set_mode(0o755);
        header
    };
    for directory in [format!("{directory}/"), format!("{directory}/{BODIES}/")] {
        archive.append_data(
            &mut header(tar::EntryType::Directory, 0),
            directory,
            io::empty(),
        )?;
    }
    for digest in digests {
        let file = open_blob(&find(digest))?;
        let mut header = header(tar::EntryType::Regular, file.metadata()?.len());
        let path = format!("{directory}/{BODIES}/{}", digest.encoded());
        archive.append_data(&mut header, path, file)?;
    }
    archive.into_inner()?.sync_all()
}

/// Unpacks the blobs of a layer into `bodies`; whoever reads them checks their digests.
fn read_layer(from: &Path, bodies: &Path) -> io::Result<()> {
    let parent = Path::new(IMAGE_STORE.trim_start_matches('/')).join(BODIES);
    for entry in tar::Archive::new(open_blob(from)?).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let Some(name) = path.file_name().filter(|_| path.parent() == Some(&parent)) else {
            continue;
        };
        io::copy(&mut entry, &mut File::create(bodies.join(name))?)?;
    }
    Ok(())
}

/// Sends what a repository does not have of a store; `scratch` is a directory for one layer at a time.
pub(super) async fn push(
    client: &Client,
    to: &Reference,
    recordings: &Recordings,
    find: &dyn Fn(&Digest) -> PathBuf,
    scratch: &Path,
) -> Result<Pushed, Error> {
    let unwritable = |error: io::Error| {
        Error::refused(format!(
            "cannot write a layer in `{}`: {error}",
            scratch.display()
        ))
    };
    let layer = scratch.join("layer");
    let mut known: BTreeMap<BTreeSet<&Digest>, (Digest, u64)> = BTreeMap::new();
    let (mut sent, mut bytes) = (0, 0);
    let mut images = BTreeMap::new();
    let mut entries = Vec::new();
    for (held, content) in contents(recordings) {
        let mut written = Vec::new();
        for digests in layers(held, &content) {
            let known = match known.get(&digests) {
                Some(known) => known.clone(),
                None => {
                    write_layer(&layer, &digests, find).map_err(unwritable)?;
                    let size = fs::metadata(&layer).map_err(unwritable)?.len();
                    let digest = digest_of(&layer).map_err(unwritable)?;
                    if client.push_blob(to, &digest, &layer).await? {
                        sent += 1;
                        bytes += size;
                    }
                    known.insert(digests, (digest.clone(), size));
                    (digest, size)
                }
            };
            written.push(known);
        }
        let config = config(content.platform, &written)?;
        fs::write(&layer, &config).map_err(unwritable)?;
        let config_digest = Digest::sha256(&config);
        client.push_blob(to, &config_digest, &layer).await?;
        let described = |(digest, size): &(Digest, u64)| descriptor(LAYER, digest, *size);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, &config_digest, config.len() as u64),
            "layers": written.iter().map(described).collect::<Vec<_>>(),
        });
        let manifest = manifest.to_string().into_bytes();
        let digest = Digest::sha256(&manifest);
        entries.push(descriptor(MANIFEST, &digest, manifest.len() as u64));
        client
            .push_manifest(to, digest.as_str(), MANIFEST, manifest)
            .await?;
        images.insert(held.clone(), digest);
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": entries,
    });
    let index = index.to_string().into_bytes();
    let digest = Digest::sha256(&index);
    // A tag of its own, so that what an earlier lock names is not taken for unused.
    let own = format!("lock-{}", digest.encoded().get(..16).unwrap_or_default());
    let tag = to.tag().unwrap_or(&own);
    client.push_manifest(to, tag, INDEX, index).await?;
    let index = to.trim_named().with_digest(digest);
    let index = index.map_err(|error| Error::refused(error.to_string()))?;
    Ok(Pushed {
        store: StoreImages { index, images },
        layers: sent,
        bytes,
    })
}

fn descriptor(kind: &str, digest: &Digest, size: u64) -> serde_json::Value {
    json!({ "mediaType": kind, "digest": digest.as_str(), "size": size })
}

fn config(platform: &str, layers: &[(Digest, u64)]) -> Result<Vec<u8>, Error> {
    let host = Platform::new("linux", "amd64");
    let platform =
        Platform::parse(platform, &host).map_err(|error| Error::refused(error.to_string()))?;
    let layers: Vec<&str> = layers.iter().map(|(digest, _)| digest.as_str()).collect();
    let mut config = json!({ "architecture": platform.architecture, "os": platform.os });
    if let Some(config) = config.as_object_mut() {
        if !platform.variant.is_empty() {
            config.insert("variant".to_owned(), platform.variant.into());
        }
        config.insert("config".to_owned(), json!({}));
        config.insert(
            "rootfs".to_owned(),
            json!({ "type": "layers", "diff_ids": layers }),
        );
    }
    Ok(config.to_string().into_bytes())
}

/// Fetches a whole store into the directory `bodies`. Gives what the registry does not have, or has otherwise.
pub(super) async fn pull(
    client: &Client,
    store: &StoreImages,
    recordings: &Recordings,
    bodies: &Path,
) -> Result<Vec<Damage>, Error> {
    let mut damages = Vec::new();
    let mut read = BTreeSet::new();
    held_to(client.manifest(&store.index).await, &mut damages)?;
    for held in contents(recordings).into_keys() {
        let Some(image) = store.image(held) else {
            continue;
        };
        let layers = held_to(client.layers(&image).await, &mut damages)?;
        for (digest, size) in layers.into_iter().flatten() {
            if !read.insert(digest.clone()) {
                continue;
            }
            let file = bodies.join("layer");
            let pulled = client.pull_blob(&image, &digest, size, &file).await;
            if held_to(pulled, &mut damages)?.is_some() {
                read_layer(&file, bodies).map_err(|error| {
                    Error::refused(format!(
                        "cannot unpack the blob {digest} of `{image}`: {error}"
                    ))
                })?;
            }
        }
    }
    Ok(damages)
}

/// Takes what is missing or has other bytes for a damage, and other failures for what they are.
fn held_to<T>(outcome: Result<T, Error>, damages: &mut Vec<Damage>) -> Result<Option<T>, Error> {
    match outcome {
        Ok(it) => Ok(Some(it)),
        Err(error) if matches!(error.kind, ErrorKind::Integrity | ErrorKind::NotFound) => {
            damages.push(Damage {
                subject: String::new(),
                message: error.message,
            });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
