//! Files behind URLs: their digest and size. Nothing is kept but the hash.

use reqwest::Url;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::time::Instant;

use super::transport::{Request, failure, too_slow};
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
        let parsed = Url::parse(url).map_err(|error| {
            Error::new(ErrorKind::Refused, format!("`{url}` is no URL: {error}"))
        })?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("`{url}` is neither http nor https"),
            ));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Error::new(ErrorKind::Refused, "a URL with credentials is not locked: they would end up in the lock")
                .hint("give the credentials to the daemon as the secret HTTP_AUTH_HEADER or HTTP_AUTH_TOKEN"));
        }
        let mut response = self.transport.send(&Request::get(parsed.clone())).await?;
        if !response.status().is_success() {
            return Err(failure(response, &format!("`{url}`")).await);
        }
        let last_modified = response.headers().get(reqwest::header::LAST_MODIFIED);
        let last_modified = last_modified
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut hash = Sha256::new();
        let mut size = 0u64;
        let patience = self.transport.config.read_timeout;
        let (mut since, mut size_then) = (Instant::now(), 0);
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.transport.unreachable(&parsed, &error))?
        {
            size += chunk.len() as u64;
            if since.elapsed() >= patience {
                if size - size_then < MIN_PACE {
                    return Err(too_slow(&parsed, patience));
                }
                (since, size_then) = (Instant::now(), size);
            }
            if size > self.transport.config.max_file {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!(
                        "`{url}` is larger than {} bytes",
                        self.transport.config.max_file
                    ),
                ));
            }
            hash.update(&chunk);
        }
        let mut digest = String::from("sha256:");
        for byte in hash.finalize() {
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
