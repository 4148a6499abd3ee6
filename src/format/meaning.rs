//! What of a file must be the same after formatting: everything but white space between words, and
//! the casing of words of the language.

use crate::syntax::{BranchKind, Instruction, Parsed, TokenKind, Tree};

/// What a file says.
#[derive(PartialEq)]
pub(super) struct Meaning<'s> {
    /// Branches in order with what they join to.
    branches: Vec<(BranchKind, Vec<u8>)>,
    /// Comments and directives in order.
    comments: Vec<(TokenKind, &'s [u8])>,
    /// Base and name of each stage.
    stages: Vec<(&'s [u8], Option<&'s [u8]>)>,
    /// What is stored of `ONBUILD`, to the last blank.
    triggers: Vec<&'s [u8]>,
    has_errors: bool,
}

pub(super) fn of<'s>(source: &'s [u8], parsed: &'s Parsed, tree: &Tree) -> Meaning<'s> {
    let branches = tree.branches().iter().enumerate().skip(1);
    let branches = branches.map(|(index, branch)| (branch.kind, joined(source, tree, index)));
    let comments = tree
        .tokens()
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Comment | TokenKind::Directive));
    let comments = comments.map(|token| (token.kind, token.span.of(source).trim_ascii_end()));
    let stages = parsed.dockerfile.stages.iter().map(|stage| {
        let name = stage.written_name.as_ref();
        (stage.base_name.as_bytes(), name.map(|name| name.as_bytes()))
    });
    let instructions = parsed
        .dockerfile
        .stages
        .iter()
        .flat_map(|it| &it.instructions);
    let triggers = instructions.filter_map(|it| match it {
        Instruction::Onbuild(it) => Some(it.expression.as_bytes()),
        _ => None,
    });
    Meaning {
        branches: branches.collect(),
        comments: comments.collect(),
        stages: stages.collect(),
        triggers: triggers.collect(),
        has_errors: !parsed.errors.is_empty(),
    }
}

/// The text of a part with its lines joined; nothing for what only holds others.
fn joined(source: &[u8], tree: &Tree, index: usize) -> Vec<u8> {
    let Some(branch) = tree.branches().get(index) else {
        return Vec::new();
    };
    let is_word = match branch.kind {
        BranchKind::Instruction | BranchKind::Array | BranchKind::Heredoc => {
            return Vec::new();
        }
        BranchKind::Keyword => true,
        _ => false,
    };
    let text = tree.tokens_of(index).iter().filter(|token| {
        !matches!(
            token.kind,
            TokenKind::Continuation | TokenKind::LineEnd | TokenKind::Comment | TokenKind::Space
        )
    });
    let text: Vec<u8> = text
        .flat_map(|token| token.span.of(source))
        .copied()
        .collect();
    let is_fixed = [b"AS" as &[u8], b"CMD", b"NONE"];
    let is_fixed = branch.kind == BranchKind::Argument
        && is_fixed.iter().any(|word| text.eq_ignore_ascii_case(word));
    match is_word || is_fixed {
        true => text.to_ascii_uppercase(),
        false => text,
    }
}
