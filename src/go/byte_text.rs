//! [`Text`]: a string as Go has it.
//!
//! A Dockerfile is bytes. Nearly always they are UTF-8 and nearly everyone wants `&str`, so a
//! [`Text`] reads as one; it also keeps the original bytes when they are not UTF-8.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use super::text::{to_lower, to_upper};
use super::utf8::to_valid;

/// A Go string: bytes that are text, lossless, cheap to read as `str`.
///
/// Dereferences to `str`, in which each byte that is not part of valid UTF-8 shows as U+FFFD, one
/// per byte (what the reference sees when it walks a string by characters). [`Text::as_bytes`] has
/// the real bytes; [`Text::is_utf8`] tells whether the two differ.
///
/// Where a text goes into a protobuf string field untouched, a text that is not UTF-8 must fail
/// the marshalling; JSON has `\ufffd` for each such byte, and the character U+FFFD for itself;
/// through word expansion, the `str` view is right.
#[derive(Clone)]
pub struct Text(Kept);

#[derive(Clone)]
enum Kept {
    /// Takes no memory.
    Known(&'static str),
    Utf8(Box<str>),
    /// What is shown, and the real bytes.
    Other(Box<(Box<str>, Box<[u8]>)>),
}

impl Text {
    /// The text of `bytes`; they are kept even when they are not UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Text::from(text),
            Err(_) => Text(Kept::Other(Box::new((
                to_valid(bytes).into(),
                bytes.into(),
            )))),
        }
    }

    /// The pieces one after another.
    pub(crate) fn concat<const N: usize>(pieces: [&[u8]; N]) -> Self {
        Text::from_bytes(&pieces.concat())
    }

    /// A text that the program has anyway.
    pub(crate) const fn known(text: &'static str) -> Self {
        Text(Kept::Known(text))
    }

    /// The text as `str`, invalid bytes replaced.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Known(text) => text,
            Kept::Utf8(text) => text,
            Kept::Other(other) => &other.0,
        }
    }

    /// The bytes as written.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Other(other) => &other.1,
            _ => self.as_str().as_bytes(),
        }
    }

    /// Whether the bytes are valid UTF-8, so that [`Text::as_str`] is lossless.
    pub fn is_utf8(&self) -> bool {
        !matches!(self.0, Kept::Other(_))
    }

    /// Lowering it changes nothing. Text that is not UTF-8 is in no case.
    pub(crate) fn is_lower_case(&self) -> bool {
        self.is_utf8() && to_lower(self) == self.as_str()
    }

    /// Raising it changes nothing. Text that is not UTF-8 is in no case.
    pub(crate) fn is_upper_case(&self) -> bool {
        self.is_utf8() && to_upper(self) == self.as_str()
    }

    /// The `str` view, owned.
    pub fn into_string(self) -> String {
        match self.0 {
            Kept::Known(text) => text.to_owned(),
            Kept::Utf8(text) => text.into(),
            Kept::Other(other) => other.0.into(),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::known("")
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(Kept::Utf8(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(Kept::Utf8(text.into()))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_utf8() {
            false => write!(f, "b\"{}\"", self.as_bytes().escape_ascii()),
            true => fmt::Debug::fmt(self.as_str(), f),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_are_kept_and_shown_one_by_one() {
        let text = Text::from_bytes(b"a\xe2\x82b\xff");
        assert_eq!(text.as_str(), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(text.as_bytes(), b"a\xe2\x82b\xff");
        assert!(!text.is_utf8());
        assert!(Text::from_bytes("é".as_bytes()).is_utf8());
    }

    #[test]
    fn texts_are_equal_by_their_bytes() {
        assert_eq!(Text::known("a"), Text::from_bytes(b"a"));
        assert_eq!(Text::default(), Text::from(""));
        assert_ne!(Text::from_bytes(b"\xff"), Text::from("\u{fffd}"));
    }

    #[test]
    fn pieces_keep_their_bytes() {
        let text = Text::concat([b"a", b"\xff", "é".as_bytes()]);
        assert_eq!(text.as_bytes(), b"a\xff\xc3\xa9");
        // Halves of a character make it whole.
        assert!(Text::concat([b"\xc3", b"\xa9"]).is_utf8());
    }
}
