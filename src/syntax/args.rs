//! Reads an instruction's arguments by their form: one string, a list, a JSON array, words, pairs.
//!
//! What can fail here fails in the reference's first phase. The grammar finds what is quoted or
//! escaped, blanks between that are found here.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::ErrorCode;
use crate::go::json::{Decoder, Slot};
use crate::go::quote::quote;
use crate::go::utf8::to_valid;
use crate::source::{Escape, Span};

use super::ast::{Argument, KeyValue, Spanned, Text};
use super::error::Fault;
use super::grammar::Piece;
use super::line::LogicalLine;
use super::{blank, grammar};

/// Arguments that may be an array.
#[derive(Default)]
pub(super) struct List {
    pub args: Vec<Argument>,
    /// They were written as a JSON array: from bracket to bracket.
    pub array: Option<Span>,
}

impl List {
    /// They were written as a JSON array.
    pub fn is_json(&self) -> bool {
        self.array.is_some()
    }
}

/// All of `args` as one argument, if there is anything.
pub(super) fn whole(line: &LogicalLine<'_>, args: Range<usize>) -> Vec<Argument> {
    if args.is_empty() {
        return Vec::new();
    }
    vec![line.argument(args)]
}

/// Arguments separated by blanks.
pub(super) fn blank_separated(line: &LogicalLine<'_>, args: Range<usize>) -> Vec<Argument> {
    let bytes = line.slice(args.clone());
    let mut found = Vec::new();
    let mut start = None;
    for (at, &byte) in bytes.iter().enumerate() {
        match (blank::is_blank(byte), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                found.push(line.argument(args.start + from..args.start + at));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        found.push(line.argument(args.start + from..args.end));
    }
    found
}

/// A JSON array, or else one string.
pub(super) fn json_or_whole(line: &LogicalLine<'_>, args: Range<usize>) -> Result<List, Fault> {
    Ok(match json_array(line, args.clone())? {
        Some(list) => list,
        None => List {
            args: whole(line, args),
            array: None,
        },
    })
}

/// A JSON array, or else arguments separated by blanks.
pub(super) fn json_or_separated(line: &LogicalLine<'_>, args: Range<usize>) -> Result<List, Fault> {
    Ok(match json_array(line, args.clone())? {
        Some(list) => list,
        None => List {
            args: blank_separated(line, args),
            array: None,
        },
    })
}

/// The strings of a JSON array; `None` when it is something else.
fn json_array(line: &LogicalLine<'_>, args: Range<usize>) -> Result<Option<List>, Fault> {
    let args = line.trimmed(args);
    let bytes = line.slice(args.clone());
    if bytes.first() != Some(&b'[') {
        return Ok(None);
    }
    let Ok(mut decoder) = Decoder::new(bytes) else {
        return Ok(None);
    };
    let slot = Slot {
        field: "",
        go_type: "",
    };
    let mut strings = Vec::new();
    let mut all_are = true;
    decoder.array(slot, |decoder| {
        let (string, place) = decoder.string_value();
        let span = line.span(args.start + place.start..args.start + place.end);
        match string {
            Some(string) => strings.push(Spanned::new(Text::from(&*string), span)),
            None => all_are = false,
        }
    });
    if !all_are {
        return match Decoder::any(bytes) {
            None => Ok(None),
            Some(_) => Err(not_strings().at(line.span(args))),
        };
    }
    Ok(Some(List {
        args: strings,
        array: Some(line.span(args)),
    }))
}

#[cold]
fn not_strings() -> Fault {
    let title = "when using JSON array syntax, arrays must be comprised of strings only";
    Fault::new(ErrorCode::JsonNotStrings, title)
}

/// Words with quotes. Their text is UTF-8: invalid bytes are replaced.
pub(super) fn words(line: &LogicalLine<'_>, args: Range<usize>, escape: Escape) -> Vec<Argument> {
    let bytes = line.slice(args.clone());
    let shown = Shown::new(bytes);
    let ranges = word_ranges(&shown.text, escape);
    let words = ranges.into_iter().map(|word| {
        let text = shown.text.get(word.clone()).unwrap_or("");
        let span = line.span(shown.bytes(args.start, word));
        Spanned::new(Text::from(text), span)
    });
    words.collect()
}

/// Words of a text. Quotes and escape tokens stay in them.
fn word_ranges(text: &str, escape: Escape) -> Vec<Range<usize>> {
    let mut words = Words::default();
    if memchr::memchr3(b'"', b'\'', escape.byte(), text.as_bytes()).is_none() {
        words.add_plain(text, 0..text.len());
    } else {
        for piece in grammar::pieces(text, escape) {
            match piece {
                Piece::Plain(range) => words.add_plain(text, range),
                Piece::Kept(range) => words.add(range),
            }
        }
    }
    words.finish()
}

/// Collects the words of a text, piece by piece.
#[derive(Default)]
struct Words {
    found: Vec<Range<usize>>,
    /// The word that may go on.
    open: Option<Range<usize>>,
}

impl Words {
    fn add(&mut self, part: Range<usize>) {
        match &mut self.open {
            Some(open) => open.end = part.end,
            None => self.open = Some(part),
        }
    }

    fn add_plain(&mut self, text: &str, piece: Range<usize>) {
        let mut from = piece.start;
        for (at, c) in text.get(piece.clone()).unwrap_or("").char_indices() {
            if c.is_whitespace() {
                let at = piece.start + at;
                if from < at {
                    self.add(from..at);
                }
                self.found.extend(self.open.take());
                from = at + c.len_utf8();
            }
        }
        if from < piece.end {
            self.add(from..piece.end);
        }
    }

    fn finish(mut self) -> Vec<Range<usize>> {
        self.found.extend(self.open);
        self.found
    }
}

/// `key=value...`, or `key value` when the first word has no `=`. `name` is for the message.
pub(super) fn pairs(
    line: &LogicalLine<'_>,
    args: Range<usize>,
    escape: Escape,
    name: &str,
) -> Result<Vec<KeyValue>, Fault> {
    let words = words(line, args.clone(), escape);
    match words.first() {
        None => Ok(Vec::new()),
        Some(first) if !first.contains('=') => legacy_pair(line, args, name),
        Some(_) => words.into_iter().map(pair).collect(),
    }
}

fn pair(word: Argument) -> Result<KeyValue, Fault> {
    let Some((key, value)) = split_argument(&word, '=') else {
        return Err(no_equals(&word));
    };
    Ok(KeyValue {
        key,
        value,
        no_delim: false,
    })
}

/// Cuts an argument at the first `separator`.
pub(super) fn split_argument(word: &Argument, separator: char) -> Option<(Argument, Argument)> {
    let (key, value) = word.split_once(separator)?;
    let mut key_span = word.span;
    let mut value_span = word.span;
    // exact unless the word was continued on another line or had bytes replaced
    let written = word.span.end.saturating_sub(word.span.start);
    if usize::try_from(written) == Ok(word.len()) {
        let at = u32::try_from(key.len()).unwrap_or(0);
        key_span.end = key_span.start + at;
        value_span.start = key_span.end + 1;
    }
    Some((
        Spanned::new(Text::from(key), key_span),
        Spanned::new(Text::from(value), value_span),
    ))
}

#[cold]
fn no_equals(word: &Argument) -> Fault {
    let quoted = quote(word.as_bytes());
    let title = format!("Syntax error - can't find = in {quoted}. Must be of the form: name=value");
    Fault::new(ErrorCode::MissingValue, title).at(word.span)
}

/// `key value`: the value is everything after the first blanks, as it stands.
fn legacy_pair(
    line: &LogicalLine<'_>,
    args: Range<usize>,
    name: &str,
) -> Result<Vec<KeyValue>, Fault> {
    let bytes = line.slice(args.clone());
    let is_blank = |byte: &u8| blank::is_blank(*byte);
    let Some(key) = bytes.iter().position(is_blank) else {
        let title = format!("{name} must have two arguments");
        return Err(Fault::new(ErrorCode::MissingValue, title).at(line.span(args)));
    };
    let blanks = bytes.iter().skip(key).take_while(|b| is_blank(b)).count();
    Ok(vec![KeyValue {
        key: line.argument(args.start..args.start + key),
        value: line.argument(args.start + key + blanks..args.end),
        no_delim: true,
    }])
}

/// Bytes as text, invalid ones replaced, with the way back.
struct Shown<'b> {
    text: Cow<'b, str>,
    /// For each byte of `text`, the byte it shows; none when all is UTF-8.
    places: Vec<usize>,
}

impl<'b> Shown<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Shown {
                text: Cow::Borrowed(text),
                places: Vec::new(),
            };
        }
        let text = to_valid(bytes);
        let mut places = Vec::with_capacity(text.len() + 1);
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            places.extend(at..at + chunk.valid().len());
            at += chunk.valid().len();
            for _ in chunk.invalid() {
                places.extend([at; char::REPLACEMENT_CHARACTER.len_utf8()]);
                at += 1;
            }
        }
        places.push(at);
        Shown { text, places }
    }

    /// The bytes shown at a range of the text, counted from `base`.
    fn bytes(&self, base: usize, range: Range<usize>) -> Range<usize> {
        let place = |offset: usize| base + self.places.get(offset).copied().unwrap_or(offset);
        place(range.start)..place(range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(args: &[Argument]) -> Vec<&str> {
        args.iter().map(|arg| arg.as_str()).collect()
    }

    #[test]
    fn invalid_bytes_in_words_keep_their_places() {
        let line = LogicalLine::single(b"a\xff=b \xfe c", 0, 1);
        let words = words(&line, 0..line.text.len(), Escape::Backslash);
        assert_eq!(texts(&words), ["a\u{fffd}=b", "\u{fffd}", "c"]);
        assert_eq!(line.slice(5..6), b"\xfe");
        assert_eq!((words[1].span.start, words[1].span.end), (5, 6));
    }

    fn words_of(text: &str, escape: Escape) -> Vec<&str> {
        let ranges = word_ranges(text, escape).into_iter();
        ranges.map(|range| &text[range]).collect()
    }

    #[test]
    fn every_character_belongs_to_a_word_or_a_blank() {
        for c in (0..=0x3100).filter_map(char::from_u32) {
            let expected = match c {
                '\'' | '"' | '\\' => continue,
                c if c.is_whitespace() => 2,
                _ => 1,
            };
            for text in [format!("a{c}b"), format!("''{c}''")] {
                let words = words_of(&text, Escape::Backslash);
                assert_eq!(words.len(), expected, "{c:?}");
            }
        }
    }

    #[test]
    fn words_keep_quotes_and_escapes() {
        let words = |text| words_of(text, Escape::Backslash);
        assert_eq!(
            words(r#"a="b c" d='e\' f\ g"#),
            [r#"a="b c""#, r"d='e\'", r"f\ g"]
        );
        assert_eq!(words(r#" "a"b 'c' "#), [r#""a"b"#, "'c'"]);
        assert_eq!(words(r#"a="b\" c"#), [r#"a="b\" c"#]);
        assert_eq!(words(r"a \"), ["a"]);
        assert_eq!(words(r#"a="b\"#), [r#"a="b"#]);
        assert_eq!(words(r"a='b\"), [r"a='b\"]);
        assert_eq!(words("a b\u{a0}c"), ["a", "b", "c"]);
        assert_eq!(words_of("a` b", Escape::Backtick), ["a` b"]);
    }

    #[test]
    fn strings_of_arrays_have_places() {
        let line = LogicalLine::single(b"[ \"a\", \"\\u00e9\\n\xff\" , \"\"]", 0, 1);
        let list = json_array(&line, 0..line.text.len())
            .ok()
            .flatten()
            .unwrap();
        let strings = list.args.iter();
        let found: Vec<_> = strings
            .map(|it| (it.as_str(), it.span.start, it.span.end))
            .collect();
        assert_eq!(
            found,
            [("a", 2, 5), ("\u{e9}\n\u{fffd}", 7, 18), ("", 21, 23)]
        );
    }

    #[test]
    fn lists_fall_back_from_json() {
        let list = |text: &str| {
            let line = LogicalLine::single(text.as_bytes(), 0, 1);
            let list = json_or_separated(&line, 0..text.len())
                .map_err(|_| ())
                .unwrap();
            let args: Vec<_> = list.args.iter().map(|arg| arg.to_string()).collect();
            (args.join("|"), list.is_json())
        };
        assert_eq!(list(r#"["a b", "c"]"#), ("a b|c".into(), true));
        assert_eq!(list("[a b"), ("[a|b".into(), false));
        assert_eq!(list("a\u{a0}b c"), ("a\u{a0}b|c".into(), false));
    }

    #[test]
    fn other_arrays_are_told_from_text() {
        let json = |text: &str| {
            let line = LogicalLine::single(text.as_bytes(), 0, 1);
            let all = 0..text.len();
            json_array(&line, all).map(|list| list.is_some())
        };
        for text in [
            "[1]",
            "[null, \"a\"]",
            "[[], {\"a\": [1.5e3, -0]}]",
            " [ true ] ",
        ] {
            assert!(json(text).is_err(), "{text}");
        }
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        for text in [
            "[1",
            "[01]",
            "[1e999]",
            "[a]",
            "[1] x",
            "[{\"a\"}]",
            "[1,]",
            "[\"\\x\"]",
            &deep,
        ] {
            assert!(json(text).is_ok_and(|is_array| !is_array), "{text}");
        }
    }
}
