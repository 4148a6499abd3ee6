//! The identity of a vertex.

use sha2::{Digest as _, Sha256};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Digest of an op's bytes, `sha256:` and 64 hexadecimal digits; cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(Arc<str>);

impl Digest {
    /// The SHA-256 digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        const PREFIX: &[u8; 7] = b"sha256:";
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let mut text = [0u8; 71];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0x0f)]]);
        }
        // Only ASCII was written.
        Digest(std::str::from_utf8(&text).unwrap_or_default().into())
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Digest {
    /// A number that orders digests as their texts do, as far as it reaches: the first of what
    /// tells them apart.
    pub(super) fn leading(&self) -> u64 {
        const PREFIX: &str = "sha256:";
        // Other names sort below or above all digests; among themselves their texts decide.
        let Some(hex) = self.0.strip_prefix(PREFIX) else {
            return if *self.0 < *PREFIX { 0 } else { u64::MAX };
        };
        let digits = hex.bytes().chain(std::iter::repeat(0)).take(8);
        digits.fold(0, |number, byte| number << 8 | u64::from(byte))
    }
}

impl From<&str> for Digest {
    /// Takes the text as it is; a definition from elsewhere may name ops as it likes.
    fn from(text: &str) -> Self {
        Digest(text.into())
    }
}

impl Borrow<str> for Digest {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing() {
        assert_eq!(
            Digest::of(b"").as_str(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
