//! What a build returns: for each platform a file system, an image config and what exporters want to know.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde::Serialize;

use super::ClientOptions;
use crate::gateway::{Attestation, Error, Ref, Refs, Result, SolveResult};
use crate::image::{ImageConfig, Platform};

/// Metadata keys, as exporters read them. With several platforms, `/` and the platform's id follow.
pub mod result_key {
    /// The image config, JSON.
    pub const CONFIG: &str = "containerimage.config";
    /// The config of the base image, JSON.
    pub const BASE_CONFIG: &str = "containerimage.base.config";
    /// `SOURCE_DATE_EPOCH`, decimal.
    pub const EPOCH: &str = "source.date.epoch";
    /// The platforms, JSON; no platform follows.
    pub const PLATFORMS: &str = "refs.platforms";
}

/// The result for one platform.
#[derive(Clone, Debug)]
pub struct PlatformResult {
    /// Identity and platform of the result.
    pub(crate) platform: ResultPlatform,
    /// What the daemon made of it; `None` for an empty file system.
    pub reference: Option<Ref>,
    /// Config of the image; `None` for files that are not an image.
    pub image: Option<ImageConfig>,
    /// Config of the image's base.
    pub base_image: Option<ImageConfig>,
    /// `SOURCE_DATE_EPOCH`, in seconds since 1970.
    pub epoch: Option<i64>,
    /// Attestations about it.
    pub attestations: Vec<Attestation>,
}

impl PlatformResult {
    /// Files for `platform`, and nothing else.
    pub fn new(platform: &Platform, reference: Option<Ref>) -> Self {
        PlatformResult {
            platform: ResultPlatform::new(platform, platform),
            reference,
            image: None,
            base_image: None,
            epoch: None,
            attestations: Vec::new(),
        }
    }

    /// The image that has these files.
    #[must_use]
    pub fn with_image(mut self, image: ImageConfig) -> Self {
        self.platform = ResultPlatform::new(&self.platform.requested, &image.platform);
        self.image = Some(image);
        self
    }
}

/// A platform of a result.
#[derive(Clone, Debug, Serialize)]
pub struct ResultPlatform {
    /// Key of refs and metadata, such as `linux/arm/v7`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The platform as exporters write it.
    #[serde(rename = "Platform")]
    platform: OciPlatform,
    /// The platform that was asked for.
    #[serde(skip)]
    requested: Platform,
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
    platforms: Vec<&'r ResultPlatform>,
}

impl ResultPlatform {
    /// The platform of a result that was asked for as `requested` and whose image says `image`.
    pub fn new(requested: &Platform, image: &Platform) -> Self {
        let normalized = requested.normalized();
        let id = normalized.format_all();
        let exported = extended(normalized, image);
        ResultPlatform {
            id,
            platform: OciPlatform {
                architecture: exported.architecture,
                os: exported.os,
                os_version: exported.os_version,
                os_features: exported.os_features,
                variant: exported.variant,
            },
            requested: requested.clone(),
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

/// Builds for every platform that the client wants, all at once, and puts the results together.
///
/// ```
/// use dockerfile_llb::frontend::{ClientOptions, PlatformResult, build_platforms, solve};
/// use dockerfile_llb::gateway::{Bridge, Result, SolveResult};
/// use dockerfile_llb::image::ImageConfig;
/// use dockerfile_llb::llb::{Constraints, FileAction, FileOptions, State};
///
/// async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
///     let options = ClientOptions::read(bridge.environment())?;
///     build_platforms(&options, async |platform| {
///         let hello = FileAction::new().mkfile("/hello", 0o644, *b"hello", FileOptions::default());
///         let state = State::scratch().file(hello, Constraints::new());
///         let reference = solve(bridge, &options, &state, platform).await?;
///         Ok(PlatformResult::new(platform, reference).with_image(ImageConfig::empty(platform)))
///     })
///     .await
/// }
/// # #[cfg(feature = "testing")]
/// # {
/// # use dockerfile_llb::testing::FakeDaemon;
/// # let daemon = FakeDaemon::new();
/// # daemon.set_opt("platform", "linux/amd64,linux/arm64");
/// # let result = daemon.run(build).unwrap();
/// # assert!(result.metadata.contains_key("containerimage.config/linux/arm64"));
/// # assert_eq!(result.refs.iter().count(), 2);
/// # }
/// ```
///
/// # Errors
/// The first that `build` has, and those of [`assemble`].
pub async fn build_platforms(
    options: &ClientOptions,
    build: impl AsyncFn(&Platform) -> Result<PlatformResult>,
) -> Result<SolveResult> {
    let targets = options.targets();
    let results = try_join_all(targets.iter().map(|target| build(target))).await?;
    assemble(results, options.multi_platform)
}

/// Puts the results together; with `multi_platform`, each under its platform's id. Without, there must be one.
///
/// # Errors
/// An image whose times have no form in JSON.
pub fn assemble(results: Vec<PlatformResult>, multi_platform: bool) -> Result<SolveResult> {
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
        if let Some(image) = &result.image {
            metadata.insert(keyed(result_key::CONFIG), config_json(image)?);
        }
        if let Some(base) = &result.base_image {
            metadata.insert(keyed(result_key::BASE_CONFIG), base.to_json().into_bytes());
        }
        if let Some(epoch) = result.epoch {
            metadata.insert(keyed(result_key::EPOCH), epoch.to_string().into_bytes());
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
    metadata.insert(
        result_key::PLATFORMS.to_owned(),
        crate::go::json::to_compact(&platforms).into_bytes(),
    );
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
