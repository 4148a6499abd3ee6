//! Reading JSON with the meaning, leniency and error texts of Go's `encoding/json`.
//!
//! Owns the conversion of scalars and the texts about wrong types. A document is first checked as a whole, by
//! [`super::check`], and then walked by a [`Decoder`] that keeps the first type error and carries on, as Go does.

use std::borrow::Cow;
use std::ops::Range;

use super::check::check;
use crate::go::byte_text::Text;
use crate::go::utf8::to_valid;

/// Where a value goes, for error texts: Go's struct and field path, and the Go type.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// `Struct.path.to.field` as Go prints it; empty for the document itself.
    pub(crate) field: &'static str,
    /// The Go type of the value.
    pub(crate) go_type: &'static str,
}

/// The kind of the next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl JsonKind {
    fn name(self) -> &'static str {
        match self {
            JsonKind::Null => "null",
            JsonKind::Bool => "bool",
            JsonKind::Number => "number",
            JsonKind::String => "string",
            JsonKind::Array => "array",
            JsonKind::Object => "object",
        }
    }
}

/// A walk over a document that [`check`] accepted.
pub(crate) struct Decoder<'j> {
    text: &'j [u8],
    at: usize,
    error: Option<String>,
}

impl<'j> Decoder<'j> {
    /// Checks `text` and starts before its value.
    pub(crate) fn new(text: &'j [u8]) -> Result<Self, String> {
        check(text)?;
        Ok(Decoder {
            text,
            at: 0,
            error: None,
        })
    }

    /// As [`Decoder::new`], of a document that Go decodes into values of any type; none if it does not.
    pub(crate) fn any(text: &'j [u8]) -> Option<Self> {
        let mut decoder = Decoder::new(text).ok()?;
        while decoder.at < text.len() {
            match decoder.kind() {
                JsonKind::String => {
                    decoder.raw_string();
                }
                JsonKind::Number => {
                    let number = String::from_utf8_lossy(decoder.skip());
                    number.parse().is_ok_and(f64::is_finite).then_some(())?;
                }
                _ => decoder.at += 1,
            }
        }
        decoder.at = 0;
        Some(decoder)
    }

    /// The first type error, if there was one.
    pub(crate) fn finish(self) -> Result<(), String> {
        self.error.map_or(Ok(()), Err)
    }

    /// Keeps `error` unless there already is one.
    pub(crate) fn save(&mut self, error: String) {
        self.error.get_or_insert(error);
    }

    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    fn skip_space(&mut self) {
        while let b' ' | b'\t' | b'\r' | b'\n' = self.peek() {
            self.at += 1;
        }
    }

    /// What comes next.
    pub(crate) fn kind(&mut self) -> JsonKind {
        self.skip_space();
        match self.peek() {
            b'{' => JsonKind::Object,
            b'[' => JsonKind::Array,
            b'"' => JsonKind::String,
            b't' | b'f' => JsonKind::Bool,
            b'-' | b'0'..=b'9' => JsonKind::Number,
            _ => JsonKind::Null,
        }
    }

    /// Passes over the next value, whatever it is, and returns its text.
    pub(crate) fn skip(&mut self) -> &'j [u8] {
        self.skip_space();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            self.skip_space();
            match self.peek() {
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                b'"' => {
                    self.raw_string();
                }
                _ => self.raw_word(),
            }
            if depth == 0 || self.at >= self.text.len() {
                return self.text.get(start..self.at).unwrap_or_default();
            }
        }
    }

    /// The text of a number or literal; always moves on.
    fn raw_word(&mut self) {
        self.at += 1;
        while let b'+' | b'-' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E' = self.peek() {
            self.at += 1;
        }
    }

    /// The inside of a string as written.
    fn raw_string(&mut self) -> &'j [u8] {
        self.at += 1;
        let start = self.at;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                None => self.at += rest.len(),
                Some(next) if rest.get(next) == Some(&b'\\') => {
                    // and what it escapes
                    self.at = self.text.len().min(self.at + next + 2);
                    continue;
                }
                Some(end) => self.at += end,
            }
            break;
        }
        let inside = self.text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        inside
    }

    /// Records that the next value cannot go into `slot`, and skips it.
    pub(crate) fn mismatch(&mut self, slot: Slot) {
        let kind = self.kind();
        self.skip();
        self.save_mismatch(kind.name(), slot);
    }

    fn save_mismatch(&mut self, value: &str, slot: Slot) {
        let Slot { field, go_type } = slot;
        self.save(if field.is_empty() {
            format!("json: cannot unmarshal {value} into Go value of type {go_type}")
        } else {
            format!("json: cannot unmarshal {value} into Go struct field {field} of type {go_type}")
        });
    }

    /// A string; null leaves `target` alone.
    pub(crate) fn string(&mut self, target: &mut String, slot: Slot) {
        match self.kind() {
            JsonKind::String => *target = unquote(self.raw_string()).into_owned(),
            JsonKind::Null => {
                self.skip();
            }
            _ => self.mismatch(slot),
        }
    }

    /// As [`Decoder::string`].
    pub(crate) fn text(&mut self, target: &mut Text, slot: Slot) {
        let mut text = target.to_string();
        self.string(&mut text, slot);
        *target = text.into();
    }

    /// A boolean; null leaves `target` alone.
    pub(crate) fn bool(&mut self, target: &mut bool, slot: Slot) {
        match self.kind() {
            JsonKind::Bool => *target = self.skip() == b"true",
            JsonKind::Null => {
                self.skip();
            }
            _ => self.mismatch(slot),
        }
    }

    /// A 64-bit integer; null leaves `target` alone.
    pub(crate) fn int(&mut self, target: &mut i64, slot: Slot) {
        match self.kind() {
            JsonKind::Number => {
                let text = String::from_utf8_lossy(self.skip());
                match text.parse() {
                    Ok(number) => *target = number,
                    Err(_) => self.save_mismatch(&format!("number {text}"), slot),
                }
            }
            JsonKind::Null => {
                self.skip();
            }
            _ => self.mismatch(slot),
        }
    }

    /// Passes the bracket of a value of this kind; another value is consumed, with an error unless it is null.
    fn enter(&mut self, kind: JsonKind, slot: Slot) -> Option<()> {
        match self.kind() {
            found if found == kind => {
                self.at += 1;
                return Some(());
            }
            JsonKind::Null => {
                self.skip();
            }
            _ => self.mismatch(slot),
        }
        None
    }

    /// An array: `each` is called before every element and must consume it.
    ///
    /// Returns `None`, having consumed the value, if it is null or no array.
    pub(crate) fn array(&mut self, slot: Slot, mut each: impl FnMut(&mut Self)) -> Option<()> {
        self.enter(JsonKind::Array, slot)?;
        while self.another(b']') {
            each(self);
        }
        Some(())
    }

    /// An object: `each` is called with every key, before its value, and must consume the value.
    ///
    /// Returns `None`, having consumed the value, if it is null or no object.
    pub(crate) fn object(
        &mut self,
        slot: Slot,
        mut each: impl FnMut(&mut Self, &str),
    ) -> Option<()> {
        self.enter(JsonKind::Object, slot)?;
        while self.another(b'}') {
            let key = unquote(self.raw_string());
            self.skip_space();
            self.at += 1; // the colon
            each(self, &key);
        }
        Some(())
    }

    /// Moves to the next element, or past the closing bracket.
    fn another(&mut self, close: u8) -> bool {
        self.skip_space();
        if self.peek() == b',' {
            self.at += 1;
            self.skip_space();
        }
        if self.peek() == close || self.at >= self.text.len() {
            self.at += 1;
            return false;
        }
        true
    }

    /// A list of strings; null empties it.
    pub(crate) fn strings(&mut self, field: &'static str, item: &'static str) -> Vec<String> {
        let list = match item {
            "string" => "[]string",
            _ => "[]digest.Digest",
        };
        let mut strings = Vec::new();
        let slot = Slot {
            field,
            go_type: list,
        };
        self.array(slot, |decoder| {
            let mut text = String::new();
            let slot = Slot {
                field,
                go_type: item,
            };
            decoder.string(&mut text, slot);
            strings.push(text);
        });
        strings
    }

    /// As [`Decoder::strings`].
    pub(crate) fn texts(&mut self, field: &'static str) -> Vec<Text> {
        let strings = self.strings(field, "string").into_iter();
        strings.map(Text::from).collect()
    }

    /// The string that comes next and its place in the text, quotes included; `None` skips another value.
    pub(crate) fn string_value(&mut self) -> (Option<Cow<'j, str>>, Range<usize>) {
        self.skip_space();
        let start = self.at;
        let string = self.raw_string_value().map(unquote);
        (string, start..self.at)
    }

    /// The inside of the string that comes next, escapes not undone; `None` skips the value.
    pub(crate) fn raw_string_value(&mut self) -> Option<&'j [u8]> {
        if self.kind() == JsonKind::String {
            return Some(self.raw_string());
        }
        self.skip();
        None
    }
}

/// `key` names `field`: letter case and the two letters that fold to ASCII do not matter.
pub(crate) fn names(key: &str, field: &str) -> bool {
    if key.is_ascii() {
        return key.eq_ignore_ascii_case(field);
    }
    let fold = |c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(field.chars().map(fold))
}

/// The text of what is between the quotes of a string; what is not UTF-8, and lone surrogates, become U+FFFD.
pub(crate) fn unquote(raw: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw).is_none() {
        return to_valid(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while !rest.is_empty() {
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        let (before, after) = rest.split_at(plain);
        text.push_str(&to_valid(before));
        rest = push_escape(&mut text, after);
    }
    Cow::Owned(text)
}

/// Undoes the escape at the start of `raw`, if any, and returns what follows.
fn push_escape<'r>(text: &mut String, raw: &'r [u8]) -> &'r [u8] {
    let [b'\\', escape, rest @ ..] = raw else {
        return &[];
    };
    let c = match escape {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let (unit, rest) = code_unit(rest);
            if let Some(c) = char::from_u32(unit) {
                text.push(c);
                return rest;
            }
            // A high surrogate counts with its low half only if that comes right after.
            if let [b'\\', b'u', tail @ ..] = rest {
                let (low, tail) = code_unit(tail);
                if let (0xd800..0xdc00, 0xdc00..0xe000) = (unit, low) {
                    let scalar = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    text.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
                    return tail;
                }
            }
            text.push(char::REPLACEMENT_CHARACTER);
            return rest;
        }
        other => char::from(*other),
    };
    text.push(c);
    rest
}

/// Four hexadecimal digits and what follows them.
fn code_unit(raw: &[u8]) -> (u32, &[u8]) {
    let Some((digits, rest)) = raw.split_at_checked(4) else {
        return (u32::from(char::REPLACEMENT_CHARACTER), &[]);
    };
    let unit = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (unit.unwrap_or(u32::from(char::REPLACEMENT_CHARACTER)), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded_as_go_does() {
        for (raw, text) in [
            (r#"a\u00e9\"\/\n"#, "aé\"/\n"),
            (r"\ud83d\ude00", "\u{1f600}"),
            (r"\ud83d\u0041\udc00", "\u{fffd}A\u{fffd}"),
        ] {
            assert_eq!(unquote(raw.as_bytes()), text);
        }
        assert_eq!(unquote(b"\xe2\x82\\n\xff"), "\u{fffd}\u{fffd}\n\u{fffd}");
    }

    #[test]
    fn numbers_of_any_value_fit_a_double() {
        for text in ["[1, \"1e999\", {\"a\": [1.5e3, -0]}]", " null ", "1e308"] {
            assert!(Decoder::any(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["[1e999]", "{\"a\": -1e999}", "[01]", "[1] x"] {
            assert!(Decoder::any(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn unknown_values_are_passed_over() {
        let mut decoder = Decoder::new(br#"{"a":[1,{"b":"\"]"}],"c":-1.5e3,"d":"x"}"#).unwrap();
        let mut seen = Vec::new();
        let slot = Slot {
            field: "",
            go_type: "T",
        };
        decoder.object(slot, |decoder, key| {
            seen.push((key.to_owned(), decoder.skip().to_vec()));
        });
        let seen: Vec<(&str, &[u8])> = seen.iter().map(|(k, v)| (k.as_str(), &v[..])).collect();
        let nested: &[u8] = br#"[1,{"b":"\"]"}]"#;
        assert_eq!(seen, [("a", nested), ("c", b"-1.5e3"), ("d", b"\"x\"")]);
    }
}
