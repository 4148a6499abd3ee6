//! ONBUILD: triggers of a base image, or of the stage below, become instructions of the stage above.

use std::sync::Arc;

use super::{CompileError, Dependency, InstructionRef, PlannedInstruction, Planner, StageId};
use crate::collect::IdVec;
use crate::diagnostic::ErrorCode;
use crate::limits::MAX_TRIGGER_SOURCES;
use crate::source::LineRange;
use crate::syntax::{self, Instruction};

impl Planner<'_, '_> {
    /// Gives every needed stage the triggers that it fires. True when they name new sources.
    pub(super) fn take_triggers(
        &mut self,
        reachable: &IdVec<StageId, bool>,
    ) -> Result<bool, CompileError> {
        let mut new_sources = false;
        for (id, _) in reachable.iter().filter(|(_, needed)| **needed) {
            let triggers = self.triggers(id);
            if triggers.is_empty() {
                continue;
            }
            let lines = self.draft.stages[id].lines().to_vec();
            new_sources |= self
                .insert_triggers(id, &triggers)
                .map_err(|error| error.only_at(&lines))?;
        }
        Ok(new_sources)
    }

    /// Takes the triggers out of the base: each fires once, and none is inherited further.
    fn triggers(&mut self, id: StageId) -> Vec<Vec<u8>> {
        let stage = &mut self.draft.stages[id];
        if let Some(base) = &mut stage.base {
            if base.image.config.on_build.is_empty() {
                return Vec::new();
            }
            let triggers = std::mem::take(&mut Arc::make_mut(&mut base.image).config.on_build);
            return triggers.iter().map(|it| it.as_bytes().to_vec()).collect();
        }
        if std::mem::replace(&mut stage.took_triggers, true) {
            return Vec::new();
        }
        let Some(below) = stage.base_stage else {
            return Vec::new();
        };
        self.draft.stages[below]
            .instructions
            .iter()
            .filter_map(|planned| match &*planned.instruction {
                Instruction::Onbuild(onbuild) => Some(onbuild.expression.as_bytes().to_vec()),
                _ => None,
            })
            .collect()
    }

    fn insert_triggers(&mut self, id: StageId, triggers: &[Vec<u8>]) -> Result<bool, CompileError> {
        let location = self.draft.stages[id].location.unwrap_or(LineRange::line(0));
        let mut planned = Vec::with_capacity(triggers.len());
        let mut new_sources = false;
        for trigger in triggers {
            let instruction = syntax::parse_trigger(trigger, location)
                .map_err(|error| CompileError::from(&error))?;
            let instruction = Arc::new(instruction);
            let known = self.draft.stages.len();
            let sources = self.sources_of(&instruction)?;
            // Their words are in the trigger.
            for stage in self.draft.stages.values_mut().skip(known) {
                stage.span = None;
            }
            new_sources |= !sources.is_empty();
            if self.draft.stages.len()
                > self
                    .draft
                    .written_sources
                    .saturating_add(MAX_TRIGGER_SOURCES)
            {
                let message =
                    format!("ONBUILD triggers name more than {MAX_TRIGGER_SOURCES} sources");
                return Err(CompileError::new(ErrorCode::LimitExceeded, message));
            }
            for source in &sources {
                let span = None;
                let deps = &mut self.draft.stages[id].deps;
                deps.insert(*source, Dependency { location, span });
            }
            planned.push(PlannedInstruction {
                instruction: InstructionRef::Trigger(instruction),
                sources,
            });
        }
        let stage = &mut self.draft.stages[id];
        stage.steps.total += planned.len();
        planned.append(&mut stage.instructions);
        stage.instructions = planned;
        Ok(new_sources)
    }
}
