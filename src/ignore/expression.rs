//! Wildcards: their syntax, and matching a path in time linear in both lengths.
//!
//! Parity: the reference rewrites a pattern to a regular expression, so brackets and escapes mean
//! what Go's regular expressions make of them: `\d` is a digit, and a `*` between brackets becomes
//! part of a class. The rewriting is repeated here, for a small machine that knows just the
//! expressions which it can yield. Unicode classes (`\pL`) are read but match nothing.

use super::char_set::{CharSet, class, shorthand_or_escape};
use super::glob::Token;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    program: Vec<Instruction>,
}

/// One step of the matching machine. Targets are indices into the program; its end accepts.
#[derive(Clone, Debug)]
enum Instruction {
    /// Consumes a character of the set.
    Take(CharSet),
    /// Goes on at either place.
    Split(usize, usize),
    /// Goes on there.
    Jump(usize),
    /// Goes on if the place in the path is right.
    Assert(TokenPosition),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenPosition {
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
                if let Some(Instruction::Take(set)) = self.program.get(*at)
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
                Some(Instruction::Take(_)) => self.waiting.push(at),
                Some(Instruction::Split(left, right)) => pending.extend([*left, *right]),
                Some(Instruction::Jump(target)) => pending.push(*target),
                Some(Instruction::Assert(place)) => {
                    if place.holds(before, after) {
                        pending.push(at + 1);
                    }
                }
            }
        }
        accepted
    }
}

impl TokenPosition {
    fn holds(self, before: Option<char>, after: Option<char>) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        match self {
            TokenPosition::Start => before.is_none(),
            TokenPosition::End => after.is_none(),
            TokenPosition::WordBoundary => is_word(before) != is_word(after),
            TokenPosition::NoWordBoundary => is_word(before) == is_word(after),
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
    program: Vec<Instruction>,
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
                    self.program.push(Instruction::Assert(TokenPosition::Start));
                    text = rest;
                    continue;
                }
                '$' => {
                    self.program.push(Instruction::Assert(TokenPosition::End));
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
                        self.program.push(Instruction::Assert(match letter {
                            'A' => TokenPosition::Start,
                            'z' => TokenPosition::End,
                            'b' => TokenPosition::WordBoundary,
                            _ => TokenPosition::NoWordBoundary,
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
                    self.program.push(Instruction::Take(set));
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
                    self.program.push(Instruction::Take(CharSet::of(*c)));
                    text = rest;
                }
                [] => return text,
            }
        }
    }

    /// `set*`
    fn star(&mut self, set: CharSet) {
        let start = self.program.len();
        self.program.push(Instruction::Split(start + 1, start + 3));
        self.program.push(Instruction::Take(set));
        self.program.push(Instruction::Jump(start));
    }

    /// `(.*/)?`
    fn directories(&mut self) {
        let start = self.program.len();
        self.program.push(Instruction::Split(start + 1, start + 5));
        self.star(CharSet::except('\n'));
        self.program.push(Instruction::Take(CharSet::of('/')));
    }
}
