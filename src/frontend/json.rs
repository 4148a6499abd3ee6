//! JSON as the reference's encoder prints it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

#[cfg(feature = "frontend")]
use crate::go::{self, byte_text::Text};

/// JSON of `value`, indented by two blanks.
pub fn to_indented(value: &impl Serialize) -> Vec<u8> {
    print(value, Escaping(PrettyFormatter::new()))
}

/// JSON of `value` on one line.
pub fn to_compact(value: &impl Serialize) -> Vec<u8> {
    print(value, Escaping(serde_json::ser::CompactFormatter))
}

fn print(value: &impl Serialize, formatter: impl Formatter) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a vector cannot fail, nor can values whose keys are strings.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut out, formatter));
    out
}

/// Serializes a text of a file: a byte that is not UTF-8 is `\ufffd`, not the character.
#[cfg(feature = "frontend")]
pub fn text<S: serde::Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    if text.is_utf8() {
        return serializer.serialize_str(text);
    }
    serde_json::value::RawValue::from_string(go::json::string(text.as_bytes()))
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// Escapes what would be active inside HTML or JavaScript, as Go's encoder does.
struct Escaping<F>(F);

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            let mut characters = from.chars();
            let special = characters.next().unwrap_or_default();
            write!(writer, "{before}\\u{:04x}", u32::from(special))?;
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{to_compact, to_indented};

    #[test]
    fn html_characters_and_line_separators_are_escaped() {
        let text = String::from_utf8(to_compact(&json!({"k": "a<b>&\u{2028}é\n\u{1}"}))).unwrap();
        assert_eq!(text, r#"{"k":"a\u003cb\u003e\u0026\u2028é\n\u0001"}"#);
    }

    #[test]
    fn indented_form_keeps_empty_values_short() {
        let text = String::from_utf8(to_indented(&json!({"a": [], "b": {}, "c": [1]}))).unwrap();
        assert_eq!(
            text,
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1\n  ]\n}"
        );
    }
}
