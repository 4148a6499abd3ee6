//! Word expansion: the tables of testdata/expand, and laws that hold for any word.
//!
//! A table row is `word | variables | result`. A middle dot stands for a blank, `⇥` for a tab,
//! `↵` for a newline, `∅` for the empty text and `‹c3a9›` for bytes. A line that begins with `@`
//! sets options for the whole table; with `words` the result is the list of words in brackets.
//! Errors are shown without `failed to process "…": ` in front of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use dockerfile_llb::expand::{Env, ExpandError, Expander};
use dockerfile_llb::internals::expand::settings::{Escapes, Quotes, Unset};
use dockerfile_llb::internals::expander;
use dockerfile_llb::internals::limits::{MAX_EXPANSION_BYTES, MAX_WORD_NESTING};
use dockerfile_llb::source::Escape;
use proptest::prelude::*;

/// Rows in all tables; a table that is lost or not read must not pass unseen.
const ROWS: usize = 379;

#[derive(Default)]
struct Variables(BTreeMap<String, String>);

impl Env for Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    Variables(pairs.collect())
}

/// The bytes that a cell stands for.
fn bytes(cell: &str) -> Vec<u8> {
    if cell == "∅" {
        return Vec::new();
    }
    let text = cell.replace('·', " ").replace('⇥', "\t").replace('↵', "\n");
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, hex_and_after)) = rest.split_once('‹') {
        let (hex, after) = hex_and_after.split_once('›').expect("‹ needs a ›");
        out.extend(before.bytes());
        let digits: Vec<char> = hex.chars().collect();
        for pair in digits.chunks(2) {
            let pair: String = pair.iter().collect();
            out.push(u8::from_str_radix(&pair, 16).expect("hexadecimal digits"));
        }
        rest = after;
    }
    out.extend(rest.bytes());
    out
}

/// How a text is shown in a cell.
fn cell(text: &str) -> String {
    if text.is_empty() {
        return "∅".into();
    }
    text.replace(' ', "·").replace('\t', "⇥").replace('\n', "↵")
}

fn shown_error(error: &ExpandError) -> String {
    let message = error
        .message
        .strip_prefix("failed to process \"")
        .expect("prefix");
    let mut escaped = false;
    let end = message.find(|character| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    let rest = &message[end.expect("end of the quoted word")..];
    format!("error: {}", rest.strip_prefix("\": ").expect("colon"))
}

struct Options {
    expander: Expander,
    words: bool,
}

fn options(line: &str) -> Options {
    let (mut escape, mut quotes, mut escapes, mut unset) = Default::default();
    let mut words = false;
    for option in line.split_whitespace() {
        match option {
            "escape=backtick" => escape = Escape::Backtick,
            "quotes=keep" => quotes = Quotes::Keep,
            "quotes=literal" => quotes = Quotes::Literal,
            "escapes=keep" => escapes = Escapes::Keep,
            "unset=keep" => unset = Unset::Keep,
            "words" => words = true,
            other => panic!("unknown option {other}"),
        }
    }
    let expander = expander(escape, quotes, escapes, unset);
    Options { expander, words }
}

fn expand(options: &Options, word: &[u8], env: &Variables) -> String {
    if options.words {
        match options.expander.expand_words(word, env) {
            Ok(expanded) if expanded.words.is_empty() => "[]".into(),
            Ok(expanded) => {
                let words = expanded
                    .words
                    .iter()
                    .map(|word| format!("[{}]", cell(word)));
                words.collect::<Vec<_>>().join(" ")
            }
            Err(error) => shown_error(&error),
        }
    } else {
        match options.expander.expand_word(word, env) {
            Ok(expanded) => cell(&expanded.text),
            Err(error) => shown_error(&error),
        }
    }
}

/// Checks a table; gives the number of its rows.
fn check(path: &Path) -> usize {
    let table = fs::read_to_string(path).expect("a readable table");
    let mut current = options("");
    let mut rows = 0;
    for (index, line) in table.lines().enumerate() {
        let place = format!("{}:{}", path.display(), index + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(line) = line.strip_prefix('@') {
            current = options(line);
            continue;
        }
        let cells: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
        let [word, env, expected] = cells[..] else {
            panic!("{place}: a row has three cells");
        };
        let mut variables = Variables::default();
        for pair in env.split(',').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').expect("name=value");
            let value = String::from_utf8(bytes(value)).expect("UTF-8");
            variables.0.insert(name.into(), value);
        }
        assert_eq!(
            expand(&current, &bytes(word), &variables),
            expected,
            "{place}: {word}"
        );
        rows += 1;
    }
    rows
}

#[test]
fn tables() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/expand");
    let mut rows = 0;
    for entry in fs::read_dir(directory).expect("testdata/expand") {
        let path = entry.expect("an entry").path();
        assert_eq!(
            path.extension().and_then(|extension| extension.to_str()),
            Some("table")
        );
        rows += check(&path);
    }
    assert_eq!(rows, ROWS);
}

#[test]
fn names_are_collected_whether_or_not_they_matter() {
    let env = variables(&[("set", "1"), ("empty", "")]);
    let word = "$set${empty:-$other}${set:+$third} \\$escaped '$quoted'";
    let expanded = Expander::default().expand_word(word, &env).unwrap();
    assert_eq!(expanded.text, "1 $escaped $quoted");
    assert_eq!(Vec::from_iter(&expanded.matched), ["empty", "set"]);
    assert_eq!(Vec::from_iter(&expanded.unmatched), ["other", "third"]);
}

#[test]
fn errors_quote_the_whole_word_as_it_was_written() {
    let error = Expander::default().expand_word(b"a\xff\t${".as_slice(), &variables(&[]));
    assert_eq!(
        error.unwrap_err().to_string(),
        "failed to process \"a\\xff\\t${\": syntax error: missing '}'"
    );
}

#[test]
fn words_without_syntax_are_borrowed() {
    let expanded = Expander::default()
        .expand_word("/usr/local <x> é", &variables(&[]))
        .unwrap();
    assert!(matches!(
        expanded.text,
        std::borrow::Cow::Borrowed("/usr/local <x> é")
    ));
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!("{}a{}", "${x:-".repeat(levels), "}".repeat(levels));
    let expander = Expander::default();
    let word = nested(MAX_WORD_NESTING);
    let deepest = expander.expand_word(&word, &variables(&[])).unwrap();
    assert_eq!(deepest.text, "a");
    for word in [
        nested(MAX_WORD_NESTING + 1),
        nested(10_000),
        "\"${x:-".repeat(10_000),
    ] {
        let error = expander
            .expand_word(&word, &variables(&[]))
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("word is nested deeper than 200 levels"),
            "{}",
            &error[60_000..]
        );
    }
}

#[test]
fn length_is_bounded() {
    let large = "a".repeat(MAX_EXPANSION_BYTES / 2);
    let env = variables(&[("x", &large), ("y", "bbbbbbbb")]);
    let expander = Expander::default();
    assert_eq!(
        expander.expand_word("$x$x", &env).unwrap().text.len(),
        MAX_EXPANSION_BYTES
    );
    for word in [
        "$x$x$y",
        "\"$x$x$y\"",
        "${y:+$x$x$y}",
        "${x//a/$y}",
        "${x//\\a/$x}",
    ] {
        assert!(expander.expand_word(word, &env).is_err(), "{word}");
        assert!(expander.expand_words(word, &env).is_err(), "{word}");
    }
    // What the word itself says is not cut off.
    let word = format!("{large}{large}{large}");
    for expanded in [format!("{word}$unset"), format!("\"{word}\"")] {
        let expanded = expander.expand_word(&expanded, &env).unwrap();
        assert_eq!(expanded.text.len(), word.len());
    }
}

/// The longest words that a line can hold, each built to make some part of the work quadratic.
#[test]
fn long_words_take_no_longer_than_their_length() {
    const LENGTH: usize = 60_000;
    let fill = |unit: &str| unit.repeat(LENGTH / unit.len());
    let value = "a".repeat(LENGTH);
    let lines = "a\n".repeat(LENGTH / 2);
    let env = variables(&[("x", &value), ("l", &lines), ("e", "")]);
    let words = [
        fill("$e"),
        fill("${e}"),
        fill("${e:-a}"),
        fill("\"$e\""),
        fill("'a'"),
        fill("\\a"),
        fill("<< "),
        fill("}"),
        fill("/}"),
        format!("${{x#{}}}", fill("*a")),
        format!("${{x##{}b}}", fill("*a?")),
        format!("${{x%%{}b}}", fill("a?")),
        format!("${{x//{}/c}}", fill("a*b")),
        format!("${{x//{}b/c}}", "a".repeat(LENGTH / 2)),
        "${l//*/b}".into(),
        "${l//a?*b/b}".into(),
    ];
    for word in words {
        let start = Instant::now();
        let _ = Expander::default().expand_word(&word, &env);
        let _ = Expander::default().expand_words(&word, &env);
        // Quadratic work on this much takes minutes; a slow machine is no minute slower.
        let taken = start.elapsed();
        assert!(
            taken < Duration::from_secs(30),
            "{}…: {taken:?}",
            &word[..20]
        );
    }
}

/// Words made of what means something, so that most of the grammar is met.
fn any_word() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "$", "${", "}", "/", "//", "\\", "`", "'", "\"", "<", "<<", " ", "\n", "a", "x", "é", "*",
        "?", ":", ":-", "-", "+", "#", "##", "%", "=", "1", "@", "$x", "${x", "${y/", "\u{FEFF}",
    ]);
    let piece = prop_oneof![
        12 => pieces.prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

fn any_expander() -> impl Strategy<Value = Expander> {
    (
        prop::sample::select(vec![Escape::Backslash, Escape::Backtick]),
        prop::sample::select(vec![Quotes::Remove, Quotes::Keep, Quotes::Literal]),
        prop::sample::select(vec![Escapes::Remove, Escapes::Keep]),
        prop::sample::select(vec![Unset::Empty, Unset::Keep]),
    )
        .prop_map(|(escape, quotes, escapes, unset)| expander(escape, quotes, escapes, unset))
}

proptest! {
    #[test]
    fn any_bytes_give_text_or_an_error(word in any_word(), expander in any_expander(), value in ".{0,6}") {
        let env = variables(&[("x", &value)]);
        let expanded = expander.expand_word(&word, &env);
        let words = expander.expand_words(&word, &env);
        // Both read the same word; only the split differs.
        prop_assert_eq!(expanded.is_err(), words.is_err());
    }

    #[test]
    fn words_hold_the_characters_of_the_text(word in "[a-z \t\n$\"'\\\\]{0,20}") {
        let env = variables(&[]);
        let expander = Expander::default();
        if let (Ok(text), Ok(words)) = (expander.expand_word(&word, &env), expander.expand_words(&word, &env)) {
            let visible = |text: &str| text.replace(char::is_whitespace, "");
            prop_assert_eq!(visible(&text.text), visible(&words.words.concat()));
        }
    }

    #[test]
    fn text_without_syntax_stays(word in "[^$'\"\\\\\u{FEFF}]{0,40}") {
        let expanded = Expander::default().expand_word(&word, &variables(&[])).unwrap();
        prop_assert_eq!(&*expanded.text, &*word);
        prop_assert!(expanded.matched.is_empty() && expanded.unmatched.is_empty());
    }

    #[test]
    fn single_quotes_keep_everything_but_themselves(text in "[^']{0,40}") {
        let word = format!("'{text}'");
        let expanded = Expander::default().expand_word(&word, &variables(&[])).unwrap();
        prop_assert_eq!(&*expanded.text, &*text);
    }

    #[test]
    fn escaped_characters_stay(text in "\\PC{0,40}") {
        let word: String = text.chars().flat_map(|character| ['\\', character]).collect();
        let expanded = Expander::default().expand_word(&word, &variables(&[])).unwrap();
        prop_assert_eq!(&*expanded.text, &*text);
    }

    #[test]
    fn values_are_not_expanded_again(value in "\\PC{0,40}") {
        let env = variables(&[("x", &value)]);
        for word in ["$x", "${x}", "\"$x\"", "${x-w}", "${y-$x}", "${x/\\*\\*\\*/b}"] {
            let expanded = Expander::default().expand_word(word, &env).unwrap();
            if !value.contains("***") {
                prop_assert_eq!(&*expanded.text, &*value, "{}", word);
            }
        }
    }

    #[test]
    fn a_pattern_made_of_the_value_removes_it(value in "[a-z.]{0,12}") {
        let env = variables(&[("x", &value)]);
        for operator in ["#", "##", "%", "%%"] {
            let word = format!("${{x{operator}{value}}}");
            let expanded = Expander::default().expand_word(&word, &env).unwrap();
            prop_assert_eq!(&*expanded.text, "", "{}", word);
        }
    }

    #[test]
    fn trimming_agrees_with_a_search_of_all_prefixes(value in "[ab\n]{0,10}", pattern in "[ab*?]{0,5}") {
        let env = variables(&[("x", &value)]);
        let ends: Vec<usize> = (0..=value.len()).filter(|&end| matches(&pattern, &value[..end])).collect();
        let starts: Vec<usize> = (0..=value.len()).filter(|&start| matches(&pattern, &value[start..])).collect();
        let prefix = |end: Option<&usize>| value[end.copied().unwrap_or(0)..].to_owned();
        let suffix = |start: Option<&usize>| value[..start.copied().unwrap_or(value.len())].to_owned();
        for (operator, expected) in [
            ("#", prefix(ends.first())),
            ("##", prefix(ends.last())),
            ("%", suffix(starts.last())),
            ("%%", suffix(starts.first())),
        ] {
            let word = format!("${{x{operator}{pattern}}}");
            let expanded = Expander::default().expand_word(&word, &env).unwrap();
            prop_assert_eq!(&*expanded.text, &*expected, "{} of {:?}", word, value);
        }
    }
}

/// Whether a pattern matches a whole text, the slow and obvious way.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let line = text.find('\n').unwrap_or(text.len());
            (0..=line).any(|end| matches(&pattern[1..], &text[end..]))
        }
        Some('?') => {
            !text.is_empty() && !text.starts_with('\n') && matches(&pattern[1..], &text[1..])
        }
        Some(first) => text.starts_with(first) && matches(&pattern[1..], &text[1..]),
    }
}
