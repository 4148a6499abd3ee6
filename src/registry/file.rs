//! Files behind URLs: their digest and size. Nothing is kept but the hash.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Instant;

use flate2::write::MultiGzDecoder;
use reqwest::Url;
use reqwest::header::{CONTENT_ENCODING, LAST_MODIFIED};
use sha2::{Digest as _, Sha256};

use super::transport::{Asked, Request, failure, too_slow};
use super::{Client, Error, ErrorKind};

/// Bytes that have to come in the time that silence may last: less is an attempt to hold us up.
const MIN_PACE: u64 = 1024;

/// A file, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedFile {
    /// Digest of its content.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// What the server says about when it was changed.
    pub last_modified: Option<String>,
}

impl Client {
    /// Downloads the file behind an `http://` or `https://` URL and hashes it.
    ///
    /// # Errors
    /// What kept it from being downloaded whole.
    pub async fn resolve_file(&self, url: &str) -> Result<ResolvedFile, Error> {
        let parsed = Url::parse(url)
            .map_err(|error| Error::refused(format!("`{url}` is not a valid URL: {error}")))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Error::refused(format!("`{url}` is neither http nor https")));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Error::refused("a URL with credentials is not locked: they would end up in the lock")
                .hint("give the credentials to the daemon as the secret HTTP_AUTH_HEADER or HTTP_AUTH_TOKEN"));
        }
        let request = Request {
            // As engines ask; what comes packed is unpacked before it is hashed.
            headers: vec![("accept-encoding", "gzip".to_owned())],
            ..Request::get(parsed.clone())
        };
        let mut response = self.transport.send(&request).await?;
        if !matches!(response.status().as_u16(), 200 | 203) {
            return Err(failure(response, &format!("`{url}`"), Asked::File).await);
        }
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let last_modified = header(LAST_MODIFIED);
        let is_packed = header(CONTENT_ENCODING).is_some_and(|it| it.eq_ignore_ascii_case("gzip"));
        let content = Content {
            hash: Sha256::new(),
            size: 0,
            limit: self.transport.config.max_file,
        };
        let mut content = match is_packed {
            true => Body::Packed(Box::new(MultiGzDecoder::new(content))),
            false => Body::Plain(content),
        };
        let patience = self.transport.config.read_timeout;
        let (mut received, mut received_then, mut since) = (0, 0, Instant::now());
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.transport.unreachable(&parsed, &error))?
        {
            received += chunk.len() as u64;
            if since.elapsed() >= patience {
                if received - received_then < MIN_PACE {
                    return Err(too_slow(&parsed, patience));
                }
                (since, received_then) = (Instant::now(), received);
            }
            content.add(&chunk).map_err(|error| unusable(url, &error))?;
        }
        let content = content.end().map_err(|error| unusable(url, &error))?;
        let size = content.size;
        let mut digest = String::from("sha256:");
        for byte in content.hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(digest, "{byte:02x}");
        }
        Ok(ResolvedFile {
            digest,
            size,
            last_modified,
        })
    }
}

/// What is hashed: the content as an engine has it.
struct Content {
    hash: Sha256,
    size: u64,
    limit: u64,
}

/// Too many bytes.
#[derive(Debug, thiserror::Error)]
#[error("it is larger than {0} bytes")]
struct TooLarge(u64);

impl io::Write for Content {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.limit {
            return Err(io::Error::other(TooLarge(self.limit)));
        }
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body as it is sent: as it is, or packed for the way alone.
enum Body {
    Plain(Content),
    Packed(Box<MultiGzDecoder<Content>>),
}

impl Body {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Body::Plain(content) => content.write_all(bytes),
            Body::Packed(packed) => packed.write_all(bytes),
        }
    }

    fn end(self) -> io::Result<Content> {
        match self {
            Body::Plain(content) => Ok(content),
            Body::Packed(packed) => packed.finish(),
        }
    }
}

fn unusable(url: &str, error: &io::Error) -> Error {
    let too_large = error.get_ref().is_some_and(|inner| inner.is::<TooLarge>());
    match too_large {
        true => Error::new(ErrorKind::TooLarge, format!("`{url}`: {error}")),
        false => Error::new(
            ErrorKind::Malformed,
            format!("`{url}` is served as gzip and cannot be unpacked: {error}"),
        ),
    }
}
