//! What a source is right now.

use std::collections::BTreeMap;

use super::{BoxFuture, Result};
use crate::collect::CollectSmall as _;
use crate::pb::gateway as pb;

/// An image as it is right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedImage {
    /// The reference, which a source policy may have changed.
    pub reference: String,
    /// Digest of the image or index.
    pub digest: String,
    /// The image's config for the platform, as JSON.
    pub config: Vec<u8>,
}

/// A source of any kind as it is right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedSource {
    /// The identifier, which a source policy may have changed.
    pub identifier: String,
    /// Its attributes.
    pub attrs: BTreeMap<String, String>,
    /// What holds its content: the digest of an image or of a file on the web, the commit or tag object of a git
    /// repository. Empty where the daemon does not say.
    pub checksum: String,
    /// The config of an image, as JSON.
    pub image_config: Option<Vec<u8>>,
    /// When a file on the web was changed, in seconds since 1970.
    pub last_modified: Option<i64>,
}

impl From<pb::ResolveImageConfigResponse> for ResolvedImage {
    fn from(answer: pb::ResolveImageConfigResponse) -> Self {
        ResolvedImage {
            reference: answer.r#ref,
            digest: answer.digest,
            config: answer.config,
        }
    }
}

impl From<pb::ResolveSourceMetaResponse> for ResolvedSource {
    fn from(answer: pb::ResolveSourceMetaResponse) -> Self {
        let source = answer.source.unwrap_or_default();
        let attrs = source.attrs.into_iter();
        let last_modified = answer.http.as_ref().and_then(|http| http.last_modified);
        let checksums = [
            answer.image.as_ref().map(|image| &image.digest),
            answer.git.as_ref().map(|git| &git.checksum),
            answer.http.as_ref().map(|http| &http.checksum),
        ];
        let checksum = checksums.into_iter().flatten().next().cloned();
        let checksum = checksum.unwrap_or_default();
        ResolvedSource {
            checksum,
            identifier: source.identifier,
            attrs: attrs.map(|entry| (entry.key, entry.value)).collect_small(),
            image_config: answer.image.map(|image| image.config),
            last_modified: last_modified.map(|time| time.seconds),
        }
    }
}

/// Questions about sources in the daemon's own messages, which this crate asks. That they cannot be named elsewhere
/// keeps [`Bridge`](super::Bridge) from being implemented there, so that it can grow.
pub trait Resolve: Send + Sync {
    /// Digest and config of an image.
    ///
    /// `resolver_type` is 0 for a registry, 1 for an OCI layout (then `store_id` and `session_id` name the
    /// store). The answer's `ref` is never empty. Daemons with `source.metaresolver` are asked by
    /// `ResolveSourceMeta`, as the reference client does.
    fn resolve_image_config(
        &self,
        request: pb::ResolveImageConfigRequest,
    ) -> BoxFuture<'_, Result<pb::ResolveImageConfigResponse>>;

    /// Metadata of any source: images, git, HTTP. `source` of the answer is always there; it may differ
    /// from what was asked for, by source policies.
    fn resolve_source_meta(
        &self,
        request: pb::ResolveSourceMetaRequest,
    ) -> BoxFuture<'_, Result<pb::ResolveSourceMetaResponse>>;
}
