//! Bytes to syntax tree.
//!
//! ```text
//! bytes -> lines (byte scanner) -> logical lines + heredocs -> grammar (pest) -> instructions -> stages
//! ```
//!
//! Knows every instruction and flag and nothing about what they do: no variables, no images, no
//! rules of style. Only `grammar.rs` names pest.

mod args;
pub(crate) mod ast;
mod blank;
mod directive;
pub(crate) mod error;
mod file;
mod flag;
mod grammar;
mod head;
pub(crate) mod heredoc;
mod instruction;
#[cfg(feature = "check")]
mod joined;
mod line;
mod trace;
pub(crate) mod tree;

pub use crate::diagnostic::ErrorCode;
pub use ast::*;
pub use error::{ArgumentError, ParseError};
#[cfg(feature = "cli")]
pub(crate) use instruction::vocabulary;
#[cfg(feature = "check")]
pub(crate) use joined::{Pieces, join};
pub(crate) use tree::{Branch, BranchKind, Tree, parse_with_tree, tree};
pub use tree::{Token, TokenKind};

use crate::source::LineRange;

/// What [`parse`] found: a tree of everything that could be read, and every problem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The instructions that could be read. An instruction with an error is left out.
    pub dockerfile: Dockerfile,
    /// Every problem, first the one at which the reference stops.
    ///
    /// The reference reads in two phases, all lines first and then instruction by instruction;
    /// errors are ordered by phase, then by place.
    pub errors: Vec<ParseError>,
    /// The `FROM` and `MAINTAINER` instructions among those that were left out for an error of the
    /// second phase: the reference looks at their words before it checks them.
    pub(crate) lost: Vec<LostInstruction>,
}

impl Parsed {
    /// The error that the reference reports, if any.
    pub fn error(&self) -> Option<&ParseError> {
        self.errors.first()
    }

    /// The tree, or the error that the reference reports.
    ///
    /// # Errors
    ///
    /// The first of [`Parsed::errors`], when there are any; the tree is then incomplete and dropped.
    pub fn into_result(self) -> Result<Dockerfile, ParseError> {
        match self.errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(self.dockerfile),
        }
    }
}

/// Parses a Dockerfile. Takes any bytes, never panics, linear in the size of the input.
///
/// What is an error and what is none, and every text, is as in frontend 1.28 of `moby/buildkit`;
/// `testdata/conformance` has its answers.
///
/// ```
/// let parsed = dockerfile_llb::syntax::parse(b"FROM alpine AS base\nRUM make\n");
/// assert_eq!(parsed.dockerfile.stages[0].name(), "base");
/// let error = parsed.error().unwrap();
/// assert_eq!(error.message, "dockerfile parse error on line 2: unknown instruction: RUM (did you mean RUN?)");
/// assert_eq!(error.suggestion.as_deref(), Some("RUN"));
/// ```
pub fn parse(source: &[u8]) -> Parsed {
    file::parse(source)
}

/// Cuts a file into tokens that tile it: each byte is in exactly one, in order. Takes any bytes,
/// rejected files too.
///
/// ```
/// use dockerfile_llb::syntax::{TokenKind, tokens};
///
/// let source = b"FROM a # b\n";
/// let kinds: Vec<_> = tokens(source).iter().map(|token| token.kind).collect();
/// use TokenKind::*;
/// assert_eq!(kinds, [Keyword, Space, Argument, Space, Argument, Space, Argument, LineEnd]);
/// ```
///
/// A file of 4 GiB and more has tokens as far as spans can say.
pub fn tokens(source: &[u8]) -> Vec<Token> {
    tree(source).into_tokens()
}

/// Parses an `ONBUILD` trigger, of this file or of a base image's config.
///
/// The instruction gets `location`, the place of the `FROM` that fires the trigger, as its own;
/// spans refer to `expression`.
///
/// # Errors
///
/// What is wrong with the text as a file, and [`InvalidTrigger`](crate::diagnostic::ErrorCode::InvalidTrigger) when it is not one
/// instruction that may be a trigger. They carry no location: the caller knows which stage fires it.
pub fn parse_trigger(expression: &[u8], location: LineRange) -> Result<Instruction, ParseError> {
    file::parse_trigger(expression, location)
}

/// A directive that decides how a file is processed before it is parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectedDirective {
    /// The value up to the first space: for `syntax`, the image reference.
    pub value: Text,
    /// The whole value: for `syntax`, what is passed on as `cmdline`.
    pub full: Text,
    /// The line; line 0 when it stands in a JSON file.
    pub location: LineRange,
}

/// Finds the frontend that a file of any format asks for: `# syntax=`, `// syntax=` or a JSON
/// object with the key `syntax`, after an optional `#!` line.
pub fn detect_syntax(source: &[u8]) -> Option<DetectedDirective> {
    directive::detect_syntax(source)
}

/// Finds the directive `kind` at the top of a Dockerfile, after an optional `#!` line.
pub fn parse_directive(kind: DirectiveKind, source: &[u8]) -> Option<DetectedDirective> {
    directive::parse_directive(kind, source)
}

/// Reads a comment of [`InstructionMeta::comments`] as a directive, e.g. `check=skip=all`:
/// kind and value.
pub(crate) fn comment_directive(comment: &Text) -> Option<(DirectiveKind, Text)> {
    directive::comment_directive(comment.as_bytes())
}

/// Reads the value of `RUN --mount=`. `expand` replaces variables in each option's value, in the
/// order of the options; sizes in the result are bytes, modes permission bits.
///
/// # Errors
///
/// The first error of `expand`, or an [`ArgumentError`] with the reference's text for an option that
/// is unknown, incomplete or does not go with the mount's type.
pub fn parse_mount<E>(
    value: &str,
    expand: impl FnMut(&str) -> Result<String, E>,
) -> Result<RunMount, E>
where
    E: From<ArgumentError>,
{
    instruction::parse_mount(value, expand)
}

/// Removes the leading tabs of every line.
pub fn chomp_heredoc(content: &[u8]) -> Vec<u8> {
    heredoc::chomp(content)
}
