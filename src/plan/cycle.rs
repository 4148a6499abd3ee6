//! Stages that read each other.

use super::{CompileError, Dependency, PlannedStage, StageId};
use crate::collect::IdVec;
use crate::diagnostic::{ErrorCode, Relation};

/// Refuses a cycle of `COPY --from` and mounts, naming the first stage that leads into it and every
/// instruction on the way.
///
/// Base stages come earlier in the file and cannot close a cycle. Iterative: a chain may be long.
pub(super) fn check(stages: &IdVec<StageId, PlannedStage<'_>>) -> Result<(), CompileError> {
    let mut state = stages.for_each(Visit::New);
    for (start, stage) in stages.iter() {
        if let Some(path) = cycle_from(start, stages, &mut state) {
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
    stages: &IdVec<StageId, PlannedStage<'_>>,
    state: &mut IdVec<StageId, Visit>,
) -> Option<Vec<Dependency>> {
    if stages[start].deps.is_empty() || state[start] != Visit::New {
        return None;
    }
    let deps = |id: StageId| stages[id].deps.iter();
    let mut path = vec![(start, deps(start))];
    let mut steps: Vec<Dependency> = Vec::new();
    state[start] = Visit::OnPath;
    while let Some((id, iter)) = path.last_mut() {
        let Some((dep, step)) = iter.next() else {
            state[*id] = Visit::Done;
            path.pop();
            steps.pop();
            continue;
        };
        match state[*dep] {
            Visit::OnPath => {
                steps.push(*step);
                return Some(steps);
            }
            Visit::New => {
                state[*dep] = Visit::OnPath;
                steps.push(*step);
                path.push((*dep, deps(*dep)));
            }
            Visit::Done => {}
        }
    }
    None
}
