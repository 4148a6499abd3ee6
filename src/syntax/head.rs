//! The head of an instruction: its word and its flags, and where the arguments begin.

use std::borrow::Cow;
use std::ops::Range;

use crate::source::{Escape, Span};

use super::ast::{Flag, Spanned, Text};
use super::line::LogicalLine;
use super::{blank, grammar};

/// `KEYWORD --flag... arguments` as ranges of a logical line.
pub(super) struct Head {
    /// The instruction word; empty when the line has none.
    pub keyword: Range<usize>,
    pub flags: Vec<Flag>,
    /// The arguments, trimmed.
    pub args: Range<usize>,
}

/// Splits `part` of `line`.
pub(super) fn split(line: &LogicalLine<'_>, part: Range<usize>, escape: Escape) -> Head {
    let part = line.trimmed(part);
    let bytes = line.slice(part.clone());
    let is_blank = |byte: &u8| blank::is_blank(*byte);
    let word = bytes.iter().position(is_blank).unwrap_or(bytes.len());
    let blanks = bytes.iter().skip(word).take_while(|b| is_blank(b)).count();
    let rest = part.start + word + blanks..part.end;
    let (flags, args) = read_flags(line, rest, escape);
    Head {
        keyword: part.start..part.start + word,
        flags,
        args: line.trimmed(args),
    }
}

/// The flags at the start of `rest`, and what is left.
fn read_flags(
    line: &LogicalLine<'_>,
    rest: Range<usize>,
    escape: Escape,
) -> (Vec<Flag>, Range<usize>) {
    let bytes = line.slice(rest.clone());
    let is_space = |byte: &u8| blank::is_latin1_space(*byte);
    let blanks = bytes.iter().take_while(|byte| is_space(byte)).count();
    let begins = rest.start + blanks;
    if !line.slice(begins..rest.end).starts_with(b"--") {
        return (Vec::new(), begins..rest.end);
    }
    let shown = Latin1::new(line.slice(begins..rest.end));
    let mut flags = Vec::new();
    let mut end = begins;
    for word in grammar::flags(&shown.text, escape) {
        let range = begins + shown.byte(word.start)..begins + shown.byte(word.end);
        end = range.end;
        let written = shown.text.get(word).unwrap_or("");
        let value = unquote(written, escape);
        if value == "--" {
            // no flags behind it
            return (flags, end..rest.end);
        }
        flags.push(flag(line, range, written, &value));
    }
    let bytes = line.slice(end..rest.end);
    let blanks = bytes.iter().take_while(|byte| is_space(byte)).count();
    (flags, end + blanks..rest.end)
}

fn flag(line: &LogicalLine<'_>, range: Range<usize>, written: &str, unquoted: &str) -> Flag {
    let text = unquoted.strip_prefix("--").unwrap_or(unquoted);
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    // quotes in front of the value would shift it: then the whole flag stands for it
    let value_start = match written.split_once('=') {
        Some((before, _)) if before.len() == name.len() + 2 && before.is_ascii() => {
            range.start + before.len() + 1
        }
        _ => range.start,
    };
    let span = line.span(range.clone());
    let value_span = match value_start < range.end {
        true => line.span(value_start..range.end),
        // where the line is joined behind the `=`, an empty value is still on this side
        false => Span::new(span.end, span.end),
    };
    Flag {
        name: name.into(),
        value: value.map(|value| Spanned::new(Text::from(value), value_span)),
        span,
    }
}

/// A flag word without its quotes and escape tokens.
fn unquote(word: &str, escape: Escape) -> Cow<'_, str> {
    let token = escape.char();
    if !word.contains(['\'', '"', token]) {
        return Cow::Borrowed(word);
    }
    let mut out = String::with_capacity(word.len());
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '\'' || c == '"') {
            quote = Some(c);
        } else if c == token {
            out.extend(chars.next());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Bytes shown as one character each.
struct Latin1<'b> {
    text: Cow<'b, str>,
    /// For each byte of `text`, the byte it shows; none when all are ASCII.
    bytes: Vec<usize>,
}

impl<'b> Latin1<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        if let (true, Ok(text)) = (bytes.is_ascii(), std::str::from_utf8(bytes)) {
            return Latin1 {
                text: Cow::Borrowed(text),
                bytes: Vec::new(),
            };
        }
        let mut text = String::with_capacity(bytes.len() * 2);
        let mut places = Vec::with_capacity(bytes.len() * 2 + 1);
        for (at, &byte) in bytes.iter().enumerate() {
            text.push(char::from(byte));
            places.resize(text.len(), at);
        }
        places.push(bytes.len());
        Latin1 {
            text: Cow::Owned(text),
            bytes: places,
        }
    }

    /// The byte shown at `offset` of the text.
    fn byte(&self, offset: usize) -> usize {
        self.bytes.get(offset).copied().unwrap_or(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(line: &str) -> (String, Vec<String>, String) {
        heads_of_bytes(line.as_bytes())
    }

    fn heads_of_bytes(line: &[u8]) -> (String, Vec<String>, String) {
        let line = LogicalLine::single(line, 0, 1);
        let head = split(&line, 0..line.text.len(), Escape::Backslash);
        let show = |range| String::from_utf8_lossy(line.slice(range)).into_owned();
        let flags = head.flags.iter().map(|flag| match &flag.value {
            Some(value) => format!("{}={}", flag.name, value.as_str()),
            None => flag.name.to_string(),
        });
        (show(head.keyword), flags.collect(), show(head.args))
    }

    fn head(keyword: &str, flags: &[&str], args: &str) -> (String, Vec<String>, String) {
        let flags = flags.iter().map(|flag| flag.to_string()).collect();
        (keyword.into(), flags, args.into())
    }

    #[test]
    fn flags_stand_before_the_arguments() {
        assert_eq!(heads("RUN \t a --b "), head("RUN", &[], "a --b"));
        assert_eq!(heads("COPY --a=b  --c d"), head("COPY", &["a=b", "c"], "d"));
        assert_eq!(
            heads("RUN --a='b c'\"d\"\\ e x"),
            head("RUN", &["a=b cd e"], "x")
        );
        assert_eq!(heads("RUN --a"), head("RUN", &["a"], ""));
        assert_eq!(heads("RUN"), head("RUN", &[], ""));
        assert_eq!(heads(""), head("", &[], ""));
    }

    #[test]
    fn two_dashes_end_the_flags() {
        assert_eq!(heads("RUN --a -- --b"), head("RUN", &["a"], "--b"));
        assert_eq!(heads("RUN --a --'' --b"), head("RUN", &["a"], "--b"));
        assert_eq!(heads("RUN --"), head("RUN", &[], ""));
    }

    #[test]
    fn flags_are_read_as_latin1() {
        // Parity: bytes become characters, and some bytes are blanks
        assert_eq!(heads("RUN --a=é x"), head("RUN", &["a=Ã©"], "x"));
        assert_eq!(
            heads_of_bytes(b"RUN --a=\xc3\xa0 b"),
            head("RUN", &["a=Ã"], "b")
        );
    }
}
