//! Shell-word expansion: `$name`, `${name…}`, quotes and escapes, without running a shell.
//!
//! Owns the word language (grammar/word.pest), its evaluation and its patterns. Knows nothing
//! about instructions: who expands what, and with which environment, is the caller's business.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::source::Escape;

/// The variables that a word can see.
pub trait Env {
    /// The value of `name`; `None` when it is unset, `Some("")` when it is set and empty.
    fn get(&self, name: &str) -> Option<&str>;

    /// All names, in the order in which they were set.
    fn keys(&self) -> Vec<&str>;
}

/// What becomes of quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quotes {
    /// They group characters and vanish.
    #[default]
    Remove,
    /// They group characters and stay.
    Keep,
    /// They are characters like any other.
    Literal,
}

/// What becomes of escape tokens outside single quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escapes {
    /// They vanish.
    #[default]
    Remove,
    /// They stay, and still protect the next character.
    Keep,
}

/// What becomes of a variable that is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unset {
    /// It gives the empty string.
    #[default]
    Empty,
    /// The reference to it stays as written.
    Keep,
}

/// How to expand; [`Expander::new`] gives the usual setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expander {
    /// The escape token.
    pub escape: Escape,
    /// What becomes of quotes.
    pub quotes: Quotes,
    /// What becomes of escape tokens.
    pub escapes: Escapes,
    /// What becomes of unset variables.
    pub unset: Unset,
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
    /// The whole text as BuildKit words it, `failed to process "…": …`.
    pub message: String,
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
    pub fn expand_word<'w, W, E>(&self, word: &'w W, env: &E) -> Result<Expanded<'w>, ExpandError>
    where
        W: AsRef<[u8]> + ?Sized,
        E: Env + ?Sized,
    {
        let _ = env;
        Ok(Expanded {
            text: String::from_utf8_lossy(word.as_ref()),
            ..Expanded::default()
        })
    }

    /// Expands a text, then splits it at white space outside quotes.
    pub fn expand_words<W, E>(&self, text: &W, env: &E) -> Result<ExpandedWords, ExpandError>
    where
        W: AsRef<[u8]> + ?Sized,
        E: Env + ?Sized,
    {
        let _ = (text.as_ref(), env);
        Ok(ExpandedWords::default())
    }
}
