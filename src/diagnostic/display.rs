//! Bytes as a terminal may show them: control characters escaped, widths known.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar as _;

/// Columns that a tab takes.
const TAB_WIDTH: usize = 4;

/// Something of a line that is shown as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// How it is shown.
    pub(super) text: String,
    /// How many columns that takes.
    pub(super) width: usize,
    /// How many bytes of the line it stands for.
    pub(super) bytes: usize,
}

/// A line in pieces, in order.
pub(super) fn cells(line: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for chunk in line.utf8_chunks() {
        cells.extend(chunk.valid().chars().map(|c| {
            let (text, width) = match c {
                '\t' => (" ".repeat(TAB_WIDTH), TAB_WIDTH),
                c if must_escape(c) => {
                    let text = escape(c);
                    let width = text.len();
                    (text, width)
                }
                c => (c.to_string(), c.width().unwrap_or(0)),
            };
            Cell {
                text,
                width,
                bytes: c.len_utf8(),
            }
        }));
        cells.extend(chunk.invalid().iter().map(|byte| Cell {
            text: format!("\\x{byte:02x}"),
            width: 4,
            bytes: 1,
        }));
    }
    cells
}

/// A message with everything escaped that could move the cursor or reorder text; lines stay lines.
pub(crate) fn sanitize(message: &str) -> Cow<'_, str> {
    if !message.chars().any(|c| c != '\n' && must_escape(c)) {
        return Cow::Borrowed(message);
    }
    let mut clean = String::with_capacity(message.len() + 8);
    for c in message.chars() {
        match c {
            '\n' => clean.push(c),
            '\t' => clean.push(' '),
            c if must_escape(c) => clean.push_str(&escape(c)),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

fn escape(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code => format!("\\u{{{code:x}}}"),
    }
}

/// Control characters, line separators, and those that change the direction of text.
fn must_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_bytes_are_shown_and_measured() {
        let line = b"a\t\x1b\xff\xe6\x97\xa5e\xcc\x81\xe2\x80\xae";
        let shown: Vec<(String, usize, usize)> = cells(line)
            .into_iter()
            .map(|cell| (cell.text, cell.width, cell.bytes))
            .collect();
        let expected = [
            ("a", 1, 1),
            ("    ", 4, 1),
            ("\\x1b", 4, 1),
            ("\\xff", 4, 1),
            ("日", 2, 3),
            ("e", 1, 1),
            ("\u{301}", 0, 2),
            ("\\u{202e}", 8, 3),
        ];
        assert_eq!(
            shown,
            expected.map(|(text, width, bytes)| (text.to_owned(), width, bytes))
        );
    }

    #[test]
    fn messages_keep_their_lines() {
        assert_eq!(sanitize("a `b`"), "a `b`");
        assert_eq!(sanitize("a\n\x1b[31mb\tc\r"), "a\n\\x1b[31mb c\\x0d");
    }
}
