//! Images: what a reference names now, for which platforms, and with which configs.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use oci_distribution::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_DOCKER_CONFIG_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageIndex,
    OciImageManifest, Platform as OciPlatform,
};
use reqwest::{Method, Response, StatusCode};

use super::host::Endpoint;
use super::transport::{Asked, Request, failure, place};
use super::{Client, Error, ErrorKind};
use crate::image::{Digest, Platform, PlatformMatcher, Reference};
use crate::limits::{MAX_INDEX_ENTRIES, MAX_MANIFEST_BYTES, MAX_TAG_PAGES};

/// What we can read, as `Accept` says it.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Types of configs that engines take for those of images.
const CONFIG_TYPES: [&str; 3] = [
    IMAGE_CONFIG_MEDIA_TYPE,
    IMAGE_DOCKER_CONFIG_MEDIA_TYPE,
    // What Docker wrote long ago.
    "application/octet-stream",
];

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

pub(super) struct Manifest {
    digest: String,
    pub(super) bytes: Vec<u8>,
    /// Media type, by what the document says itself, else by the header.
    pub(super) kind: String,
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

    /// The manifest or index `reference`, checked against its digest.
    ///
    /// # Errors
    /// What kept it from being read.
    pub async fn manifest(&self, reference: &Reference) -> Result<Vec<u8>, Error> {
        let manifest = self.at_some_endpoint(reference, |endpoint| {
            self.manifest_at(endpoint, reference, name_of(reference))
        });
        Ok(manifest.await?.bytes)
    }

    /// Every tag of a repository.
    ///
    /// # Errors
    /// What kept them from being listed.
    pub async fn tags(&self, reference: &Reference) -> Result<Vec<String>, Error> {
        self.at_some_endpoint(reference, |endpoint| self.tags_at(endpoint, reference))
            .await
    }

    /// Asks one endpoint after the other. A mirror that fails is skipped; what the registry itself
    /// says is final.
    pub(super) async fn at_some_endpoint<T, F>(
        &self,
        reference: &Reference,
        ask: impl Fn(Endpoint) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let domain = reference.domain();
        if domain.is_empty() {
            return Err(Error::refused(format!("`{reference}` names no registry")));
        }
        let mut failed = None;
        for endpoint in self.hosts.endpoints(domain)? {
            match ask(endpoint).await {
                Ok(found) => return Ok(found),
                Err(error) if error.kind == ErrorKind::Integrity => return Err(error),
                Err(error) => failed = Some(after(failed, self.auth.explained(error))),
            }
        }
        Err(failed.unwrap_or_else(|| Error::refused(format!("no registry for `{reference}`"))))
    }

    async fn head(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
    ) -> Result<Option<String>, Error> {
        let request = Request {
            method: Method::HEAD,
            ..manifest_request(&endpoint, reference, &name_of(reference))?
        };
        let path = reference.path();
        let response = self.auth.send(&self.transport, &endpoint, path, request);
        let response = response.await?;
        match response.status() {
            status if status.is_success() => Ok(header_digest(&response)),
            // Some registries know no HEAD.
            StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            _ => Err(failure(response, &format!("`{reference}`"), Asked::Registry).await),
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
        let top = &top;
        let found = platforms.iter().map(|platform| {
            let endpoint = endpoint.clone();
            async move { self.for_platform(endpoint, reference, top, platform).await }
        });
        Ok(ResolvedImage {
            platforms: try_join_all(found).await?,
            digest: top.digest.clone(),
        })
    }

    /// The image for a platform, looked for as engines do: the best entry of an index that names the platform, then
    /// those that name none, whose configs have to tell; and so on in an index within an index.
    async fn for_platform(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        top: &Manifest,
        platform: &Platform,
    ) -> Result<ImagePlatform, Error> {
        let matcher = PlatformMatcher::only(platform);
        let mut offered = BTreeSet::new();
        let mut open = vec![(top.digest.clone(), true)];
        let mut looked_at = 0;
        while let Some((digest, is_known)) = open.pop() {
            looked_at += 1;
            if looked_at > MAX_INDEX_ENTRIES {
                let message = format!("`{reference}` exceeds the nesting limit of indexes");
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            let inner = match digest == top.digest {
                true => None,
                false => {
                    let manifest = self.manifest_at(endpoint.clone(), reference, digest.clone());
                    Some(manifest.await?)
                }
            };
            let manifest = inner.as_ref().unwrap_or(top);
            match manifest.kind.as_str() {
                OCI_IMAGE_INDEX_MEDIA_TYPE | IMAGE_MANIFEST_LIST_MEDIA_TYPE => {
                    let index = parse(&manifest.bytes, reference, "index")?;
                    open.extend(entries(&index, &matcher, &mut offered));
                }
                OCI_IMAGE_MEDIA_TYPE | IMAGE_MANIFEST_MEDIA_TYPE => {
                    let manifest: OciImageManifest = parse(&manifest.bytes, reference, "manifest")?;
                    if !CONFIG_TYPES.contains(&manifest.config.media_type.as_str()) {
                        if is_known {
                            return Err(artifact(reference, &manifest.config.media_type));
                        }
                        continue;
                    }
                    let config = self
                        .config_at(endpoint.clone(), reference, &manifest)
                        .await?;
                    if !is_known {
                        let theirs: OciPlatform = parse(&config, reference, "config")?;
                        let theirs = read_platform(&theirs);
                        if !matcher.matches(&theirs) {
                            offered.insert(theirs.normalized().format_all());
                            continue;
                        }
                    }
                    return Ok(ImagePlatform {
                        platform: platform.clone(),
                        digest,
                        config,
                    });
                }
                kind if is_known => return Err(artifact(reference, kind)),
                _ => {}
            }
        }
        let wanted = platform.normalized().format_all();
        if offered.is_empty() {
            let message = format!("`{reference}` is an index without an image for any platform");
            return Err(Error::new(ErrorKind::NotFound, message)
                .hint("it was pushed empty, or has something else than images: use another tag"));
        }
        let offered: Vec<String> = offered.into_iter().collect();
        let message = format!(
            "`{reference}` has no image for {wanted}; it has {}",
            offered.join(", ")
        );
        Err(Error::new(ErrorKind::NotFound, message)
            .hint("leave the platform out with `--platform`, or use another image"))
    }

    pub(super) async fn manifest_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        name: String,
    ) -> Result<Manifest, Error> {
        let request = manifest_request(&endpoint, reference, &name)?;
        let what = format!("`{reference}`");
        let response = self.get(&endpoint, reference, request, &what).await?;
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

    /// Sends a request that is answered by 200 or is a failure; `what` is asked for, for messages.
    pub(super) async fn get(
        &self,
        endpoint: &Endpoint,
        reference: &Reference,
        request: Request,
        what: &str,
    ) -> Result<Response, Error> {
        let path = reference.path();
        let response = self.auth.send(&self.transport, endpoint, path, request);
        let response = response.await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            _ => Err(failure(response, what, Asked::Registry).await),
        }
    }

    async fn config_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        manifest: &OciImageManifest,
    ) -> Result<Vec<u8>, Error> {
        let digest = &manifest.config.digest;
        self.blob_at(endpoint, reference, "config", digest, MAX_MANIFEST_BYTES)
            .await
    }

    /// The blob `digest`, of no more than `most` bytes; `what` it is, for messages.
    pub(super) async fn blob_at(
        &self,
        endpoint: Endpoint,
        reference: &Reference,
        what: &str,
        digest: &str,
        most: usize,
    ) -> Result<Vec<u8>, Error> {
        let digest = Digest::parse(digest).map_err(|error| {
            Error::new(
                ErrorKind::Malformed,
                format!("`{reference}` has a manifest with a bad {what} digest: {error}"),
            )
        })?;
        let url = endpoint.url(&format!("{}/blobs/{digest}", reference.path()))?;
        let subject = format!("the {what} of `{reference}`");
        let response = self.get(&endpoint, reference, Request::get(url), &subject);
        let response = response.await?;
        let bytes = self.transport.body(response, most).await?;
        checked(reference, &endpoint, what, Some(digest.as_str()), &bytes)?;
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
        let name = reference.name();
        let broken =
            |kind, why: String| Error::new(kind, format!("the list of the tags of `{name}` {why}"));
        let what = format!("the tags of `{name}`");
        let mut url = endpoint.url(&format!("{}/tags/list?n=1000", reference.path()))?;
        let mut seen = BTreeSet::new();
        let mut tags = Vec::new();
        loop {
            if !seen.insert(url.to_string()) {
                let why = "leads back to a page that was read before".to_owned();
                return Err(broken(ErrorKind::Malformed, why));
            }
            if seen.len() > MAX_TAG_PAGES {
                let why = format!("exceeds the limit of {MAX_TAG_PAGES} pages");
                return Err(broken(ErrorKind::TooLarge, why));
            }
            let request = Request::get(url.clone());
            let response = self.get(&endpoint, reference, request, &what).await?;
            let next = next_page(&response);
            let page: Page = parse(
                &self.transport.body(response, MAX_MANIFEST_BYTES).await?,
                reference,
                "list of tags",
            )?;
            tags.extend(page.tags.unwrap_or_default());
            let Some(next) = next else { return Ok(tags) };
            let next = url.join(&next).map_err(|error| {
                broken(
                    ErrorKind::Malformed,
                    format!("has a malformed link to its next page: {error}"),
                )
            })?;
            if place(&next) != place(&url) {
                let why = format!("continues at another host, {}", place(&next));
                return Err(broken(ErrorKind::Malformed, why));
            }
            url.set_path(next.path());
            url.set_query(next.query());
        }
    }
}

fn manifest_request(
    endpoint: &Endpoint,
    reference: &Reference,
    name: &str,
) -> Result<Request, Error> {
    let url = endpoint.url(&format!("{}/manifests/{name}", reference.path()))?;
    Ok(Request {
        accept: Some(ACCEPT),
        ..Request::get(url)
    })
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
pub(super) fn name_of(reference: &Reference) -> String {
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
            Err(Error::refused(message))
        }
        _ => Ok(digest),
    }
}

/// The entries of an index that can be for the platform, the best last, and whether they say so.
fn entries(
    index: &OciImageIndex,
    matcher: &PlatformMatcher,
    offered: &mut BTreeSet<String>,
) -> Vec<(String, bool)> {
    let mut named: Vec<(Platform, &str)> = Vec::new();
    let mut unnamed = Vec::new();
    for entry in &index.manifests {
        match entry.platform.as_ref().map(read_platform) {
            None => unnamed.push((entry.digest.clone(), false)),
            Some(theirs) => {
                if theirs.os != "unknown" {
                    offered.insert(theirs.normalized().format_all());
                }
                if matcher.matches(&theirs) {
                    named.push((theirs, &entry.digest));
                }
            }
        }
    }
    named.sort_by(|(one, _), (other, _)| {
        match (matcher.less(one, other), matcher.less(other, one)) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    });
    let named = named
        .into_iter()
        .map(|(_, digest)| (digest.to_owned(), true));
    let mut all: Vec<(String, bool)> = named.chain(unnamed).collect();
    all.reverse();
    all
}

/// Something in a registry that no engine takes for an image.
fn artifact(reference: &Reference, kind: &str) -> Error {
    let message = format!("`{reference}` is an artifact of type `{kind}`, not an image");
    Error::new(ErrorKind::Malformed, message)
        .hint("engines build on images only: check the repository and the tag")
}

pub(super) fn read_platform(platform: &OciPlatform) -> Platform {
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

pub(super) fn parse<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    reference: &Reference,
    what: &str,
) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Malformed,
            format!("the {what} of `{reference}` is malformed: {error}"),
        )
    })
}

/// `Link: </v2/x/tags/list?last=y>; rel="next"`, perhaps one of several links.
fn next_page(response: &Response) -> Option<String> {
    let lines = response.headers().get_all(reqwest::header::LINK).iter();
    let links = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split('<'));
    links
        .filter_map(|link| link.split_once('>'))
        .find(|(_, rest)| {
            let mut parameters = rest.split([';', ',']).map(str::trim);
            parameters.any(|it| matches!(it, "rel=next" | "rel=\"next\""))
        })
        .map(|(target, _)| target.to_owned())
}
