//! Images: what a reference names now, for which platforms, and with which configs.

use futures_util::future::try_join_all;
use oci_distribution::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE, OciImageIndex, OciImageManifest,
};
use reqwest::{Method, Response, StatusCode};

use super::host::Endpoint;
use super::transport::{Request, failure};
use super::{Client, Error, ErrorKind};
use crate::image::{Digest, Platform, PlatformMatcher, Reference};
use crate::limits::{MAX_MANIFEST_BYTES, MAX_TAG_PAGES};

/// What we can read, as `Accept` says it.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Header with the digest of a manifest.
const CONTENT_DIGEST: &str = "docker-content-digest";

/// An image, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedImage {
    /// Digest of the index, or of the manifest where there is no index.
    pub digest: String,
    /// For each platform that was asked for, in that order.
    pub platforms: Vec<ImagePlatform>,
}

/// An image for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePlatform {
    /// The platform that was asked for.
    pub platform: Platform,
    /// Digest of its manifest.
    pub digest: String,
    /// Its config, JSON.
    pub config: Vec<u8>,
}

struct Manifest {
    digest: String,
    bytes: Vec<u8>,
    /// Media type, by what the document says itself, else by the header.
    kind: String,
}

impl Client {
    /// The digest that `reference` has now, by a request without a body where the registry allows it.
    ///
    /// # Errors
    /// What kept it from being found.
    pub async fn image_digest(&self, reference: &Reference) -> Result<String, Error> {
        if let Some(digest) = self
            .at_some_endpoint(reference, |endpoint| self.head(endpoint, reference))
            .await?
        {
            return Ok(digest);
        }
        Ok(self
            .at_some_endpoint(reference, |endpoint| {
                self.manifest_at(endpoint, reference, name_of(reference))
            })
            .await?
            .digest)
    }

    /// Resolves `reference` for `platforms`. Everything read is checked against its digest.
    ///
    /// # Errors
    /// What kept it from being found, a platform that it does not have among them.
    pub async fn resolve_image(
        &self,
        reference: &Reference,
        platforms: &[Platform],
    ) -> Result<ResolvedImage, Error> {
        self.at_some_endpoint(reference, |endpoint| {
            self.resolve_at(endpoint, reference, platforms)
        })
        .await
    }

    /// Every tag of a repository.
    ///
    /// # Errors
    /// What kept them from being listed.
    pub async fn tags(&self, reference: &Reference) -> Result<Vec<String>, Error> {
        self.at_some_endpoint(reference, |endpoint| self.tags_at(endpoint, reference))
            .await
    }

    /// Asks one endpoint after the other. A mirror that fails is passed over; what the registry itself
    /// says is final.
    async fn at_some_endpoint<T, F>(
        &self,
        reference: &Reference,
        ask: impl Fn(Endpoint) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let domain = reference.domain();
        if domain.is_empty() {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("`{reference}` names no registry that could be asked"),
            ));
        }
        let mut failed = None;
        for endpoint in self.hosts.endpoints(domain)? {
            match ask(endpoint).await {
                Ok(found) => return Ok(found),
                Err(error) if error.kind == ErrorKind::Integrity => return Err(error),
                Err(error) => failed = Some(after(failed, error)),
            }
        }
        Err(failed.unwrap_or_else(|| {
            Error::new(
                ErrorKind::Refused,
                format!("there is no registry for `{reference}`"),
            )
        }))
    }

    async fn head(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
    ) -> Result<Option<String>, Error> {
        let url = endpoint.url(&format!(
            "{}/manifests/{}",
            reference.path(),
            name_of(reference)
        ))?;
        let request = Request {
            method: Method::HEAD,
            accept: Some(ACCEPT),
            ..Request::get(url)
        };
        let response = self
            .auth
            .send(&self.transport, &endpoint, reference.path(), request)
            .await?;
        match response.status() {
            status if status.is_success() => Ok(header_digest(&response)),
            // Some registries know no HEAD.
            StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            _ => Err(failure(response, &format!("`{reference}`")).await),
        }
    }

    async fn resolve_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        platforms: &[Platform],
    ) -> Result<ResolvedImage, Error> {
        let top = self
            .manifest_at(endpoint.clone(), reference, name_of(reference))
            .await?;
        let chosen: Vec<(Platform, String)> = match top.kind.as_str() {
            OCI_IMAGE_INDEX_MEDIA_TYPE | IMAGE_MANIFEST_LIST_MEDIA_TYPE => {
                let index: OciImageIndex = parse(&top.bytes, reference, "index")?;
                platforms
                    .iter()
                    .map(|platform| choose(&index, platform, reference))
                    .collect::<Result<_, _>>()?
            }
            OCI_IMAGE_MEDIA_TYPE | IMAGE_MANIFEST_MEDIA_TYPE => platforms
                .iter()
                .map(|platform| (platform.clone(), top.digest.clone()))
                .collect(),
            kind => {
                let message = format!("`{reference}` is of type `{kind}`, and no image");
                return Err(Error::new(ErrorKind::Malformed, message));
            }
        };
        let top = &top;
        let found = chosen.into_iter().map(|(platform, digest)| {
            let endpoint = endpoint.clone();
            async move {
                let manifest = if digest == top.digest {
                    parse(&top.bytes, reference, "manifest")?
                } else {
                    let manifest = self
                        .manifest_at(endpoint.clone(), reference, digest.clone())
                        .await?;
                    parse(&manifest.bytes, reference, "manifest")?
                };
                let config = self.config_at(endpoint, reference, &manifest).await?;
                Ok::<_, Error>(ImagePlatform {
                    platform,
                    digest,
                    config,
                })
            }
        });
        let platforms = try_join_all(found).await?;
        Ok(ResolvedImage {
            digest: top.digest.clone(),
            platforms,
        })
    }

    async fn manifest_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        name: String,
    ) -> Result<Manifest, Error> {
        let url = endpoint.url(&format!("{}/manifests/{name}", reference.path()))?;
        let request = Request {
            accept: Some(ACCEPT),
            ..Request::get(url)
        };
        let response = self
            .auth
            .send(&self.transport, &endpoint, reference.path(), request)
            .await?;
        if !response.status().is_success() {
            return Err(failure(response, &format!("`{reference}`")).await);
        }
        let told = header_digest(&response);
        let header = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let header = header.map(|kind| kind.split(';').next().unwrap_or(kind).trim().to_owned());
        let bytes = self.transport.body(response, MAX_MANIFEST_BYTES).await?;
        let wanted = if name.contains(':') { Some(name) } else { told };
        let digest = checked(reference, &endpoint, "manifest", wanted.as_deref(), &bytes)?;
        let kind = media_type(&bytes).or(header).unwrap_or_default();
        Ok(Manifest {
            digest,
            bytes,
            kind,
        })
    }

    async fn config_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        manifest: &OciImageManifest,
    ) -> Result<Vec<u8>, Error> {
        let digest = Digest::parse(&manifest.config.digest).map_err(|error| {
            Error::new(
                ErrorKind::Malformed,
                format!("`{reference}` has a manifest with a bad config digest: {error}"),
            )
        })?;
        let url = endpoint.url(&format!("{}/blobs/{digest}", reference.path()))?;
        let response = self
            .auth
            .send(
                &self.transport,
                &endpoint,
                reference.path(),
                Request::get(url),
            )
            .await?;
        if !response.status().is_success() {
            return Err(failure(response, &format!("the config of `{reference}`")).await);
        }
        let bytes = self.transport.body(response, MAX_MANIFEST_BYTES).await?;
        checked(
            reference,
            &endpoint,
            "config",
            Some(digest.as_str()),
            &bytes,
        )?;
        Ok(bytes)
    }

    async fn tags_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
    ) -> Result<Vec<String>, Error> {
        #[derive(serde::Deserialize)]
        struct Page {
            #[serde(default)]
            tags: Option<Vec<String>>,
        }
        let mut url = endpoint.url(&format!("{}/tags/list?n=1000", reference.path()))?;
        let mut tags = Vec::new();
        for _ in 0..MAX_TAG_PAGES {
            let response = self
                .auth
                .send(
                    &self.transport,
                    &endpoint,
                    reference.path(),
                    Request::get(url.clone()),
                )
                .await?;
            if !response.status().is_success() {
                return Err(
                    failure(response, &format!("the tags of `{}`", reference.name())).await,
                );
            }
            let next = next_page(&response);
            let page: Page = parse(
                &self.transport.body(response, MAX_MANIFEST_BYTES).await?,
                reference,
                "list of tags",
            )?;
            tags.extend(page.tags.unwrap_or_default());
            match next
                .and_then(|next| url.join(&next).ok())
                .filter(|next| next.host() == url.host())
            {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(tags)
    }
}

/// A failure after those of mirrors, which may explain it.
fn after(earlier: Option<Error>, error: Error) -> Error {
    match earlier {
        Some(earlier) => Error {
            message: format!("{} (before that, {})", error.message, earlier.message),
            ..error
        },
        None => error,
    }
}

/// What a manifest is asked for by.
fn name_of(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => digest.to_string(),
        None => reference.tag().unwrap_or("latest").to_owned(),
    }
}

fn header_digest(response: &Response) -> Option<String> {
    let text = response.headers().get(CONTENT_DIGEST)?.to_str().ok()?;
    Digest::parse(text).ok().map(|digest| digest.to_string())
}

/// The digest of `bytes`, which must be the one that was promised.
fn checked(
    reference: &Reference,
    endpoint: &Endpoint,
    what: &str,
    wanted: Option<&str>,
    bytes: &[u8],
) -> Result<String, Error> {
    let digest = Digest::sha256(bytes).to_string();
    match wanted {
        Some(wanted) if wanted.starts_with("sha256:") && wanted != digest => {
            let message = format!(
                "the {what} of `{reference}` from {} does not match its digest: promised {wanted}, received {digest}",
                endpoint.name
            );
            Err(Error::new(ErrorKind::Integrity, message)
                .hint("the registry or something on the way is broken, or someone tampers"))
        }
        Some(wanted) if !wanted.starts_with("sha256:") => {
            let message =
                format!("`{reference}` is named by `{wanted}`, and only sha256 can be checked");
            Err(Error::new(ErrorKind::Refused, message))
        }
        _ => Ok(digest),
    }
}

fn choose(
    index: &OciImageIndex,
    platform: &Platform,
    reference: &Reference,
) -> Result<(Platform, String), Error> {
    let matcher = PlatformMatcher::only(platform);
    let mut best: Option<(Platform, &str)> = None;
    let mut offered = Vec::new();
    for entry in &index.manifests {
        let Some(theirs) = entry.platform.as_ref().map(read_platform) else {
            continue;
        };
        if theirs.os != "unknown" {
            offered.push(theirs.normalized().format_all());
        }
        if matcher.matches(&theirs)
            && best
                .as_ref()
                .is_none_or(|(have, _)| matcher.less(&theirs, have))
        {
            best = Some((theirs, &entry.digest));
        }
    }
    match best {
        Some((_, digest)) => Ok((platform.clone(), digest.to_owned())),
        None => {
            let wanted = platform.normalized().format_all();
            let message = format!(
                "`{reference}` is not there for {wanted}; it is for {}",
                offered.join(", ")
            );
            Err(Error::new(ErrorKind::NotFound, message)
                .hint("leave the platform out with `--platform`, or use another image"))
        }
    }
}

fn read_platform(platform: &oci_distribution::manifest::Platform) -> Platform {
    Platform {
        architecture: platform.architecture.clone(),
        os: platform.os.clone(),
        os_version: platform.os_version.clone().unwrap_or_default(),
        os_features: platform.os_features.clone().unwrap_or_default(),
        variant: platform.variant.clone().unwrap_or_default(),
    }
}

/// What a manifest says it is, or what it looks like.
fn media_type(bytes: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(default, rename = "mediaType")]
        media_type: Option<String>,
        #[serde(default)]
        manifests: Option<serde::de::IgnoredAny>,
        #[serde(default)]
        config: Option<serde::de::IgnoredAny>,
    }
    let head: Head = serde_json::from_slice(bytes).ok()?;
    head.media_type
        .filter(|kind| !kind.is_empty())
        .or(match (head.manifests, head.config) {
            (Some(_), _) => Some(OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned()),
            (None, Some(_)) => Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
            (None, None) => None,
        })
}

fn parse<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    reference: &Reference,
    what: &str,
) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Malformed,
            format!("the {what} of `{reference}` can't be read: {error}"),
        )
    })
}

/// `Link: </v2/x/tags/list?last=y>; rel="next"`
fn next_page(response: &Response) -> Option<String> {
    let link = response
        .headers()
        .get(reqwest::header::LINK)?
        .to_str()
        .ok()?;
    let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then(|| target.to_owned())
}
