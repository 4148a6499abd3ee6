//! A text as an editor counts it: lines, and columns in the units that client and server agreed on.

use gen_lsp_types::{Position, Range};

use crate::source::Span;

/// The unit of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// What every client knows.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// How many units a character has.
    fn length(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// How many units a text has.
    fn units(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            _ if text.is_ascii() => text.len(),
            _ => text.chars().map(|character| self.length(character)).sum(),
        }
    }

    /// The byte at which `units` of a line are over; its end where it has fewer. A place inside of a character is the
    /// one before it.
    fn byte(self, line: &str, units: usize) -> usize {
        let mut left = units;
        for (at, character) in line.char_indices() {
            let length = self.length(character);
            if left < length {
                return at;
            }
            left -= length;
        }
        line.len()
    }
}

/// A text with its lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    content: String,
    encoding: Encoding,
    /// Offset of the first byte of each line. Lines end as the protocol has it: by a line feed, a carriage return or both.
    starts: Vec<usize>,
}

impl Text {
    pub(crate) fn new(content: String, encoding: Encoding) -> Self {
        let starts = starts(&content);
        Text {
            content,
            encoding,
            starts,
        }
    }

    /// How many units a piece of it has.
    pub(crate) fn units(&self, piece: &str) -> usize {
        self.encoding.units(piece)
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.content.as_bytes()
    }

    /// The offset of a position. One behind the end of its line is the end of the line, one behind the text its end.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line = index(position.line);
        let Some((start, content)) = self.line(line) else {
            return self.content.len();
        };
        start + self.encoding.byte(content, index(position.character))
    }

    /// [`Text::offset`], as spans have it.
    pub(crate) fn at(&self, position: Position) -> u32 {
        number(self.offset(position))
    }

    /// The position of an offset; that of the end for one behind it.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.content.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.starts.get(line).copied().unwrap_or_default();
        // Inside of a character: where it begins.
        let end = (start..=offset)
            .rev()
            .find(|at| self.content.is_char_boundary(*at));
        let before = self.content.get(start..end.unwrap_or(start));
        Position {
            line: number(line),
            character: number(self.encoding.units(before.unwrap_or_default())),
        }
    }

    /// The positions of a span.
    pub(crate) fn range(&self, span: Span) -> Range {
        let bytes = span.range();
        Range {
            start: self.position(bytes.start),
            end: self.position(bytes.end),
        }
    }

    /// The bytes of a range; none where it ends before it begins.
    pub(crate) fn span(&self, range: Range) -> Span {
        let (start, end) = (self.at(range.start), self.at(range.end));
        Span::new(start, end.max(start))
    }

    /// Start and content of a line, by index, without its end.
    pub(crate) fn line(&self, line: usize) -> Option<(usize, &str)> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied();
        let content = self.content.get(start..end.unwrap_or(self.content.len()))?;
        let content = content.strip_suffix('\n').unwrap_or(content);
        Some((start, content.strip_suffix('\r').unwrap_or(content)))
    }

    /// The index of the line with an offset.
    pub(crate) fn line_of(&self, offset: u32) -> usize {
        index(self.position(index(offset)).line)
    }

    /// What stands at a span; nothing where it is not of this text.
    pub(crate) fn get(&self, span: Span) -> &str {
        self.content.get(span.range()).unwrap_or_default()
    }

    /// Puts `text` in the place of a range.
    pub(crate) fn replace(&mut self, range: Range, text: &str) {
        let bytes = self.span(range).range();
        if self.content.get(bytes.clone()).is_some() {
            self.content.replace_range(bytes, text);
            self.starts = starts(&self.content);
        }
    }
}

fn starts(content: &str) -> Vec<usize> {
    let bytes = content.as_bytes();
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|at| bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|at| at + 1)).collect()
}

/// Widens a line, column or offset.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Narrows one: texts end far below 4 GiB.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_in_the_units_of_the_encoding() {
        let content = "a\u{e9}\u{1f600}b\r\nc\rd\n";
        for (encoding, columns) in [
            (Encoding::Utf8, [0, 1, 3, 7, 8]),
            (Encoding::Utf16, [0, 1, 2, 4, 5]),
            (Encoding::Utf32, [0, 1, 2, 3, 4]),
        ] {
            let text = Text::new(content.to_owned(), encoding);
            for (offset, column) in [0, 1, 3, 7, 8].into_iter().zip(columns) {
                assert_eq!(text.position(offset), position(0, column), "{encoding:?}");
                assert_eq!(text.offset(position(0, column)), offset, "{encoding:?}");
            }
            assert_eq!(text.position(10), position(1, 0));
            assert_eq!(text.position(12), position(2, 0));
            assert_eq!(text.position(99), position(3, 0));
        }
    }

    #[test]
    fn positions_that_do_not_exist_are_the_nearest() {
        let text = Text::new("a\u{1f600}\nb".to_owned(), Encoding::Utf16);
        assert_eq!(text.offset(position(0, 2)), 1, "inside of a character");
        assert_eq!(text.offset(position(0, u32::MAX)), 5);
        assert_eq!(text.offset(position(u32::MAX, 0)), 7);
        assert_eq!(text.position(3), position(0, 1));
        let backwards = Range {
            start: position(1, 1),
            end: position(0, 0),
        };
        assert_eq!(text.span(backwards), Span::new(7, 7));
    }

    #[test]
    fn edits_move_lines() {
        let mut text = Text::new("FROM a\nRUN b\n".to_owned(), Encoding::Utf16);
        let end = position(0, 6);
        text.replace(
            Range {
                start: end,
                end: position(1, 3),
            },
            " AS c\n\nENV",
        );
        assert_eq!(text.content, "FROM a AS c\n\nENV b\n");
        assert_eq!(text.line(2), Some((13, "ENV b")));
        assert_eq!(text.line(4), None);
    }
}
