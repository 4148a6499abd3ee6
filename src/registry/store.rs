//! Blobs and manifests to and from a repository, as files on disk: in pieces, and only what is not there yet.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use oci_distribution::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageManifest,
};
use reqwest::header::LOCATION;
use reqwest::{Method, Response, StatusCode, Url};

use super::host::Endpoint;
use super::image::parse;
use super::transport::{Asked, Request, failure, place};
use super::{Client, Error, ErrorKind};
use crate::image::{Digest, Hasher, Reference};
use crate::limits::UPLOAD_PIECE;

/// Media type of an image's manifest.
pub const MANIFEST: &str = OCI_IMAGE_MEDIA_TYPE;

/// Media type of an index of manifests.
pub const INDEX: &str = OCI_IMAGE_INDEX_MEDIA_TYPE;

/// Media type of an image's config.
pub const CONFIG: &str = IMAGE_CONFIG_MEDIA_TYPE;

/// The type of bytes that are nothing else.
const BYTES: &str = "application/octet-stream";

impl Client {
    /// Brings the file `from`, whose digest is `digest`, into a repository; true where it was not there before.
    ///
    /// # Errors
    /// What kept it from being read or taken.
    pub async fn push_blob(
        &self,
        repository: &Reference,
        digest: &Digest,
        from: &Path,
    ) -> Result<bool, Error> {
        let endpoint = self.own_endpoint(repository)?;
        let what = format!("the blob {digest} of `{}`", repository.name());
        let blob = endpoint.url(&format!("{}/blobs/{digest}", repository.path()))?;
        let head = Request {
            method: Method::HEAD,
            ..Request::get(blob)
        };
        let answer = self.put(&endpoint, repository, head, &what);
        match answer.await {
            Ok(_) => return Ok(false),
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut answer = self.begin_upload(&endpoint, repository, &what).await?;
        let unreadable = |error: io::Error| {
            let message = format!("cannot read `{}`: {error}", from.display());
            Error::refused(message)
        };
        let mut file = File::open(from).map_err(unreadable)?;
        let mut offset = 0;
        loop {
            let mut piece = Vec::new();
            let next = io::Read::by_ref(&mut file)
                .take(UPLOAD_PIECE)
                .read_to_end(&mut piece);
            next.map_err(unreadable)?;
            let mut url = location(&answer, &endpoint)?;
            let length = piece.len() as u64;
            let is_last = length < UPLOAD_PIECE;
            if is_last {
                url.query_pairs_mut().append_pair("digest", digest.as_str());
            }
            let range = format!("{offset}-{}", (offset + length).saturating_sub(1));
            let request = Request {
                method: match is_last {
                    true => Method::PUT,
                    false => Method::PATCH,
                },
                headers: match length {
                    0 => Vec::new(),
                    _ => vec![("content-range", range)],
                },
                body: Some((BYTES, piece)),
                ..Request::get(url)
            };
            answer = self.put(&endpoint, repository, request, &what).await?;
            offset += length;
            if is_last {
                return Ok(true);
            }
        }
    }

    /// Asks whether a repository takes blobs, by an upload that is given up at once.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn takes_blobs(&self, repository: &Reference) -> Result<(), Error> {
        let endpoint = self.own_endpoint(repository)?;
        let what = format!("an upload to `{}`", repository.name());
        let answer = self.begin_upload(&endpoint, repository, &what).await?;
        let give_up = Request {
            method: Method::DELETE,
            ..Request::get(location(&answer, &endpoint)?)
        };
        // Registries forget uploads that nothing follows; not all let one end them.
        let _ = self.put(&endpoint, repository, give_up, &what).await;
        Ok(())
    }

    async fn begin_upload(
        &self,
        endpoint: &Endpoint,
        repository: &Reference,
        what: &str,
    ) -> Result<Response, Error> {
        let begin = endpoint.url(&format!("{}/blobs/uploads/", repository.path()))?;
        let begin = Request {
            method: Method::POST,
            body: Some((BYTES, Vec::new())),
            ..Request::get(begin)
        };
        self.put(endpoint, repository, begin, what).await
    }

    /// Brings a manifest or an index into a repository under `name`, a tag or its digest.
    ///
    /// # Errors
    /// What kept it from being taken.
    pub async fn push_manifest(
        &self,
        repository: &Reference,
        name: &str,
        kind: &'static str,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        let endpoint = self.own_endpoint(repository)?;
        let url = endpoint.url(&format!("{}/manifests/{name}", repository.path()))?;
        let what = format!("the manifest `{name}` of `{}`", repository.name());
        let request = Request {
            method: Method::PUT,
            body: Some((kind, bytes)),
            ..Request::get(url)
        };
        self.put(&endpoint, repository, request, &what).await?;
        Ok(())
    }

    /// The layers of the image `reference`, a manifest and not an index: digest and size in bytes of each.
    ///
    /// # Errors
    /// What kept its manifest from being read.
    pub async fn layers(&self, reference: &Reference) -> Result<Vec<(Digest, u64)>, Error> {
        let bytes = self.manifest(reference).await?;
        let manifest: OciImageManifest = parse(&bytes, reference, "manifest")?;
        let layers = manifest.layers.into_iter().map(|layer| {
            let malformed = |why: String| {
                let message = format!("`{reference}` has a malformed layer: {why}");
                Error::new(ErrorKind::Malformed, message)
            };
            let digest = Digest::parse(&layer.digest);
            let digest = digest.map_err(|error| malformed(error.to_string()))?;
            let size = u64::try_from(layer.size).map_err(|error| malformed(error.to_string()))?;
            Ok((digest, size))
        });
        layers.collect()
    }

    /// Writes a blob of `size` bytes to the file `to`, checked against its digest.
    ///
    /// # Errors
    /// What kept it from being read or written; what is in the file then is of no use.
    pub async fn pull_blob(
        &self,
        repository: &Reference,
        digest: &Digest,
        size: u64,
        to: &Path,
    ) -> Result<(), Error> {
        self.at_some_endpoint(repository, |endpoint| async move {
            let url = endpoint.url(&format!("{}/blobs/{digest}", repository.path()))?;
            let what = format!("the blob {digest} of `{}`", repository.name());
            let request = Request::get(url.clone());
            let mut answer = self.get(&endpoint, repository, request, &what).await?;
            let unwritable = |error: io::Error| {
                let message = format!("cannot write `{}`: {error}", to.display());
                Error::refused(message)
            };
            let mut file = File::create(to).map_err(unwritable)?;
            let mut hasher = Hasher::default();
            let mut received = 0;
            let unreachable = |error| self.transport.unreachable(&url, &error);
            while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
                received += chunk.len() as u64;
                if received > size {
                    break;
                }
                hasher.update(&chunk);
                file.write_all(&chunk).map_err(unwritable)?;
            }
            match received == size && hasher.finish() == *digest {
                true => Ok(()),
                false => Err(Error::new(
                    ErrorKind::Integrity,
                    format!("{what} from {} does not match its digest", endpoint.name),
                )),
            }
        })
        .await
    }

    /// The registry itself: mirrors are not written to.
    fn own_endpoint(&self, repository: &Reference) -> Result<Endpoint, Error> {
        let mut endpoints = self.hosts.endpoints(repository.domain())?;
        endpoints.pop().ok_or_else(|| {
            let message = format!("`{repository}` names no registry");
            Error::refused(message)
        })
    }

    /// Sends a request whose success is any status of 2xx.
    async fn put(
        &self,
        endpoint: &Endpoint,
        repository: &Reference,
        request: Request,
        what: &str,
    ) -> Result<Response, Error> {
        let path = repository.path();
        let answer = self.auth.send(&self.transport, endpoint, path, request);
        let answer = answer.await.map_err(|error| self.auth.explained(error))?;
        match answer.status() {
            status if status.is_success() && status != StatusCode::PARTIAL_CONTENT => Ok(answer),
            _ => {
                let failed = failure(answer, what, Asked::Registry).await;
                Err(self.auth.explained(failed))
            }
        }
    }
}

/// Where the next piece of an upload goes: at the same host, since credentials go there, too.
fn location(answer: &Response, endpoint: &Endpoint) -> Result<Url, Error> {
    let malformed = |why: String| {
        let message = format!("{} gave no place to upload to: {why}", endpoint.name);
        Error::new(ErrorKind::Malformed, message)
    };
    let header = answer.headers().get(LOCATION);
    let text = header
        .and_then(|text| text.to_str().ok())
        .unwrap_or_default();
    let url = answer.url().join(text);
    let url = url.map_err(|error| malformed(error.to_string()))?;
    match place(&url) == place(&endpoint.base) && !text.is_empty() {
        true => Ok(url),
        false => Err(malformed(format!("`{text}`"))),
    }
}
