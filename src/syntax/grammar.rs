//! The only place that names pest: runs a rule on a text and returns ranges of that text.
//!
//! Takes `str`; where the input is bytes, the caller chooses how they are shown as characters.

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pair;

use super::quick;
use crate::source::Escape;

#[allow(missing_docs)]
mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/dockerfile.pest"]
    #[grammar = "grammar/arguments.pest"]
    pub(super) struct DockerfileGrammar;
}
use generated::{DockerfileGrammar, Rule};

/// A directive's name and value (untrimmed).
pub(super) fn directive(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let mut parts = top(Rule::directive, text)?;
    Some((range(&parts.next()?), range(&parts.next()?)))
}

/// File descriptor, `-` and word of a text that is one heredoc word.
pub(super) fn heredoc(text: &str) -> Option<(Range<usize>, bool, Range<usize>)> {
    let mut parts = top(Rule::heredoc, text)?;
    let fd = range(&parts.next()?);
    let chomp = !range(&parts.next()?).is_empty();
    Some((fd, chomp, range(&parts.next()?)))
}

/// The flag words at the start of an instruction's arguments.
pub(super) fn flags(text: &str, escape: Escape) -> Vec<Range<usize>> {
    quick::flags(text, escape).unwrap_or_else(|| flags_by_grammar(text, escape))
}

/// The same without the short way.
pub(super) fn flags_by_grammar(text: &str, escape: Escape) -> Vec<Range<usize>> {
    let rule = match escape {
        Escape::Backslash => Rule::flags_s,
        Escape::Backtick => Rule::flags_t,
    };
    let flags = top(rule, text).into_iter().flatten();
    flags.map(|flag| range(&flag)).collect()
}

/// The words of a text.
pub(super) fn words(text: &str, escape: Escape) -> Vec<Range<usize>> {
    quick::words(text, escape).unwrap_or_else(|| words_by_grammar(text, escape))
}

/// The same without the short way.
pub(super) fn words_by_grammar(text: &str, escape: Escape) -> Vec<Range<usize>> {
    let rule = match escape {
        Escape::Backslash => Rule::words_s,
        Escape::Backtick => Rule::words_t,
    };
    let words = top(rule, text).into_iter().flatten();
    words
        .filter(|pair| pair.as_rule() != Rule::EOI)
        .map(|word| range(&word))
        .collect()
}

/// The strings, quotes included, of a text that is a JSON array of strings.
pub(super) fn json_array(text: &str) -> Option<Vec<Range<usize>>> {
    quick::json_array(text).or_else(|| json_array_by_grammar(text))
}

/// The same without the short way.
pub(super) fn json_array_by_grammar(text: &str) -> Option<Vec<Range<usize>>> {
    let strings = top(Rule::json_array, text)?;
    strings
        .filter(|pair| pair.as_rule() != Rule::EOI)
        .map(|string| {
            let has_control = string.as_str().bytes().any(|byte| byte < b' ');
            (!has_control).then(|| range(&string))
        })
        .collect()
}

fn top(rule: Rule, text: &str) -> Option<pest::iterators::Pairs<'_, Rule>> {
    let mut pairs = DockerfileGrammar::parse(rule, text).ok()?;
    Some(pairs.next()?.into_inner())
}

fn range(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    span.start()..span.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'t>(text: &'t str, ranges: &[Range<usize>]) -> Vec<&'t str> {
        ranges.iter().map(|range| &text[range.clone()]).collect()
    }

    fn word_texts(text: &str, escape: Escape) -> Vec<&str> {
        cut(text, &words(text, escape))
    }

    #[test]
    fn every_character_belongs_to_a_word_or_a_blank() {
        // one rule with a hole would end the parse early
        for escape in [Escape::Backslash, Escape::Backtick] {
            let special = ['\'', '"', escape.char()];
            let chars = (0..=0x3100).filter_map(char::from_u32);
            for c in chars.filter(|c| !special.contains(c)) {
                let text = format!("a{c}b");
                let expected = if c.is_whitespace() { 2 } else { 1 };
                assert_eq!(words(&text, escape).len(), expected, "{c:?}");
                let flag = format!("--{text} c");
                let is_blank = u32::from(c) < 0x100 && c.is_whitespace();
                let end = if is_blank { 3 } else { flag.len() - 2 };
                assert_eq!(cut(&flag, &flags(&flag, escape)), [&flag[..end]], "{c:?}");
            }
        }
    }

    #[test]
    fn words_keep_quotes_and_escapes() {
        let words = |text| word_texts(text, Escape::Backslash);
        assert_eq!(
            words(r#"a="b c" d='e\' f\ g"#),
            [r#"a="b c""#, r"d='e\'", r"f\ g"]
        );
        assert_eq!(words(r#"a="b\" c"#), [r#"a="b\" c"#]);
        assert_eq!(words(r"a \"), ["a"]);
        assert_eq!(words(r#"a="b\"#), [r#"a="b"#]);
        assert_eq!(words(r"a='b\"), [r"a='b\"]);
        assert_eq!(word_texts("a` b", Escape::Backtick), ["a` b"]);
    }

    #[test]
    fn flags_end_at_the_first_other_word() {
        let text = r#"  --a="x y" --b\ c -d --e"#;
        let found = flags(text, Escape::Backslash);
        assert_eq!(cut(text, &found), [r#"--a="x y""#, r"--b\ c"]);
        assert!(flags("a --b", Escape::Backslash).is_empty());
    }

    #[test]
    fn json_arrays_hold_strings_only() {
        let text = r#"[ "a", "\u00e9\n" , ""]"#;
        let found = json_array(text).unwrap();
        assert_eq!(cut(text, &found), [r#""a""#, r#""\u00e9\n""#, r#""""#]);
        assert_eq!(json_array("[]").unwrap().len(), 0);
        for text in [
            r#"["a",]"#,
            r#"["a"] x"#,
            r#"["\x"]"#,
            "[\"\t\"]",
            "[1]",
            "\"a\"",
        ] {
            assert!(json_array(text).is_none(), "{text}");
        }
    }

    #[test]
    fn heredoc_words_are_whole_words() {
        assert_eq!(heredoc("<<-EOF"), Some((0..0, true, 3..6)));
        assert_eq!(heredoc("3<< 'a b'"), Some((0..1, false, 4..9)));
        assert_eq!(heredoc("a<<EOF"), None);
        assert_eq!(heredoc("<<<EOF"), None);
    }
}
