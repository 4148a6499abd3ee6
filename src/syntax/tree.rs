//! The lossless tree: every byte of a file in one token, every token in its place.
//!
//! ```text
//! File
//! ├ Comment, LineEnd
//! ├ Instruction                      FROM --platform=x alpine \⏎ AS a
//! │ ├ Keyword                        FROM
//! │ ├ Flag ─ Value                        --platform=x   ─ x
//! │ └ Argument, Argument, Argument                    alpine      AS a
//! └ LineEnd
//! ```
//!
//! Spans of branches are those of the syntax tree ([`crate::syntax`]) where that has them too. It is
//! made of what the parser notes down, so that both say the same.

mod cut;

use std::ops::Range;

use crate::source::Span;

use super::trace::{Part, Trace};
use super::{Parsed, file};

/// A piece of a file that has nothing smaller in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes; never none.
    pub span: Span,
}

/// Kinds of [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TokenKind {
    /// The byte order mark at the start of the file.
    ByteOrderMark,
    /// White space that belongs to no argument.
    Space,
    /// `\n` and the `\r`s in front of it; at the end of the file, `\r`s alone.
    LineEnd,
    /// From `#` to the end of the line, also between lines that continue each other.
    Comment,
    /// A comment that is a parser directive.
    Directive,
    /// The escape token at the end of a line that goes on in the next one.
    Continuation,
    /// An instruction word, known or not.
    Keyword,
    /// `--name` of a flag.
    Flag,
    /// What a flag is set to.
    FlagValue,
    /// Text of an argument, white space that is part of it included: all of a shell command, a
    /// path, a string of an array with its quotes, the key or the value of a pair.
    Argument,
    /// What stands between: `=`, brackets and commas of an array, `--` behind the last flag, an
    /// escape token that escapes nothing.
    Punctuation,
    /// The text of a heredoc, all of its lines with their ends.
    HeredocBody,
    /// The word that ends a heredoc, and the tabs in front of it.
    HeredocTerminator,
    /// What the parser never looks at: everything from a line on that is longer than allowed.
    Unread,
}

/// A part of a file that consists of tokens and other branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// What it is.
    pub kind: BranchKind,
    /// Its bytes, from its first to its last; none for an empty value.
    pub span: Span,
    /// The branch that it is in, as an index of [`Tree::branches`]; `None` for the file.
    pub parent: Option<usize>,
    /// Its tokens, those of its branches included, as a range of [`Tree::tokens`].
    pub tokens: Range<usize>,
    /// One past the last branch inside it.
    end: usize,
}

/// Kinds of [`Branch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BranchKind {
    /// All of it. The first branch.
    File,
    /// An instruction, from its word to its last byte, heredocs included; also the one that
    /// `ONBUILD` holds.
    Instruction,
    /// Its word.
    Keyword,
    /// A flag, `--name` or `--name=value`.
    Flag,
    /// What a flag is set to, or the value of a pair. May be empty.
    Value,
    /// `key=value` of `ENV`, `LABEL` and `ARG`, or the legacy `key value`. A pair that is continued
    /// on another line may have neither key nor value.
    Pair,
    /// The name in a pair.
    Key,
    /// A JSON array of arguments.
    Array,
    /// Any other argument: a word, a string of an array, all of a shell command.
    Argument,
    /// Body and terminator of a heredoc.
    Heredoc,
    /// The text of a heredoc. May be empty.
    Body,
    /// The line that ends a heredoc; absent where nothing does.
    Terminator,
}

/// A file as tokens and branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    tokens: Vec<Token>,
    branches: Vec<Branch>,
}

impl Tree {
    /// All tokens in order. They tile the file.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// See [`Tree::tokens`].
    pub(crate) fn into_tokens(self) -> Vec<Token> {
        self.tokens
    }

    /// All branches, outer before inner, then by place. The first one is the file.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The tokens of a branch and of all branches inside it; none if there is no such branch.
    pub fn tokens_of(&self, branch: usize) -> &[Token] {
        let found = self.branches.get(branch);
        found
            .and_then(|branch| self.tokens.get(branch.tokens.clone()))
            .unwrap_or(&[])
    }

    /// The branches right inside a branch, in order.
    pub fn branches_of(&self, branch: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.branches.get(branch).map_or(0, |branch| branch.end);
        let inside = move |next: usize| (next < end).then_some(next);
        std::iter::successors(inside(branch + 1), move |&at| {
            inside(self.branches.get(at)?.end)
        })
    }
}

/// Reads a file as a lossless [`Tree`]: tokens, and the instructions, flags and arguments they
/// belong to. Takes any bytes; where the file has errors the tree is as deep as it could be read.
pub fn tree(source: &[u8]) -> Tree {
    parse_with_tree(source).1
}

/// Parses a file, and gives the lossless [`Tree`] with it. Spans in both are the same.
pub fn parse_with_tree(source: &[u8]) -> (Parsed, Tree) {
    let (parsed, trace) = file::parse_traced(source);
    (parsed, build(source, trace))
}

/// Makes the tree of what the reader saw.
fn build(source: &[u8], trace: Trace) -> Tree {
    let tokens = cut::tokens(source, &trace);
    let length = tokens.last().map_or(0, |token| token.span.end);
    let file = Part {
        kind: BranchKind::File,
        span: Span::new(0, length),
        depth: 0,
    };
    let mut branches: Vec<Branch> = Vec::with_capacity(trace.branches.len() + 1);
    // the branch that is open at each depth
    let mut open: Vec<usize> = Vec::new();
    for part in std::iter::once(file).chain(trace.branches) {
        let depth = usize::try_from(part.depth).unwrap_or(usize::MAX);
        close(&mut branches, &mut open, depth);
        let first = tokens.partition_point(|token| token.span.start < part.span.start);
        let last = tokens.partition_point(|token| token.span.end <= part.span.end);
        let index = branches.len();
        branches.push(Branch {
            kind: part.kind,
            span: part.span,
            parent: open.last().copied(),
            tokens: first..last.max(first),
            end: index + 1,
        });
        open.push(index);
    }
    close(&mut branches, &mut open, 0);
    Tree { tokens, branches }
}

/// Ends the branches that are open at `depth` and below.
fn close(branches: &mut [Branch], open: &mut Vec<usize>, depth: usize) {
    let end = branches.len();
    for index in open.drain(depth.min(open.len())..) {
        if let Some(branch) = branches.get_mut(index) {
            branch.end = end;
        }
    }
}
