//! Stages that read each other.

use super::{CompileError, PlannedStage, StageId};
use crate::source::LineRange;

/// Refuses a cycle of `COPY --from` and mounts, naming the first stage that leads into it and every
/// instruction on the way.
///
/// Base stages come earlier in the file and can't close a cycle. Iterative: a chain may be long.
pub(super) fn check(stages: &[PlannedStage<'_>]) -> Result<(), CompileError> {
    let mut state = vec![Visit::New; stages.len()];
    for (start, stage) in stages.iter().enumerate() {
        if let Some(path) = cycle_from(StageId(start), stages, &mut state) {
            let name = &stage.display_name;
            let error = CompileError::new(format!("circular dependency detected on stage: {name}"));
            return Err(path.iter().fold(error, |error, lines| error.at(&[*lines])));
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    OnPath,
    Done,
}

/// The instructions from `start` to the one that closes a cycle.
fn cycle_from(
    start: StageId,
    stages: &[PlannedStage<'_>],
    state: &mut [Visit],
) -> Option<Vec<LineRange>> {
    let reads_none = stages.get(start.0)?.deps.is_empty();
    if reads_none || state.get(start.0).copied() != Some(Visit::New) {
        return None;
    }
    let deps = |id: StageId| stages.get(id.0).map(|stage| stage.deps.iter());
    let mut path = vec![(start, deps(start)?)];
    let mut lines: Vec<LineRange> = Vec::new();
    *state.get_mut(start.0)? = Visit::OnPath;
    while let Some((id, iter)) = path.last_mut() {
        let Some((dep, location)) = iter.next() else {
            if let Some(visit) = state.get_mut(id.0) {
                *visit = Visit::Done;
            }
            path.pop();
            lines.pop();
            continue;
        };
        match state.get(dep.0) {
            Some(Visit::OnPath) => {
                lines.push(*location);
                return Some(lines);
            }
            Some(Visit::New) => {
                if let Some(visit) = state.get_mut(dep.0) {
                    *visit = Visit::OnPath;
                }
                lines.push(*location);
                path.push((*dep, deps(*dep)?));
            }
            _ => {}
        }
    }
    None
}
