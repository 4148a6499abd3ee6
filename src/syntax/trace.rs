//! What the reader takes lines and words for, noted down as it goes: the one source of the lossless
//! tree, so that the tree cannot disagree with the parser.

use std::ops::Range;

use crate::limits::MAX_ONBUILD_CHAIN;
use crate::source::{Escape, Span};

use super::args::split_argument;
use super::ast::{Argument, Flag};
use super::head::{self, Head};
use super::instruction::{Args, Keyword, read_args};
use super::line::{LogicalLine, PhysicalLine, span};
use super::tree::BranchKind;

/// Depth of what stands right in an instruction; the file is 0.
const PARTS: u32 = 2;

/// What was seen of a file.
#[derive(Default)]
pub(super) struct Trace {
    /// Physical lines, in order.
    pub lines: Vec<Line>,
    /// Instructions and their parts, outer before inner, in order.
    pub branches: Vec<Part>,
    /// What is behind a line that is too long.
    pub unread: Range<usize>,
}

/// A physical line.
pub(super) struct Line {
    /// First byte; behind a byte order mark.
    pub start: usize,
    /// Where the line end begins.
    pub content_end: usize,
    /// One past the line end.
    pub end: usize,
    pub role: Role,
}

/// What a physical line was taken for.
pub(super) enum Role {
    /// Nothing but white space.
    Blank,
    Comment,
    /// A parser directive, even one that is wrong.
    Directive,
    /// Part of an instruction: these bytes of it. What is behind them is the escape token.
    Code(Range<usize>),
    /// Of a heredoc.
    Body,
    /// Of a heredoc.
    Terminator,
}

/// A piece of an instruction.
pub(super) struct Part {
    pub kind: BranchKind,
    pub span: Span,
    pub depth: u32,
}

impl Trace {
    pub fn line(&mut self, line: PhysicalLine<'_>, role: Role) {
        self.lines.push(Line {
            start: line.start,
            content_end: line.start + line.content().len(),
            end: line.start + line.bytes.len(),
            role,
        });
    }

    /// An instruction and what is in its logical line; without `args` they could not be read.
    pub fn instruction(
        &mut self,
        line: &LogicalLine<'_>,
        head: &Head,
        args: Option<&Args>,
        escape: Escape,
    ) {
        let whole = Span::new(line.span(0..0).start, span(line.end..line.end).end);
        self.push(BranchKind::Instruction, whole, PARTS - 1);
        self.head(line, head, PARTS);
        match Keyword::find(line.slice(head.keyword.clone())) {
            Some(Keyword::Onbuild) => self.trigger(line, head.args.clone(), escape),
            keyword => self.arguments(line, head.args.clone(), keyword, args, PARTS),
        }
    }

    /// The instruction inside `ONBUILD`, however many of them there are.
    fn trigger(&mut self, line: &LogicalLine<'_>, args: Range<usize>, escape: Escape) {
        let mut part = args;
        let mut depth = PARTS;
        for _ in 0..MAX_ONBUILD_CHAIN {
            if part.is_empty() {
                return;
            }
            let head = head::split(line, part.clone(), escape);
            self.push(BranchKind::Instruction, line.span(part), depth);
            depth += 1;
            self.head(line, &head, depth);
            let keyword = Keyword::find(line.slice(head.keyword.clone()));
            if keyword != Some(Keyword::Onbuild) {
                let args = keyword
                    .and_then(|keyword| read_args(keyword, line, head.args.clone(), escape).ok());
                self.arguments(line, head.args, keyword, args.as_ref(), depth);
                return;
            }
            part = head.args;
        }
        self.arguments(line, part, None, None, depth);
    }

    /// A heredoc of the last instruction, which ends behind it.
    pub fn heredoc(&mut self, body: Span, terminator: Option<Span>) {
        let end = terminator.map_or(body.end, |terminator| terminator.end);
        let mut instructions = self.branches.iter_mut().rev();
        if let Some(outer) = instructions.find(|part| part.depth < PARTS) {
            outer.span.end = end;
        }
        self.push(BranchKind::Heredoc, Span::new(body.start, end), PARTS);
        self.push(BranchKind::Body, body, PARTS + 1);
        if let Some(terminator) = terminator {
            self.push(BranchKind::Terminator, terminator, PARTS + 1);
        }
    }

    fn head(&mut self, line: &LogicalLine<'_>, head: &Head, depth: u32) {
        if !head.keyword.is_empty() {
            self.push(BranchKind::Keyword, line.span(head.keyword.clone()), depth);
        }
        for flag in &head.flags {
            self.flag(flag, depth);
        }
    }

    fn flag(&mut self, flag: &Flag, depth: u32) {
        self.push(BranchKind::Flag, flag.span, depth);
        // where quotes hide the value, the flag stands for it
        let value = flag.value.as_ref().map(|value| value.span);
        if let Some(value) = value.filter(|value| value.start > flag.span.start) {
            self.push(BranchKind::Value, value, depth + 1);
        }
    }

    fn arguments(
        &mut self,
        line: &LogicalLine<'_>,
        range: Range<usize>,
        keyword: Option<Keyword>,
        args: Option<&Args>,
        depth: u32,
    ) {
        let Some(args) = args else {
            if !range.is_empty() {
                self.push(BranchKind::Argument, line.span(range), depth);
            }
            return;
        };
        for pair in &args.pairs {
            self.pair(&pair.key, &pair.value, depth);
        }
        let mut array = args.list.array;
        let mut inside = 0;
        for arg in &args.list.args {
            if let Some(array) = array.take_if(|array| array.start <= arg.span.start) {
                self.push(BranchKind::Array, array, depth);
                inside = 1;
            }
            match split_argument(arg, '=').filter(|_| keyword == Some(Keyword::Arg)) {
                Some((key, value)) => self.pair(&key, &value, depth),
                None => self.push(BranchKind::Argument, arg.span, depth + inside),
            }
        }
        if let Some(array) = array {
            self.push(BranchKind::Array, array, depth);
        }
    }

    fn pair(&mut self, key: &Argument, value: &Argument, depth: u32) {
        let (key, value) = (key.span, value.span);
        let whole = Span::new(key.start, value.end.max(key.end));
        self.push(BranchKind::Pair, whole, depth);
        // a pair that is continued on another line has one place for both
        if key.end <= value.start {
            self.push(BranchKind::Key, key, depth + 1);
            self.push(BranchKind::Value, value, depth + 1);
        }
    }

    fn push(&mut self, kind: BranchKind, span: Span, depth: u32) {
        self.branches.push(Part { kind, span, depth });
    }
}
