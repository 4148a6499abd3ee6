//! Which stages, images and contexts the instructions read: `COPY --from=` and `RUN --mount=from=`.

use std::borrow::Cow;

use super::{
    CompileError, Dependency, InstructionRef, PlannedInstruction, PlannedStage, Planner, SCRATCH,
    StageId,
};
use crate::diagnostic::ErrorCode;
use crate::go::text::{cut, to_lower};
use crate::go::{csv, number};
use crate::llb::EnvList;
use crate::source::{LineRange, Span};
use crate::syntax::{Argument, Instruction};

impl Planner<'_, '_> {
    /// Links every instruction to what it reads, and refuses cycles.
    pub(super) fn find_sources(&mut self) -> Result<(), CompileError> {
        for id in self.draft.stages.ids() {
            let Some(ast) = self.draft.stages[id].ast else {
                continue;
            };
            let mut planned = Vec::with_capacity(ast.instructions.len());
            for instruction in &ast.instructions {
                let sources = self.sources_of(instruction)?;
                let location = instruction.meta().location;
                let deps = sources.iter().enumerate().map(|(index, source)| {
                    let span = source_span(instruction, index);
                    (*source, Dependency { location, span })
                });
                self.draft.stages[id].deps.extend(deps);
                planned.push(PlannedInstruction {
                    instruction: InstructionRef::InFile(instruction),
                    sources,
                });
            }
            self.draft.stages[id].instructions = planned;
        }
        super::cycle::check(&self.draft.stages)?;
        if let (1, Some(only)) = (self.draft.stages.len(), self.draft.stages.last()) {
            self.draft.stages[only].display_name = Cow::Borrowed("");
        }
        Ok(())
    }

    /// What `instruction` reads; new stand-ins are added for what is not a stage.
    pub(super) fn sources_of(
        &mut self,
        instruction: &Instruction,
    ) -> Result<Vec<StageId>, CompileError> {
        match instruction {
            Instruction::Copy(copy) => match copy.from.as_ref().filter(|from| !from.is_empty()) {
                Some(from) => Ok(vec![
                    self.copy_source(from, copy.meta.location)
                        .map_err(|error| error.with_span(from.span))?,
                ]),
                None => Ok(Vec::new()),
            },
            Instruction::Run(run) => Ok(run
                .mounts
                .iter()
                .map(|mount| self.mount_source(&mount_from(mount.as_str()), mount.span))
                .collect()),
            _ => Ok(Vec::new()),
        }
    }

    fn copy_source(
        &mut self,
        from: &Argument,
        location: LineRange,
    ) -> Result<StageId, CompileError> {
        let span = from.span;
        let from = from.as_str();
        let expanded = self.draft.expander.expand_word(from, &EnvList::default())?;
        if expanded.text != from {
            return Err(CompileError::new(
                ErrorCode::VariableInFrom,
                "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
            ));
        }
        if let Ok(index) = number::atoi(from) {
            // Parity: stand-ins count too, so that an index past the last stage may find one.
            return usize::try_from(index)
                .ok()
                .and_then(|index| self.draft.stages.id(index))
                .ok_or_else(|| {
                    let message = format!("invalid stage index {index}");
                    CompileError::new(ErrorCode::InvalidStageIndex, message)
                });
        }
        Ok(self.by_name(from).unwrap_or_else(|| {
            self.draft.stages.push(PlannedStage::outside(
                Cow::Owned(from.to_owned()),
                Some(location),
                Some(span),
            ))
        }))
    }

    /// A mount without `from` reads nothing, or the main context; it has a stand-in all the same, and
    /// the number of stand-ins shows in step names.
    fn mount_source(&mut self, from: &str, span: Span) -> StageId {
        let from = if from.is_empty() { SCRATCH } else { from };
        self.by_name(from).unwrap_or_else(|| {
            let name = if from == SCRATCH {
                Cow::Borrowed(SCRATCH)
            } else {
                Cow::Owned(from.to_owned())
            };
            self.draft
                .stages
                .push(PlannedStage::outside(name, None, Some(span)))
        })
    }
}

/// The word that names the source `index` of an instruction.
pub(super) fn source_span(instruction: &Instruction, index: usize) -> Option<Span> {
    match instruction {
        Instruction::Copy(copy) => copy.from.as_ref().map(|from| from.span),
        Instruction::Run(run) => run.mounts.get(index).map(|mount| mount.span),
        _ => None,
    }
}

/// The value of `from=` in a mount, empty without one; what is wrong with the rest is told elsewhere.
fn mount_from(mount: &str) -> String {
    let fields = csv::fields(mount).unwrap_or_default();
    let mut options = fields.iter().rev().filter_map(|field| cut(field, b'='));
    options
        .find(|(key, _)| to_lower(key) == "from")
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}
