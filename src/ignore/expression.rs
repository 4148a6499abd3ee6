//! Wildcards: their syntax, and matching a path in time linear in both lengths.
//!
//! Parity: the reference rewrites a pattern to a regular expression, so brackets and escapes mean
//! what Go's regular expressions make of them: `\d` is a digit, and a `*` between brackets becomes
//! part of a class. The rewriting is repeated here, for a small machine that knows just the
//! expressions which it can yield. Unicode classes (`\pL`) are read but match nothing.

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

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    program: Vec<Step>,
}

/// One step of the matching machine. Targets are indices into the program; its end accepts.
#[derive(Clone, Debug)]
enum Step {
    /// Consumes a character of the set.
    Take(CharSet),
    /// Goes on at either place.
    Split(usize, usize),
    /// Goes on there.
    Jump(usize),
    /// Goes on if the place in the path is right.
    Assert(Place),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    End,
    WordBoundary,
    NoWordBoundary,
}

impl Expression {
    /// Compiles a pattern; `None` if Go would not compile the expression it turns into.
    pub(super) fn new(tokens: &[Token]) -> Option<Self> {
        let mut compiler = Compiler {
            program: Vec::new(),
        };
        compiler.compile(&rewrite(tokens))?;
        Some(Expression {
            program: compiler.program,
        })
    }

    /// Whether `path` matches or, with `parents`, what comes before one of its slashes.
    pub(super) fn matches(&self, path: &str, parents: bool) -> bool {
        let mut threads = Threads::new(self.program.len());
        // Where threads are before the next character, empty steps not yet taken.
        let mut seeds = vec![0];
        let mut before = None;
        for c in path.chars() {
            if parents && c == '/' && threads.follow(self, &seeds, before, None) {
                return true;
            }
            // The end of the program normally needs the end of the path.
            if threads.follow(self, &seeds, before, Some(c)) {
                return true;
            }
            seeds.clear();
            for at in &threads.waiting {
                if let Some(Step::Take(set)) = self.program.get(*at)
                    && set.contains(c)
                {
                    seeds.push(at + 1);
                }
            }
            if seeds.is_empty() {
                return false;
            }
            before = Some(c);
        }
        threads.follow(self, &seeds, before, None)
    }
}

/// The threads of a match at one place in the path.
struct Threads {
    /// Steps that wait for a character.
    waiting: Vec<usize>,
    /// The round in which each step was last reached.
    reached: Vec<u64>,
    round: u64,
}

impl Threads {
    fn new(steps: usize) -> Self {
        Threads {
            waiting: Vec::with_capacity(steps),
            reached: vec![0; steps + 1],
            round: 0,
        }
    }

    /// Takes all empty steps from `seeds`; true if one of them leads to the end of the program.
    fn follow(
        &mut self,
        expression: &Expression,
        seeds: &[usize],
        before: Option<char>,
        after: Option<char>,
    ) -> bool {
        self.round += 1;
        self.waiting.clear();
        let mut accepted = false;
        let mut pending = seeds.to_vec();
        while let Some(at) = pending.pop() {
            match self.reached.get_mut(at) {
                Some(reached) if *reached != self.round => *reached = self.round,
                _ => continue,
            }
            match expression.program.get(at) {
                None => accepted = true,
                Some(Step::Take(_)) => self.waiting.push(at),
                Some(Step::Split(left, right)) => pending.extend([*left, *right]),
                Some(Step::Jump(target)) => pending.push(*target),
                Some(Step::Assert(place)) => {
                    if place.holds(before, after) {
                        pending.push(at + 1);
                    }
                }
            }
        }
        accepted
    }
}

impl Place {
    fn holds(self, before: Option<char>, after: Option<char>) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        match self {
            Place::Start => before.is_none(),
            Place::End => after.is_none(),
            Place::WordBoundary => is_word(before) != is_word(after),
            Place::NoWordBoundary => is_word(before) == is_word(after),
        }
    }
}

/// The regular expression that the reference makes of a pattern, but for the leading anchor.
fn rewrite(tokens: &[Token]) -> Vec<char> {
    let mut text = Vec::new();
    for token in tokens {
        match token {
            Token::Literal(c @ ('.' | '+' | '(' | ')' | '|' | '{' | '}' | '$'))
            | Token::Escaped(c) => text.extend(['\\', *c]),
            Token::Literal(c) | Token::Bracket(c) => text.push(*c),
            Token::One => text.extend("[^/]".chars()),
            Token::Name => text.extend("[^/]*".chars()),
            Token::Directories => text.extend("(.*/)?".chars()),
            Token::Rest => text.extend(".*".chars()),
        }
    }
    text.push('$');
    text
}

struct Compiler {
    program: Vec<Step>,
}

impl Compiler {
    /// Compiles what [`rewrite`] yields: sets, literals, escapes, `(.*/)?`, and stars.
    fn compile(&mut self, mut text: &[char]) -> Option<()> {
        while let [first, rest @ ..] = text {
            if let ['(', '.', '*', '/', ')', '?', after @ ..] = text {
                self.directories();
                text = after;
                continue;
            }
            let (set, after) = match first {
                '^' => {
                    self.program.push(Step::Assert(Place::Start));
                    text = rest;
                    continue;
                }
                '$' => {
                    self.program.push(Step::Assert(Place::End));
                    text = rest;
                    continue;
                }
                '.' => (CharSet::except('\n'), rest),
                '[' => class(rest)?,
                '\\' => match rest {
                    ['Q', quoted @ ..] => {
                        text = self.quoted(quoted);
                        continue;
                    }
                    [letter @ ('A' | 'z' | 'b' | 'B'), after @ ..] => {
                        self.program.push(Step::Assert(match letter {
                            'A' => Place::Start,
                            'z' => Place::End,
                            'b' => Place::WordBoundary,
                            _ => Place::NoWordBoundary,
                        }));
                        text = after;
                        continue;
                    }
                    _ => shorthand_or_escape(rest)?,
                },
                c => (CharSet::of(*c), rest),
            };
            text = match after {
                ['*', after @ ..] => {
                    self.star(set);
                    after
                }
                _ => {
                    self.program.push(Step::Take(set));
                    after
                }
            };
        }
        Some(())
    }

    /// Literal text up to `\E`, which takes in the final anchor if there is no `\E`.
    fn quoted<'t>(&mut self, mut text: &'t [char]) -> &'t [char] {
        loop {
            match text {
                ['\\', 'E', rest @ ..] => return rest,
                [c, rest @ ..] => {
                    self.program.push(Step::Take(CharSet::of(*c)));
                    text = rest;
                }
                [] => return text,
            }
        }
    }

    /// `set*`
    fn star(&mut self, set: CharSet) {
        let start = self.program.len();
        self.program.push(Step::Split(start + 1, start + 3));
        self.program.push(Step::Take(set));
        self.program.push(Step::Jump(start));
    }

    /// `(.*/)?`
    fn directories(&mut self) {
        let start = self.program.len();
        self.program.push(Step::Split(start + 1, start + 5));
        self.star(CharSet::except('\n'));
        self.program.push(Step::Take(CharSet::of('/')));
    }
}

/// A set of characters.
#[derive(Clone, Debug, Default)]
struct CharSet {
    /// Inclusive ranges of code points, in no order.
    ranges: Vec<(u32, u32)>,
    negated: bool,
}

impl CharSet {
    fn of(c: char) -> Self {
        CharSet {
            ranges: vec![(c.into(), c.into())],
            negated: false,
        }
    }

    fn except(c: char) -> Self {
        CharSet {
            negated: true,
            ..CharSet::of(c)
        }
    }

    fn contains(&self, c: char) -> bool {
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
fn class(mut text: &[char]) -> Option<(CharSet, &[char])> {
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

fn shorthand_or_escape(text: &[char]) -> Option<(CharSet, &[char])> {
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
