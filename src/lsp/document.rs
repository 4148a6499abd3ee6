//! An open Dockerfile at one version: its text, and what is made of it, each once and only when asked for.

use std::sync::OnceLock;

use super::names::Names;
use super::text::{Encoding, Text};
use crate::syntax::{self, Branch, BranchKind, Dockerfile, Parsed, Tree};

/// A Dockerfile as the editor has it.
#[derive(Debug, Default)]
pub(crate) struct Document {
    text: Text,
    version: i32,
    read: OnceLock<(Parsed, Tree)>,
    names: OnceLock<Names>,
}

impl Document {
    pub(crate) fn new(content: String, version: i32, encoding: Encoding) -> Self {
        Document::of(Text::new(content, encoding), version)
    }

    /// The same with another text.
    pub(crate) fn of(text: Text, version: i32) -> Self {
        Document {
            text,
            version,
            read: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.bytes()
    }

    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    fn read(&self) -> &(Parsed, Tree) {
        self.read
            .get_or_init(|| syntax::parse_with_tree(self.bytes()))
    }

    pub(crate) fn dockerfile(&self) -> &Dockerfile {
        &self.read().0.dockerfile
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.read().1
    }

    /// The instructions in order, as branches of the tree: those that cannot be read as well.
    pub(crate) fn instructions(&self) -> impl Iterator<Item = (usize, &Branch)> {
        let branches = self.tree().branches().iter().enumerate();
        branches.filter(|(_, it)| it.kind == BranchKind::Instruction && it.parent == Some(0))
    }

    /// The instruction, its last byte or the blanks behind it included, with an offset.
    pub(crate) fn instruction_at(&self, offset: u32) -> Option<(usize, &Branch)> {
        let before = |(_, it): &(usize, &Branch)| it.span.start <= offset;
        self.instructions().take_while(before).last()
    }

    pub(crate) fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::read(self))
    }
}
