//! Changes of a file by place: everything that is not named stays, byte for byte.

use crate::source::Span;

/// One piece of the file and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What is written there.
    pub text: String,
}

impl Edit {
    /// Replaces the bytes of `span`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Edit {
            span,
            text: text.into(),
        }
    }

    /// Writes `text` in front of the byte at `offset`.
    pub fn insert(offset: u32, text: impl Into<String>) -> Self {
        Edit::replace(Span::new(offset, offset), text)
    }

    /// Takes the bytes of `span` out.
    pub fn delete(span: Span) -> Self {
        Edit::replace(span, "")
    }
}

/// The bytes with the edits made; `None` if two of them touch the same bytes or one lies outside.
pub fn apply<'e>(bytes: &[u8], edits: impl IntoIterator<Item = &'e Edit>) -> Option<Vec<u8>> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    // Insertions at one place keep their order.
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut done = 0_usize;
    for edit in edits {
        let start = usize::try_from(edit.span.start).ok()?;
        let end = usize::try_from(edit.span.end).ok()?;
        out.extend_from_slice(bytes.get(done..start)?);
        out.extend_from_slice(edit.text.as_bytes());
        bytes.get(start..end)?;
        done = end;
    }
    out.extend_from_slice(bytes.get(done..)?);
    Some(out)
}

/// What stands at `span`, if it is text.
pub(super) fn text_at(bytes: &[u8], span: Span) -> Option<&str> {
    std::str::from_utf8(bytes_at(bytes, span)?).ok()
}

/// The bytes of `span`.
pub(super) fn bytes_at(bytes: &[u8], span: Span) -> Option<&[u8]> {
    bytes.get(usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_change_what_they_name() {
        let edits = [
            Edit::insert(6, "z"),
            Edit::replace(Span::new(0, 1), "A"),
            Edit::delete(Span::new(2, 4)),
        ];
        assert_eq!(apply(b"a bcd f", &edits), Some(b"A dz f".to_vec()));
    }

    #[test]
    fn edits_that_overlap_are_refused() {
        let edits = [
            Edit::replace(Span::new(0, 3), ""),
            Edit::replace(Span::new(2, 4), ""),
        ];
        assert_eq!(apply(b"abcdef", &edits), None);
        assert_eq!(apply(b"ab", &[Edit::insert(3, "x")]), None);
        assert_eq!(apply(b"ab", &[Edit::delete(Span::new(1, 3))]), None);
    }
}
