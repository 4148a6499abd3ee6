//! What was attested of an image, as BuildKit keeps it: manifests in its index that are of no platform.

use std::collections::BTreeMap;

use oci_distribution::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OciImageIndex, OciImageManifest,
};

use super::host::Endpoint;
use super::image::{Manifest, name_of, parse, read_platform};
use super::{Client, Error, ErrorKind};
use crate::image::Reference;
use crate::limits::{MAX_INDEX_ENTRIES, MAX_PROVENANCE_BYTES};

/// Annotation of an entry of an index, and its value for attestations.
const KIND: (&str, &str) = ("vnd.docker.reference.type", "attestation-manifest");

/// Annotation with the digest of the manifest that an attestation is of.
const SUBJECT: &str = "vnd.docker.reference.digest";

/// Annotation of a layer with the type of what it holds.
const PREDICATE: &str = "in-toto.io/predicate-type";

/// How the types of provenance begin.
const PROVENANCE: &str = "https://slsa.dev/provenance/";

/// The provenance of an image for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// The platform, normalised, where the index tells it.
    pub platform: Option<String>,
    /// The statement, JSON.
    pub statement: Vec<u8>,
}

impl Client {
    /// The provenance that an image has, for each of its platforms.
    ///
    /// # Errors
    /// What kept it from being found; also that there is none.
    pub async fn provenance(&self, reference: &Reference) -> Result<Vec<Attested>, Error> {
        self.at_some_endpoint(reference, |endpoint| {
            self.provenance_at(endpoint, reference)
        })
        .await
    }

    async fn provenance_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
    ) -> Result<Vec<Attested>, Error> {
        let manifest = |name| self.manifest_at(endpoint.clone(), reference, name);
        let top: Manifest = manifest(name_of(reference)).await?;
        let index: OciImageIndex = match top.kind.as_str() {
            OCI_IMAGE_INDEX_MEDIA_TYPE | IMAGE_MANIFEST_LIST_MEDIA_TYPE => {
                parse(&top.bytes, reference, "index")?
            }
            _ => return Err(none(reference)),
        };
        let mut platforms = BTreeMap::new();
        let mut attestations = Vec::new();
        for entry in index.manifests.iter().take(MAX_INDEX_ENTRIES) {
            let note = |name: &str| entry.annotations.as_ref()?.get(name);
            if note(KIND.0).map(String::as_str) == Some(KIND.1) {
                attestations.push((entry.digest.clone(), note(SUBJECT).cloned()));
            } else if let Some(platform) = &entry.platform {
                let platform = read_platform(platform).normalized().format_all();
                platforms.insert(entry.digest.clone(), platform);
            }
        }
        let mut found = Vec::new();
        for (digest, subject) in attestations {
            let attested = manifest(digest).await?;
            let attested: OciImageManifest = parse(&attested.bytes, reference, "attestation")?;
            for layer in &attested.layers {
                let kind = layer.annotations.as_ref().and_then(|it| it.get(PREDICATE));
                if !kind.is_some_and(|kind| kind.starts_with(PROVENANCE)) {
                    continue;
                }
                let statement = self
                    .blob_at(
                        endpoint.clone(),
                        reference,
                        "provenance",
                        &layer.digest,
                        MAX_PROVENANCE_BYTES,
                    )
                    .await?;
                let platform = subject.as_ref().and_then(|subject| platforms.get(subject));
                found.push(Attested {
                    platform: platform.cloned(),
                    statement,
                });
            }
        }
        match found.is_empty() {
            true => Err(none(reference)),
            false => Ok(found),
        }
    }
}

fn none(reference: &Reference) -> Error {
    let message = format!("`{reference}` has no provenance");
    Error::new(ErrorKind::NotFound, message)
        .hint("build it with `--provenance=mode=max`, and push it from there")
}
