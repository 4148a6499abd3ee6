//! The rules, as edits of a file.

use std::ops::Range;

use super::lines::{Owned, Owner};
use crate::source::{Edit, Span};
use crate::syntax::{Branch, BranchKind, TokenKind, Tree};

/// In front of lines that continue an instruction.
const INDENT: &[u8] = b"    ";

/// Most empty lines between two others.
const MAX_EMPTY: usize = 2;

/// All edits, in no particular order; they do not overlap.
pub(super) fn edits(source: &[u8], tree: &Tree) -> Vec<Edit> {
    let mut layout = Layout {
        source,
        owned: Owned::new(tree),
        edits: Vec::new(),
        tail: usize::MAX,
        pinned: vec![false; tree.branches().len()],
    };
    layout.pin();
    let lines = layout.owned.lines();
    let is_white = |line: &&Range<usize>| (*line).clone().all(|token| layout.is_white(token));
    let tail = lines.iter().rev().take_while(is_white).last();
    layout.tail = tail.map_or(usize::MAX, |line| line.start);
    layout.empty_lines(&lines);
    for line in &lines {
        layout.line(line.clone());
    }
    layout.words();
    layout.last_line_end(&lines);
    layout.edits
}

struct Layout<'t> {
    source: &'t [u8],
    owned: Owned<'t>,
    edits: Vec<Edit>,
    /// The first token of the empty lines at the end of the file.
    tail: usize,
    /// Instructions in which a line begins inside an argument, whose white space must stay: the
    /// other lines keep theirs, so that all still fit together.
    pinned: Vec<bool>,
}

/// Where some white space stands.
enum Gap {
    /// At the start of a line.
    Indent,
    /// At the end of a line.
    End,
    /// In front of the escape token.
    Continuation,
    /// Between two tokens of a line.
    Between,
}

impl Layout<'_> {
    fn bytes(&self, token: usize) -> &[u8] {
        let token = self.owned.token(token);
        token.map_or(&[], |token| token.span.of(self.source))
    }

    fn kind(&self, token: usize) -> Option<TokenKind> {
        self.owned.kind(token)
    }

    /// Puts `text` in the place of a token, unless it is that already.
    fn set(&mut self, token: usize, text: &[u8]) {
        if let Some(token) = self.owned.token(token)
            && token.span.of(self.source) != text
        {
            self.edits.push(Edit::replace(token.span, text));
        }
    }

    fn insert_before(&mut self, token: usize, text: &[u8]) {
        if let Some(token) = self.owned.token(token) {
            self.edits.push(Edit::insert(token.span.start, text));
        }
    }

    fn is_pinned(&self, token: usize) -> bool {
        let instruction = self.owned.instruction(token);
        instruction.is_some_and(|at| self.pinned.get(at).copied().unwrap_or(false))
    }

    /// Finds the instructions in which a line begins inside an argument.
    fn pin(&mut self) {
        let tree = self.owned.tree;
        for branch in tree.branches() {
            let is_text = match branch.kind {
                BranchKind::Argument => true,
                BranchKind::Instruction => branch.parent != Some(0),
                _ => false,
            };
            let tokens = tree.tokens().get(branch.tokens.clone()).unwrap_or(&[]);
            if is_text
                && tokens.iter().any(|token| token.kind == TokenKind::LineEnd)
                && let Some(instruction) = self.owned.instruction(branch.tokens.start)
                && let Some(pinned) = self.pinned.get_mut(instruction)
            {
                *pinned = true;
            }
        }
    }

    /// A line of nothing but white space, outside of instructions or at the end of the file, where
    /// an escape token in vain may have drawn it in.
    fn is_empty_line(&self, line: &Range<usize>) -> bool {
        line.clone().all(|token| {
            self.is_white(token) && (token >= self.tail || self.owned.instruction(token).is_none())
        })
    }

    fn is_white(&self, token: usize) -> bool {
        matches!(
            self.kind(token),
            Some(TokenKind::Space | TokenKind::LineEnd)
        )
    }

    /// At most two empty lines in a row, none at the end, none in front of an instruction that is
    /// the first thing of the file. (In front of a comment one line may keep it from being a
    /// directive.)
    fn empty_lines(&mut self, lines: &[Range<usize>]) {
        let mut run = 0..0;
        for (at, line) in lines.iter().enumerate() {
            if self.is_empty_line(line) {
                run.end = at + 1;
                continue;
            }
            let is_instruction = line.clone().any(|it| self.owned.instruction(it).is_some());
            let keep = match run.start == 0 && is_instruction {
                true => 0,
                false => MAX_EMPTY,
            };
            self.thin_out(lines.get(run).unwrap_or(&[]), keep);
            run = at + 1..at + 1;
        }
        self.thin_out(lines.get(run).unwrap_or(&[]), 0);
    }

    /// Keeps so many of empty lines, without the white space in them.
    fn thin_out(&mut self, lines: &[Range<usize>], keep: usize) {
        for (at, line) in lines.iter().enumerate() {
            for token in line.clone() {
                if at >= keep || self.kind(token) == Some(TokenKind::Space) {
                    self.set(token, b"");
                }
            }
        }
    }

    fn line(&mut self, line: Range<usize>) {
        if self.is_empty_line(&line) {
            return;
        }
        self.line_start(line.start);
        for token in line.clone() {
            match self.kind(token) {
                Some(TokenKind::Space) => {
                    let gap = self.gap(&line, token);
                    self.space(gap, token);
                }
                Some(TokenKind::Comment | TokenKind::Directive) => self.comment(token),
                Some(TokenKind::Continuation) if token > line.start => {
                    let is_apart = self.kind(token - 1) == Some(TokenKind::Space);
                    let owner = self.owned.owner(token);
                    if !is_apart && matches!(owner, Owner::Instruction | Owner::Array) {
                        self.insert_before(token, b" ");
                    }
                }
                Some(TokenKind::Argument) if token > line.start => {
                    // `["a","b"]`
                    let is_joined = self.kind(token - 1) == Some(TokenKind::Punctuation);
                    let is_listed = self.bytes(token - 1) == b",";
                    if is_joined && is_listed && self.owned.owner(token - 1) == Owner::Array {
                        self.insert_before(token, b" ");
                    }
                }
                _ => {}
            }
        }
    }

    /// A line that continues an instruction and has no white space at its start.
    fn line_start(&mut self, first: usize) {
        let Some(before) = first.checked_sub(1) else {
            return;
        };
        let is_continued = self.kind(before) == Some(TokenKind::LineEnd)
            && matches!(self.owned.owner(before), Owner::Instruction | Owner::Array);
        let is_bare = !matches!(
            self.kind(first),
            None | Some(
                TokenKind::Space
                    | TokenKind::LineEnd
                    | TokenKind::HeredocBody
                    | TokenKind::HeredocTerminator
            )
        );
        if is_continued && is_bare && !self.is_pinned(before) && self.bytes(first) != b"]" {
            self.insert_before(first, INDENT);
        }
    }

    fn gap(&self, line: &Range<usize>, token: usize) -> Gap {
        match self.kind(token + 1).filter(|_| token + 1 < line.end) {
            None | Some(TokenKind::LineEnd) => Gap::End,
            Some(_) if token == line.start => Gap::Indent,
            Some(TokenKind::Continuation) => Gap::Continuation,
            Some(_) => Gap::Between,
        }
    }

    fn space(&mut self, gap: Gap, token: usize) {
        let is_plain = |byte: &u8| matches!(byte, b' ' | b'\t');
        if !self.bytes(token).iter().all(is_plain) {
            return;
        }
        match gap {
            Gap::Indent => self.indent(token),
            Gap::End => self.end(token),
            Gap::Continuation => {
                if matches!(self.owned.owner(token), Owner::Instruction | Owner::Array) {
                    self.set(token, b" ");
                }
            }
            Gap::Between => match self.owned.owner(token) {
                Owner::Instruction | Owner::Pair => self.set(token, b" "),
                Owner::Array => {
                    let is_after_comma = self.bytes(token.saturating_sub(1)) == b",";
                    self.set(token, if is_after_comma { b" " } else { b"" });
                }
                Owner::File | Owner::Part => {}
            },
        }
    }

    fn indent(&mut self, token: usize) {
        let starts_instruction = || {
            let instruction = self.owned.instruction(token + 1);
            let branch = instruction.and_then(|at| self.owned.tree.branches().get(at));
            branch.is_some_and(|branch| branch.tokens.start == token + 1)
        };
        match self.owned.owner(token) {
            // comments keep theirs: with another one, some would be directives
            Owner::File if starts_instruction() => self.set(token, b""),
            Owner::Instruction | Owner::Array if !self.is_pinned(token) => {
                let instruction = self.owned.instruction(token);
                let branch = instruction.and_then(|at| self.owned.tree.branches().get(at));
                // white space in front of the first word, behind a line of an escape token alone
                if branch.is_none_or(|branch| branch.tokens.start == token) {
                    return;
                }
                match self.bytes(token + 1) {
                    b"]" => self.set(token, b""),
                    _ => self.set(token, INDENT),
                }
            }
            _ => {}
        }
    }

    /// White space at the end of a line.
    fn end(&mut self, token: usize) {
        let before = token.checked_sub(1).and_then(|before| self.kind(before));
        let is_trigger = || {
            let tree = self.owned.tree;
            let instruction = self.owned.instruction(token);
            let mut inner = instruction.into_iter().flat_map(|at| tree.branches_of(at));
            let branch = |at: usize| tree.branches().get(at);
            inner.any(|at| branch(at).is_some_and(|it| it.kind == BranchKind::Instruction))
        };
        match before {
            None => {}
            // nothing but white space
            Some(TokenKind::LineEnd | TokenKind::Continuation) => self.set(token, b""),
            // what a trigger ends with is part of it
            Some(_) if !is_trigger() => self.set(token, b""),
            Some(_) => {}
        }
    }

    /// White space behind a comment.
    fn comment(&mut self, token: usize) {
        let mut text = self.bytes(token);
        while let [rest @ .., b' ' | b'\t'] = text {
            text = rest;
        }
        // a directive's value may be a blank
        if text.ends_with(b"=") {
            return;
        }
        let length = self.bytes(token).len() - text.len();
        if let (Some(token), Ok(length @ 1..)) = (self.owned.token(token), u32::try_from(length)) {
            let end = token.span.end;
            self.edits.push(Edit::delete(Span::new(end - length, end)));
        }
    }

    /// Words that are written in upper case: instructions, `AS`, `CMD` and `NONE` of a health check.
    fn words(&mut self) {
        let tree = self.owned.tree;
        for instruction in tree.branches_of(0) {
            let parts = tree.branches_of(instruction);
            let parts = parts.filter_map(|at| tree.branches().get(at));
            let (keywords, others): (Vec<_>, Vec<_>) =
                parts.partition(|part| part.kind == BranchKind::Keyword);
            let Some(keyword) = keywords.first() else {
                continue;
            };
            self.raise(keyword);
            let args = others.iter().filter(|it| it.kind == BranchKind::Argument);
            let args: Vec<_> = args.take(4).collect();
            let name = keyword.span.of(self.source).to_ascii_uppercase();
            match (name.as_slice(), args.as_slice()) {
                (b"FROM", [_, word, _]) => self.raise(word),
                (b"HEALTHCHECK", [word, ..]) => self.raise(word),
                _ => {}
            }
        }
    }

    fn raise(&mut self, word: &Branch) {
        if word.tokens.len() == 1 {
            let text = word.span.of(self.source).to_ascii_uppercase();
            self.set(word.tokens.start, &text);
        }
    }

    /// The last line ends as the others do.
    fn last_line_end(&mut self, lines: &[Range<usize>]) {
        let tokens = self.owned.tree.tokens();
        let line_ends = tokens.iter().filter(|it| it.kind == TokenKind::LineEnd);
        let mut line_ends = line_ends.map(|it| it.span.of(self.source));
        let usual = line_ends.find(|text| text.ends_with(b"\n"));
        let usual = usual.unwrap_or(b"\n").to_vec();
        let Some((last, line)) = tokens.len().checked_sub(1).zip(lines.last()) else {
            return;
        };
        if self.is_empty_line(line) || self.bytes(last).ends_with(b"\n") {
            return;
        }
        match self.kind(last) {
            Some(TokenKind::LineEnd) => self.set(last, &usual),
            _ => self.edits.extend(
                self.owned
                    .token(last)
                    .map(|token| Edit::insert(token.span.end, usual)),
            ),
        }
    }
}
