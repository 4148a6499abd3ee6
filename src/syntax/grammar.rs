//! The only place that names pest: runs a rule on a text and returns ranges of that text.
//!
//! Takes `str`; where the input is bytes, the caller chooses how they are shown as characters.

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pair;

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
    let rule = match escape {
        Escape::Backslash => Rule::flags_s,
        Escape::Backtick => Rule::flags_t,
    };
    let flags = top(rule, text).into_iter().flatten();
    flags.map(|flag| range(&flag)).collect()
}

/// A piece of a text that holds words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Blanks in it separate words.
    Plain(Range<usize>),
    /// Quoted or escaped, as written: part of a word.
    Kept(Range<usize>),
}

/// The pieces of a text that has quotes or escape tokens, in order.
pub(super) fn pieces(text: &str, escape: Escape) -> Vec<Piece> {
    let rule = match escape {
        Escape::Backslash => Rule::pieces_s,
        Escape::Backtick => Rule::pieces_t,
    };
    let pieces = top(rule, text).into_iter().flatten();
    pieces
        .filter_map(|pair| match pair.as_rule() {
            Rule::plain_s | Rule::plain_t => Some(Piece::Plain(range(&pair))),
            Rule::kept_s | Rule::kept_t => Some(Piece::Kept(range(&pair))),
            _ => None,
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

    #[test]
    fn every_character_belongs_to_a_flag_or_a_blank() {
        // one rule with a hole would end the parse early
        for escape in [Escape::Backslash, Escape::Backtick] {
            let special = ['\'', '"', escape.char()];
            let chars = (0..=0x3100).filter_map(char::from_u32);
            for c in chars.filter(|c| !special.contains(c)) {
                let flag = format!("--a{c}b c");
                let is_blank = u32::from(c) < 0x100 && c.is_whitespace();
                let end = if is_blank { 3 } else { flag.len() - 2 };
                assert_eq!(cut(&flag, &flags(&flag, escape)), [&flag[..end]], "{c:?}");
            }
        }
    }

    #[test]
    fn flags_end_at_the_first_other_word() {
        let text = r#"  --a="x y" --b\ c -d --e"#;
        let found = flags(text, Escape::Backslash);
        assert_eq!(cut(text, &found), [r#"--a="x y""#, r"--b\ c"]);
        assert!(flags("a --b", Escape::Backslash).is_empty());
    }

    #[test]
    fn heredoc_words_are_whole_words() {
        assert_eq!(heredoc("<<-EOF"), Some((0..0, true, 3..6)));
        assert_eq!(heredoc("3<< 'a b'"), Some((0..1, false, 4..9)));
        assert_eq!(heredoc("a<<EOF"), None);
        assert_eq!(heredoc("<<<EOF"), None);
    }
}
