//! Strings as `encoding/json` writes them, HTML characters escaped.

use std::fmt::Write;

use super::utf8::{Chunk, chunks};

/// Appends a JSON string. Invalid bytes are written as `\ufffd`.
pub fn write_string(out: &mut String, text: impl AsRef<[u8]>) {
    out.push('"');
    for chunk in chunks(text.as_ref()) {
        match chunk {
            Chunk::Valid(valid) => write_escaped(out, valid),
            Chunk::Invalid(_) => out.push_str("\\ufffd"),
        }
    }
    out.push('"');
}

fn write_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1F' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
}

/// A JSON string.
pub fn string(text: impl AsRef<[u8]>) -> String {
    let bytes = text.as_ref();
    let mut out = String::with_capacity(bytes.len() + 2);
    write_string(&mut out, bytes);
    out
}

/// A JSON array of strings, without blanks: `["a","b"]`.
pub fn array<S: AsRef<[u8]>>(texts: &[S]) -> String {
    let mut out = String::from("[");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(&mut out, text);
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_characters_are_escaped() {
        assert_eq!(
            string("<a & b>\u{2028}"),
            r#""\u003ca \u0026 b\u003e\u2028""#
        );
        assert_eq!(
            string("\"\\/\x08\x0c\n\r\t\x01\x7f"),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\""
        );
        assert_eq!(string(b"\xffa\xe2\x82"), r#""\ufffda\ufffd\ufffd""#);
        assert_eq!(array(&["a", "é"]), r#"["a","é"]"#);
        assert_eq!(array::<&str>(&[]), "[]");
    }
}
