//! The `Range` header, as far as clients use it to resume: one range of bytes.

use thiserror::Error;

/// A part of a body: `start` to `end`, the end not included; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
}

/// Why there is no part to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RangeError {
    /// Another unit, several ranges, or not a range at all: a server sends the whole body then.
    #[error("not one range of bytes")]
    NotUnderstood,
    /// Behind the end of the body: status 416.
    #[error("the range begins behind the end of the body")]
    Unsatisfiable,
}

impl ByteRange {
    /// Reads `bytes=0-99`, `bytes=100-` or `bytes=-100` for a body of `size` bytes.
    ///
    /// # Errors
    /// See [`RangeError`].
    pub fn parse(text: &str, size: u64) -> Result<Self, RangeError> {
        let range = text
            .strip_prefix("bytes=")
            .ok_or(RangeError::NotUnderstood)?;
        let (first, last) = range.split_once('-').ok_or(RangeError::NotUnderstood)?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().map_err(|_| RangeError::NotUnderstood),
            false => Err(RangeError::NotUnderstood),
        };
        let (start, end) = match (first, last) {
            ("", last) => (size.saturating_sub(number(last)?), size),
            (first, "") => (number(first)?, size),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                if last < first {
                    return Err(RangeError::NotUnderstood);
                }
                (first, last.saturating_add(1).min(size))
            }
        };
        match start < end {
            true => Ok(ByteRange { start, end }),
            false => Err(RangeError::Unsatisfiable),
        }
    }
}
