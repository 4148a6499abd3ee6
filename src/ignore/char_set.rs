//! Character classes and escapes, as Go's regular expressions read them.

/// A set of characters.
#[derive(Clone, Debug, Default)]
pub(super) struct CharSet {
    /// Inclusive ranges of code points, in no order.
    ranges: Vec<(u32, u32)>,
    negated: bool,
}

impl CharSet {
    pub(super) fn of(c: char) -> Self {
        CharSet {
            ranges: vec![(c.into(), c.into())],
            negated: false,
        }
    }

    pub(super) fn except(c: char) -> Self {
        CharSet {
            negated: true,
            ..CharSet::of(c)
        }
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let code = u32::from(c);
        let listed = self
            .ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&code));
        listed != self.negated
    }

    /// Adds ASCII ranges, or all that is outside of them.
    fn add(&mut self, ranges: &[(char, char)], negated: bool) {
        let ranges = ranges
            .iter()
            .map(|(first, last)| (u32::from(*first), u32::from(*last)));
        if !negated {
            self.ranges.extend(ranges);
            return;
        }
        let mut next = 0;
        for (first, last) in ranges {
            if next < first {
                self.ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        self.ranges.push((next, u32::from(char::MAX)));
    }
}

/// A class, after its opening bracket.
pub(super) fn class(mut text: &[char]) -> Option<(CharSet, &[char])> {
    let mut set = CharSet::default();
    if let ['^', rest @ ..] = text {
        set.negated = true;
        text = rest;
    }
    let mut first = true;
    loop {
        match text {
            [']', rest @ ..] if !first => return Some((set, rest)),
            _ => first = false,
        }
        if let Some(rest) = posix_class(text, &mut set)? {
            text = rest;
            continue;
        }
        if let ['\\', rest @ ..] = text
            && let Some(rest) = shorthand(rest, &mut set)
        {
            text = rest;
            continue;
        }
        let (low, rest) = class_bound(text)?;
        text = rest;
        let mut high = low;
        if let ['-', next, ..] = rest
            && *next != ']'
        {
            (high, text) = class_bound(rest.get(1..)?)?;
            if high < low {
                return None;
            }
        }
        set.ranges.push((low, high));
    }
}

fn class_bound(text: &[char]) -> Option<(u32, &[char])> {
    match text {
        ['\\', rest @ ..] => escape(rest),
        [c, rest @ ..] => Some((u32::from(*c), rest)),
        [] => None,
    }
}

/// `[:name:]` or `[:^name:]` inside a class. The outer `None` is an unknown name.
#[allow(clippy::option_option)]
fn posix_class<'t>(text: &'t [char], set: &mut CharSet) -> Option<Option<&'t [char]>> {
    let ['[', ':', inner @ ..] = text else {
        return Some(None);
    };
    let Some(end) = inner.windows(2).position(|pair| pair == [':', ']']) else {
        return Some(None);
    };
    let (name, rest) = inner.split_at_checked(end)?;
    let (name, negated) = match name {
        ['^', name @ ..] => (name, true),
        name => (name, false),
    };
    let name: String = name.iter().collect();
    let ranges: &[(char, char)] = match name.as_str() {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    set.add(ranges, negated);
    Some(rest.get(2..))
}

/// A set such as `\d`, after the backslash; `None` leaves the text to [`escape`].
fn shorthand<'t>(text: &'t [char], set: &mut CharSet) -> Option<&'t [char]> {
    let [letter, rest @ ..] = text else {
        return None;
    };
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        'p' => match rest {
            ['{', ..] => return None,
            [_, rest @ ..] => return Some(rest),
            [] => return None,
        },
        _ => return None,
    };
    set.add(ranges, letter.is_ascii_uppercase());
    Some(rest)
}

/// A set such as `\d` or one escaped character, after the backslash.
pub(super) fn shorthand_or_escape(text: &[char]) -> Option<(CharSet, &[char])> {
    let mut set = CharSet::default();
    if let Some(rest) = shorthand(text, &mut set) {
        return Some((set, rest));
    }
    let (code, rest) = escape(text)?;
    set.ranges.push((code, code));
    Some((set, rest))
}

/// One escaped character, after the backslash; `None` if Go knows no such escape.
fn escape(text: &[char]) -> Option<(u32, &[char])> {
    let [letter, rest @ ..] = text else {
        return None;
    };
    let code = match letter {
        'a' => 7,
        'f' => 12,
        't' => 9,
        'n' => 10,
        'r' => 13,
        'v' => 11,
        '0'..='7' => return octal(text),
        'x' => return hexadecimal(rest),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(*c),
        _ => return None,
    };
    Some((code, rest))
}

/// Up to three octal digits. A single one other than zero would refer back, which Go cannot do.
fn octal(text: &[char]) -> Option<(u32, &[char])> {
    let digits = text.iter().take(3).map_while(|c| c.to_digit(8));
    let length = digits.clone().count();
    let code = digits.fold(0, |code, digit| code * 8 + digit);
    let refers_back = length == 1 && code != 0;
    (!refers_back).then_some((code, text.get(length..)?))
}

/// Two hexadecimal digits. (Braces cannot follow: they are escaped by [`rewrite`].)
fn hexadecimal(text: &[char]) -> Option<(u32, &[char])> {
    let [high, low, rest @ ..] = text else {
        return None;
    };
    Some((high.to_digit(16)? * 16 + low.to_digit(16)?, rest))
}
