//! The syntax of JSON, with the error texts of Go's `encoding/json`.
//!
//! Owns what is a document and what is not; gives no values. Needs no recursion.

use crate::go::quote::quote;
use crate::limits::MAX_JSON_NESTING;

/// What a document or a place in it expects next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    Separator,
}

/// Checks the syntax of `text`; the error is Go's text.
///
/// Needs no recursion, whatever the nesting.
pub(super) fn check(text: &[u8]) -> Result<(), String> {
    let mut checker = Checker { text, at: 0 };
    // Whether each open bracket is an object's.
    let mut open: Vec<bool> = Vec::new();
    let mut expect = Expect::Value;
    loop {
        checker.skip_space();
        let Some(byte) = checker.peek() else {
            return Err("unexpected end of JSON input".to_owned());
        };
        let mut value_ended = false;
        match (expect, byte) {
            (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => {
                open.pop();
                checker.at += 1;
                value_ended = true;
            }
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                if open.len() >= MAX_JSON_NESTING {
                    return Err("exceeded max depth".to_owned());
                }
                let object = byte == b'{';
                open.push(object);
                checker.at += 1;
                expect = if object {
                    Expect::KeyOrEnd
                } else {
                    Expect::ValueOrEnd
                };
            }
            (Expect::Value | Expect::ValueOrEnd, _) => {
                checker.scalar(byte)?;
                value_ended = true;
            }
            (Expect::Key | Expect::KeyOrEnd, b'"') => {
                checker.string()?;
                expect = Expect::Colon;
            }
            (Expect::Key | Expect::KeyOrEnd, _) => {
                return Err(invalid(byte, "looking for beginning of object key string"));
            }
            (Expect::Colon, b':') => {
                checker.at += 1;
                expect = Expect::Value;
            }
            (Expect::Colon, _) => return Err(invalid(byte, "after object key")),
            (Expect::Separator, _) => {
                checker.at += 1;
                match (open.last(), byte) {
                    (Some(true), b',') => expect = Expect::Key,
                    (Some(false), b',') => expect = Expect::Value,
                    (Some(true), b'}') | (Some(false), b']') => {
                        open.pop();
                        value_ended = true;
                    }
                    (Some(true), _) => return Err(invalid(byte, "after object key:value pair")),
                    _ => return Err(invalid(byte, "after array element")),
                }
            }
        }
        if value_ended {
            expect = Expect::Separator;
            if open.is_empty() {
                break;
            }
        }
    }
    checker.skip_space();
    match checker.peek() {
        Some(byte) => Err(invalid(byte, "after top-level value")),
        None => Ok(()),
    }
}

struct Checker<'j> {
    text: &'j [u8],
    at: usize,
}

impl Checker<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The next byte; the end reads as a space, which is how Go finds out about cut-off scalars.
    fn peek_in_scalar(&self) -> u8 {
        self.peek().unwrap_or(b' ')
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn scalar(&mut self, first: u8) -> Result<(), String> {
        match first {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(invalid(first, "looking for beginning of value")),
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for expected in word.chars() {
            let byte = self.peek_in_scalar();
            if char::from(byte) != expected {
                let place = format!("in literal {word} (expecting '{expected}')");
                return Err(invalid(byte, &place));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let plain = rest.iter().position(is_special);
            self.at += plain.unwrap_or(rest.len()) + 1;
            match plain.and_then(|at| rest.get(at)) {
                None => return Err("unexpected end of JSON input".to_owned()),
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.escape()?,
                Some(byte) => return Err(invalid(*byte, "in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let byte = self.peek_in_scalar();
        match byte {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    let digit = self.peek_in_scalar();
                    if !digit.is_ascii_hexdigit() {
                        return Err(invalid(digit, "in \\u hexadecimal character escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(invalid(byte, "in string escape code")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek_in_scalar() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            byte => return Err(invalid(byte, "in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn some_digits(&mut self, place: &str) -> Result<(), String> {
        let byte = self.peek_in_scalar();
        if !byte.is_ascii_digit() {
            return Err(invalid(byte, place));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }
}

/// Go's text for a byte out of place; bytes print as Latin-1 characters.
fn invalid(byte: u8, place: &str) -> String {
    let shown = match byte {
        b'\'' => r"\'".to_owned(),
        b'"' => "\"".to_owned(),
        _ => {
            let quoted = quote(char::from(byte).encode_utf8(&mut [0; 4]));
            let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
            inner.unwrap_or_default().to_owned()
        }
    };
    format!("invalid character '{shown}' {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_syntax_is_told_as_go_tells_it() {
        for (text, error) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("{\"a\":1", "unexpected end of JSON input"),
            ("\"ab", "unexpected end of JSON input"),
            (
                "{a}",
                "invalid character 'a' looking for beginning of object key string",
            ),
            (
                "{\"a\":1,}",
                "invalid character '}' looking for beginning of object key string",
            ),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            (
                "{\"a\":1 2}",
                "invalid character '2' after object key:value pair",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            (
                "[1,]",
                "invalid character ']' looking for beginning of value",
            ),
            (
                "nul",
                "invalid character ' ' in literal null (expecting 'l')",
            ),
            ("\"\u{1}\"", "invalid character '\\x01' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            (
                "\"\\u00g\"",
                "invalid character 'g' in \\u hexadecimal character escape",
            ),
            ("-", "invalid character ' ' in numeric literal"),
            (
                "1.x",
                "invalid character 'x' after decimal point in numeric literal",
            ),
            (
                "1ex",
                "invalid character 'x' in exponent of numeric literal",
            ),
            ("01", "invalid character '1' after top-level value"),
            ("é", "invalid character 'Ã' looking for beginning of value"),
            (
                "'",
                "invalid character '\\'' looking for beginning of value",
            ),
            ("}", "invalid character '}' looking for beginning of value"),
        ] {
            assert_eq!(check(text.as_bytes()), Err(error.to_owned()), "{text:?}");
        }
        for text in ["[1,-0.5e+3,\"\\u00e9\",{\"a\":[]},{},true,null]", " 0 "] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check(nested(MAX_JSON_NESTING).as_bytes()), Ok(()));
        let error = check(nested(MAX_JSON_NESTING + 1).as_bytes());
        assert_eq!(error, Err("exceeded max depth".to_owned()));
    }
}
