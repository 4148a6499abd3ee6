//! Go's reading of bytes that should be UTF-8.

use std::borrow::Cow;

/// A piece of a byte string, see [`chunks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'b> {
    /// Valid text, not empty.
    Valid(&'b str),
    /// One byte that is part of no character.
    Invalid(u8),
}

/// Cuts bytes into valid text and single invalid bytes.
///
/// Go takes each byte of a broken sequence as one error; Rust's lossy conversion takes the
/// sequence as one.
pub fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes;
    let mut invalid = None;
    std::iter::from_fn(move || {
        if let Some(byte) = invalid.take() {
            return Some(Chunk::Invalid(byte));
        }
        let (valid, after) = match std::str::from_utf8(rest) {
            Ok(valid) => (valid, &[][..]),
            Err(error) => {
                let (valid, after) = rest.split_at_checked(error.valid_up_to())?;
                (std::str::from_utf8(valid).unwrap_or_default(), after)
            }
        };
        rest = after;
        if let Some((byte, after)) = rest.split_first() {
            invalid = Some(*byte);
            rest = after;
        }
        if valid.is_empty() {
            invalid.take().map(Chunk::Invalid)
        } else {
            Some(Chunk::Valid(valid))
        }
    })
}

/// The text with U+FFFD for each invalid byte, as `range` over a Go string reads it.
pub fn to_valid(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(valid) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(valid);
    }
    let mut text = String::with_capacity(bytes.len() + 2);
    for chunk in chunks(bytes) {
        match chunk {
            Chunk::Valid(valid) => text.push_str(valid),
            Chunk::Invalid(_) => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_a_broken_sequence_is_an_error() {
        assert_eq!(to_valid(b"a\xe2\x82z\xff"), "a\u{FFFD}\u{FFFD}z\u{FFFD}");
        assert_eq!(to_valid("ä".as_bytes()), "ä");
        assert_eq!(chunks(b"").count(), 0);
        assert_eq!(
            chunks(b"\xffab\xc3").collect::<Vec<_>>(),
            [
                Chunk::Invalid(0xff),
                Chunk::Valid("ab"),
                Chunk::Invalid(0xc3)
            ]
        );
    }
}
