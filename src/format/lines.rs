//! The lines of a tree, and what its tokens belong to.

use std::ops::Range;

use crate::syntax::{BranchKind, Token, TokenKind, Tree};

/// What a piece of an instruction belongs to, as far as its white space is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// No instruction.
    File,
    /// An instruction: white space between its parts.
    Instruction,
    /// An array of an instruction: white space between strings.
    Array,
    /// The legacy form of a pair: what separates key and value.
    Pair,
    /// An argument, a value, a flag, a heredoc or a trigger: white space is part of it.
    Part,
}

/// A tree with the owner of each token.
pub(super) struct Owned<'t> {
    pub tree: &'t Tree,
    /// The innermost branch of each token.
    branches: Vec<usize>,
}

impl<'t> Owned<'t> {
    pub fn new(tree: &'t Tree) -> Self {
        let mut branches = vec![0; tree.tokens().len()];
        for (index, branch) in tree.branches().iter().enumerate() {
            if let Some(owned) = branches.get_mut(branch.tokens.clone()) {
                owned.fill(index);
            }
        }
        Owned { tree, branches }
    }

    pub fn kind(&self, token: usize) -> Option<TokenKind> {
        self.tree.tokens().get(token).map(|token| token.kind)
    }

    pub fn token(&self, token: usize) -> Option<Token> {
        self.tree.tokens().get(token).copied()
    }

    pub fn owner(&self, token: usize) -> Owner {
        let branches = self.tree.branches();
        let branch = self.branches.get(token).and_then(|&at| branches.get(at));
        let Some((branch, outer)) = branch.and_then(|branch| Some((branch, branch.parent?))) else {
            return Owner::File;
        };
        let is_top = |branch: usize| branches.get(branch).is_some_and(|it| it.parent == Some(0));
        match branch.kind {
            BranchKind::Instruction if outer == 0 => Owner::Instruction,
            BranchKind::Array if is_top(outer) => Owner::Array,
            BranchKind::Pair if is_top(outer) => Owner::Pair,
            _ => Owner::Part,
        }
    }

    /// The instruction that a token is in, as a branch.
    pub fn instruction(&self, token: usize) -> Option<usize> {
        let branches = self.tree.branches();
        let first = *self.branches.get(token)?;
        let mut outer = std::iter::successors(Some(first), |&at| branches.get(at)?.parent);
        outer.find(|&at| branches.get(at).is_some_and(|it| it.parent == Some(0)))
    }

    /// The lines, as ranges of tokens. The text of a heredoc is one of them.
    pub fn lines(&self) -> Vec<Range<usize>> {
        let mut lines = Vec::new();
        let mut start = 0;
        for (at, token) in self.tree.tokens().iter().enumerate() {
            if matches!(token.kind, TokenKind::LineEnd | TokenKind::HeredocBody) {
                lines.push(start..at + 1);
                start = at + 1;
            }
        }
        if start < self.tree.tokens().len() {
            lines.push(start..self.tree.tokens().len());
        }
        lines
    }
}
