//! `strconv.Quote`, which is `%q` of strings.

use std::fmt::Write;

use super::unicode::is_print;
use super::utf8::{Chunk, chunks};

/// A Go string literal: `"a\tb"`. Invalid bytes are shown as `\xff`.
pub fn quote(text: impl AsRef<[u8]>) -> String {
    let bytes = text.as_ref();
    let mut out = String::with_capacity(bytes.len() + 2);
    push_quoted(bytes, &mut out);
    out
}

/// `%q` of a slice of strings: `["a" "b"]`.
pub fn quote_slice<S: AsRef<[u8]>>(texts: &[S]) -> String {
    let bytes = texts.iter().map(|text| text.as_ref().len() + 3);
    let mut out = String::with_capacity(bytes.sum::<usize>() + 2);
    out.push('[');
    for (at, text) in texts.iter().enumerate() {
        out.push_str(if at > 0 { " " } else { "" });
        push_quoted(text.as_ref(), &mut out);
    }
    out.push(']');
    out
}

fn push_quoted(bytes: &[u8], out: &mut String) {
    out.push('"');
    for chunk in chunks(bytes) {
        match chunk {
            Chunk::Valid(valid) => push_escaped(valid, out),
            Chunk::Invalid(byte) => hex(out, 'x', u32::from(byte), 2),
        }
    }
    out.push('"');
}

fn push_escaped(mut text: &str, out: &mut String) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    loop {
        let plain = text.as_bytes().iter().take_while(|byte| is_plain(byte));
        let (before, rest) = text.split_at(plain.count());
        out.push_str(before);
        let mut chars = rest.chars();
        let Some(character) = chars.next() else {
            return;
        };
        escape(character, out);
        text = chars.as_str();
    }
}

fn escape(character: char, out: &mut String) {
    let code = u32::from(character);
    match character {
        '"' | '\\' => out.extend(['\\', character]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0C' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0B' => out.push_str("\\v"),
        _ if is_print(character) => out.push(character),
        _ if code < 0x20 || code == 0x7F => hex(out, 'x', code, 2),
        _ if code < 0x1_0000 => hex(out, 'u', code, 4),
        _ => hex(out, 'U', code, 8),
    }
}

fn hex(out: &mut String, letter: char, code: u32, width: usize) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\{letter}{code:0width$x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(quote("a\"\\\t\x01\x7f"), r#""a\"\\\t\x01\x7f""#);
        assert_eq!(quote(b"\xff\xe2\x82"), r#""\xff\xe2\x82""#);
        assert_eq!(
            quote("é\u{a0}\u{2028}\u{1F600}\u{E0001}"),
            "\"é\\u00a0\\u2028😀\\U000e0001\""
        );
        assert_eq!(quote_slice(&["a b", ""]), r#"["a b" ""]"#);
        assert_eq!(quote_slice::<&str>(&[]), "[]");
    }
}
