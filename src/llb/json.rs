//! JSON texts with the escapes of Go's `encoding/json`, where they show in an op's bytes.

use std::fmt::Write;

/// A JSON array of strings, without spaces.
pub(crate) fn string_array(list: &[String]) -> String {
    let mut json = String::from("[");
    for (number, text) in list.iter().enumerate() {
        if number > 0 {
            json.push(',');
        }
        string(&mut json, text);
    }
    json.push(']');
    json
}

/// Appends a JSON string; characters that matter to HTML are escaped.
pub(crate) fn string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                // Writing to a string cannot fail.
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_does() {
        let list = [
            "a\"\\\u{1}\u{8}".to_owned(),
            "<&>\u{2028}\u{7f}é".to_owned(),
        ];
        assert_eq!(
            string_array(&list),
            "[\"a\\\"\\\\\\u0001\\b\",\"\\u003c\\u0026\\u003e\\u2028\u{7f}é\"]"
        );
    }
}
