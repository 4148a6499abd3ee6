//! From the text of a word to its parts: [`Word`].
//!
//! Owns the word grammar, pest included; knows neither variables' values nor what becomes of
//! quotes and escapes.
//!
//! Reading never fails. What is wrong in a word is kept in it as a [`Fault`], where it was met:
//! evaluation goes from left to right and may fail earlier for a reason of its own.

use pest::Parser;
use pest::iterators::Pair;

use crate::limits::MAX_WORD_NESTING;
use crate::source::Escape;

/// The generated parser, behind a module so that its undocumented items stay out of ours.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/word.pest"]
    pub(super) struct WordParser;
}

use grammar::{Rule, WordParser};

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
    /// What follows the name is no operator.
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
    super::quick::read(text, escape, quotes)
        .unwrap_or_else(|| parse_by_grammar(text, escape, quotes))
}

/// The same without the short way.
pub(super) fn parse_by_grammar(text: &str, escape: Escape, quotes: bool) -> Word<'_> {
    let mut reader = Reader {
        text,
        position: 0,
        escape,
        quotes,
        outer: Vec::new(),
        level: Level {
            inside: Inside::Top,
            word: Word::default(),
        },
    };
    while reader.position < text.len() && reader.level.word.fault.is_none() {
        reader.stretch();
    }
    reader.finish()
}

struct Reader<'w> {
    text: &'w str,
    position: usize,
    escape: Escape,
    quotes: bool,
    outer: Vec<Level<'w>>,
    level: Level<'w>,
}

impl<'w> Reader<'w> {
    /// The rule for the innermost level.
    fn rule(&self) -> Rule {
        let slash = matches!(self.level.inside, Inside::Pattern { .. });
        match (&self.level.inside, self.quotes, slash, self.escape) {
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

    /// Reads up to the next change of mode and makes the change.
    fn stretch(&mut self) {
        let Some(pair) = self.read(self.rule()) else {
            return;
        };
        for part in pair.into_inner() {
            self.part(part);
        }
    }

    /// Applies one rule at the current position. All rules match any text and none matches
    /// without moving on; if the grammar broke that promise, the rest is text.
    fn read(&mut self, rule: Rule) -> Option<Pair<'w, Rule>> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let pair = WordParser::parse(rule, rest)
            .ok()
            .and_then(|mut pairs| pairs.next())
            .filter(|pair| !pair.as_str().is_empty());
        match &pair {
            Some(pair) => self.position += pair.as_str().len(),
            None => {
                self.push(Part::Text(rest));
                self.position = self.text.len();
            }
        }
        pair
    }

    fn at_end(&self) -> bool {
        self.position == self.text.len()
    }

    fn push(&mut self, part: Part<'w>) {
        self.level.word.parts.push(part);
    }

    fn part(&mut self, pair: Pair<'w, Rule>) {
        let text = pair.as_str();
        match pair.as_rule() {
            Rule::double_quote => self.double(),
            Rule::open_single => self.fail(Fault::OpenSingleQuote),
            Rule::close => self.close(text),
            Rule::open_braces => self.open(pair),
            Rule::bad_braces => self.fail(Fault::BadSubstitution),
            Rule::unclosed => self.fail(Fault::MissingBrace),
            Rule::unsupported => {
                let modifier = pair
                    .into_inner()
                    .find(|inner| inner.as_rule() == Rule::modifier)
                    .map_or(END_OF_TEXT, |inner| inner.as_str());
                let at_end = self.at_end();
                self.fail(Fault::UnsupportedModifier { modifier, at_end });
            }
            _ => self.push(whole(pair)),
        }
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

    fn double(&mut self) {
        if matches!(self.level.inside, Inside::Double) {
            let word = self.leave();
            self.push(Part::Double(word));
        } else {
            self.enter(Inside::Double);
        }
    }

    fn open(&mut self, pair: Pair<'w, Rule>) {
        let (mut name, mut operator) = ("", "");
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = inner.as_str(),
                _ => operator = inner.as_str(),
            }
        }
        match operator {
            "/" | "//" => self.enter(Inside::Pattern {
                name,
                all: operator == "//",
            }),
            ":#" | ":%" => {
                let at_end = self.at_end();
                self.fail(Fault::UnsupportedModifier {
                    modifier: operator,
                    at_end,
                });
            }
            _ => self.enter(Inside::Operator { name, operator }),
        }
    }

    fn close(&mut self, text: &'w str) {
        if matches!(self.level.inside, Inside::Top | Inside::Double) {
            return self.push(Part::Text(text));
        }
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

    fn enter(&mut self, inside: Inside<'w>) {
        if self.outer.len() >= MAX_WORD_NESTING {
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

/// A part that changes no mode.
fn whole(pair: Pair<'_, Rule>) -> Part<'_> {
    let text = pair.as_str();
    match pair.as_rule() {
        Rule::escape_b | Rule::escape_t => Part::Escape(text.chars().nth(1)),
        Rule::double_escape_b | Rule::double_escape_t => Part::DoubleEscape(text.chars().nth(1)),
        Rule::heredoc => Part::Heredoc(text),
        Rule::plain_variable => Part::variable(first(pair), Form::Plain),
        Rule::brace_variable => Part::variable(first(pair), Form::Braces),
        Rule::single => {
            let content = text.get(1..text.len().saturating_sub(1));
            Part::Single(content.unwrap_or_default())
        }
        // Its parts are no quotes again.
        Rule::double_b | Rule::double_t => Part::Double(Word {
            parts: pair.into_inner().map(whole).collect(),
            fault: None,
        }),
        _ => Part::Text(text),
    }
}

/// The text of the first inner pair.
fn first<'w>(pair: Pair<'w, Rule>) -> &'w str {
    pair.into_inner().next().map_or("", |inner| inner.as_str())
}
