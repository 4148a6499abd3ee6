//! Physical lines, and logical lines made of them: a byte scanner, no grammar.

use std::borrow::Cow;
use std::ops::Range;

use crate::limits::MAX_LINE_BYTES;
use crate::source::{Escape, Span};

use super::ast::{Argument, Spanned, Text};
use super::blank;

/// The UTF-8 byte order mark.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Offsets beyond what a span can say are cut; nothing is looked up by them.
pub(super) fn span(range: Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(range.start), offset(range.end))
}

/// A line of the file: its place, its number, its bytes with the line end.
#[derive(Clone, Copy)]
pub(super) struct PhysicalLine<'s> {
    pub start: usize,
    pub bytes: &'s [u8],
}

impl<'s> PhysicalLine<'s> {
    /// The bytes without the line ends at the end (`\r` and `\n` in any number).
    pub fn content(&self) -> &'s [u8] {
        let mut content = self.bytes;
        while let [rest @ .., b'\n' | b'\r'] = content {
            content = rest;
        }
        content
    }
}

/// Splits a file into physical lines.
pub(super) struct Lines<'s> {
    source: &'s [u8],
    at: usize,
    /// Lines read so far.
    pub number: u32,
    /// The next line is longer than what the reference reads; it is taken as the end of the file.
    pub too_long: bool,
}

impl<'s> Lines<'s> {
    pub fn new(source: &'s [u8]) -> Self {
        Lines {
            source,
            at: 0,
            number: 0,
            too_long: false,
        }
    }

    /// There is nothing to read, from the first byte on.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// Where the next line starts.
    pub fn offset(&self) -> usize {
        self.at
    }

    pub fn next(&mut self) -> Option<PhysicalLine<'s>> {
        let rest = self.source.get(self.at..)?;
        if rest.is_empty() || self.too_long {
            return None;
        }
        // the reference's buffer holds one byte more than the longest line it names
        let window = rest.get(..=MAX_LINE_BYTES).unwrap_or(rest);
        let length = match memchr::memchr(b'\n', window) {
            Some(end) => end + 1,
            None if rest.len() > MAX_LINE_BYTES => {
                self.too_long = true;
                return None;
            }
            None => rest.len(),
        };
        let line = PhysicalLine {
            start: self.at,
            bytes: rest.get(..length)?,
        };
        self.at += length;
        self.number = self.number.saturating_add(1);
        Some(line)
    }
}

/// An instruction's line with continuations joined and comments between them dropped.
pub(super) struct LogicalLine<'s> {
    /// From the first byte that is not white space; blanks at the end are still there.
    pub text: Cow<'s, [u8]>,
    map: OffsetMap,
    /// First physical line, one-based.
    pub first: u32,
    /// Last physical line, one-based, inclusive, without heredoc bodies.
    pub last: u32,
    /// Where the last physical line ends in the file, its line end not counted.
    pub end: usize,
}

/// Leads offsets of a logical line back to the file.
struct OffsetMap {
    /// Where the text starts in the file.
    start: usize,
    /// For each physical line after the first: offset in the text, offset in the file.
    joints: Vec<(usize, usize)>,
}

impl OffsetMap {
    fn to_file(&self, offset: usize) -> usize {
        let after = self.joints.partition_point(|&(text, _)| text <= offset);
        match after.checked_sub(1).and_then(|at| self.joints.get(at)) {
            Some(&(text, file)) => file + (offset - text),
            None => self.start + offset,
        }
    }
}

/// What follows the first line of an ordinary continued one, in bytes, at most.
const ROOM: usize = 512;

impl<'s> LogicalLine<'s> {
    /// A line that is not continued; `text` starts at `start` of the file.
    pub fn single(text: &'s [u8], start: usize, number: u32) -> Self {
        LogicalLine {
            text: Cow::Borrowed(text),
            map: OffsetMap {
                start,
                joints: Vec::new(),
            },
            first: number,
            last: number,
            end: start + text.len(),
        }
    }

    /// Adds the text of a following physical line, found at `start` of the file.
    pub fn join(&mut self, text: &[u8], start: usize) {
        if let Cow::Borrowed(first) = self.text {
            let mut joined = Vec::with_capacity(ROOM + 2 * first.len());
            joined.extend_from_slice(first);
            self.text = Cow::Owned(joined);
            self.map.joints.reserve(ROOM / 64);
        }
        let joined = self.text.to_mut();
        self.map.joints.push((joined.len(), start));
        joined.extend_from_slice(text);
    }

    /// The bytes of the file that a range of the text was read from, first to last.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.map.to_file(range.start);
        // the end belongs to the byte before it, not to the line after it
        let end = match range.end.checked_sub(1) {
            Some(last) if last >= range.start => self.map.to_file(last) + 1,
            _ => start,
        };
        span(start..end)
    }

    /// The bytes of a range.
    pub fn slice(&self, range: Range<usize>) -> &[u8] {
        self.text.get(range).unwrap_or(&[])
    }

    /// A range as a value of the tree.
    pub fn argument(&self, range: Range<usize>) -> Argument {
        let text = Text::from_bytes(self.slice(range.clone()));
        Spanned::new(text, self.span(range))
    }

    /// `inner` trimmed of Unicode white space, as a range of the text.
    pub fn trimmed(&self, inner: Range<usize>) -> Range<usize> {
        let bytes = self.slice(inner.clone());
        let left = blank::trim_start(bytes);
        let start = inner.start + (bytes.len() - left.len());
        start..start + blank::trim_end(left).len()
    }
}

/// The line without its escape token, if it goes on in the next line: the token stands last, but
/// for blanks and tabs, and not behind another one.
pub(super) fn strip_continuation(line: &[u8], escape: Escape) -> Option<&[u8]> {
    let token = escape.byte();
    let mut body = line;
    while let [rest @ .., b' ' | b'\t'] = body {
        body = rest;
    }
    match body {
        [.., before, last] if *last == token && *before != token => body.get(..body.len() - 1),
        [last] if *last == token => Some(&[]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(line: &str) -> Option<&str> {
        let rest = strip_continuation(line.as_bytes(), Escape::Backslash)?;
        std::str::from_utf8(rest).ok()
    }

    #[test]
    fn a_line_goes_on_after_a_single_escape_token() {
        assert_eq!(strip("a \\"), Some("a "));
        assert_eq!(strip("a\\ \t"), Some("a"));
        assert_eq!(strip("\\"), Some(""));
        assert_eq!(strip("a\\\\"), None);
        // Parity: the token is taken to be escaped, however many stand before it
        assert_eq!(strip("a\\\\\\"), None);
        assert_eq!(strip("a"), None);
        assert_eq!(strip(""), None);
    }

    #[test]
    fn spans_lead_back_across_joints() {
        let mut line = LogicalLine::single(b"RUN a ", 10, 1);
        line.join(b" b", 30);
        assert_eq!(line.span(4..5), Span::new(14, 15));
        assert_eq!(line.span(4..8), Span::new(14, 32));
        assert_eq!(line.span(0..6), Span::new(10, 16));
        assert_eq!(line.span(6..6), Span::new(30, 30));
    }

    #[test]
    fn the_longest_line_has_its_end_as_one_byte_more() {
        let mut source = vec![b'a'; MAX_LINE_BYTES];
        assert!(Lines::new(&source).next().is_some());
        source.push(b'\n');
        assert!(Lines::new(&source).next().is_some());
        source.insert(0, b'a');
        let mut lines = Lines::new(&source);
        assert!(lines.next().is_none() && lines.too_long);
        source.pop();
        assert!(Lines::new(&source).next().is_none());
    }
}
