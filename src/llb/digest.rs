//! The identity of a vertex.

use sha2::{Digest as _, Sha256};
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Digest of an op's bytes, `sha256:` and 64 hexadecimal digits; cheap to clone.
#[derive(Clone)]
pub struct OpDigest(Text);

/// Digests are everywhere in a definition, so they are in place; what is longer or shorter is not ours.
#[derive(Clone)]
enum Text {
    /// Only ASCII.
    Usual([u8; LEN]),
    Other(Arc<str>),
}

const PREFIX: &str = "sha256:";
const LEN: usize = PREFIX.len() + 64;

impl OpDigest {
    /// The SHA-256 digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let mut text = [0u8; LEN];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX.as_bytes());
        // Counted, not looked up: the compiler makes it a few instructions for all digits.
        let digit = |value: u8| value + if value < 10 { b'0' } else { b'a' - 10 };
        for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(&hash) {
            *pair = [digit(byte >> 4), digit(byte & 0x0f)];
        }
        OpDigest(Text::Usual(text))
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Usual(text) => std::str::from_utf8(text).unwrap_or_default(),
            Text::Other(text) => text,
        }
    }

    /// The text, as bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Usual(text) => text,
            Text::Other(text) => text.as_bytes(),
        }
    }

    /// A number that orders digests as their texts do, as far as it reaches: the first of what
    /// tells them apart.
    pub(super) fn leading(&self) -> u64 {
        // Other names sort below or above all digests; among themselves their texts decide.
        let text = self.as_bytes();
        let Some(hex) = text.strip_prefix(PREFIX.as_bytes()) else {
            return if text < PREFIX.as_bytes() {
                0
            } else {
                u64::MAX
            };
        };
        let digits = hex.iter().copied().chain(std::iter::repeat(0)).take(8);
        digits.fold(0, |number, byte| number << 8 | u64::from(byte))
    }

    /// A number that tells digests apart, nearly always: their last digits. Texts that are none, which definitions
    /// from elsewhere may have, are few or made to collide, and then cost time and nothing else.
    pub(super) fn trailing(&self) -> u64 {
        let digits = self.as_bytes().iter().rev().take(16);
        // A digit has its four bits at the bottom, a letter counts from 1.
        let bits = digits.map(|byte| u64::from(byte & 0x0f) + 9 * u64::from(byte >> 6));
        bits.fold(0, |number, bits| number.rotate_left(4) ^ bits)
    }
}

impl From<&str> for OpDigest {
    /// Takes the text as it is; a definition from elsewhere may name ops as it likes.
    fn from(text: &str) -> Self {
        match <[u8; LEN]>::try_from(text.as_bytes()) {
            Ok(bytes) if text.is_ascii() => OpDigest(Text::Usual(bytes)),
            _ => OpDigest(Text::Other(text.into())),
        }
    }
}

impl PartialEq for OpDigest {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for OpDigest {}

impl PartialOrd for OpDigest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OpDigest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

/// As its text: maps are searched by either.
impl Hash for OpDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for OpDigest {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for OpDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for OpDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing() {
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(OpDigest::of(b"").as_str(), text);
        assert_eq!(OpDigest::from(text), OpDigest::of(b""));
    }

    #[test]
    fn a_digest_takes_no_more_room_than_its_text() {
        assert_eq!(std::mem::size_of::<OpDigest>(), 72);
    }
}
