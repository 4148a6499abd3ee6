//! The syntax of patterns: their pieces, and which of them are malformed.

use super::matcher::PatternError;

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// The character itself.
    Literal(char),
    /// `\` and a character.
    Escaped(char),
    /// `[` or `]`.
    Bracket(char),
    /// `?`: one character of a name.
    One,
    /// `*`: any part of a name.
    Name,
    /// `**` with a slash if one follows: any directories, or none.
    Directories,
    /// `**` at the end: anything.
    Rest,
}

/// Splits a pattern; the slash after `**` belongs to it.
pub(super) fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                match chars.peek() {
                    Some(_) => Token::Directories,
                    None => Token::Rest,
                }
            }
            '*' => Token::Name,
            '?' => Token::One,
            '[' | ']' => Token::Bracket(c),
            '\\' => chars.next().map_or(Token::Literal(c), Token::Escaped),
            c => Token::Literal(c),
        });
    }
    tokens
}

/// Checks the syntax as the reference does: escapes are complete, brackets closed and not empty.
///
/// Parity: it asks Go's `filepath.Match` about the path `.`, which gives up at the first part
/// between stars that does not match; what is wrong behind that part goes unnoticed here.
pub(super) fn check(pattern: &str) -> Result<(), PatternError> {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut rest = pattern.as_slice();
    let mut name = Some('.');
    while !rest.is_empty() {
        let part;
        (part, rest) = split_part(rest);
        if part.is_empty() {
            return Ok(());
        }
        match match_part(part, name).ok_or(PatternError::Syntax)? {
            Part::Matches(left) if left.is_none() || !rest.is_empty() => name = left,
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// The next part of a pattern, without stars around it, and what follows, stars included.
fn split_part(pattern: &[char]) -> (&[char], &[char]) {
    let stars = pattern.iter().take_while(|c| **c == '*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let mut in_class = false;
    let mut escaped = false;
    for (at, c) in pattern.iter().enumerate() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '*' if !in_class => return pattern.split_at(at),
            _ => {}
        }
    }
    (pattern, &[])
}

enum Part {
    /// The part matches the start of the name; this is left of it.
    Matches(Option<char>),
    Differs,
}

/// Matches a part with a name of one character or none; `None` if the part is malformed.
fn match_part(mut part: &[char], mut name: Option<char>) -> Option<Part> {
    let mut differs = false;
    while let [first, rest @ ..] = part {
        let here = name.take();
        let fits: bool;
        (fits, part) = match (first, rest) {
            ('[', _) => check_class(rest, here)?,
            ('?', _) => (true, rest),
            ('\\', [c, rest @ ..]) => (here == Some(*c), rest),
            ('\\', []) => return None,
            (c, _) => (here == Some(*c), rest),
        };
        differs |= !fits || here.is_none();
    }
    Some(match differs {
        true => Part::Differs,
        false => Part::Matches(name),
    })
}

/// Passes over `^a-z…]` and tells whether `name` is in the class.
fn check_class(mut class: &[char], name: Option<char>) -> Option<(bool, &[char])> {
    let mut negated = false;
    if let ['^', rest @ ..] = class {
        negated = true;
        class = rest;
    }
    let mut matched = false;
    let mut empty = true;
    loop {
        if let (false, [']', rest @ ..]) = (empty, class) {
            return Some((matched != negated, rest));
        }
        let low;
        (low, class) = check_bound(class)?;
        let mut high = low;
        if let ['-', rest @ ..] = class {
            (high, class) = check_bound(rest)?;
        }
        matched |= name.is_some_and(|c| (low..=high).contains(&c));
        empty = false;
    }
}

/// Passes over one end of a range, which something must follow.
fn check_bound(class: &[char]) -> Option<(char, &[char])> {
    let (c, rest) = match class {
        ['-' | ']', ..] => return None,
        ['\\', c, rest @ ..] => (c, rest),
        [c, rest @ ..] => (c, rest),
        [] => return None,
    };
    (!rest.is_empty()).then_some((*c, rest))
}
