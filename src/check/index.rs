//! Instructions of a file by the line on which they begin: findings come with lines only.

use std::collections::BTreeMap;

use super::images::{Images, Start};
use crate::plan::{ImageUse, UseKind};
use crate::source::LineRange;
use crate::syntax::{ArgInstruction, Dockerfile, Instruction, InstructionMeta, Stage};

/// Something with a keyword.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'d> {
    /// An `ARG` above the first `FROM`.
    Arg(&'d ArgInstruction),
    /// A `FROM`, and the index of its stage.
    Stage(usize, &'d Stage),
    /// Another instruction, and the index of its stage.
    Instruction(usize, &'d Instruction),
}

impl<'d> Item<'d> {
    /// What all instructions have.
    pub(super) fn meta(self) -> &'d InstructionMeta {
        match self {
            Item::Arg(arg) => &arg.meta,
            Item::Stage(_, stage) => &stage.meta,
            Item::Instruction(_, instruction) => instruction.meta(),
        }
    }
}

/// A file, to look things up in.
#[derive(Debug)]
pub(super) struct Index<'d> {
    pub dockerfile: &'d Dockerfile,
    items: BTreeMap<u32, Item<'d>>,
}

/// What a stage is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// The stage and those below it, top first.
    pub stages: Vec<usize>,
    /// The image, normalised; none for `scratch`, or where it is not known.
    pub image: Option<String>,
    /// Nothing is below.
    pub scratch: bool,
}

impl<'d> Index<'d> {
    pub(super) fn new(dockerfile: &'d Dockerfile) -> Self {
        let mut items = BTreeMap::new();
        let mut add = |item: Item<'d>| {
            items.insert(item.meta().location.start, item);
        };
        for arg in &dockerfile.meta_args {
            add(Item::Arg(arg));
        }
        for (index, stage) in dockerfile.stages.iter().enumerate() {
            add(Item::Stage(index, stage));
            for instruction in &stage.instructions {
                add(Item::Instruction(index, instruction));
            }
        }
        Index { dockerfile, items }
    }

    /// The instruction that these lines belong to.
    pub(super) fn at(&self, lines: LineRange) -> Option<Item<'d>> {
        let (_, item) = self.items.range(..=lines.start).next_back()?;
        (lines.start <= item.meta().location.end).then_some(*item)
    }

    /// What a stage is built on.
    pub(super) fn chain(&self, stage: usize, images: &[ImageUse]) -> Chain {
        let mut chain = Chain {
            stages: Vec::new(),
            image: None,
            scratch: false,
        };
        let mut next = Some(stage);
        while let Some((index, stage)) =
            next.and_then(|index| Some((index, self.dockerfile.stages.get(index)?)))
        {
            chain.stages.push(index);
            let base = stage.base_name.to_lowercase();
            next = self
                .dockerfile
                .stages
                .iter()
                .take(index)
                .rposition(|below| !below.name().is_empty() && below.name() == base);
            if next.is_none() {
                chain.scratch = stage.base_name.as_str() == "scratch";
                let image = images.iter().find(|image| {
                    image.kind == UseKind::From && image.location == Some(stage.meta.location)
                });
                chain.image = image.map(|image| image.reference.clone());
            }
        }
        chain
    }

    /// The stages that are built on a stage, itself included.
    pub(super) fn above(&self, stage: usize) -> impl Iterator<Item = &'d Stage> {
        let mut on_it = vec![false; self.dockerfile.stages.len()];
        if let Some(slot) = on_it.get_mut(stage) {
            *slot = true;
        }
        for (index, above) in self.dockerfile.stages.iter().enumerate().skip(stage + 1) {
            let base = above.base_name.to_lowercase();
            let below = self
                .dockerfile
                .stages
                .iter()
                .take(index)
                .rposition(|below| !below.name().is_empty() && below.name() == base);
            let found = below.is_some_and(|below| on_it.get(below) == Some(&true));
            if let Some(slot) = on_it.get_mut(index).filter(|_| found) {
                *slot = true;
            }
        }
        self.dockerfile
            .stages
            .iter()
            .zip(on_it)
            .filter_map(|(stage, on_it)| on_it.then_some(stage))
    }
}

impl Chain {
    /// What the image at the bottom brings.
    pub(super) fn start(&self, images: &Images) -> Start {
        match &self.image {
            _ if self.scratch => Start::plain(),
            Some(image) => images.start(image),
            None => Start::default(),
        }
    }
}
