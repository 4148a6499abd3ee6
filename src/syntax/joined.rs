//! Continued lines as one text, and the way back to the file.

use super::line::strip_continuation;
use crate::source::{Escape, Span};

/// Leads offsets in a text back to the file that it was put together from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    /// Where each piece begins, in the text and in the file; in order.
    starts: Vec<(usize, u32)>,
}

impl Pieces {
    /// A text that stands in the file as it is.
    pub(crate) fn one(start: u32) -> Self {
        Pieces {
            starts: vec![(0, start)],
        }
    }

    /// The lines of a text that stands in the file as it is, but for tabs that they begin with.
    pub(crate) fn without_tabs(text: &[u8], start: u32) -> Self {
        let mut pieces = Pieces::default();
        let (mut kept, mut at) = (0, 0);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
            let place = u32::try_from(at + tabs).unwrap_or(u32::MAX);
            pieces.starts.push((kept, start.saturating_add(place)));
            kept += line.len() - tabs;
            at += line.len();
        }
        pieces
    }

    /// Where bytes of the text stand in the file.
    pub(crate) fn span(&self, range: std::ops::Range<usize>) -> Span {
        let place = |offset: usize| {
            let after = self.starts.partition_point(|(start, _)| *start <= offset);
            let (start, file) = after
                .checked_sub(1)
                .and_then(|at| self.starts.get(at))
                .copied()
                .unwrap_or_default();
            file.saturating_add(u32::try_from(offset - start).unwrap_or(u32::MAX))
        };
        let start = place(range.start);
        // The end belongs to the byte before it, not to the line after it.
        let end = match range.end.checked_sub(1) {
            Some(last) if last >= range.start => place(last).saturating_add(1),
            _ => start,
        };
        Span::new(start, end)
    }
}

/// The text that the lines of `span` make, without escape tokens at their ends, comments and empty lines.
pub(crate) fn join(bytes: &[u8], span: Span, escape: Escape) -> Option<(Vec<u8>, Pieces)> {
    let (start, end) = (
        usize::try_from(span.start).ok()?,
        usize::try_from(span.end).ok()?,
    );
    let mut joined = Vec::new();
    let mut pieces = Pieces::default();
    let mut at = start;
    while at < end {
        let rest = bytes.get(at..)?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |feed| feed + 1);
        let line = rest.get(..length)?.trim_ascii_end();
        let skipped = at > start && matches!(line.trim_ascii_start().first(), None | Some(b'#'));
        // What ends the line is blanks, which may be text of the last line.
        let whole = rest.get(..length.min(end - at))?;
        if !skipped {
            pieces.starts.push((joined.len(), u32::try_from(at).ok()?));
            match strip_continuation(line, escape) {
                Some(kept) if kept.len() < whole.len() => joined.extend_from_slice(kept),
                _ => joined.extend_from_slice(whole),
            }
        }
        at += length;
    }
    Some((joined, pieces))
}
