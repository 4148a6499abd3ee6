//! What a change of a Dockerfile does to the cache: which steps keep their key, which lose it, and why.
//!
//! ```text
//! Definition -> steps ─┐
//! Definition -> steps ─┴-> pair -> fates, with the first cause of each -> text, json
//! ```
//! A step's key is made of what the step does and of the keys of what it reads. Files that are copied, or
//! mounted to be read only, count by their content: such a step keeps its key if they are the same in the end.

mod cause;
mod config;
#[cfg(feature = "cli")]
mod files;
mod origin;
mod pair;
mod print;
mod steps;
#[cfg(feature = "cli")]
mod why;

pub use cause::Cause;
pub use config::ConfigChange;
#[cfg(feature = "cli")]
pub use files::FileChange;
#[cfg(feature = "cli")]
pub use why::{StepName, WHY_VERSION, WhyAnswer, why};

use crate::collect::{IdVec, sort_by_number};
use crate::image::ImageConfig;
use crate::llb::Definition;
use crate::pb::ops as pb;
use crate::source::LineRange;
use steps::{ExplainedStep, NewStep, OldStep, Reading, Steps};

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// What it is called.
    pub name: &'s str,
    /// The graph.
    pub definition: &'s Definition,
    /// The image's config, where it is known.
    pub image: Option<&'s ImageConfig>,
}

/// What became of the steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Names of the two sides.
    pub names: [String; 2],
    /// Steps of the new side, in order, those that are gone where they were.
    pub steps: Vec<StepChange>,
    /// Settings of the image that differ; none of them costs a step its key.
    pub config: Vec<ConfigChange>,
}

/// A step, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepChange {
    /// Where it stands: `build 2/7`; empty for what is not a step of a stage.
    pub place: String,
    /// What it does.
    pub text: String,
    /// Its lines, in the new file, or in the old one if it is gone.
    pub lines: Option<LineRange>,
    /// What became of it.
    pub fate: Fate,
    /// Digest of its op in the new graph, or in the old one if it is gone.
    pub digest: String,
    /// It is keyed by content: files of the client.
    pub by_content: bool,
    /// How many of these differ, where both sides are known.
    pub changed_files: Option<usize>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It keeps its key.
    Kept,
    /// It has another key because of itself.
    Changed {
        /// Why.
        causes: Vec<Cause>,
        /// It would have lost its key anyway, because of the step at this index.
        also: Option<usize>,
    },
    /// It has another key because of the step at this index, which is the first cause.
    Lost(usize),
    /// It keeps its key if the files that it reads stay the same, though the step at this index has changed.
    Depends(usize),
    /// It did not exist before.
    Added,
    /// It no longer exists.
    Removed,
}

impl Fate {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Fate::Kept => "keeps",
            Fate::Changed { .. } => "changed",
            Fate::Lost(_) => "loses",
            Fate::Depends(_) => "depends",
            Fate::Added => "new",
            Fate::Removed => "gone",
        }
    }
}

/// A definition with an op that is not a valid message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct UnreadableOp {
    /// Name of the build.
    pub name: String,
    /// What is wrong with the op.
    pub why: String,
}

/// Compares two builds. Files of the client are taken to be the same.
///
/// # Errors
/// When an op of one of them is not a valid message.
pub fn explain(old: &Side<'_>, new: &Side<'_>) -> Result<Explanation, UnreadableOp> {
    compare(old, new, None)
}

/// Compares two builds, and of their context the files that differ.
///
/// # Errors
/// When an op of one of them is not a valid message.
#[cfg(feature = "cli")]
pub fn explain_files(
    old: &Side<'_>,
    new: &Side<'_>,
    changes: &[FileChange],
) -> Result<Explanation, UnreadableOp> {
    let files = |op: &pb::Op, place: usize| files::causes(changes, op, place);
    let mut explanation = compare(old, new, Some(&files))?;
    for step in explanation.steps.iter_mut().filter(|it| it.by_content) {
        step.changed_files = Some(changes.len());
    }
    Ok(explanation)
}

/// The files of the client that differ, of those that a step takes as its input at a place.
type Files<'f> = &'f dyn Fn(&pb::Op, usize) -> Vec<Cause>;

fn compare(
    old: &Side<'_>,
    new: &Side<'_>,
    files: Option<Files<'_>>,
) -> Result<Explanation, UnreadableOp> {
    let failed = |name: &str| {
        let name = name.to_owned();
        move |why: String| UnreadableOp { name, why }
    };
    let before = Steps::read(old.definition).map_err(failed(old.name))?;
    let after = Steps::read(new.definition).map_err(failed(new.name))?;
    let pairs = pair::pair(&before.steps, &after.steps);
    let config = match (old.image, new.image) {
        (Some(old), Some(new)) => config::compare(old, new),
        _ => Vec::new(),
    };
    let steps = Tracer {
        before: &before,
        after: &after,
        files,
        pairs,
        rows: Vec::new(),
        row_of: after.steps.for_each(0),
        row_of_removed: before.steps.for_each(None),
    }
    .trace();
    Ok(Explanation {
        names: [old.name.to_owned(), new.name.to_owned()],
        steps,
        config,
    })
}

/// Follows the steps in order: whatever a step reads has its fate already.
struct Tracer<'s> {
    before: &'s Steps<OldStep>,
    after: &'s Steps<NewStep>,
    files: Option<Files<'s>>,
    /// The old step of each new one.
    pairs: IdVec<NewStep, Option<OldStep>>,
    rows: Vec<StepChange>,
    /// Rows of new steps.
    row_of: IdVec<NewStep, usize>,
    /// Rows of old steps that are gone.
    row_of_removed: IdVec<OldStep, Option<usize>>,
}

impl Tracer<'_> {
    fn trace(mut self) -> Vec<StepChange> {
        let mut paired = self.before.steps.for_each(false);
        for old in self.pairs.values().flatten() {
            paired[*old] = true;
        }
        let gone = self.before.steps.ids().filter(|old| !paired[*old]);
        let mut gone = gone.peekable();
        for (id, step) in self.after.steps.iter() {
            if let Some(old) = self.pairs[id] {
                while let Some(before) = gone.next_if(|before| *before < old) {
                    self.removed(before);
                }
            }
            let fate = self.fate(id, step);
            self.row_of[id] = self.rows.len();
            self.rows.push(row(step, fate));
        }
        gone.for_each(|old| self.removed(old));
        in_order_of_lines(self.rows)
    }

    /// The row of an old step that has no new one.
    fn removed(&mut self, old: OldStep) {
        self.row_of_removed[old] = Some(self.rows.len());
        self.rows.push(row(&self.before.steps[old], Fate::Removed));
    }

    fn fate(&self, id: NewStep, new: &ExplainedStep<NewStep>) -> Fate {
        let Some(old) = self.pairs[id] else {
            return Fate::Added;
        };
        let old = &self.before.steps[old];
        let mut causes = cause::causes(old, new, self.before, self.after);
        let mut lost: Option<usize> = None;
        let mut depends: Option<usize> = None;
        for (place, (read, how)) in new.inputs.iter().enumerate() {
            let before = old.inputs.get(place).map(|(read, _)| *read);
            if let Some(files) = self.files
                && self.after.steps[*read].is_local
            {
                causes.extend(files(&new.op, place));
            }
            match self.reading(*read, before) {
                Read::Same => {}
                Read::Depends(row) => keep_first(&mut depends, row),
                Read::Other(row) if *how == Reading::Content => keep_first(&mut depends, row),
                Read::Other(row) => keep_first(&mut lost, row),
                Read::Elsewhere => causes.push(self.rewired(*read, before)),
            }
        }
        match (causes.is_empty(), lost, depends) {
            (false, also, _) => Fate::Changed { causes, also },
            (true, Some(row), _) => Fate::Lost(row),
            (true, None, Some(row)) => Fate::Depends(row),
            (true, None, None) => Fate::Kept,
        }
    }

    /// How what a step reads differs from what it read before.
    fn reading(&self, new: NewStep, before: Option<OldStep>) -> Read {
        let row = self.row_of[new];
        let pair = self.pairs[new];
        if pair.is_none() {
            return Read::Other(row);
        }
        if pair != before {
            // What it read before is gone, and so it reads what that read.
            let gone = before.and_then(|before| self.row_of_removed[before]);
            return gone.map_or(Read::Elsewhere, Read::Other);
        }
        match self.rows.get(row).map(|row| &row.fate) {
            Some(Fate::Lost(first)) => Read::Other(*first),
            Some(Fate::Depends(first)) => Read::Depends(*first),
            Some(Fate::Changed { .. } | Fate::Added | Fate::Removed) => Read::Other(row),
            Some(Fate::Kept) | None => Read::Same,
        }
    }

    fn rewired(&self, new: NewStep, before: Option<OldStep>) -> Cause {
        Cause {
            field: "reads".to_owned(),
            old: before.map(|before| self.before.steps[before].shown()),
            new: Some(self.after.steps[new].shown()),
            by: None,
        }
    }
}

/// Sorts rows by their lines. What has none in the new file stays before the row that follows it.
fn in_order_of_lines(rows: Vec<StepChange>) -> Vec<StepChange> {
    let mut next = f64::from(u32::MAX);
    let mut keys: Vec<(f64, usize)> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate().rev() {
        if let Some(lines) = row.lines.filter(|_| row.fate != Fate::Removed) {
            next = f64::from(lines.start);
        }
        keys.push((next, index));
    }
    sort_by_number(&mut keys);
    let mut moved = vec![0; keys.len()];
    for (now, (_, before)) in keys.iter().enumerate() {
        if let Some(slot) = moved.get_mut(*before) {
            *slot = now;
        }
    }
    let rename = |row: &mut usize| *row = moved.get(*row).copied().unwrap_or(*row);
    let sorted = keys.iter().filter_map(|(_, row)| rows.get(*row));
    let mut rows: Vec<StepChange> = sorted.cloned().collect();
    for row in &mut rows {
        match &mut row.fate {
            Fate::Lost(first) | Fate::Depends(first) => rename(first),
            Fate::Changed {
                also: Some(first), ..
            } => rename(first),
            _ => {}
        }
    }
    rows
}

/// What a step reads now, held against what it read before.
enum Read {
    Same,
    /// Another key; the row of the first cause.
    Other(usize),
    /// Perhaps another key; the row of the first cause.
    Depends(usize),
    /// Another step altogether.
    Elsewhere,
}

fn keep_first(slot: &mut Option<usize>, row: usize) {
    *slot = Some(slot.map_or(row, |first| first.min(row)));
}

fn row<I>(step: &ExplainedStep<I>, fate: Fate) -> StepChange {
    StepChange {
        place: step.place.clone(),
        text: step.text.clone(),
        lines: step.lines,
        fate,
        digest: step.digest.clone(),
        by_content: step.is_local,
        changed_files: None,
    }
}
