//! Content digests, `algorithm:encoded`, checked the way the OCI digest library checks them.
//!
//! Owns the grammar and its error texts; knows nothing about where a digest came from.

use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Why a text is not a digest. The texts are those users know from the Go library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DigestError {
    /// Not of the form `algorithm:encoded`, or not lower-case hexadecimal.
    #[error("invalid checksum digest format")]
    Format,
    /// The encoded part has the wrong length for its algorithm.
    #[error("invalid checksum digest length")]
    Length,
    /// Well-formed, but of an algorithm nobody can compute.
    #[error("unsupported digest algorithm")]
    Unsupported,
}

/// A validated digest such as `sha256:e3b0c4…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

impl Digest {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`DigestError`], decided in this order: no separator, unknown algorithm, length, alphabet.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        validate(text)?;
        Ok(Digest(text.to_owned()))
    }

    /// The SHA-256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The whole text, `algorithm:encoded`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the colon.
    pub fn algorithm(&self) -> &str {
        self.0
            .split_once(':')
            .map_or("", |(algorithm, _)| algorithm)
    }

    /// The part after the colon.
    pub fn encoded(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, encoded)| encoded)
    }
}

/// A SHA-256 digest of content that comes in parts.
#[derive(Clone, Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes the next part.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all parts.
    pub fn finish(self) -> Digest {
        let mut text = String::with_capacity(7 + 64);
        text.push_str("sha256:");
        for byte in self.0.finalize() {
            let digits = [byte >> 4, byte & 0x0f];
            text.extend(digits.map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
        }
        Digest(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Digest {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Digest::parse(text)
    }
}

/// Length of the hexadecimal form for the algorithms that can be computed.
fn hex_length(algorithm: &str) -> Option<usize> {
    match algorithm {
        "sha256" => Some(64),
        "sha384" => Some(96),
        "sha512" => Some(128),
        _ => None,
    }
}

fn validate(text: &str) -> Result<(), DigestError> {
    let (algorithm, encoded) = text.split_once(':').ok_or(DigestError::Format)?;
    if algorithm.is_empty() || encoded.is_empty() {
        return Err(DigestError::Format);
    }
    let Some(length) = hex_length(algorithm) else {
        return Err(if is_general_form(algorithm, encoded) {
            DigestError::Unsupported
        } else {
            DigestError::Format
        });
    };
    if encoded.len() != length {
        return Err(DigestError::Length);
    }
    if encoded
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    {
        Ok(())
    } else {
        Err(DigestError::Format)
    }
}

/// The algorithm-agnostic grammar: lower-case words joined by one of `.+_-`, then a
/// base64-url-like text.
fn is_general_form(algorithm: &str, encoded: &str) -> bool {
    let words = algorithm.split(['.', '+', '_', '-']);
    let algorithm_ok = words.into_iter().all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    algorithm_ok
        && encoded
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_of_nothing() {
        let digest = Digest::sha256(b"");
        assert_eq!(
            digest.as_str(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(digest.algorithm(), "sha256");
        assert_eq!(digest.encoded().len(), 64);
        assert_eq!(Digest::parse(digest.as_str()), Ok(digest));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let upper = format!("sha256:{}", "A".repeat(64));
        let colon = format!("sha256:{}:", "a".repeat(63));
        for (text, error) in [
            ("", DigestError::Format),
            ("sha256", DigestError::Format),
            ("sha256:", DigestError::Format),
            (":abc", DigestError::Format),
            ("sha256:abc", DigestError::Length),
            (&upper, DigestError::Format),
            (&colon, DigestError::Format),
            ("md5:abcd", DigestError::Unsupported),
            ("sha256+b64:u-_=", DigestError::Unsupported),
            ("SHA256:abcd", DigestError::Format),
            ("a--b:abcd", DigestError::Format),
            ("md5:a:b", DigestError::Format),
        ] {
            assert_eq!(Digest::parse(text), Err(error), "{text:?}");
        }
    }
}
