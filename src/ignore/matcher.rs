//! Asking patterns about paths.
//!
//! Owns the order of patterns, exclusions and parent directories; what a single wildcard matches
//! is up to [`super::expression`].

use thiserror::Error;

use super::expression::Expression;
use super::glob::{Token, check, tokens};
use crate::go::path::clean;
use crate::go::text::trim_space;

/// A pattern that cannot be used. The texts are Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// A class or an escape is not complete, or means nothing.
    #[error("syntax error in pattern")]
    Syntax,
    /// `!` alone.
    #[error("illegal exclusion pattern: \"!\"")]
    LoneExclusion,
}

/// One line of an ignore file.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    exclusion: bool,
    kind: PatternKind,
}

/// How a pattern is compared; most need no expression.
#[derive(Clone, Debug)]
enum PatternKind {
    /// The path is this text.
    Exact,
    /// The path starts with this text.
    Prefix(String),
    /// The path ends with this text, or is it but for the leading slash.
    Suffix(String),
    /// The path matches.
    Expression(Expression),
    /// The pattern passed the first check but means nothing; an error as soon as it is asked.
    Broken,
}

impl Pattern {
    /// The cleaned pattern, without `!`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern takes back what earlier ones matched.
    pub fn is_exclusion(&self) -> bool {
        self.exclusion
    }

    /// Whether the pattern matches `path` or a directory above it.
    fn matches_with_parents(&self, path: &str) -> Result<bool, PatternError> {
        // The root is the parent only of what is right below it.
        let below_root = path
            .strip_prefix('/')
            .is_some_and(|rest| !rest.is_empty() && !rest.contains('/'));
        Ok(self.matches(path, true)? || below_root && self.matches("/", false)?)
    }

    /// Whether the pattern matches `path` or, with `parents`, what comes before one of its slashes.
    fn matches(&self, path: &str, parents: bool) -> Result<bool, PatternError> {
        let text = self.text.as_str();
        Ok(match &self.kind {
            PatternKind::Exact => {
                // A parent ends where a slash follows.
                let rest = path.strip_prefix(text);
                rest.is_some_and(|rest| rest.is_empty() || parents && rest.starts_with('/'))
            }
            // A parent that starts with it makes the path start with it.
            PatternKind::Prefix(prefix) => path.starts_with(prefix),
            PatternKind::Suffix(suffix) => {
                ends_with(path, suffix)
                    || parents
                        && path
                            .match_indices('/')
                            .any(|(at, _)| ends_with(path.get(..at).unwrap_or_default(), suffix))
            }
            PatternKind::Expression(expression) => expression.matches(path, parents),
            PatternKind::Broken => return Err(PatternError::Syntax),
        })
    }
}

/// The rule for patterns that start with `**`: their slash may stand for the start of the path.
fn ends_with(path: &str, suffix: &str) -> bool {
    path.ends_with(suffix) || suffix.strip_prefix('/') == Some(path)
}

/// An ordered list of patterns: the last one that matches decides.
#[derive(Clone, Debug, Default)]
pub struct PatternMatcher {
    patterns: Vec<Pattern>,
}

impl PatternMatcher {
    /// Reads patterns as [`super::read_patterns`] returns them; empty ones are skipped.
    ///
    /// # Errors
    /// The first pattern that is malformed. A few malformed classes are only found when they are
    /// asked, as in the reference implementation.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, PatternError> {
        let patterns = patterns
            .iter()
            .map(|pattern| trim_space(pattern.as_ref()))
            .filter(|pattern| !pattern.is_empty())
            .map(Pattern::new)
            .collect::<Result<_, _>>()?;
        Ok(PatternMatcher { patterns })
    }

    /// The patterns in order.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// At least one pattern is an exclusion.
    pub fn has_exclusions(&self) -> bool {
        self.patterns.iter().any(Pattern::is_exclusion)
    }

    /// `path`, or a directory above it, is matched and not taken back by a later exclusion.
    ///
    /// `path` is clean and separated by `/`. Takes time proportional to the length of
    /// the path times that of the patterns.
    ///
    /// # Errors
    /// A malformed pattern that [`PatternMatcher::new`] let pass.
    pub fn matches_or_parent_matches(&self, path: &str) -> Result<bool, PatternError> {
        let mut matched = false;
        for pattern in &self.patterns {
            // Only a pattern that can change the verdict is asked.
            if pattern.exclusion == matched && pattern.matches_with_parents(path)? {
                matched = !pattern.exclusion;
            }
        }
        Ok(matched)
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, PatternError> {
        let cleaned = clean(text);
        let (text, exclusion) = match cleaned.strip_prefix('!') {
            Some("") => return Err(PatternError::LoneExclusion),
            Some(rest) => (rest, true),
            None => (cleaned.as_ref(), false),
        };
        check(text)?;
        Ok(Pattern {
            text: text.to_owned(),
            exclusion,
            kind: kind(text),
        })
    }
}

/// Chooses the cheapest comparison that a pattern allows.
///
/// Parity: the reference looks at a pattern from left to right, and only the last decision counts;
/// `**` at the start asks for a suffix, whatever follows, unless a wildcard comes later.
fn kind(text: &str) -> PatternKind {
    let tokens = tokens(text);
    let is_wild = |token: &Token| !matches!(token, Token::Literal(_));
    let wild = tokens.iter().filter(|token| is_wild(token)).count();
    match (tokens.as_slice(), wild) {
        (_, 0) => PatternKind::Exact,
        ([Token::Directories | Token::Rest, ..], 1) => {
            PatternKind::Suffix(text.get(2..).unwrap_or_default().to_owned())
        }
        ([.., Token::Rest], 1) => {
            PatternKind::Prefix(text.strip_suffix("**").unwrap_or(text).to_owned())
        }
        _ => Expression::new(&tokens).map_or(PatternKind::Broken, PatternKind::Expression),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ignored(patterns: &[&str], path: &str) -> Result<bool, PatternError> {
        PatternMatcher::new(patterns)?.matches_or_parent_matches(path)
    }

    #[test]
    fn single_patterns() {
        for (pattern, yes, no) in [
            ("a", &["a", "a/b", "a/b/c"][..], &["b", "ab", "b/a"][..]),
            ("*", &["a", "a/b"], &[]),
            ("*.txt", &["a.txt", "a.txt/b"], &["a/b.txt", "atxt"]),
            ("a?c", &["abc", "aéc"], &["ac", "a/c", "abbc"]),
            ("**", &["a", "a/b"], &[]),
            ("**/x", &["x", "a/x", "a/b/x", "x/y"], &["ax", "xa"]),
            ("**x", &["x", "ax", "b/ax", "ax/y"], &["xa"]),
            ("**/*.go", &["a.go", "b/a.go", "b/a.go/c"], &["a.gox"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("a**", &["a", "ab", "a/b"], &["b"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b", "a/b/c"], &["a/xb"]),
            ("a/*/b", &["a/x/b"], &["a/b", "a/x/y/b"]),
            ("[a-c]x", &["ax", "cx/y"], &["dx"]),
            ("[^a-c]x", &["dx"], &["ax"]),
            (r"a\*b", &["a*b"], &["axb"]),
            (r"a\[b", &["a[b"], &["a\\[b"]),
            ("a.b+(c)", &["a.b+(c)"], &["axb+(c)"]),
            ("./a/../b/", &["b", "b/c"], &["a"]),
        ] {
            for path in yes {
                assert_eq!(ignored(&[pattern], path), Ok(true), "{pattern} {path}");
            }
            for path in no {
                assert_eq!(ignored(&[pattern], path), Ok(false), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn the_last_match_decides() {
        let patterns = ["docs", "!docs/keep", "docs/keep/tmp*", "  ", "!*.md"];
        for (path, expected) in [
            ("docs/a", true),
            ("docs/keep", false),
            ("docs/keep/x", false),
            ("docs/keep/tmp1", true),
            ("x.md", false),
        ] {
            assert_eq!(ignored(&patterns, path), Ok(expected), "{path}");
        }
        let matcher = PatternMatcher::new(&patterns).unwrap();
        assert!(matcher.has_exclusions());
        let texts: Vec<&str> = matcher.patterns().iter().map(Pattern::as_str).collect();
        assert_eq!(texts, ["docs", "docs/keep", "docs/keep/tmp*", "*.md"]);
    }

    #[test]
    fn malformed_patterns_are_errors() {
        for pattern in ["[", "a[", "[]", "[a-]", "[-a]", "a\\", "[a\\]", "x/[^]*]"] {
            let error = PatternMatcher::new(&[pattern]).err();
            assert_eq!(error, Some(PatternError::Syntax), "{pattern}");
        }
        assert_eq!(ignored(&["!"], "a"), Err(PatternError::LoneExclusion));
        // A range that is upside down, and escapes without a meaning, show up later.
        for pattern in ["[b-a]", r"a\e", r"a\é", "[[:word]:]"] {
            let matcher = PatternMatcher::new(&[pattern]).unwrap();
            let verdict = matcher.matches_or_parent_matches("x");
            assert_eq!(verdict, Err(PatternError::Syntax), "{pattern}");
        }
    }

    #[test]
    fn wildcards_in_classes_are_what_the_reference_makes_of_them() {
        for (pattern, yes, no) in [
            ("[*]", &["]", "[^/]"][..], &["*"][..]),
            ("[?]", &["[]", "^]"], &["?"]),
            ("[!a]x", &["!x", "ax"], &["bx"]),
            ("[a.b]", &["."], &["c"]),
            (r"\d", &["7"], &["d"]),
            (r"[\w]", &["_"], &["-"]),
            ("[[:digit:]]", &["7"], &["d"]),
            (r"a\x41", &["aA"], &["ax41"]),
            ("*^a", &["a"], &["^a", "ba"]),
        ] {
            for path in yes {
                assert_eq!(ignored(&[pattern], path), Ok(true), "{pattern} {path}");
            }
            for path in no {
                assert_eq!(ignored(&[pattern], path), Ok(false), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn many_wildcards_take_no_long_time() {
        let pattern = "**/a*".repeat(50) + "b";
        let path = "a/".repeat(1000) + "a";
        assert_eq!(ignored(&[&pattern], &path), Ok(false));
    }

    proptest! {
        #[test]
        fn nothing_panics(
            patterns in proptest::collection::vec("[ab/.*?\\[\\]!^\\\\dwsx0-9:-]{0,12}", 0..4),
            path in "[ab/.*?^-]{0,12}",
        ) {
            if let Ok(matcher) = PatternMatcher::new(&patterns) {
                let _ = matcher.matches_or_parent_matches(&path);
            }
        }

        #[test]
        fn what_a_directory_matches_its_content_matches(
            pattern in "[ab/*?]{1,8}",
            dir in "[ab]{1,3}(/[ab]{1,3}){0,2}",
            file in "[ab]{1,3}",
        ) {
            let matcher = PatternMatcher::new(&[pattern]).unwrap();
            if matcher.matches_or_parent_matches(&dir).unwrap() {
                let path = format!("{dir}/{file}");
                prop_assert!(matcher.matches_or_parent_matches(&path).unwrap());
            }
        }

        #[test]
        fn plain_names_match_themselves_only(a in "[a-c]{1,3}", b in "[a-c]{1,3}") {
            prop_assert_eq!(ignored(&[&a], &b), Ok(a == b));
        }
    }
}
