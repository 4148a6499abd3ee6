//! JSON beyond the grammar: the value of a string, and arrays that are JSON but not of strings.

use crate::limits::MAX_JSON_NESTING;

/// What a text that begins with `[` is when it is not an array of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherJson {
    /// A JSON array with something else than strings in it.
    Array,
    /// Not a JSON array that Go would decode.
    Invalid,
}

/// The value of a JSON string literal, given with its quotes and checked by the grammar.
pub(super) fn unquote(literal: &str) -> String {
    let inner = literal
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(literal);
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return inner.to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let (c, width) = escaped_char(escape);
        out.push(c);
        rest = escape.get(width..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// The character of the escape at the start, and how many bytes it takes.
fn escaped_char(escape: &str) -> (char, usize) {
    let c = match escape.as_bytes().get(1) {
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(escape),
        Some(&other) => char::from(other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (c, 2)
}

/// A surrogate without its partner becomes U+FFFD.
fn unicode_escape(escape: &str) -> (char, usize) {
    let unit = |text: Option<&str>| {
        let digits = text?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(escape.get(..6)) else {
        return (char::REPLACEMENT_CHARACTER, 2);
    };
    if let Some(c) = char::from_u32(first) {
        return (c, 6);
    }
    let pair = unit(escape.get(6..12)).and_then(|second| {
        let is_pair = first < 0xdc00 && (0xdc00..0xe000).contains(&second);
        is_pair.then(|| 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    });
    match pair.and_then(char::from_u32) {
        Some(c) => (c, 12),
        None => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// Classifies a text that begins with `[` and is not an array of strings.
pub(super) fn classify(text: &[u8]) -> OtherJson {
    let mut reader = Reader { text, at: 0 };
    match reader.value(0).and_then(|()| reader.end()) {
        Some(()) => OtherJson::Array,
        None => OtherJson::Invalid,
    }
}

/// The string at `key` of a text that is one JSON object; the last one if the key is repeated.
pub(super) fn string_member(text: &[u8], key: &str) -> Option<String> {
    let mut reader = Reader { text, at: 0 };
    let mut found = None;
    reader.skip_blanks();
    (reader.next()? == b'{').then_some(())?;
    reader.skip_blanks();
    if reader.peek() == Some(b'}') {
        return None;
    }
    loop {
        reader.skip_blanks();
        let name = reader.member_name()?;
        reader.skip_blanks();
        let start = reader.at;
        reader.value(1)?;
        if decode(name) == key {
            found = reader.text.get(start..reader.at);
        }
        reader.skip_blanks();
        match reader.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    reader.end()?;
    let value = found?;
    value.starts_with(b"\"").then(|| decode(value))
}

/// A string literal's value; invalid UTF-8 is replaced.
fn decode(literal: &[u8]) -> String {
    unquote(&crate::go::utf8::to_valid(literal))
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    /// One value inside `depth` others. Iterative: `open` holds the closing bracket of each level.
    fn value(&mut self, depth: usize) -> Option<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.skip_blanks();
            let complete = match self.next()? {
                b'[' | b'{' if open.len() + depth >= MAX_JSON_NESTING => return None,
                b'[' => self.open(&mut open, b']')?,
                b'{' => self.open(&mut open, b'}')?,
                b'"' => {
                    self.string()?;
                    true
                }
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                first => self.number(first)?,
            };
            if complete && self.close_finished(&mut open)? {
                return Some(());
            }
        }
    }

    /// Only blanks are left.
    fn end(&mut self) -> Option<()> {
        self.skip_blanks();
        (self.at == self.text.len()).then_some(())
    }

    /// Enters a level; `true` when it was empty and is closed again.
    fn open(&mut self, open: &mut Vec<u8>, close: u8) -> Option<bool> {
        self.skip_blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            return Some(true);
        }
        open.push(close);
        if close == b'}' {
            self.member_name()?;
        }
        Some(false)
    }

    /// After a value: leaves the levels that end here; `true` when none is left.
    fn close_finished(&mut self, open: &mut Vec<u8>) -> Option<bool> {
        while let Some(&close) = open.last() {
            self.skip_blanks();
            match self.next()? {
                b',' => {
                    if close == b'}' {
                        self.skip_blanks();
                        self.member_name()?;
                    }
                    return Some(false);
                }
                byte if byte == close => {
                    open.pop();
                }
                _ => return None,
            }
        }
        Some(true)
    }

    /// The name of an object's member, with quotes, and the colon.
    fn member_name(&mut self) -> Option<&'t [u8]> {
        let start = self.at;
        (self.next()? == b'"').then_some(())?;
        self.string()?;
        let end = self.at;
        self.skip_blanks();
        (self.next()? == b':').then_some(())?;
        self.text.get(start..end)
    }

    fn string(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            self.next()?.is_ascii_hexdigit().then_some(())?;
                        }
                    }
                    _ => return None,
                },
                ..0x20 => return None,
                _ => {}
            }
        }
    }

    fn word(&mut self, rest: &[u8]) -> Option<bool> {
        for expected in rest {
            (self.next()? == *expected).then_some(())?;
        }
        Some(true)
    }

    /// A number whose first byte was read; one that does not fit a double is not decoded.
    fn number(&mut self, first: u8) -> Option<bool> {
        let start = self.at - 1;
        let mut lead = first;
        if lead == b'-' {
            lead = self.next()?;
        }
        match lead {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.next()?.is_ascii_digit().then_some(())?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.next()?.is_ascii_digit().then_some(())?;
            self.digits();
        }
        let digits = std::str::from_utf8(self.text.get(start..self.at)?).ok()?;
        digits.parse::<f64>().ok()?.is_finite().then_some(true)
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded_as_go_does() {
        assert_eq!(unquote(r#""a\u00e9\"\/\n""#), "aé\"/\n");
        assert_eq!(unquote(r#""\ud83d\ude00""#), "\u{1f600}");
        assert_eq!(unquote(r#""\ud83d\u0041\udc00""#), "\u{fffd}A\u{fffd}");
    }

    #[test]
    fn other_arrays_are_told_from_text() {
        for text in [
            "[1]",
            "[null, \"a\"]",
            "[[], {\"a\": [1.5e3, -0]}]",
            " [ true ] ",
        ] {
            assert_eq!(
                classify(text.trim_start().as_bytes()),
                OtherJson::Array,
                "{text}"
            );
        }
        for text in [
            "[1",
            "[01]",
            "[1e999]",
            "[a]",
            "[1] x",
            "[{\"a\"}]",
            "[1,]",
            "[\"\\x\"]",
        ] {
            assert_eq!(classify(text.as_bytes()), OtherJson::Invalid, "{text}");
        }
    }

    #[test]
    fn a_member_of_an_object_is_found() {
        let member = |text: &str| string_member(text.as_bytes(), "syntax");
        assert_eq!(
            member(r#"{"a": [1, {}], "syntax": "x\n"}"#).as_deref(),
            Some("x\n")
        );
        assert_eq!(
            member(r#"{"syntax": "a", "s\u0079ntax": "b"}"#).as_deref(),
            Some("b")
        );
        assert_eq!(member(r#"{"syntax": "a", "syntax": 1}"#), None);
        assert_eq!(member(r#"{"syntax": "a"} x"#), None);
        assert_eq!(member("{}"), None);
    }

    #[test]
    fn deep_nesting_is_not_an_array() {
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        assert_eq!(classify(deep.as_bytes()), OtherJson::Invalid);
        let fine = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(classify(fine.as_bytes()), OtherJson::Array);
    }
}
