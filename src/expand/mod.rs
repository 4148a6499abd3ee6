//! Shell-word expansion: `$name`, `${name…}`, quotes and escapes, without running a shell.
//!
//! Owns the word language (specified by grammar/word.pest), its evaluation and its patterns. Knows nothing
//! about instructions: who expands what, and with which environment, is up to the caller.

mod eval;
mod pattern;
#[cfg(feature = "check")]
mod reference;
pub(crate) mod settings;
mod word;

use std::borrow::Cow;
use std::collections::BTreeSet;

#[cfg(feature = "check")]
pub(crate) use self::reference::Reference;

pub(crate) use self::settings::{Escapes, Quotes, Unset};

use self::eval::{Evaluation, Failure, Sink, Splitter};
use crate::diagnostic::ErrorCode;
#[cfg(feature = "compile")]
use crate::go::byte_text::Text;
use crate::go::quote::quote;
use crate::go::utf8::to_valid;
use crate::source::Escape;

/// The variables that a word can see.
pub trait Env {
    /// The value of `name`; `None` when it is unset, `Some("")` when it is set and empty.
    fn get(&self, name: &str) -> Option<&str>;

    /// All names, in the order in which they were set.
    fn keys(&self) -> Vec<&str>;
}

/// How to expand; [`Expander::new`] gives the usual setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expander {
    /// The escape token.
    pub(crate) escape: Escape,
    /// What becomes of quotes.
    pub(crate) quotes: Quotes,
    /// What becomes of escape tokens.
    pub(crate) escapes: Escapes,
    /// What becomes of unset variables.
    pub(crate) unset: Unset,
}

/// Names of variables, sorted bytewise.
pub type NameSet = BTreeSet<String>;

/// An expanded word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded<'w> {
    /// The text; borrowed when expansion changes nothing.
    pub text: Cow<'w, str>,
    /// Variables that were asked for and set.
    pub matched: NameSet,
    /// Variables that were asked for and not set.
    pub unmatched: NameSet,
}

/// A text expanded and split at white space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpandedWords {
    /// The words; empty words are dropped.
    pub words: Vec<String>,
    /// Variables that were asked for and set.
    pub matched: NameSet,
    /// Variables that were asked for and not set.
    pub unmatched: NameSet,
}

/// Why a word cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpandError {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// The whole text as BuildKit words it, `failed to process "…": …`.
    pub message: String,
    /// Variables that were asked for up to the failure and not set.
    pub unmatched: NameSet,
}

impl Expander {
    /// Quotes and escapes are removed, unset variables are empty.
    pub fn new(escape: Escape) -> Self {
        Expander {
            escape,
            ..Expander::default()
        }
    }

    /// Expands one word: white space is kept as it is.
    ///
    /// The word is text or raw bytes of a Dockerfile; a byte that is not UTF-8 becomes U+FFFD.
    ///
    /// ```
    /// use dockerfile_llb::expand::{Env, Expander};
    ///
    /// struct Tag;
    /// impl Env for Tag {
    ///     fn get(&self, name: &str) -> Option<&str> {
    ///         (name == "TAG").then_some("3.20")
    ///     }
    ///     fn keys(&self) -> Vec<&str> {
    ///         vec!["TAG"]
    ///     }
    /// }
    /// let expanded = Expander::default().expand_word("alpine:${TAG%.*}${X:-\"!\"}", &Tag).unwrap();
    /// assert_eq!(expanded.text, "alpine:3!");
    /// assert!(expanded.matched.contains("TAG") && expanded.unmatched.contains("X"));
    /// ```
    ///
    /// # Errors
    ///
    /// A quote or brace that nothing closes, an operator that there is none of, `${name:?message}` of a
    /// name that is not set. The text is the reference's.
    pub fn expand_word<'w, W, E>(&self, word: &'w W, env: &E) -> Result<Expanded<'w>, ExpandError>
    where
        W: AsRef<[u8]> + ?Sized,
        E: Env + ?Sized,
    {
        let source = word.as_ref();
        self.expand_readable(source, readable(source), env, true)
    }

    /// [`Expander::expand_word`] where nobody asks which variables were set: [`Expanded::matched`] stays empty.
    #[cfg(feature = "compile")]
    pub(crate) fn expand_text<'w, E>(
        &self,
        word: &'w Text,
        env: &E,
    ) -> Result<Expanded<'w>, ExpandError>
    where
        E: Env + ?Sized,
    {
        let text = word.strip_prefix('\u{FEFF}').unwrap_or(word);
        self.expand_readable(word.as_bytes(), Cow::Borrowed(text), env, false)
    }

    fn expand_readable<'w, E: Env + ?Sized>(
        &self,
        source: &[u8],
        text: Cow<'w, str>,
        env: &E,
        note_matched: bool,
    ) -> Result<Expanded<'w>, ExpandError> {
        if !self.has_syntax(&text) {
            return Ok(Expanded {
                text,
                ..Expanded::default()
            });
        }
        let sink = Sink::Text(String::with_capacity(text.len()));
        let (sink, matched, unmatched) = self.evaluate(source, &text, env, sink, note_matched)?;
        let text = match sink {
            Sink::Text(text) => text,
            Sink::Words(splitter) => splitter.finish().concat(),
        };
        Ok(Expanded {
            text: Cow::Owned(text),
            matched,
            unmatched,
        })
    }

    /// Expands a text and splits it at white space outside quotes; values of variables are split
    /// too.
    ///
    /// # Errors
    ///
    /// As of [`Expander::expand_word`].
    pub fn expand_words<W, E>(&self, text: &W, env: &E) -> Result<ExpandedWords, ExpandError>
    where
        W: AsRef<[u8]> + ?Sized,
        E: Env + ?Sized,
    {
        let source = text.as_ref();
        let text = readable(source);
        let sink = Sink::Words(Splitter::default());
        let (sink, matched, unmatched) = self.evaluate(source, &text, env, sink, true)?;
        let words = match sink {
            Sink::Text(text) => vec![text],
            Sink::Words(splitter) => splitter.finish(),
        };
        Ok(ExpandedWords {
            words,
            matched,
            unmatched,
        })
    }

    /// Whether anything in the text has a meaning; most words have none and are done.
    fn has_syntax(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        memchr::memchr2(b'$', self.escape.byte(), bytes).is_some()
            || (self.quotes != Quotes::Literal && memchr::memchr2(b'\'', b'"', bytes).is_some())
    }

    fn evaluate<E: Env + ?Sized>(
        &self,
        source: &[u8],
        text: &str,
        env: &E,
        sink: Sink,
        note_matched: bool,
    ) -> Result<(Sink, NameSet, NameSet), ExpandError> {
        let word = word::parse(text, self.escape, self.quotes != Quotes::Literal);
        let mut evaluation = Evaluation::new(self, env, sink, note_matched, text.len());
        match evaluation.outer(&word) {
            Ok(()) => Ok(evaluation.finish()),
            Err(failure) => {
                let (_, _, unmatched) = evaluation.finish();
                Err(ExpandError::new(source, &failure, unmatched))
            }
        }
    }
}

impl ExpandError {
    #[cold]
    fn new(source: &[u8], failure: &Failure, unmatched: NameSet) -> Self {
        ExpandError {
            code: failure.code(),
            message: format!("failed to process {}: {failure}", quote(source)),
            unmatched,
        }
    }
}

/// The characters of a word. Parity: the reference's scanner drops a byte order mark at the start.
fn readable(source: &[u8]) -> Cow<'_, str> {
    to_valid(source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source))
}
