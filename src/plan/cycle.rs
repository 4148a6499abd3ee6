//! Stages that read each other.

use super::{CompileError, Dependency, PlannedStage, StageId};
use crate::diagnostic::{ErrorCode, Relation};

/// Refuses a cycle of `COPY --from` and mounts, naming the first stage that leads into it and every
/// instruction on the way.
///
/// Base stages come earlier in the file and cannot close a cycle. Iterative: a chain may be long.
pub(super) fn check(stages: &[PlannedStage<'_>]) -> Result<(), CompileError> {
    let mut state = vec![Visit::New; stages.len()];
    for (start, stage) in stages.iter().enumerate() {
        if let Some(path) = cycle_from(StageId(start), stages, &mut state) {
            let name = &stage.display_name;
            let error = CompileError::new(
                ErrorCode::CircularDependency,
                format!("circular dependency detected on stage: {name}"),
            );
            return Err(path.iter().fold(error, |error, step| {
                let error = match (step.span, error.span()) {
                    (Some(span), None) => error.with_span(span),
                    (Some(span), Some(_)) => error.with_related(span, Relation::AlsoReads),
                    (None, _) => error,
                };
                error.at(&[step.location])
            }));
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
) -> Option<Vec<Dependency>> {
    let reads_none = stages.get(start.0)?.deps.is_empty();
    if reads_none || state.get(start.0).copied() != Some(Visit::New) {
        return None;
    }
    let deps = |id: StageId| stages.get(id.0).map(|stage| stage.deps.iter());
    let mut path = vec![(start, deps(start)?)];
    let mut steps: Vec<Dependency> = Vec::new();
    *state.get_mut(start.0)? = Visit::OnPath;
    while let Some((id, iter)) = path.last_mut() {
        let Some((dep, step)) = iter.next() else {
            if let Some(visit) = state.get_mut(id.0) {
                *visit = Visit::Done;
            }
            path.pop();
            steps.pop();
            continue;
        };
        match state.get(dep.0) {
            Some(Visit::OnPath) => {
                steps.push(*step);
                return Some(steps);
            }
            Some(Visit::New) => {
                if let Some(visit) = state.get_mut(dep.0) {
                    *visit = Visit::OnPath;
                }
                steps.push(*step);
                path.push((*dep, deps(*dep)?));
            }
            _ => {}
        }
    }
    None
}
