//! The instructions of `ONBUILD`, with their bytes in the file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::syntax::{Dockerfile, Instruction, OnbuildInstruction, parse};

/// What the triggers of a file run in the images that are built on its own.
#[derive(Debug, Default)]
pub(in crate::check) struct Triggers {
    /// By the first line of the `ONBUILD`.
    by_line: BTreeMap<u32, Instruction>,
}

impl Triggers {
    /// Reads the file again with blanks in the place of each `ONBUILD`: all else stays where it is.
    pub(in crate::check) fn read(bytes: &[u8], dockerfile: &Dockerfile) -> Triggers {
        let mut blanked = Cow::Borrowed(bytes);
        for onbuild in onbuilds(dockerfile) {
            let keyword = onbuild.meta.keyword.span.range();
            if let Some(word) = blanked.to_mut().get_mut(keyword) {
                word.fill(b' ');
            }
        }
        if matches!(blanked, Cow::Borrowed(_)) {
            return Triggers::default();
        }
        let read = parse(&blanked).dockerfile;
        let instructions = read.stages.into_iter().flat_map(|stage| stage.instructions);
        let mut by_line: BTreeMap<u32, Instruction> = instructions
            .map(|it| (it.meta().location.start, it))
            .collect();
        let lines: Vec<u32> = onbuilds(dockerfile).map(line).collect();
        by_line.retain(|at, _| lines.binary_search(at).is_ok());
        Triggers { by_line }
    }

    /// What an `ONBUILD` holds, if that can be read; any other instruction itself.
    pub(in crate::check) fn inside<'i>(&'i self, instruction: &'i Instruction) -> &'i Instruction {
        match instruction {
            Instruction::Onbuild(onbuild) => {
                self.by_line.get(&line(onbuild)).unwrap_or(instruction)
            }
            _ => instruction,
        }
    }
}

fn onbuilds(dockerfile: &Dockerfile) -> impl Iterator<Item = &OnbuildInstruction> {
    let stages = dockerfile.stages.iter();
    let all = stages.flat_map(|stage| &stage.instructions);
    all.filter_map(|instruction| match instruction {
        Instruction::Onbuild(onbuild) => Some(onbuild),
        _ => None,
    })
}

fn line(onbuild: &OnbuildInstruction) -> u32 {
    onbuild.meta.location.start
}
