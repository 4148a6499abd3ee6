//! [`Text`]: a string as Go has it.
//!
//! A Dockerfile is bytes. Nearly always they are UTF-8 and nearly everyone wants `&str`, so a
//! [`Text`] reads as one; it also keeps the original bytes when they are not UTF-8.

use std::fmt;
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
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Text {
    shown: Box<str>,
    /// The real bytes, only when `shown` is not them.
    raw: Option<Box<Raw>>,
}

/// Bytes behind a pointer of one word, since few texts have them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Raw(Box<[u8]>);

impl Text {
    /// The text of `bytes`; they are kept even when they are not UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Text::from(text),
            Err(_) => Text {
                shown: to_valid(bytes).into(),
                raw: Some(Box::new(Raw(bytes.into()))),
            },
        }
    }

    /// The pieces one after another.
    pub fn concat<const N: usize>(pieces: [&[u8]; N]) -> Self {
        Text::from_bytes(&pieces.concat())
    }

    /// The text as `str`, invalid bytes replaced.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The bytes as written.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.raw {
            Some(raw) => &raw.0,
            None => self.shown.as_bytes(),
        }
    }

    /// Whether the bytes are valid UTF-8, so that [`Text::as_str`] is lossless.
    pub fn is_utf8(&self) -> bool {
        self.raw.is_none()
    }

    /// Lowering it changes nothing. Text that is not UTF-8 is in no case.
    pub fn is_lower_case(&self) -> bool {
        self.is_utf8() && to_lower(self) == self.as_str()
    }

    /// Raising it changes nothing. Text that is not UTF-8 is in no case.
    pub fn is_upper_case(&self) -> bool {
        self.is_utf8() && to_upper(self) == self.as_str()
    }

    /// The `str` view, owned.
    pub fn into_string(self) -> String {
        self.shown.into()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.shown
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.shown
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text {
            shown: text.into(),
            raw: None,
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text {
            shown: text.into(),
            raw: None,
        }
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
        match &self.raw {
            Some(raw) => write!(f, "b\"{}\"", raw.0.escape_ascii()),
            None => fmt::Debug::fmt(self.as_str(), f),
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
    fn pieces_keep_their_bytes() {
        let text = Text::concat([b"a", b"\xff", "é".as_bytes()]);
        assert_eq!(text.as_bytes(), b"a\xff\xc3\xa9");
        // Halves of a character make it whole.
        assert!(Text::concat([b"\xc3", b"\xa9"]).is_utf8());
    }

    #[test]
    fn invalid_bytes_are_kept_and_shown_one_by_one() {
        let text = Text::from_bytes(b"a\xe2\x82b\xff");
        assert_eq!(text.as_str(), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(text.as_bytes(), b"a\xe2\x82b\xff");
        assert!(!text.is_utf8());
        assert!(Text::from_bytes("é".as_bytes()).is_utf8());
    }
}
