//! Parser directives: `# syntax=`, `# escape=`, `# check=`.

use crate::diagnostic::ErrorCode;
use crate::go::json::{Decoder, JsonKind, Slot};
use crate::go::utf8::to_valid;
use crate::source::LineRange;

use super::error::Fault;
use super::line::Lines;
use super::{DetectedDirective, DirectiveKind, Text, blank, grammar};

/// Reads lines from the top of a file until one is not a directive.
pub(super) struct DirectiveReader {
    /// What a comment begins with.
    prefix: &'static str,
    done: bool,
    seen: Vec<DirectiveKind>,
}

impl DirectiveReader {
    /// Directives in comments that begin with `prefix`.
    pub fn new(prefix: &'static str) -> Self {
        DirectiveReader {
            prefix,
            done: false,
            seen: Vec::new(),
        }
    }

    /// No more directives: something else was seen.
    pub fn end(&mut self) {
        self.done = true;
    }

    /// The directive on `line`, which has no line end. The error is a directive that was there before.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<(DirectiveKind, Text)>, DirectiveKind> {
        if self.done {
            return Ok(None);
        }
        let found = line
            .strip_prefix(self.prefix.as_bytes())
            .and_then(|comment| read(blank::trim_start(comment)));
        let Some((kind, value)) = found else {
            self.done = true;
            return Ok(None);
        };
        if self.seen.contains(&kind) {
            return Err(kind);
        }
        self.seen.push(kind);
        Ok(Some((kind, value)))
    }
}

#[cold]
pub(super) fn duplicate(kind: DirectiveKind) -> Fault {
    let name = kind.as_str();
    let title = format!("only one {name} parser directive can be used");
    Fault::new(ErrorCode::DuplicateDirective, title)
}

/// `name = value` of a comment's text.
fn read(comment: &[u8]) -> Option<(DirectiveKind, Text)> {
    // most comments are prose
    let equals = memchr::memchr(b'=', comment)?;
    let text = to_valid(comment);
    let (name, _) = grammar::directive(&text)?;
    let name = text.get(name)?;
    let kind = [
        DirectiveKind::Syntax,
        DirectiveKind::Escape,
        DirectiveKind::Check,
    ]
    .into_iter()
    .find(|kind| name.eq_ignore_ascii_case(kind.as_str()))?;
    // No name holds the sign, so that the value starts behind the first one, in bytes as well.
    let value = trim_value(comment.get(equals + 1..)?);
    Some((kind, Text::from_bytes(value)))
}

/// The value needs one character: of nothing but blanks, the last one is it.
fn trim_value(value: &[u8]) -> &[u8] {
    let trimmed = value.trim_ascii();
    if trimmed.is_empty() {
        return value.get(value.len().saturating_sub(1)..).unwrap_or(value);
    }
    trimmed
}

/// See [`super::detect_syntax`].
pub(super) fn detect_syntax(source: &[u8]) -> Option<DetectedDirective> {
    let (text, line) = skip_preamble(source);
    find(DirectiveKind::Syntax, text, line, "#")
        .or_else(|| find(DirectiveKind::Syntax, text, line, "//"))
        .or_else(|| {
            let value: Text = string_member(text, DirectiveKind::Syntax.as_str())?.into();
            Some(DetectedDirective {
                value: value.clone(),
                full: value,
                location: LineRange::line(line),
            })
        })
}

/// The string at `key` of a text that is one JSON object; the last one if the key is repeated.
fn string_member(text: &[u8], key: &str) -> Option<String> {
    let slot = Slot {
        field: "",
        go_type: "",
    };
    let mut found = None;
    Decoder::any(text)?.object(slot, |decoder, name| {
        if name == key {
            let is_string = decoder.kind() == JsonKind::String;
            let mut value = String::new();
            decoder.string(&mut value, slot);
            found = is_string.then_some(value);
        } else {
            decoder.skip();
        }
    });
    found
}

/// See [`super::parse_directive`].
pub(super) fn parse_directive(kind: DirectiveKind, source: &[u8]) -> Option<DetectedDirective> {
    let (text, line) = skip_preamble(source);
    find(kind, text, line, "#")
}

/// See [`super::comment_directive`].
pub(super) fn comment_directive(comment: &[u8]) -> Option<(DirectiveKind, Text)> {
    DirectiveReader::new("").read(comment).ok().flatten()
}

/// The text after a byte order mark and a `#!` line, and how many lines were skipped.
fn skip_preamble(source: &[u8]) -> (&[u8], u32) {
    let text = source.strip_prefix(super::line::BOM).unwrap_or(source);
    if !text.starts_with(b"#!") {
        return (text, 0);
    }
    match memchr::memchr(b'\n', text) {
        Some(at) => (text.get(at + 1..).unwrap_or(&[]), 1),
        None => (&[], 1),
    }
}

fn find(
    kind: DirectiveKind,
    text: &[u8],
    lines_before: u32,
    prefix: &'static str,
) -> Option<DetectedDirective> {
    let mut reader = DirectiveReader::new(prefix);
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next() {
        let line = line.bytes.strip_suffix(b"\n").unwrap_or(line.bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (found, full) = reader.read(line).ok()??;
        if found == kind {
            let word = full.as_bytes().split(|byte| *byte == b' ').next();
            let value = Text::from_bytes(word.unwrap_or_default());
            return Some(DetectedDirective {
                value,
                full,
                location: LineRange::line(lines_before + lines.number),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syntax(source: &str) -> Option<(String, String, u32)> {
        let found = super::detect_syntax(source.as_bytes())?;
        let line = found.location.start;
        Some((found.value.into_string(), found.full.into_string(), line))
    }

    fn some(value: &str, full: &str, line: u32) -> Option<(String, String, u32)> {
        Some((value.into(), full.into(), line))
    }

    #[test]
    fn syntax_is_found_in_three_formats() {
        assert_eq!(
            syntax("# syntax = a/b:c d \nFROM x"),
            some("a/b:c", "a/b:c d", 1)
        );
        assert_eq!(
            syntax("#!/bin/x\r\n# escape=`\n#SYNTAX=a\r\n"),
            some("a", "a", 3)
        );
        assert_eq!(syntax("// syntax=a\n"), some("a", "a", 1));
        assert_eq!(syntax("#!/x\n{\"syntax\": \"a b\"}"), some("a b", "a b", 1));
        assert_eq!(syntax("\u{feff}# syntax=a"), some("a", "a", 1));
    }

    #[test]
    fn only_directives_may_precede() {
        assert_eq!(syntax("# hello\n# syntax=a"), None);
        assert_eq!(syntax("\n# syntax=a"), None);
        assert_eq!(syntax(" # syntax=a"), None);
        assert_eq!(syntax("# syntax="), None);
    }

    #[test]
    fn a_value_of_blanks_is_the_last_blank() {
        assert_eq!(trim_value(b" \t"), b"\t");
        assert_eq!(trim_value(b" a b\t"), b"a b");
    }

    #[test]
    fn values_keep_their_bytes() {
        let found = super::parse_directive(DirectiveKind::Check, b"# check = \xff=\xfe x\nFROM a");
        assert_eq!(found.unwrap().value.as_bytes(), b"\xff=\xfe");
    }

    #[test]
    fn a_comment_can_hold_a_directive() {
        let found = comment_directive(b"check=skip=all;error=true");
        assert_eq!(
            found,
            Some((DirectiveKind::Check, "skip=all;error=true".into()))
        );
        assert_eq!(comment_directive(b"checked=a"), None);
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
        for text in [
            r#"{"syntax": "a", "syntax": 1}"#,
            r#"{"syntax": "a"} x"#,
            r#"{"syntax": "a", "b": 1e999}"#,
            "{}",
            "[]",
        ] {
            assert_eq!(member(text), None, "{text}");
        }
    }
}
