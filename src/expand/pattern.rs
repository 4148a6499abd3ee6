//! Shell patterns: `*`, `?` and backslash escapes, no brackets.
//!
//! Owns matching and the replacement templates of `${name//pattern/template}`. Results are those
//! of the regular expressions that the reference turns patterns into (`.` for `?`, so no wildcard
//! matches a newline), without their engine: a pattern is cut at its stars into [`Segment`]s of
//! fixed length, each placed as early (or, the last one, as late) as it can be. Because no star
//! crosses a newline, early placement never loses a match.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::go::regexp::Template;
use crate::limits::MAX_EXPANSION_BYTES;

/// Which match of several to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    Shortest,
    Longest,
}

/// A backslash in front of a character that needs none; `None` at the end of the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PatternError(Option<char>);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid escape '\\{}'", self.0.unwrap_or('\u{FFFD}'))
    }
}

/// A compiled pattern: segments with a star between each two of them.
#[derive(Debug)]
pub(super) struct Pattern {
    first: Segment,
    rest: Vec<Segment>,
}

impl Pattern {
    /// Compiles a pattern.
    pub(super) fn new(pattern: &str) -> Result<Self, PatternError> {
        let mut segments = Vec::new();
        let mut current = Vec::new();
        // Parity: the reference's scanner drops a byte order mark at the start.
        let mut characters = pattern.strip_prefix('\u{FEFF}').unwrap_or(pattern).chars();
        let mut after_star = false;
        while let Some(character) = characters.next() {
            match character {
                // Two stars in a row match what one does.
                '*' if after_star && current.is_empty() => {}
                '*' => {
                    segments.push(Segment::new(std::mem::take(&mut current)));
                    after_star = true;
                }
                '?' => current.push(Unit::Any),
                '\\' => match characters.as_str().chars().next() {
                    // The escapes that `${…}` itself asks for.
                    Some('}' | '/') => {}
                    Some(escaped @ ('*' | '?' | '\\')) => {
                        current.push(Unit::Exactly(escaped));
                        characters.next();
                    }
                    other => return Err(PatternError(other)),
                },
                other => current.push(Unit::Exactly(other)),
            }
        }
        segments.push(Segment::new(current));
        let mut segments = segments.into_iter();
        Ok(Pattern {
            first: segments.next().unwrap_or_default(),
            rest: segments.collect(),
        })
    }

    /// Where the match that begins with the text ends.
    pub(super) fn match_prefix(&self, text: &str, greed: Greed) -> Option<usize> {
        let end = self.first.match_at(text, 0)?;
        self.match_rest(text, end, greed)
    }

    /// The leftmost match in `text` from `start` on, the longest of those.
    pub(super) fn find(&self, text: &str, mut start: usize) -> Option<Range<usize>> {
        loop {
            let found = self
                .first
                .search(text, start..text.len(), Greed::Shortest)?;
            if let Some(end) = self.match_rest(text, found.end, Greed::Longest) {
                return Some(found.start..end);
            }
            // Whatever follows a star has been looked for to the end of the line in vain.
            start = if self.first.has_newline {
                found.start + text.get(found.start..)?.chars().next()?.len_utf8()
            } else {
                line_end(text, found.end)? + 1
            };
        }
    }

    /// Where the segments after the first end, when they are matched from `position` on.
    fn match_rest(&self, text: &str, mut position: usize, greed: Greed) -> Option<usize> {
        let Some((last, middle)) = self.rest.split_last() else {
            return Some(position);
        };
        let mut line = line_end(text, position).unwrap_or(text.len());
        for segment in middle {
            position = segment.search(text, position..line, Greed::Shortest)?.end;
            if position > line {
                line = line_end(text, position).unwrap_or(text.len());
            }
        }
        Some(last.search(text, position..line, greed)?.end)
    }
}

/// The position of the first newline at or after `position`.
fn line_end(text: &str, position: usize) -> Option<usize> {
    let rest = text.as_bytes().get(position..)?;
    memchr::memchr(b'\n', rest).map(|offset| position + offset)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Exactly(char),
    /// Any character but a newline.
    Any,
}

impl Unit {
    fn matches(self, character: char) -> bool {
        match self {
            Unit::Exactly(expected) => character == expected,
            Unit::Any => character != '\n',
        }
    }
}

/// A piece of a pattern without stars.
#[derive(Debug, Default)]
struct Segment {
    units: Vec<Unit>,
    /// The text, when there is no `?`.
    literal: Option<String>,
    has_newline: bool,
}

impl Segment {
    fn new(units: Vec<Unit>) -> Self {
        let literal = units
            .iter()
            .map(|unit| match unit {
                Unit::Exactly(character) => Some(*character),
                Unit::Any => None,
            })
            .collect();
        Segment {
            literal,
            has_newline: units.contains(&Unit::Exactly('\n')),
            units,
        }
    }

    /// Where the segment ends if it matches at `position`.
    fn match_at(&self, text: &str, position: usize) -> Option<usize> {
        let rest = text.get(position..)?;
        let mut characters = rest.chars();
        for unit in &self.units {
            if !unit.matches(characters.next()?) {
                return None;
            }
        }
        Some(text.len() - characters.as_str().len())
    }

    /// The first or last match that starts in `starts`, its end included.
    fn search(&self, text: &str, starts: Range<usize>, greed: Greed) -> Option<Range<usize>> {
        match &self.literal {
            Some(literal) => search_literal(literal, text, starts, greed),
            None => self.search_units(text, starts, greed),
        }
    }

    /// One pass over the text with a bit for each unit that has matched so far: time goes with
    /// the text's length times the segment's 64th part, whatever they hold.
    fn search_units(&self, text: &str, starts: Range<usize>, greed: Greed) -> Option<Range<usize>> {
        let masks = Masks::new(&self.units);
        let mut state = vec![0u64; masks.any.len()];
        let last = self.units.len().checked_sub(1)?;
        let mut begins = std::collections::VecDeque::with_capacity(self.units.len().min(4096));
        let mut found = None;
        for (offset, character) in text.get(starts.start..)?.char_indices() {
            let position = starts.start + offset;
            if begins.len() == self.units.len() {
                begins.pop_front();
            }
            begins.push_back(position);
            if begins.front().is_some_and(|&begin| begin > starts.end) {
                break;
            }
            masks.step(&mut state, character);
            let matched = state
                .get(last / 64)
                .is_some_and(|word| word & (1 << (last % 64)) != 0);
            if matched && let Some(&begin) = begins.front() {
                found = Some(begin..position + character.len_utf8());
                if greed == Greed::Shortest {
                    break;
                }
            }
        }
        found
    }
}

fn search_literal(
    literal: &str,
    text: &str,
    starts: Range<usize>,
    greed: Greed,
) -> Option<Range<usize>> {
    let end = starts.end.saturating_add(literal.len()).min(text.len());
    // What matches ends where a character does.
    let end = (0..=end).rev().find(|at| text.is_char_boundary(*at))?;
    let area = text.get(starts.start..end)?;
    let offset = match greed {
        Greed::Shortest => area.find(literal),
        Greed::Longest => area.rfind(literal),
    }?;
    let start = starts.start + offset;
    Some(start..start + literal.len())
}

/// For each character the units that it matches, a bit each.
struct Masks {
    by_character: HashMap<char, Vec<u64>>,
    /// For characters that the segment does not name.
    any: Vec<u64>,
    newline: Vec<u64>,
}

impl Masks {
    fn new(units: &[Unit]) -> Self {
        let words = units.len().div_ceil(64);
        let mut any = vec![0u64; words];
        set_bits(&mut any, units, |unit| unit == Unit::Any);
        let mut by_character: HashMap<char, Vec<u64>> = HashMap::new();
        let mut newline = vec![0u64; words];
        set_bits(&mut newline, units, |unit| unit == Unit::Exactly('\n'));
        for (index, unit) in units.iter().enumerate() {
            if let Unit::Exactly(character) = *unit
                && character != '\n'
            {
                let mask = by_character.entry(character).or_insert_with(|| any.clone());
                set_bit(mask, index);
            }
        }
        Masks {
            by_character,
            any,
            newline,
        }
    }

    fn step(&self, state: &mut [u64], character: char) {
        let mask = match character {
            '\n' => &self.newline,
            other => self.by_character.get(&other).unwrap_or(&self.any),
        };
        let mut carry = 1;
        for (word, mask) in state.iter_mut().zip(mask) {
            let shifted = (*word << 1) | carry;
            carry = *word >> 63;
            *word = shifted & mask;
        }
    }
}

fn set_bits(mask: &mut [u64], units: &[Unit], select: impl Fn(Unit) -> bool) {
    for (index, unit) in units.iter().enumerate() {
        if select(*unit) {
            set_bit(mask, index);
        }
    }
}

fn set_bit(mask: &mut [u64], index: usize) {
    if let Some(word) = mask.get_mut(index / 64) {
        *word |= 1 << (index % 64);
    }
}

/// Replaces all matches; `None` when the result is longer than an expansion may be.
///
/// Parity: `$1` and `$name` in the replacement are references to groups. A pattern has none, so
/// they vanish; `$0` is the match and `$$` a dollar.
pub(super) fn replace_all(pattern: &Pattern, text: &str, replacement: &str) -> Option<String> {
    let template = Template::new(replacement);
    let mut out = String::new();
    let mut copied = 0;
    let mut position = 0;
    while position <= text.len() {
        let Some(found) = pattern.find(text, position) else {
            break;
        };
        out.push_str(text.get(copied..found.start)?);
        // No empty match right after another match.
        if found.end > copied || found.start == 0 {
            template.append(text.get(found.clone())?, &mut out);
        }
        if out.len() > MAX_EXPANSION_BYTES {
            return None;
        }
        copied = found.end;
        position = if found.end > position {
            found.end
        } else {
            let next = text.get(position..)?.chars().next();
            position + next.map_or(1, char::len_utf8)
        };
    }
    out.push_str(text.get(copied..)?);
    (out.len() <= MAX_EXPANSION_BYTES).then_some(out)
}

/// The characters in reverse order.
pub(super) fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// The pattern of the reversed texts: escapes stay in front of what they escape.
pub(super) fn reversed_pattern(pattern: &str) -> String {
    let mut pieces = Vec::new();
    let mut rest = pattern.char_indices();
    while let Some((start, character)) = rest.next() {
        if character == '\\' {
            rest.next();
        }
        let end = rest.offset();
        pieces.push(pattern.get(start..end).unwrap_or_default());
    }
    pieces.into_iter().rev().collect()
}
