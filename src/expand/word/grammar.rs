//! grammar/word.pest as a reader: the specification that [`super::parse`] is held against.

use pest::Parser;
use pest::iterators::Pair;
use proptest::prelude::*;

use super::{END_OF_TEXT, Fault, Form, Inside, Level, Part, Reader, Word, parse};
use crate::go::unicode::{is_digit, is_letter};
use crate::source::Escape;

mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/word.pest"]
    pub(super) struct WordParser;
}
use generated::{Rule, WordParser};

/// The levels are the reader's own; what each stretch of text is comes from the grammar.
fn parse_by_grammar(text: &str, escape: Escape, quotes: bool) -> Word<'_> {
    let mut reader = Reader {
        text,
        position: 0,
        escape: escape.byte(),
        quotes,
        outer: Vec::new(),
        level: Level {
            inside: Inside::Top,
            word: Word::default(),
        },
    };
    while !reader.at_end() && reader.level.word.fault.is_none() {
        let mut pairs = WordParser::parse(rule(&reader, escape), reader.rest()).unwrap();
        let stretch = pairs.next().unwrap();
        assert_ne!(stretch.as_str(), "", "no rule matches without moving on");
        reader.position += stretch.as_str().len();
        for pair in stretch.into_inner() {
            add(&mut reader, pair);
        }
    }
    reader.finish()
}

/// The rule for the innermost level.
fn rule(reader: &Reader<'_>, escape: Escape) -> Rule {
    let slash = matches!(reader.level.inside, Inside::Pattern { .. });
    match (&reader.level.inside, reader.quotes, slash, escape) {
        (Inside::Double, _, _, Escape::Backslash) => Rule::double_backslash,
        (Inside::Double, _, _, Escape::Backtick) => Rule::double_backtick,
        (_, true, false, Escape::Backslash) => Rule::bare_backslash,
        (_, true, false, Escape::Backtick) => Rule::bare_backtick,
        (_, true, true, Escape::Backslash) => Rule::slash_backslash,
        (_, true, true, Escape::Backtick) => Rule::slash_backtick,
        (_, false, false, Escape::Backslash) => Rule::literal_backslash,
        (_, false, false, Escape::Backtick) => Rule::literal_backtick,
        (_, false, true, Escape::Backslash) => Rule::literal_slash_backslash,
        (_, false, true, Escape::Backtick) => Rule::literal_slash_backtick,
    }
}

fn add<'w>(reader: &mut Reader<'w>, pair: Pair<'w, Rule>) {
    let text = pair.as_str();
    let inner = |pair: Pair<'w, Rule>, rule| {
        let mut inner = pair.into_inner();
        let found = inner.find(|inner| inner.as_rule() == rule);
        found.map(|inner| inner.as_str())
    };
    let part = match pair.as_rule() {
        Rule::double_quote if matches!(reader.level.inside, Inside::Double) => {
            Part::Double(reader.leave())
        }
        Rule::double_quote => return reader.enter(Inside::Double),
        Rule::open_single => return reader.fail(Fault::OpenSingleQuote),
        Rule::close if matches!(reader.level.inside, Inside::Top) => Part::Text(text),
        Rule::close => {
            reader.position -= 1;
            return reader.close();
        }
        Rule::open_braces => {
            let name = inner(pair.clone(), Rule::name).unwrap_or("");
            let operator = inner(pair, Rule::operator).unwrap();
            return match operator {
                "/" | "//" => reader.enter(Inside::Pattern {
                    name,
                    all: operator == "//",
                }),
                ":#" | ":%" => reader.unsupported(operator),
                _ => reader.enter(Inside::Operator { name, operator }),
            };
        }
        Rule::bad_braces => return reader.fail(Fault::BadSubstitution),
        Rule::unclosed => return reader.fail(Fault::MissingBrace),
        Rule::unsupported => {
            return reader.unsupported(inner(pair, Rule::modifier).unwrap_or(END_OF_TEXT));
        }
        Rule::escape_b | Rule::escape_t => Part::Escape(text.chars().nth(1)),
        Rule::double_escape_b | Rule::double_escape_t => Part::DoubleEscape(text.chars().nth(1)),
        Rule::heredoc => Part::Heredoc(text),
        Rule::plain_variable => Part::variable(inner(pair, Rule::name).unwrap(), Form::Plain),
        Rule::brace_variable => Part::variable(inner(pair, Rule::name).unwrap(), Form::Braces),
        Rule::single => Part::Single(&text[1..text.len() - 1]),
        _ => Part::Text(text),
    };
    reader.push(part);
}

/// pest knows letters that are younger than Go's.
fn is_known(c: char) -> bool {
    is_letter(c) == pest::unicode::LETTER(c) && is_digit(c) == pest::unicode::DECIMAL_NUMBER(c)
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z_]{1,4}",
        1 => "[0-9]{1,2}",
        2 => Just("$".to_owned()),
        3 => "\\$\\{[a-z0-9_@*#?!é-]{0,2}(:?[+?#%é:-]|//?)?",
        3 => Just("}".to_owned()),
        6 => "[ \t\r<\\\\`'\"{}/$#:ä\u{660}é\u{1F600}-]",
        1 => "'[a\" $]{0,3}'",
        1 => "\"[a' $\\\\`]{0,3}\"",
        1 => any::<char>().prop_map(String::from),
    ];
    let made = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let bytes = prop::collection::vec(any::<u8>(), 0..24)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![8 => made, 1 => bytes, 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn words_are_read_as_the_grammar_says(text in text()) {
        prop_assume!(text.chars().all(is_known));
        for escape in [Escape::Backslash, Escape::Backtick] {
            for quotes in [true, false] {
                let word = parse(&text, escape, quotes);
                prop_assert_eq!(word, parse_by_grammar(&text, escape, quotes));
            }
        }
    }
}

#[test]
fn deep_words_are_read_as_the_grammar_says() {
    for piece in ["${a:-", "\"${a:-", "${a/", "\"", "${a:-\"b\""] {
        for levels in 95..205 {
            let text = format!("{}\"c\"{}", piece.repeat(levels), "}".repeat(levels));
            let word = parse(&text, Escape::Backslash, true);
            let expected = parse_by_grammar(&text, Escape::Backslash, true);
            assert_eq!(word, expected, "{piece} {levels}");
        }
    }
}

#[test]
fn names_are_of_the_letters_that_the_reference_knows() {
    // a letter since Unicode 16
    let word = parse("$a\u{105C0}", Escape::Backslash, true);
    let expected = [Part::variable("a", Form::Plain), Part::Text("\u{105C0}")];
    assert_eq!(word.parts, expected);
}
