//! From the text of a word to its parts: [`Word`].
//!
//! Owns the word language: grammar/word.pest says what it is, and a test holds this reader against it. Knows neither
//! variables' values nor what becomes of quotes and escapes.
//!
//! Reading never fails. What is wrong in a word is kept in it as a [`Fault`], where it was met:
//! evaluation goes from left to right and may fail earlier for a reason of its own.

#[cfg(test)]
mod grammar;

use crate::go::unicode::{is_digit, is_letter};
use crate::limits::MAX_WORD_NESTING;
use crate::source::Escape;

/// The parts of a word, left to right.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Word<'w> {
    pub(super) parts: Vec<Part<'w>>,
    /// What is wrong after the last part.
    pub(super) fault: Option<Fault<'w>>,
}

/// A part of a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'w> {
    /// Characters as they are: `abc`.
    Text(&'w str),
    /// An escape token and the character that it protects; nothing at the end of the text.
    Escape(Option<char>),
    /// An escape token in double quotes that may protect nothing: `"a\b"`.
    DoubleEscape(Option<char>),
    /// `<`, or `<<` with the blanks after it.
    Heredoc(&'w str),
    /// What is between single quotes.
    Single(&'w str),
    /// What is between double quotes.
    Double(Word<'w>),
    /// A variable.
    Substitution(Box<Substitution<'w>>),
}

impl<'w> Part<'w> {
    /// A variable without a word of its own: evaluating it cannot fail.
    pub(super) fn variable(name: &'w str, form: Form<'w>) -> Self {
        Part::Substitution(Box::new(Substitution {
            name,
            form,
            at_end: false,
        }))
    }
}

/// `$name`, `${name}`, `${name-word}` and their kin.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Substitution<'w> {
    pub(super) name: &'w str,
    pub(super) form: Form<'w>,
    /// Whether the text ends right after it; an error in it depends on that.
    pub(super) at_end: bool,
}

/// The form of a substitution.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form<'w> {
    /// `$name`
    Plain,
    /// `${name}`
    Braces,
    /// `${name:-word}`
    Operator { operator: &'w str, word: Word<'w> },
    /// `${name/pattern/replacement}`; `all` for `//`.
    Replace {
        all: bool,
        pattern: Word<'w>,
        replacement: Word<'w>,
    },
}

/// What is wrong in the text of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault<'w> {
    /// The text ends between single quotes.
    OpenSingleQuote,
    /// The text ends between double quotes.
    OpenDoubleQuote,
    /// The text ends before the brace or slash that the word needs. The innermost `${` names it.
    Unclosed,
    /// The text ends after `${`.
    MissingBrace,
    /// `${` is followed by `{`, `}` or `:`.
    BadSubstitution,
    /// What follows the name is not an operator.
    UnsupportedModifier { modifier: &'w str, at_end: bool },
    /// Too many levels, [`MAX_WORD_NESTING`].
    TooDeep,
}

/// What the reader is inside of.
enum Inside<'w> {
    Top,
    Double,
    Operator {
        name: &'w str,
        operator: &'w str,
    },
    Pattern {
        name: &'w str,
        all: bool,
    },
    Replacement {
        name: &'w str,
        all: bool,
        pattern: Word<'w>,
    },
}

struct Level<'w> {
    inside: Inside<'w>,
    word: Word<'w>,
}

/// Reads a word. With `quotes` false, quotes are characters like any other.
pub(super) fn parse(text: &str, escape: Escape, quotes: bool) -> Word<'_> {
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
    while let Some(byte) = reader.peek()
        && reader.level.word.fault.is_none()
    {
        reader.next(byte);
    }
    reader.finish()
}

/// What ends a run of characters that mean nothing: bytes, all of them ASCII, by the levels that they end it in.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const STOPS: [u8; 256] = {
    let mut stops = [0; 256];
    let mut at = 0;
    while at < ORDINARY.len() {
        stops[ORDINARY[at] as usize] = IN_WORD | IN_PATTERN;
        at += 1;
    }
    stops[b'$' as usize] |= IN_DOUBLE;
    stops[b'"' as usize] |= IN_DOUBLE;
    stops[b'}' as usize] = IN_WORD;
    stops[b'/' as usize] = IN_PATTERN;
    stops
};
const ORDINARY: [u8; 4] = [b'$', b'<', b'\'', b'"'];
const IN_WORD: u8 = 1;
/// The pattern of `${name/pattern/replacement}` ends at a slash.
const IN_PATTERN: u8 = 2;
const IN_DOUBLE: u8 = 4;

struct Reader<'w> {
    text: &'w str,
    position: usize,
    escape: u8,
    quotes: bool,
    outer: Vec<Level<'w>>,
    level: Level<'w>,
}

impl<'w> Reader<'w> {
    fn rest(&self) -> &'w str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// The next `len` bytes, which end where a character does.
    fn take(&mut self, len: usize) -> &'w str {
        let rest = self.rest();
        let taken = rest.get(..len).unwrap_or(rest);
        self.position += taken.len();
        taken
    }

    /// Takes the next byte if it is this one.
    fn take_if(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    fn at_end(&self) -> bool {
        self.position == self.text.len()
    }

    fn push(&mut self, part: Part<'w>) {
        self.level.word.parts.push(part);
    }

    /// Reads what begins with `byte`, the next one; always moves on.
    fn next(&mut self, byte: u8) {
        let in_double = matches!(self.level.inside, Inside::Double);
        match byte {
            b'$' => self.dollar(),
            _ if byte == self.escape => self.escaped(in_double),
            b'"' if in_double => {
                self.position += 1;
                let word = self.leave();
                self.push(Part::Double(word));
            }
            _ if in_double => self.run(IN_DOUBLE),
            b'"' if self.quotes => {
                self.position += 1;
                self.enter(Inside::Double);
            }
            b'\'' if self.quotes => self.single(),
            b'<' => self.heredoc(),
            b'"' | b'\'' => {
                let quote = self.take(1);
                self.push(Part::Text(quote));
            }
            _ => match (&self.level.inside, byte) {
                (Inside::Pattern { .. }, b'/')
                | (Inside::Operator { .. } | Inside::Replacement { .. }, b'}') => self.close(),
                (Inside::Pattern { .. }, _) => self.run(IN_PATTERN),
                (_, b'}') => {
                    let brace = self.take(1);
                    self.push(Part::Text(brace));
                }
                _ => self.run(IN_WORD),
            },
        }
    }

    /// Characters that mean nothing, up to one that ends them on this level.
    fn run(&mut self, level: u8) {
        let ends = |byte: &u8| {
            STOPS
                .get(usize::from(*byte))
                .is_some_and(|stops| stops & level != 0)
                || *byte == self.escape
        };
        let rest = self.rest().as_bytes();
        let len = rest.iter().position(ends).unwrap_or(rest.len());
        let text = self.take(len);
        self.push(Part::Text(text));
    }

    /// An escape token, and the character after it if the token protects that one.
    fn escaped(&mut self, in_double: bool) {
        self.position += 1;
        let escape = char::from(self.escape);
        let protects = |next: &char| !in_double || matches!(next, '"' | '$') || *next == escape;
        let protected = self.rest().chars().next().filter(protects);
        self.position += protected.map_or(0, char::len_utf8);
        self.push(match in_double {
            true => Part::DoubleEscape(protected),
            false => Part::Escape(protected),
        });
    }

    fn heredoc(&mut self) {
        let len = match self.rest().as_bytes() {
            [b'<', b'<', blanks @ ..] => {
                let is_blank = |byte: &&u8| matches!(byte, b'\t' | b'\r' | b' ');
                2 + blanks.iter().take_while(is_blank).count()
            }
            _ => 1,
        };
        let heredoc = self.take(len);
        self.push(Part::Heredoc(heredoc));
    }

    fn single(&mut self) {
        self.position += 1;
        match memchr::memchr(b'\'', self.rest().as_bytes()) {
            Some(len) => {
                let content = self.take(len);
                self.position += 1;
                self.push(Part::Single(content));
            }
            None => self.fail(Fault::OpenSingleQuote),
        }
    }

    fn dollar(&mut self) {
        let dollar = self.take(1);
        if self.take_if(b'{') {
            return self.braces();
        }
        match self.name() {
            "" => self.push(Part::Text(dollar)),
            name => self.push(Part::variable(name, Form::Plain)),
        }
    }

    /// What follows `${`.
    fn braces(&mut self) {
        let name = self.name();
        let Some(next) = self.rest().chars().next() else {
            return self.fail(match name {
                "" => Fault::MissingBrace,
                _ => Fault::UnsupportedModifier {
                    modifier: END_OF_TEXT,
                    at_end: true,
                },
            });
        };
        if name.is_empty() && matches!(next, '{' | '}' | ':') {
            return self.fail(Fault::BadSubstitution);
        }
        let operator = self.take(next.len_utf8());
        match next {
            '}' => self.push(Part::variable(name, Form::Braces)),
            '/' => {
                let all = self.take_if(b'/');
                self.enter(Inside::Pattern { name, all });
            }
            ':' => self.colon(name),
            '+' | '-' | '?' | '#' | '%' => self.enter(Inside::Operator { name, operator }),
            _ => self.unsupported(operator),
        }
    }

    /// What follows `${name:`: the other half of the operator.
    fn colon(&mut self, name: &'w str) {
        let Some(next) = self.rest().chars().next() else {
            return self.fail(Fault::MissingBrace);
        };
        let start = self.position - 1;
        self.position += next.len_utf8();
        let operator = self.text.get(start..self.position).unwrap_or_default();
        match next {
            '#' | '%' => self.unsupported(operator),
            _ => self.enter(Inside::Operator { name, operator }),
        }
    }

    fn unsupported(&mut self, modifier: &'w str) {
        let at_end = self.at_end();
        self.fail(Fault::UnsupportedModifier { modifier, at_end });
    }

    /// The name that comes next, if there is one.
    fn name(&mut self) -> &'w str {
        let rest = self.rest();
        let mut chars = rest.chars();
        let more: fn(char) -> bool = match chars.next() {
            Some(first) if first == '_' || is_letter(first) => {
                |next| next == '_' || is_letter(next) || is_digit(next)
            }
            Some(first) if is_digit(first) => is_digit,
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => |_| false,
            _ => return "",
        };
        let after = chars.as_str();
        let end = after.find(|next| !more(next)).unwrap_or(after.len());
        self.take(rest.len() - after.len() + end)
    }

    fn fail(&mut self, fault: Fault<'w>) {
        self.level.word.fault = Some(fault);
    }

    /// Adds a substitution that ends where the reader is.
    fn substitute(&mut self, name: &'w str, form: Form<'w>) {
        let at_end = self.at_end();
        self.push(Part::Substitution(Box::new(Substitution {
            name,
            form,
            at_end,
        })));
    }

    /// The end of a pattern or of what stands in braces.
    fn close(&mut self) {
        self.position += 1;
        let inside = std::mem::replace(&mut self.level.inside, Inside::Top);
        match inside {
            Inside::Pattern { name, all } => {
                let pattern = std::mem::take(&mut self.level.word);
                self.level.inside = Inside::Replacement { name, all, pattern };
            }
            inside => {
                let word = self.leave();
                self.end_braces(inside, word);
            }
        }
    }

    /// Adds the substitution that `inside` began and `word` ends to the level around it.
    fn end_braces(&mut self, inside: Inside<'w>, word: Word<'w>) {
        match inside {
            Inside::Operator { name, operator } => {
                self.substitute(name, Form::Operator { operator, word });
            }
            Inside::Pattern { name, all } => {
                let form = Form::Replace {
                    all,
                    pattern: word,
                    replacement: Word::default(),
                };
                self.substitute(name, form);
            }
            Inside::Replacement { name, all, pattern } => {
                let form = Form::Replace {
                    all,
                    pattern,
                    replacement: word,
                };
                self.substitute(name, form);
            }
            Inside::Double => self.push(Part::Double(word)),
            Inside::Top => {}
        }
    }

    /// Begins a level; quotes may begin one more than braces may.
    fn enter(&mut self, inside: Inside<'w>) {
        let deepest = MAX_WORD_NESTING + usize::from(matches!(inside, Inside::Double));
        if self.outer.len() >= deepest {
            return self.fail(Fault::TooDeep);
        }
        let word = Word::default();
        let outer = std::mem::replace(&mut self.level, Level { inside, word });
        self.outer.push(outer);
    }

    /// Goes back to the level around this one; gives this one's word.
    fn leave(&mut self) -> Word<'w> {
        match self.outer.pop() {
            Some(outer) => std::mem::replace(&mut self.level, outer).word,
            None => std::mem::take(&mut self.level.word),
        }
    }

    /// Closes what is still open: the innermost word has the fault, evaluation stops there.
    fn finish(mut self) -> Word<'w> {
        if self.level.word.fault.is_none() {
            self.level.word.fault = match self.level.inside {
                Inside::Top => None,
                Inside::Double => Some(Fault::OpenDoubleQuote),
                _ => Some(Fault::Unclosed),
            };
        }
        while !self.outer.is_empty() {
            let inside = std::mem::replace(&mut self.level.inside, Inside::Top);
            let word = self.leave();
            self.end_braces(inside, word);
        }
        self.level.word
    }
}

/// How the reference prints the end of the text where it expects a character.
const END_OF_TEXT: &str = "\u{FFFD}";
