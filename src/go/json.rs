//! JSON as `encoding/json` reads it, and writes it: HTML characters escaped.

mod check;
mod read;

use std::collections::BTreeSet;
use std::fmt::Write;

use super::byte_text::Text;
use super::utf8::{Chunk, chunks};

pub(crate) use read::{Decoder, JsonKind, Slot, names};

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
            '\0'..='\x1F' => write_code(out, character),
            other if ACTIVE.contains(&other) => write_code(out, other),
            other => out.push(other),
        }
    }
}

/// What would mean something inside HTML or JavaScript.
const ACTIVE: [char; 5] = ['<', '>', '&', '\u{2028}', '\u{2029}'];

fn write_code(out: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\u{:04x}", u32::from(character));
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
    let mut out = Writer::default();
    out.values(texts);
    out.finish()
}

/// JSON of `value` on one line.
#[cfg(any(all(test, feature = "llb"), feature = "kit"))]
pub(crate) fn to_compact(value: &impl serde::Serialize) -> String {
    escaped(serde_json::to_string(value))
}

/// JSON of `value`, indented by two blanks.
#[cfg(feature = "llb")]
pub(crate) fn to_indented(value: &impl serde::Serialize) -> String {
    escaped(serde_json::to_string_pretty(value))
}

/// All of JSON that is active is in strings. Writing to memory cannot fail, nor can values whose keys are strings.
#[cfg(feature = "llb")]
fn escaped(json: serde_json::Result<String>) -> String {
    let json = json.unwrap_or_default();
    let mut out = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(at) = rest.find(ACTIVE) {
        let (before, from) = rest.split_at(at);
        let mut characters = from.chars();
        out.push_str(before);
        write_code(&mut out, characters.next().unwrap_or_default());
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

/// Serializes a text of a file: a byte that is not UTF-8 is `\ufffd`, not the character.
#[cfg(feature = "frontend")]
pub(crate) fn text<S: serde::Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::Serialize;
    if text.is_utf8() {
        return serializer.serialize_str(text);
    }
    serde_json::value::RawValue::from_string(string(text.as_bytes()))
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// JSON text under construction. The named methods leave out empty members.
#[derive(Default)]
pub(crate) struct Writer {
    text: String,
}

impl Writer {
    /// The text.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// JSON that was written elsewhere.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn open(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    /// A comma, unless a bracket was just opened.
    pub(crate) fn separate(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    pub(crate) fn key(&mut self, name: &str) {
        self.separate();
        self.value(name);
        self.text.push(':');
    }

    pub(crate) fn value(&mut self, value: impl AsRef<[u8]>) {
        write_string(&mut self.text, value);
    }

    pub(crate) fn values<V: AsRef<[u8]>>(&mut self, values: impl IntoIterator<Item = V>) {
        self.open('[');
        for value in values {
            self.separate();
            self.value(value);
        }
        self.close(']');
    }

    pub(crate) fn text(&mut self, name: &str, value: impl AsRef<[u8]>) {
        if !value.as_ref().is_empty() {
            self.key(name);
            self.value(value);
        }
    }

    pub(crate) fn list(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.key(name);
            self.values(values);
        }
    }

    pub(crate) fn texts(&mut self, name: &str, values: &[Text]) {
        if !values.is_empty() {
            self.key(name);
            self.values(values.iter().map(Text::as_bytes));
        }
    }

    pub(crate) fn set(&mut self, name: &str, names: &BTreeSet<String>) {
        if names.is_empty() {
            return;
        }
        self.key(name);
        self.open('{');
        for name in names {
            self.key(name);
            self.push("{}");
        }
        self.close('}');
    }

    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.key(name);
            self.push("true");
        }
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) {
        if value != 0 {
            self.key(name);
            self.push(&value.to_string());
        }
    }
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

    #[test]
    #[cfg(feature = "llb")]
    fn documents_have_their_strings_escaped() {
        let value = serde_json::json!({"<k>": "a<b>&\u{2028}é\n\u{1}"});
        assert_eq!(
            to_compact(&value),
            r#"{"\u003ck\u003e":"a\u003cb\u003e\u0026\u2028é\n\u0001"}"#
        );
        assert_eq!(
            to_indented(&serde_json::json!({"a": [], "b": {}, "c": [1]})),
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1\n  ]\n}"
        );
    }
}
