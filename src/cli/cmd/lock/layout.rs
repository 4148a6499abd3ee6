//! Image layouts on disk as named contexts: `oci-layout://DIR[:TAG][@DIGEST]` to the digest that clients send.

use std::path::Path;

use crate::cli::files::read_file;
use crate::image::Digest;
use crate::limits::MAX_LAYOUT_INDEX_BYTES;

/// Annotation with the name of an entry.
const NAME: &str = "org.opencontainers.image.ref.name";

#[derive(serde::Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    digest: String,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

/// The digest that a layout is taken by: the one given, or that of the tag, `latest` without one.
///
/// # Errors
/// Why there is none.
pub(super) fn digest(spec: &str) -> Result<Digest, String> {
    if let Some((_, digest)) = spec.rsplit_once('@')
        && let Ok(digest) = Digest::parse(digest)
    {
        return Ok(digest);
    }
    let (directory, tag) = match spec.rsplit_once(':') {
        Some((directory, tag)) if !tag.contains('/') => (directory, tag),
        _ => (spec, "latest"),
    };
    let path = Path::new(directory).join("index.json");
    let failed = |why: String| format!("the layout `{directory}`: {why}");
    let bytes = read_file(&path, MAX_LAYOUT_INDEX_BYTES)
        .map_err(|error| failed(format!("its index: {error}")))?;
    let index: Index = serde_json::from_slice(&bytes)
        .map_err(|error| failed(format!("cannot read its index: {error}")))?;
    let named = index.manifests.iter().find(|entry| {
        entry
            .annotations
            .get(NAME)
            .is_some_and(|name| name == tag || name.ends_with(&format!(":{tag}")))
    });
    let entry = match (named, index.manifests.as_slice()) {
        (Some(entry), _) => entry,
        // The only image needs no name.
        (None, [only]) if tag == "latest" => only,
        _ => return Err(failed(format!("it has no image `{tag}`"))),
    };
    Digest::parse(&entry.digest).map_err(|error| failed(error.to_string()))
}
