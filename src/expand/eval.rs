//! From the parts of a word and an environment to text.
//!
//! Owns the meaning of each form, the split into words and the texts of errors, which are the
//! reference's. Knows nothing about how words are read (`word`) or matched (`pattern`).

use std::fmt;

use super::pattern::{Greed, Pattern, PatternError, replace_all, reversed, reversed_pattern};
use super::word::{Fault, Form, Part, Substitution, Word};
use super::{Env, Escapes, Expander, NameSet, Quotes, Unset};
use crate::diagnostic::ErrorCode;
use crate::go::unicode::is_space;
use crate::limits::{MAX_EXPANSION_BYTES, MAX_WORD_NESTING};

/// What is wrong, without the name of the word around it.
#[derive(Debug)]
pub(super) struct Failure {
    kind: FailureKind,
    /// Whether the text of the word ends where it happened: each `${` around it then only
    /// reports that its own end is missing.
    at_end: bool,
}

#[derive(Debug)]
enum FailureKind {
    OpenSingleQuote,
    OpenDoubleQuote,
    MissingBrace,
    MissingSlash,
    BadSubstitution,
    UnsupportedModifier(String),
    NotSet {
        name: String,
        message: String,
    },
    BadPattern {
        pattern: String,
        error: PatternError,
    },
    TooDeep,
    TooLong,
}

impl Failure {
    fn new(kind: FailureKind, at_end: bool) -> Self {
        Failure { kind, at_end }
    }

    pub(super) fn code(&self) -> ErrorCode {
        match &self.kind {
            FailureKind::OpenSingleQuote | FailureKind::OpenDoubleQuote => {
                ErrorCode::UnterminatedQuote
            }
            FailureKind::MissingBrace
            | FailureKind::MissingSlash
            | FailureKind::BadSubstitution
            | FailureKind::UnsupportedModifier(_)
            | FailureKind::BadPattern { .. } => ErrorCode::InvalidSubstitution,
            FailureKind::NotSet { .. } => ErrorCode::VariableNotSet,
            FailureKind::TooDeep | FailureKind::TooLong => ErrorCode::LimitExceeded,
        }
    }

    /// What a `${` around the failure makes of it.
    fn inside(self, missing: FailureKind) -> Self {
        if self.at_end {
            Failure::new(missing, true)
        } else {
            self
        }
    }
}

impl From<&Fault<'_>> for Failure {
    fn from(fault: &Fault<'_>) -> Self {
        match fault {
            Fault::OpenSingleQuote => Failure::new(FailureKind::OpenSingleQuote, true),
            Fault::OpenDoubleQuote => Failure::new(FailureKind::OpenDoubleQuote, true),
            Fault::Unclosed | Fault::MissingBrace => Failure::new(FailureKind::MissingBrace, true),
            Fault::BadSubstitution => Failure::new(FailureKind::BadSubstitution, false),
            Fault::UnsupportedModifier { modifier, at_end } => {
                let modifier = (*modifier).to_owned();
                Failure::new(FailureKind::UnsupportedModifier(modifier), *at_end)
            }
            Fault::TooDeep => Failure::new(FailureKind::TooDeep, false),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNEXPECTED_END: &str = "unexpected end of statement while looking for matching";
        match &self.kind {
            FailureKind::OpenSingleQuote => write!(f, "{UNEXPECTED_END} single-quote"),
            FailureKind::OpenDoubleQuote => write!(f, "{UNEXPECTED_END} double-quote"),
            FailureKind::MissingBrace => write!(f, "syntax error: missing '}}'"),
            FailureKind::MissingSlash => write!(f, "syntax error: missing '/' in ${{}}"),
            FailureKind::BadSubstitution => write!(f, "syntax error: bad substitution"),
            FailureKind::UnsupportedModifier(modifier) => {
                write!(f, "unsupported modifier ({modifier}) in substitution")
            }
            FailureKind::NotSet { name, message } => write!(f, "{name}: {message}"),
            FailureKind::BadPattern { pattern, error } => {
                write!(f, "invalid pattern ({pattern}) in substitution: {error}")
            }
            FailureKind::TooDeep => {
                write!(f, "word is nested deeper than {MAX_WORD_NESTING} levels")
            }
            FailureKind::TooLong => {
                write!(f, "expansion is longer than {MAX_EXPANSION_BYTES} bytes")
            }
        }
    }
}

/// Where the parts of the outermost word go.
#[derive(Debug)]
pub(super) enum Sink {
    /// One text.
    Text(String),
    /// Words, split at white space.
    Words(Splitter),
}

/// Collects words.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    words: Vec<String>,
    word: String,
    /// Bytes in `words`.
    length: usize,
}

impl Splitter {
    /// Characters outside quotes.
    fn open(&mut self, text: &str) {
        for character in text.chars() {
            if !is_space(character) {
                self.word.push(character);
            } else if !self.word.is_empty() {
                self.end_word();
            }
        }
    }

    fn end_word(&mut self) {
        self.length += self.word.len();
        self.words.push(std::mem::take(&mut self.word));
    }

    /// All words.
    pub(super) fn finish(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.end_word();
        }
        self.words
    }
}

/// What becomes of the escape tokens of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tokens {
    Removed,
    Kept,
    /// Kept, and doubled where they stand for themselves: the word is read again, as a pattern.
    Pattern,
}

/// One evaluation: how, with what, and which names it asked for.
pub(super) struct Evaluation<'e, E: ?Sized> {
    expander: &'e Expander,
    env: &'e E,
    sink: Sink,
    /// Whether names that are set are wanted.
    note_matched: bool,
    matched: NameSet,
    unmatched: NameSet,
    /// How many bytes there may be when a value is added. The word's own characters alone are never too many: each
    /// has at most one escape token.
    limit: usize,
}

impl<'e, E: Env + ?Sized> Evaluation<'e, E> {
    pub(super) fn new(
        expander: &'e Expander,
        env: &'e E,
        sink: Sink,
        note_matched: bool,
        word_bytes: usize,
    ) -> Self {
        Evaluation {
            limit: MAX_EXPANSION_BYTES.max(word_bytes.saturating_mul(2)),
            expander,
            env,
            sink,
            note_matched,
            matched: NameSet::new(),
            unmatched: NameSet::new(),
        }
    }

    /// What the evaluation gave.
    pub(super) fn finish(self) -> (Sink, NameSet, NameSet) {
        (self.sink, self.matched, self.unmatched)
    }

    /// Evaluates the outermost word.
    pub(super) fn outer(&mut self, word: &Word<'_>) -> Result<(), Failure> {
        let tokens = match self.expander.escapes {
            Escapes::Remove => Tokens::Removed,
            Escapes::Keep => Tokens::Kept,
        };
        if let Sink::Text(text) = &mut self.sink {
            let mut text = std::mem::take(text);
            let evaluated = self.inner(word, tokens, &mut text);
            self.sink = Sink::Text(text);
            return evaluated;
        }
        let mut text = String::new();
        for part in &word.parts {
            text.clear();
            self.part(part, tokens, &mut text)?;
            let Sink::Words(splitter) = &mut self.sink else {
                continue;
            };
            match part {
                Part::Text(_) => splitter.open(&text),
                _ if splitter.length + splitter.word.len() + text.len() > self.limit => {
                    return Err(Failure::new(FailureKind::TooLong, false));
                }
                Part::Substitution(_) => splitter.open(&text),
                _ => splitter.word.push_str(&text),
            }
        }
        word.fault
            .as_ref()
            .map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Evaluates a word inside `${…}` or quotes.
    fn inner(&mut self, word: &Word<'_>, tokens: Tokens, out: &mut String) -> Result<(), Failure> {
        for part in &word.parts {
            self.part(part, tokens, out)?;
        }
        word.fault
            .as_ref()
            .map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Adds one part. Each level of `${a:-${b:-…}}` is a call of this and of what it calls: those functions are short,
    /// so that their frames are.
    fn part(&mut self, part: &Part<'_>, tokens: Tokens, out: &mut String) -> Result<(), Failure> {
        match part {
            Part::Double(word) => self.double(word, tokens, out),
            Part::Substitution(substitution) => self.substitution(substitution, out),
            part => {
                self.characters(part, tokens, out);
                Ok(())
            }
        }
    }

    /// Adds a part that has no other parts.
    fn characters(&self, part: &Part<'_>, tokens: Tokens, out: &mut String) {
        let escape = self.expander.escape.char();
        match part {
            Part::Text(text) | Part::Heredoc(text) => out.push_str(text),
            Part::Escape(protected) => {
                if tokens != Tokens::Removed {
                    out.push(escape);
                }
                out.extend(*protected);
            }
            Part::DoubleEscape(Some(protected)) => {
                if tokens != Tokens::Removed {
                    out.push(escape);
                }
                out.push(*protected);
            }
            Part::DoubleEscape(None) => {
                out.push(escape);
                // Parity: kept tokens are doubled here, but where the quotes around them are kept too.
                let doubled = match tokens {
                    Tokens::Removed => false,
                    Tokens::Kept => self.expander.quotes != Quotes::Keep,
                    Tokens::Pattern => true,
                };
                out.extend(doubled.then_some(escape));
            }
            Part::Single(content) => {
                out.extend(self.kept_quote('\''));
                for piece in content.split_inclusive(escape) {
                    out.push_str(piece);
                    let doubled = tokens == Tokens::Pattern && piece.ends_with(escape);
                    out.extend(doubled.then_some(escape));
                }
                out.extend(self.kept_quote('\''));
            }
            Part::Double(_) | Part::Substitution(_) => {}
        }
    }

    fn double(&mut self, word: &Word<'_>, tokens: Tokens, out: &mut String) -> Result<(), Failure> {
        out.extend(self.kept_quote('"'));
        self.inner(word, tokens, out)?;
        out.extend(self.kept_quote('"'));
        Ok(())
    }

    fn kept_quote(&self, quote: char) -> Option<char> {
        (self.expander.quotes == Quotes::Keep).then_some(quote)
    }

    /// The value of a variable; notes that it was asked for.
    fn value(&mut self, name: &str) -> Option<&'e str> {
        let env: &'e E = self.env;
        let value = env.get(name);
        let (names, noted) = match value {
            Some(_) => (&mut self.matched, self.note_matched),
            None => (&mut self.unmatched, true),
        };
        if noted && !names.contains(name) {
            names.insert(name.to_owned());
        }
        value
    }

    /// A word inside `${…}`, as text.
    fn nested(
        &mut self,
        word: &Word<'_>,
        tokens: Tokens,
        missing: fn() -> FailureKind,
    ) -> Result<String, Failure> {
        // Parity: the reference reads the word of `${x:-word}` through the buffer that holds the current word,
        // which loses what was in it: `a${x:-b}c` splits to `bc`.
        if let Sink::Words(splitter) = &mut self.sink {
            splitter.word.clear();
        }
        let mut out = String::new();
        self.inner(word, tokens, &mut out)
            .map_err(|failure| failure.inside(missing()))?;
        Ok(out)
    }

    fn substitution(
        &mut self,
        substitution: &Substitution<'_>,
        out: &mut String,
    ) -> Result<(), Failure> {
        match &substitution.form {
            Form::Plain => self.plain(substitution.name, false, out),
            Form::Braces => self.plain(substitution.name, true, out),
            Form::Operator { operator, word } => self.operator(substitution, operator, word, out),
            Form::Replace {
                all,
                pattern,
                replacement,
            } => self.replacement(substitution, *all, [pattern, replacement], out),
        }
    }

    /// `$name` and `${name}`.
    fn plain(&mut self, name: &str, braces: bool, out: &mut String) -> Result<(), Failure> {
        match self.value(name) {
            None if self.keeps_unset() && braces => self.add(&format!("${{{name}}}"), out),
            None if self.keeps_unset() => self.add(&format!("${name}"), out),
            value => self.add(value.unwrap_or_default(), out),
        }
    }

    /// `${name:-word}` and its kind.
    fn operator(
        &mut self,
        substitution: &Substitution<'_>,
        operator: &str,
        word: &Word<'_>,
        out: &mut String,
    ) -> Result<(), Failure> {
        let tokens = match operator.starts_with(['#', '%']) {
            true => Tokens::Pattern,
            false => Tokens::Removed,
        };
        let word = self.nested(word, tokens, || FailureKind::MissingBrace)?;
        self.add_applied(substitution, operator, word, out)
    }

    fn add_applied(
        &mut self,
        substitution: &Substitution<'_>,
        operator: &str,
        word: String,
        out: &mut String,
    ) -> Result<(), Failure> {
        let name = substitution.name;
        let applied = match self.value(name) {
            None if self.keeps_unset() => Ok(format!("${{{name}{operator}{word}}}")),
            value => apply(operator, name, value, word),
        };
        let applied = applied.map_err(|kind| Failure::new(kind, substitution.at_end))?;
        self.add(&applied, out)
    }

    /// `${name/pattern/replacement}`.
    fn replacement(
        &mut self,
        substitution: &Substitution<'_>,
        all: bool,
        [pattern, replacement]: [&Word<'_>; 2],
        out: &mut String,
    ) -> Result<(), Failure> {
        let pattern = self.nested(pattern, Tokens::Pattern, || FailureKind::MissingSlash)?;
        let replacement = self.nested(replacement, Tokens::Kept, || FailureKind::MissingBrace)?;
        self.add_replaced(substitution, all, pattern, &replacement, out)
    }

    fn add_replaced(
        &mut self,
        substitution: &Substitution<'_>,
        all: bool,
        pattern: String,
        replacement: &str,
        out: &mut String,
    ) -> Result<(), Failure> {
        let name = substitution.name;
        let replaced = match self.value(name) {
            None if self.keeps_unset() => Ok(format!("${{{name}/{pattern}/{replacement}}}")),
            value => replace(value.unwrap_or_default(), pattern, replacement, all),
        };
        let replaced = replaced.map_err(|kind| Failure::new(kind, substitution.at_end))?;
        self.add(&replaced, out)
    }

    /// Adds a value, within the limit.
    fn add(&self, value: &str, out: &mut String) -> Result<(), Failure> {
        if out.len() + value.len() > self.limit {
            return Err(Failure::new(FailureKind::TooLong, false));
        }
        out.push_str(value);
        Ok(())
    }

    fn keeps_unset(&self) -> bool {
        self.expander.unset == Unset::Keep
    }
}

/// Applies an operator other than `/` to a value.
fn apply(
    operator: &str,
    name: &str,
    value: Option<&str>,
    word: String,
) -> Result<String, FailureKind> {
    let (null_is_unset, operator_character) = match operator.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, operator),
    };
    let present = value.filter(|value| !(null_is_unset && value.is_empty()));
    match operator_character {
        "-" => Ok(present.map_or(word, str::to_owned)),
        "+" => Ok(present.map_or_else(String::new, |_| word)),
        "?" => present.map(str::to_owned).ok_or_else(|| {
            let reason = match value {
                None => "is not allowed to be unset",
                Some(_) => "is not allowed to be empty",
            };
            FailureKind::NotSet {
                name: name.to_owned(),
                message: if word.is_empty() {
                    reason.to_owned()
                } else {
                    word
                },
            }
        }),
        "#" | "%" => trim(operator_character, value.unwrap_or_default(), &word),
        _ => Err(FailureKind::UnsupportedModifier(operator.to_owned())),
    }
}

/// `${name#pattern}` and `${name%pattern}`; a doubled operator is the first byte of `word`.
fn trim(operator: &str, value: &str, word: &str) -> Result<String, FailureKind> {
    let (greed, pattern) = match word.strip_prefix(operator) {
        Some(pattern) => (Greed::Longest, pattern),
        None => (Greed::Shortest, word),
    };
    if operator == "#" {
        let matcher = compile(pattern)?;
        let end = matcher.match_prefix(value, greed).unwrap_or_default();
        return Ok(value.get(end..).unwrap_or_default().to_owned());
    }
    // A suffix is a prefix of the reversed text. Errors show the reversed pattern.
    let matcher = compile(&reversed_pattern(pattern))?;
    let value = reversed(value);
    let end = matcher.match_prefix(&value, greed).unwrap_or_default();
    Ok(reversed(value.get(end..).unwrap_or_default()))
}

/// `${name/pattern/replacement}`, and `//` with `all`.
fn replace(
    value: &str,
    pattern: String,
    replacement: &str,
    all: bool,
) -> Result<String, FailureKind> {
    let matcher = compile(&pattern)?;
    if all {
        return replace_all(&matcher, value, replacement).ok_or(FailureKind::TooLong);
    }
    let Some(found) = matcher.find(value, 0) else {
        return Ok(value.to_owned());
    };
    let before = value.get(..found.start).unwrap_or_default();
    let after = value.get(found.end..).unwrap_or_default();
    Ok([before, replacement, after].concat())
}

fn compile(pattern: &str) -> Result<Pattern, FailureKind> {
    Pattern::new(pattern).map_err(|error| FailureKind::BadPattern {
        pattern: pattern.to_owned(),
        error,
    })
}
