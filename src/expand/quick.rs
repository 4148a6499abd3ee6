//! Words that can be read byte by byte: text, quotes, escapes, `$name` and `${name}`.
//!
//! They are nearly all words with a structure, and the grammar takes ten times as long for them. This knows
//! the grammar's rules for them and gives up at everything else: operators, what is not closed, names beyond
//! ASCII. A test holds it against the grammar.

use super::word::{Form, Part, Word};
use crate::source::Escape;

/// Reads `text` as `word::parse` does, or gives up.
pub(super) fn read(text: &str, escape: Escape, quotes: bool) -> Option<Word<'_>> {
    let mut reader = Quick {
        text,
        at: 0,
        escape: escape.byte(),
    };
    let mut parts = Vec::new();
    while let Some(byte) = reader.peek() {
        let part = match byte {
            b'$' => reader.variable()?,
            b'<' => reader.heredoc()?,
            b'\'' if quotes => reader.single()?,
            b'"' if quotes => reader.double()?,
            b'\'' | b'"' | b'}' => Part::Text(reader.take(1)?),
            _ if byte == reader.escape => Part::Escape(reader.escaped(|_| true)?),
            _ => Part::Text(reader.run(|byte| matches!(byte, b'$' | b'<' | b'\'' | b'"' | b'}'))?),
        };
        parts.push(part);
    }
    Some(Word { parts, fault: None })
}

struct Quick<'w> {
    text: &'w str,
    at: usize,
    escape: u8,
}

impl<'w> Quick<'w> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'w [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next `len` bytes, which end where a character does.
    fn take(&mut self, len: usize) -> Option<&'w str> {
        let taken = self.text.get(self.at..self.at + len)?;
        self.at += len;
        Some(taken)
    }

    /// Everything up to a byte that ends it, or the escape token. Such bytes are ASCII.
    fn run(&mut self, ends: impl Fn(u8) -> bool) -> Option<&'w str> {
        let rest = self.rest();
        let end = |byte: &u8| ends(*byte) || *byte == self.escape;
        let len = rest.iter().position(end).unwrap_or(rest.len());
        self.take(len)
    }

    /// An escape token, and the character after it if the token protects that one.
    fn escaped(&mut self, protects: impl Fn(char) -> bool) -> Option<Option<char>> {
        self.take(1)?;
        let next = self.text.get(self.at..)?.chars().next();
        let protected = next.filter(|next| protects(*next));
        self.at += protected.map_or(0, char::len_utf8);
        Some(protected)
    }

    fn heredoc(&mut self) -> Option<Part<'w>> {
        let rest = self.rest();
        let len = match rest {
            [b'<', b'<', blanks @ ..] => {
                let blank = |byte: &&u8| matches!(byte, b'\t' | b'\r' | b' ');
                2 + blanks.iter().take_while(blank).count()
            }
            _ => 1,
        };
        self.take(len).map(Part::Heredoc)
    }

    fn single(&mut self) -> Option<Part<'w>> {
        self.take(1)?;
        let len = memchr::memchr(b'\'', self.rest())?;
        let content = self.take(len)?;
        self.take(1)?;
        Some(Part::Single(content))
    }

    fn double(&mut self) -> Option<Part<'w>> {
        self.take(1)?;
        let mut parts = Vec::new();
        loop {
            let escape = char::from(self.escape);
            parts.push(match self.peek()? {
                b'"' => {
                    self.take(1)?;
                    return Some(Part::Double(Word { parts, fault: None }));
                }
                b'$' => self.variable()?,
                byte if byte == self.escape => Part::DoubleEscape(
                    self.escaped(|next| matches!(next, '"' | '$') || next == escape)?,
                ),
                _ => Part::Text(self.run(|byte| matches!(byte, b'$' | b'"'))?),
            });
        }
    }

    /// `$name`, `${name}`, or a dollar alone.
    fn variable(&mut self) -> Option<Part<'w>> {
        let rest = self.rest();
        if rest.get(1) == Some(&b'{') {
            let len = name_len(rest.get(2..)?)?;
            if len == 0 || rest.get(2 + len) != Some(&b'}') {
                return None;
            }
            self.take(2)?;
            let name = self.take(len)?;
            self.take(1)?;
            return Some(Part::variable(name, Form::Braces));
        }
        let len = name_len(rest.get(1..)?)?;
        let dollar = self.take(1)?;
        if len == 0 {
            return Some(Part::Text(dollar));
        }
        Some(Part::variable(self.take(len)?, Form::Plain))
    }
}

/// Length of the name at the start of `rest`; `None` where a character beyond ASCII may belong to it.
fn name_len(rest: &[u8]) -> Option<usize> {
    let belongs: fn(&u8) -> bool = match rest.first() {
        None => return Some(0),
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
            |byte| byte.is_ascii_alphanumeric() || *byte == b'_'
        }
        Some(b'0'..=b'9') => u8::is_ascii_digit,
        Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => return Some(1),
        Some(0x80..) => return None,
        Some(_) => return Some(0),
    };
    let len = rest.iter().take_while(|byte| belongs(byte)).count();
    match rest.get(len) {
        Some(0x80..) => None,
        _ => Some(len),
    }
}

#[cfg(test)]
mod tests {
    use super::super::word::parse_by_grammar;
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-z_]{1,4}",
            1 => "[0-9]{1,2}",
            2 => Just("$".to_owned()),
            2 => "\\$\\{[a-z0-9_@*#?!-]{1,2}\\}",
            1 => Just("${a:-b}".to_owned()),
            6 => "[ \t<\\\\`'\"{}/$#ä\u{660}é\u{1F600}-]",
            1 => "'[a\" $]{0,3}'",
            1 => "\"[a' $\\\\`]{0,3}\"",
        ];
        prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn reads_as_the_grammar_does(text in text()) {
            for escape in [Escape::Backslash, Escape::Backtick] {
                for quotes in [true, false] {
                    if let Some(word) = read(&text, escape, quotes) {
                        prop_assert_eq!(word, parse_by_grammar(&text, escape, quotes));
                    }
                }
            }
        }
    }

    #[test]
    fn what_files_are_full_of_needs_no_grammar() {
        for text in [
            "$A/${B}/c",
            "RUN a && b \"$C\" 'd e' | f > \"/g/${H}\"",
            "\"a\\\"b\" \\\n c$",
            "cat <<EOF }",
        ] {
            assert!(read(text, Escape::Backslash, true).is_some(), "{text}");
        }
        for text in ["${a:-b}", "'a", "\"a", "$ä", "${a", "a${b/c/d}"] {
            assert!(read(text, Escape::Backslash, true).is_none(), "{text}");
        }
    }
}
