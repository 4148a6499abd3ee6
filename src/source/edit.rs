//! Changes of a file: other bytes at places of it, everything else as it was.

use super::Span;

/// Bytes to put in the place of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What goes; nothing when its ends are the same.
    pub span: Span,
    /// What comes in its place.
    pub text: Vec<u8>,
}

impl Edit {
    /// Puts `text` in the place of `span`.
    pub fn replace(span: Span, text: impl Into<Vec<u8>>) -> Self {
        Edit {
            span,
            text: text.into(),
        }
    }

    /// Puts `text` before the byte at `offset`.
    pub fn insert(offset: u32, text: impl Into<Vec<u8>>) -> Self {
        Edit::replace(Span::new(offset, offset), text)
    }

    /// Takes `span` out.
    pub fn delete(span: Span) -> Self {
        Edit::replace(span, Vec::new())
    }
}

/// What [`apply`] made of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The new file.
    pub bytes: Vec<u8>,
    /// Edits that were left out: they overlap one before them, or lie outside the file.
    pub refused: Vec<Edit>,
}

/// Applies edits in the order of their places; bytes outside of them stay. Of edits that overlap
/// the one that begins first counts; of insertions at one place all do, in the order given.
///
/// ```
/// use dockerfile_llb::source::{Edit, Span, apply};
///
/// let edits = [Edit::insert(5, "b:"), Edit::replace(Span::new(0, 4), "COPY")];
/// assert_eq!(apply(b"from a", edits).bytes, b"COPY b:a");
/// ```
pub fn apply(source: &[u8], edits: impl IntoIterator<Item = Edit>) -> Applied {
    let mut edits: Vec<Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut applied = Applied {
        bytes: Vec::with_capacity(source.len() + added),
        refused: Vec::new(),
    };
    let mut done = 0;
    for edit in edits {
        let range = edit.span.range();
        let kept = source.get(done..range.start);
        match kept.filter(|_| range.start <= range.end && range.end <= source.len()) {
            Some(kept) => {
                applied.bytes.extend_from_slice(kept);
                applied.bytes.extend_from_slice(&edit.text);
                done = range.end;
            }
            None => applied.refused.push(edit),
        }
    }
    applied
        .bytes
        .extend_from_slice(source.get(done..).unwrap_or(&[]));
    applied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str, edits: &[Edit]) -> (String, usize) {
        let applied = apply(source.as_bytes(), edits.iter().cloned());
        let text = String::from_utf8(applied.bytes).unwrap();
        (text, applied.refused.len())
    }

    #[test]
    fn edits_apply_by_place() {
        let edits = [
            Edit::delete(Span::new(4, 6)),
            Edit::insert(0, "<"),
            Edit::replace(Span::new(0, 1), "A"),
            Edit::insert(6, "1"),
            Edit::insert(6, "2"),
        ];
        assert_eq!(text("abcdef", &edits), ("<Abcd12".into(), 0));
        assert_eq!(text("abc", &[]), ("abc".into(), 0));
    }

    #[test]
    fn edits_that_cannot_be_are_refused() {
        let edits = [
            Edit::replace(Span::new(0, 3), "x"),
            Edit::replace(Span::new(2, 4), "y"),
            Edit::replace(Span::new(4, 9), "z"),
            Edit::replace(Span::new(5, 4), "z"),
        ];
        assert_eq!(text("abcdef", &edits), ("xdef".into(), 3));
    }
}
