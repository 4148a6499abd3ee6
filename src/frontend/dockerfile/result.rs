//! What a build returns: refs, image configs and the list of platforms.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json;
use crate::compile::Lowered;
use crate::gateway::{Attestation, Error, Ref, Refs, Result, SolveResult};
use crate::image::{ImageConfig, Platform};

/// Metadata keys, as exporters read them.
mod key {
    pub const CONFIG: &str = "containerimage.config";
    pub const BASE_CONFIG: &str = "containerimage.base.config";
    pub const EPOCH: &str = "source.date.epoch";
    pub const PLATFORMS: &str = "refs.platforms";
}

/// The result for one platform.
pub(super) struct PlatformResult {
    /// Identity and platform of the result.
    pub(super) platform: ExportPlatform,
    /// What it was compiled to.
    pub(super) lowered: Lowered,
    /// What the daemon made of it; `None` for an empty file system.
    pub(super) reference: Option<Ref>,
    /// Attestations about it.
    pub(super) attestations: Vec<Attestation>,
}

/// A platform of a result.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ExportPlatform {
    /// Key of refs and metadata.
    #[serde(rename = "ID")]
    pub(super) id: String,
    /// The platform as exporters write it.
    #[serde(rename = "Platform")]
    platform: OciPlatform,
}

/// A platform in the spelling of the OCI image specification.
#[derive(Clone, Debug, Serialize)]
struct OciPlatform {
    architecture: String,
    os: String,
    #[serde(rename = "os.version", skip_serializing_if = "String::is_empty")]
    os_version: String,
    #[serde(rename = "os.features", skip_serializing_if = "Vec::is_empty")]
    os_features: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    variant: String,
}

#[derive(Serialize)]
struct Platforms<'r> {
    #[serde(rename = "Platforms")]
    platforms: Vec<&'r ExportPlatform>,
}

impl ExportPlatform {
    /// The platform of a result that was asked for as `requested` and whose image says `image`.
    pub(super) fn new(requested: &Platform, image: &Platform) -> Self {
        let normalized = requested.normalized();
        let id = normalized.format_all();
        let exported = extended(normalized, image);
        ExportPlatform {
            id,
            platform: OciPlatform {
                architecture: exported.architecture,
                os: exported.os,
                os_version: exported.os_version,
                os_features: exported.os_features,
                variant: exported.variant,
            },
        }
    }
}

/// Windows versions and features may come from the base image.
fn extended(mut platform: Platform, image: &Platform) -> Platform {
    if platform.os != "windows" {
        return platform;
    }
    if image.os == platform.os {
        if platform.os_version.is_empty() {
            platform.os_version.clone_from(&image.os_version);
        }
        if platform.os_features.is_empty() {
            platform.os_features.clone_from(&image.os_features);
        }
    }
    platform.normalized()
}

/// Puts the results together; with `multi_platform`, each under its platform's key.
///
/// # Errors
/// An image whose times have no form in JSON.
pub(super) fn assemble(results: Vec<PlatformResult>, multi_platform: bool) -> Result<SolveResult> {
    let mut metadata = BTreeMap::new();
    let mut refs = BTreeMap::new();
    let mut attestations: BTreeMap<String, Vec<Attestation>> = BTreeMap::new();
    let mut single = None;
    for result in &results {
        let id = &result.platform.id;
        let keyed = |key: &str| {
            if multi_platform {
                format!("{key}/{id}")
            } else {
                key.to_owned()
            }
        };
        metadata.insert(keyed(key::CONFIG), config_json(&result.lowered.image)?);
        if let Some(base) = &result.lowered.base_image {
            metadata.insert(keyed(key::BASE_CONFIG), base.to_json().into_bytes());
        }
        if let Some(epoch) = result.lowered.epoch {
            metadata.insert(keyed(key::EPOCH), epoch.to_string().into_bytes());
        }
        if multi_platform {
            refs.insert(id.clone(), result.reference.clone());
        } else {
            single.clone_from(&result.reference);
        }
        if !result.attestations.is_empty() {
            attestations
                .entry(id.clone())
                .or_default()
                .extend(result.attestations.iter().cloned());
        }
    }
    let platforms = Platforms {
        platforms: results.iter().map(|result| &result.platform).collect(),
    };
    metadata.insert(key::PLATFORMS.to_owned(), json::to_compact(&platforms));
    let refs = if multi_platform {
        Refs::Map(refs)
    } else {
        Refs::Single(single)
    };
    Ok(SolveResult {
        refs,
        metadata,
        attestations,
    })
}

fn config_json(image: &ImageConfig) -> Result<Vec<u8>> {
    if image.has_json_times() {
        return Ok(image.to_json().into_bytes());
    }
    Err(Error::new(
        "failed to marshal image config: json: error calling MarshalJSON for type *time.Time: \
         Time.MarshalJSON: year outside of range [0,9999]",
    ))
}
