//! A file as diagnostics need it: a name, bytes, and where its lines are.

use crate::source::{LineRange, Span};

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePosition {
    /// Line, from one.
    pub line: u32,
    /// Column in characters, from one.
    pub column: u32,
    /// Offset in bytes, from zero.
    pub offset: u32,
}

/// The file that diagnostics are about.
#[derive(Clone, Debug)]
pub struct File<'s> {
    name: &'s str,
    bytes: &'s [u8],
    /// Offset of the first byte of each line.
    starts: Vec<usize>,
}

impl<'s> File<'s> {
    /// Finds the lines of `bytes`; lines end with a line feed.
    pub fn new(name: &'s str, bytes: &'s [u8]) -> Self {
        let feeds = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1);
        File {
            name,
            bytes,
            starts: std::iter::once(0).chain(feeds).collect(),
        }
    }

    /// The name, as it is to be shown.
    pub fn name(&self) -> &'s str {
        self.name
    }

    /// Its bytes.
    #[cfg(feature = "check")]
    pub(crate) fn bytes(&self) -> &'s [u8] {
        self.bytes
    }

    /// Start and content of a line by its number, without its end.
    #[cfg(feature = "check")]
    pub(crate) fn line_numbered(&self, number: u32) -> Option<(u32, &'s [u8])> {
        let (start, content) = self.line(index(number).checked_sub(1)?)?;
        Some((self::number(start), content))
    }

    /// The line and column of an offset; the end of the file for an offset behind it.
    pub fn place(&self, offset: u32) -> FilePosition {
        let offset = index(offset).min(self.bytes.len());
        let line = self.line_of(offset);
        let before = self
            .starts
            .get(line)
            .and_then(|start| self.bytes.get(*start..offset))
            .unwrap_or_default();
        FilePosition {
            line: number(line + 1),
            column: number(characters(before) + 1),
            offset: number(offset),
        }
    }

    /// What stands on whole lines, blanks at both ends left out. Lines that the file does not have
    /// are ignored; with none left, the span is empty.
    pub fn span_of_lines(&self, lines: LineRange) -> Span {
        let first = index(lines.start).max(1) - 1;
        let last = index(lines.end).clamp(1, self.starts.len()) - 1;
        let range = self
            .line(first)
            .zip(self.line(last))
            .map(|((start, _), (end_start, end))| start..end_start + end.len());
        let Some(text) = range.clone().and_then(|range| self.bytes.get(range)) else {
            return Span::default();
        };
        let start = range.map_or(0, |range| range.start);
        let leading = text.len() - text.trim_ascii_start().len();
        let kept = text.trim_ascii().len();
        Span::new(number(start + leading), number(start + leading + kept))
    }

    /// Index of the line with `offset`.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1) - 1
    }

    /// Start and content of a line, by index, without its end.
    pub(super) fn line(&self, line: usize) -> Option<(usize, &'s [u8])> {
        let start = *self.starts.get(line)?;
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.bytes.len(), |next| next - 1);
        let content = self.bytes.get(start..end)?;
        Some((start, content.strip_suffix(b"\r").unwrap_or(content)))
    }

    /// Length in bytes.
    #[cfg(feature = "check")]
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Characters in `bytes`; each byte that belongs to none counts as one.
fn characters(bytes: &[u8]) -> usize {
    bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + chunk.invalid().len())
        .sum()
}

/// Widens an offset or a line.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Narrows an offset or a line: spans end at 4 GiB, files are far smaller.
pub(crate) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_have_lines_and_columns() {
        let file = File::new("f", b"ab\n\xc3\xa9x\r\n\xffz");
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 1, 3),
            (3, 2, 1),
            (5, 2, 2),
            (8, 3, 1),
            (9, 3, 2),
        ] {
            let place = file.place(offset);
            assert_eq!((place.line, place.column), (line, column), "{offset}");
        }
        assert_eq!(file.place(99).offset, 10);
        assert_eq!(File::new("f", b"").place(0).line, 1);
    }

    #[test]
    fn lines_have_spans_without_blanks() {
        let file = File::new("f", b"a\n  b c\t\r\n\nd");
        assert_eq!(file.span_of_lines(LineRange::line(2)), Span::new(4, 7));
        assert_eq!(file.span_of_lines(LineRange::new(1, 2)), Span::new(0, 7));
        assert_eq!(file.span_of_lines(LineRange::new(4, 9)), Span::new(11, 12));
        assert_eq!(file.span_of_lines(LineRange::line(0)), Span::new(0, 1));
        assert_eq!(file.span_of_lines(LineRange::new(9, 9)), Span::default());
    }
}
