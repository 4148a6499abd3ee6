//! Cuts a file into tokens, along the lines and the parts of instructions that the reader saw.

use std::ops::Range;

use super::super::blank;
use super::super::line::span;
use super::super::trace::{Line, Part, Role, Trace};
use super::{BranchKind, Token, TokenKind};

/// The tokens of `source`.
pub(super) fn tokens(source: &[u8], trace: &Trace) -> Vec<Token> {
    let mut cutter = Cutter {
        source,
        labels: labels(&trace.branches),
        next: 0,
        tokens: Vec::with_capacity(trace.lines.len() * 4),
    };
    if let Some(first) = trace.lines.first() {
        cutter.push(TokenKind::ByteOrderMark, 0..first.start);
    }
    for line in &trace.lines {
        cutter.line(line);
    }
    cutter.push(TokenKind::Unread, trace.unread.clone());
    cutter.tokens
}

/// A range of the file whose code is tokens of one kind.
type Label = (TokenKind, Range<usize>);

/// The parts that hold no others, and flags up to their value: in order, apart, none empty.
fn labels(parts: &[Part]) -> Vec<Label> {
    let mut labels = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let inner = parts.get(at + 1).filter(|next| next.depth > part.depth);
        let kind = match part.kind {
            BranchKind::Keyword => TokenKind::Keyword,
            BranchKind::Flag => TokenKind::Flag,
            BranchKind::Value if is_in_flag(parts, at) => TokenKind::FlagValue,
            BranchKind::Argument | BranchKind::Key | BranchKind::Value => TokenKind::Argument,
            BranchKind::Pair if inner.is_none() => TokenKind::Argument,
            _ => continue,
        };
        let mut range = part.span.range();
        if let Some(inner) = inner {
            range.end = inner.span.range().start;
        }
        if !range.is_empty() {
            labels.push((kind, range));
        }
    }
    labels
}

fn is_in_flag(parts: &[Part], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| parts.get(before));
    before.is_some_and(|part| part.kind == BranchKind::Flag)
}

struct Cutter<'s> {
    source: &'s [u8],
    labels: Vec<Label>,
    /// The first label that does not end before the next byte.
    next: usize,
    tokens: Vec<Token>,
}

impl Cutter<'_> {
    fn line(&mut self, line: &Line) {
        let content = line.start..line.content_end;
        match &line.role {
            Role::Blank => self.push(TokenKind::Space, content),
            Role::Comment => self.indented(TokenKind::Comment, content),
            Role::Directive => self.indented(TokenKind::Directive, content),
            Role::Terminator => self.push(TokenKind::HeredocTerminator, content),
            Role::Body => return self.body(line.start..line.end),
            Role::Code(code) => {
                self.push(TokenKind::Space, line.start..code.start);
                self.code(code.clone());
                let token_end = (code.end + 1).min(line.content_end);
                self.push(TokenKind::Continuation, code.end..token_end);
                self.push(TokenKind::Space, token_end..line.content_end);
            }
        }
        self.push(TokenKind::LineEnd, line.content_end..line.end);
    }

    /// A line with one token behind white space.
    fn indented(&mut self, kind: TokenKind, content: Range<usize>) {
        let bytes = self.source.get(content.clone()).unwrap_or(&[]);
        let start = content.end - blank::trim_start(bytes).len();
        self.push(TokenKind::Space, content.start..start);
        self.push(kind, start..content.end);
    }

    /// A line of a heredoc: the lines of one body are one token.
    fn body(&mut self, line: Range<usize>) {
        let end = span(line.clone()).end;
        match self.tokens.last_mut() {
            Some(last) if last.kind == TokenKind::HeredocBody => last.span.end = end,
            _ => self.push(TokenKind::HeredocBody, line),
        }
    }

    /// Text of an instruction on one line.
    fn code(&mut self, code: Range<usize>) {
        let mut at = code.start;
        while at < code.end {
            match self.labels.get(self.next) {
                Some((_, label)) if label.end <= at => self.next += 1,
                Some((kind, label)) if label.start <= at => {
                    let (kind, end) = (*kind, label.end.min(code.end));
                    self.labelled(kind, at..end);
                    at = end;
                }
                other => {
                    let end = other.map_or(code.end, |(_, label)| label.start.min(code.end));
                    self.between(at..end);
                    at = end;
                }
            }
        }
    }

    fn labelled(&mut self, kind: TokenKind, range: Range<usize>) {
        let bytes = self.source.get(range.clone()).unwrap_or(&[]);
        let has_sign = kind == TokenKind::Flag && bytes.ends_with(b"=");
        let end = range.end - usize::from(has_sign);
        self.push(kind, range.start..end);
        self.push(TokenKind::Punctuation, end..range.end);
    }

    /// What is between parts: runs of white space, and of what is none.
    fn between(&mut self, range: Range<usize>) {
        let mut rest = self.source.get(range.clone()).unwrap_or(&[]);
        let mut at = range.start;
        while !rest.is_empty() {
            let spaces = leading_spaces(rest);
            let (kind, length) = match spaces {
                0 => (TokenKind::Punctuation, until_space(rest)),
                _ => (TokenKind::Space, spaces),
            };
            self.push(kind, at..at + length);
            at += length;
            rest = rest.get(length..).unwrap_or(&[]);
        }
    }

    fn push(&mut self, kind: TokenKind, range: Range<usize>) {
        if !range.is_empty() {
            let span = span(range);
            self.tokens.push(Token { kind, span });
        }
    }
}

/// How many bytes at the start are white space, in any sense that the parser has of it.
fn leading_spaces(bytes: &[u8]) -> usize {
    let mut rest = blank::trim_start(bytes);
    while let [byte, tail @ ..] = rest
        && blank::is_latin1_space(*byte)
    {
        rest = blank::trim_start(tail);
    }
    bytes.len() - rest.len()
}

/// How many bytes stand before the next white space; at least one.
fn until_space(bytes: &[u8]) -> usize {
    let starts = 1..bytes.len();
    starts
        .into_iter()
        .find(|&at| leading_spaces(bytes.get(at..).unwrap_or(&[])) > 0)
        .unwrap_or(bytes.len())
}
