//! Asking a registry for the digest and the config of an image.

use std::time::Duration;

use oci_distribution::client::{Client, ClientConfig, ClientProtocol};
use oci_distribution::manifest::OciManifest;
use oci_distribution::secrets::RegistryAuth;

use super::Credentials;
use crate::image::{Digest, Platform, PlatformMatcher, Reference};

/// Largest config that is read: those of real images have some kilobytes.
const MAX_CONFIG_BYTES: i64 = 4 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Manifests and indexes of either kind.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// Why an image could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot resolve {reference}: {reason}")]
pub struct RegistryError {
    /// The image that was asked for.
    pub reference: String,
    /// What went wrong.
    pub reason: String,
}

/// An image as a registry has it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Digest of what the reference names: the index where there is one.
    pub digest: Digest,
    /// Config of the image for the platform asked for, JSON.
    pub config: Vec<u8>,
}

/// Asks registries, anonymously or with a user name and password.
pub struct RegistryClient {
    credentials: Credentials,
}

impl RegistryClient {
    /// A client with these credentials.
    pub fn new(credentials: Credentials) -> Self {
        RegistryClient { credentials }
    }

    /// Resolves `reference` for `platform`.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not have the image, or has it for other platforms only.
    pub async fn resolve(&self, reference: &Reference, platform: &Platform) -> Result<Resolved, RegistryError> {
        let failed = |reason: String| RegistryError { reference: reference.to_string(), reason };
        let image: oci_distribution::Reference =
            reference.to_string().parse().map_err(|error| failed(format!("{error}")))?;
        let client = client_for(reference.domain());
        let auth = match self.credentials.get(reference.domain()) {
            Some((user, password)) => RegistryAuth::Basic(user.to_owned(), password.to_owned()),
            None => RegistryAuth::Anonymous,
        };
        let pull = async |image: &oci_distribution::Reference| {
            let (manifest, digest) = client
                .pull_manifest_raw(image, &auth, &MEDIA_TYPES)
                .await
                .map_err(|error| failed(error.to_string()))?;
            let manifest: OciManifest =
                serde_json::from_slice(&manifest).map_err(|error| failed(format!("bad manifest: {error}")))?;
            Ok((manifest, digest))
        };
        let (manifest, digest) = pull(&image).await?;
        let digest = Digest::parse(&digest).map_err(|error| failed(format!("bad digest: {error}")))?;
        let manifest = match manifest {
            OciManifest::Image(manifest) => manifest,
            OciManifest::ImageIndex(index) => {
                let chosen = choose(&index, platform)
                    .ok_or_else(|| failed(format!("no match for platform {}", platform.format_all())))?;
                match pull(&image.clone_with_digest(chosen)).await? {
                    (OciManifest::Image(manifest), _) => manifest,
                    (OciManifest::ImageIndex(_), _) => return Err(failed("an index inside an index".to_owned())),
                }
            }
        };
        if manifest.config.size > MAX_CONFIG_BYTES {
            return Err(failed(format!("its config is larger than {MAX_CONFIG_BYTES} bytes")));
        }
        let mut config = Vec::new();
        client
            .pull_blob(&image, &manifest.config, &mut config)
            .await
            .map_err(|error| failed(format!("cannot read its config: {error}")))?;
        Ok(Resolved { digest, config })
    }
}

/// The best entry of an index for `platform`.
fn choose(index: &oci_distribution::manifest::OciImageIndex, platform: &Platform) -> Option<String> {
    let matcher = PlatformMatcher::only(platform);
    let mut best: Option<(Platform, &str)> = None;
    for entry in &index.manifests {
        let Some(offered) = entry.platform.as_ref() else { continue };
        let candidate = Platform {
            os: offered.os.to_string(),
            architecture: offered.architecture.to_string(),
            variant: offered.variant.clone().unwrap_or_default(),
            os_version: offered.os_version.clone().unwrap_or_default(),
            os_features: Vec::new(),
        }
        .normalized();
        let better = best.as_ref().is_none_or(|(so_far, _)| matcher.less(&candidate, so_far));
        if matcher.matches(&candidate) && better {
            best = Some((candidate, &entry.digest));
        }
    }
    best.map(|(_, digest)| digest.to_owned())
}

/// A client for one registry. Plain HTTP is for registries on this machine only.
fn client_for(registry: &str) -> Client {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let is_local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    Client::new(ClientConfig {
        protocol: if is_local { ClientProtocol::Http } else { ClientProtocol::Https },
        connect_timeout: Some(CONNECT_TIMEOUT),
        read_timeout: Some(READ_TIMEOUT),
        ..ClientConfig::default()
    })
}
