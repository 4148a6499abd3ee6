//! Images of a registry, and single blobs.

use super::super::super::caps::{self, Caps};
use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use super::super::super::values::OciStore;
use super::SourceBuilder;
use crate::image::Reference;

/// How the daemon finds an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ResolveMode {
    /// The daemon decides.
    #[default]
    Default,
    /// Always ask the registry.
    ForcePull,
    /// Take a local image if there is one.
    PreferLocal,
}

impl ResolveMode {
    /// The mode as attributes and gateway requests spell it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            ResolveMode::Default => "default",
            ResolveMode::ForcePull => "pull",
            ResolveMode::PreferLocal => "local",
        }
    }
}

/// How to use an image.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ImageOptions {
    /// How the daemon finds the image.
    pub resolve_mode: ResolveMode,
    /// Digest that the image must have.
    pub checksum: String,
    /// Takes only so many layers, from the lowest on.
    pub layer_limit: Option<i64>,
    /// Marks the image in the daemon's records, as `internal` for one.
    pub record_type: String,
    /// What accompanies the op.
    pub constraints: Constraints,
}

impl State {
    /// The image `reference`; short forms are spelled out, so that `alpine` is
    /// `docker.io/library/alpine:latest`. A malformed one is an error when the graph is marshaled.
    pub fn image(reference: &str, options: ImageOptions) -> State {
        match Reference::parse_normalized(reference) {
            Ok(reference) => State::named_image(&reference.tag_name_only().to_string(), options),
            Err(error) => image(reference, options, Some(error.to_string())),
        }
    }

    /// [`State::image`] of a name that has everything spelled out.
    pub(crate) fn named_image(name: &str, options: ImageOptions) -> State {
        image(name, options, None)
    }

    /// The single blob `reference` (`docker.io/acme/files@sha256:…`) as a file.
    pub fn image_blob(reference: &str, options: BlobOptions) -> State {
        blob("docker-image+blob", reference, options)
    }

    /// The single blob `reference` of an OCI layout as a file.
    pub fn oci_layout_blob(reference: &str, options: BlobOptions) -> State {
        blob("oci-layout+blob", reference, options)
    }
}

fn image(name: &str, options: ImageOptions, invalid: Option<String>) -> State {
    let identifier = ["docker-image://", name].concat();
    let mut source = SourceBuilder::needing(&Caps::OF_IMAGES, identifier, options.constraints);
    source.invalid = invalid;
    if options.resolve_mode != ResolveMode::Default {
        source.attr("image.resolvemode", options.resolve_mode.as_str());
    }
    if options.resolve_mode == ResolveMode::ForcePull {
        source.need(caps::SOURCE_IMAGE_RESOLVE_MODE);
    }
    source.attr_if("image.recordtype", options.record_type);
    if let Some(limit) = options.layer_limit {
        source.attr("image.layerlimit", limit.to_string());
        source.need(caps::SOURCE_IMAGE_LAYER_LIMIT);
    }
    if source.attr_if("image.checksum", options.checksum) {
        source.need(caps::SOURCE_IMAGE_CHECKSUM);
    }
    source.state()
}

/// How to use a blob.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BlobOptions {
    /// Name of the file.
    pub filename: String,
    /// Permission bits of the file; 0 leaves them to the daemon.
    pub mode: u32,
    /// Owner of the file.
    pub uid: u32,
    /// Group of the file.
    pub gid: u32,
    /// Store that has the OCI layout.
    pub store: OciStore,
    /// What accompanies the op.
    pub constraints: Constraints,
}

fn blob(scheme: &str, reference: &str, options: BlobOptions) -> State {
    let parsed = blob_reference(reference);
    let name = parsed.as_ref().map_or("invalid", String::as_str);
    let mut source = SourceBuilder::new(
        format!("{scheme}://{name}"),
        caps::SOURCE_IMAGE_BLOB,
        options.constraints,
    );
    source.invalid = parsed.err();
    source.attr_if("http.filename", options.filename);
    if options.mode != 0 {
        source.attr("http.perm", format!("0{:o}", options.mode));
    }
    if options.uid != 0 {
        source.attr("http.uid", options.uid.to_string());
    }
    if options.gid != 0 {
        source.attr("http.gid", options.gid.to_string());
    }
    if scheme.starts_with("oci-layout") {
        source.oci_store(options.store);
    }
    source.state()
}

/// A blob is named by repository and digest; a tag would say something else.
fn blob_reference(reference: &str) -> Result<String, String> {
    let reference = Reference::parse_normalized(reference).map_err(|error| error.to_string())?;
    match (reference.tag(), reference.digest()) {
        (Some(_), _) => Err("tagged image reference not allowed for blob reference".to_owned()),
        (None, None) => Err("checksum required in blob reference".to_owned()),
        (None, Some(_)) => Ok(reference.to_string()),
    }
}
