//! Bytes as a terminal may show them: control characters escaped, widths known.

use std::borrow::Cow;

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
                c => (c.to_string(), width(c)),
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
pub(super) fn sanitize(message: &str) -> Cow<'_, str> {
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

/// Columns that a character takes, as terminals commonly have it.
fn width(c: char) -> usize {
    match c {
        ' '..='~' => 1,
        // Marks that sit on the character before.
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{e0100}'..='\u{e01ef}' => 0,
        // East Asian scripts, full-width forms, pictures.
        '\u{1100}'..='\u{115f}'
        | '\u{231a}'..='\u{231b}'
        | '\u{23e9}'..='\u{23ec}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{33ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a000}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f7e0}'..='\u{1f7eb}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
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
