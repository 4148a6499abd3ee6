//! Which old step a new step is.
//!
//! ```text
//! 1. the same op                      whatever stands around it
//! 2. the same instruction in a stage  in the same order (longest common subsequence)
//! 3. the same sort of instruction     in what is left between two of these
//! 4. the same instruction anywhere    for stages that were renamed
//! ```

use std::collections::{HashMap, VecDeque};

use super::steps::{ExplainedStep, NewStep, OldStep, StepList};
use crate::collect::{Id, IdVec};
use crate::limits::MAX_COMPARED_CELLS;

/// For each new step the old one.
pub(super) fn pair(
    old: &StepList<OldStep>,
    new: &StepList<NewStep>,
) -> IdVec<NewStep, Option<OldStep>> {
    let mut pairing = Pairing {
        old,
        new,
        pairs: new.for_each(None),
        taken: old.for_each(false),
    };
    pairing.equal_ops();
    let before: HashMap<&str, Vec<OldStep>> = by_stage(old).into_iter().collect();
    for (stage, after) in by_stage(new) {
        if let Some(before) = before.get(stage) {
            pairing.stage(before, &after);
        }
    }
    pairing.anywhere();
    pairing.pairs
}

/// The steps of each stage, in the order in which they come up.
fn by_stage<I: Id>(steps: &StepList<I>) -> Vec<(&str, Vec<I>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut stages: Vec<(&str, Vec<I>)> = Vec::new();
    for (id, step) in steps.iter() {
        let place = *places.entry(&step.stage).or_insert(stages.len());
        match stages.get_mut(place) {
            Some((_, list)) => list.push(id),
            None => stages.push((&step.stage, vec![id])),
        }
    }
    stages
}

struct Pairing<'s> {
    old: &'s StepList<OldStep>,
    new: &'s StepList<NewStep>,
    pairs: IdVec<NewStep, Option<OldStep>>,
    taken: IdVec<OldStep, bool>,
}

impl Pairing<'_> {
    fn set(&mut self, old: OldStep, new: NewStep) {
        if !self.taken[old] && self.pairs[new].is_none() {
            self.taken[old] = true;
            self.pairs[new] = Some(old);
        }
    }

    fn equal_ops(&mut self) {
        let known: HashMap<&str, OldStep> = (self.old.iter())
            .map(|(id, step)| (step.digest.as_str(), id))
            .collect();
        for (id, step) in self.new.iter() {
            if let Some(old) = known.get(step.digest.as_str()) {
                self.set(*old, id);
            }
        }
    }

    /// Pairs within a stage.
    fn stage(&mut self, before: &[OldStep], after: &[NewStep]) {
        let same = |old: &OldStep, new: &NewStep| self.old[*old].code == self.new[*new].code;
        let common = match before.len().saturating_mul(after.len()) <= MAX_COMPARED_CELLS {
            true => common(before, after, same),
            false => greedy(before, after, same),
        };
        // What is left before, between and after what is common.
        let ends = common.iter().copied().chain([(before.len(), after.len())]);
        let mut start = (0, 0);
        let mut gaps = Vec::new();
        for end in ends {
            gaps.push((start.0..end.0, start.1..end.1));
            start = (end.0 + 1, end.1 + 1);
        }
        for &(old, new) in &common {
            if let (Some(&old), Some(&new)) = (before.get(old), after.get(new)) {
                self.set(old, new);
            }
        }
        for (old, new) in gaps {
            let old = before.get(old).unwrap_or_default();
            let new = after.get(new).unwrap_or_default();
            self.gap(old, new);
        }
    }

    /// Pairs steps of the same sort, in order.
    fn gap(&mut self, old: &[OldStep], new: &[NewStep]) {
        let mut waiting: HashMap<&str, VecDeque<OldStep>> = HashMap::new();
        for &id in old.iter().filter(|id| !self.taken[**id]) {
            let sort = sort(&self.old[id]);
            waiting.entry(sort).or_default().push_back(id);
        }
        let mut found = Vec::new();
        for &id in new.iter().filter(|id| self.pairs[**id].is_none()) {
            let sort = sort(&self.new[id]);
            if let Some(old) = waiting.get_mut(sort).and_then(VecDeque::pop_front) {
                found.push((old, id));
            }
        }
        for (old, new) in found {
            self.set(old, new);
        }
    }

    /// Pairs equal instructions of different stages, in order.
    fn anywhere(&mut self) {
        let mut waiting: HashMap<&str, VecDeque<OldStep>> = HashMap::new();
        for (id, step) in self.old.iter().filter(|(id, _)| !self.taken[*id]) {
            waiting.entry(&step.code).or_default().push_back(id);
        }
        let mut found = Vec::new();
        for (id, step) in self.new.iter().filter(|(id, _)| self.pairs[*id].is_none()) {
            let waiting = waiting.get_mut(step.code.as_str());
            if let Some(old) = waiting.and_then(VecDeque::pop_front) {
                found.push((old, id));
            }
        }
        for (old, new) in found {
            self.set(old, new);
        }
    }
}

/// The sort of a step: its first word, or the whole name of a source.
fn sort<I>(step: &ExplainedStep<I>) -> &str {
    step.code.split_whitespace().next().unwrap_or_default()
}

/// A longest common subsequence: pairs of places.
fn common<A, B>(before: &[A], after: &[B], same: impl Fn(&A, &B) -> bool) -> Vec<(usize, usize)> {
    let width = after.len() + 1;
    // Length of the longest one of the rests from each pair of places on.
    let mut table = vec![0_u32; (before.len() + 1) * width];
    let at = |row: usize, column: usize| row * width + column;
    for (row, old) in before.iter().enumerate().rev() {
        for (column, new) in after.iter().enumerate().rev() {
            let get = |index: usize| table.get(index).copied().unwrap_or(0);
            let length = match same(old, new) {
                true => get(at(row + 1, column + 1)) + 1,
                false => get(at(row + 1, column)).max(get(at(row, column + 1))),
            };
            if let Some(cell) = table.get_mut(at(row, column)) {
                *cell = length;
            }
        }
    }
    let get = |row: usize, column: usize| table.get(at(row, column)).copied().unwrap_or(0);
    let (mut row, mut column) = (0, 0);
    let mut pairs = Vec::new();
    while let (Some(old), Some(new)) = (before.get(row), after.get(column)) {
        if same(old, new) {
            pairs.push((row, column));
            row += 1;
            column += 1;
        } else if get(row + 1, column) >= get(row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// Pairs what is equal at the beginning and at the end.
fn greedy<A, B>(before: &[A], after: &[B], same: impl Fn(&A, &B) -> bool) -> Vec<(usize, usize)> {
    let forward = before.iter().zip(after);
    let first = forward.take_while(|(old, new)| same(old, new)).count();
    let rest = before.len().min(after.len()) - first;
    let backward = before.iter().rev().zip(after.iter().rev()).take(rest);
    let last = backward.take_while(|(old, new)| same(old, new)).count();
    let tail = (0..last).rev();
    let tail = tail.map(|place| (before.len() - 1 - place, after.len() - 1 - place));
    (0..first).map(|place| (place, place)).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_subsequence_is_found() {
        let same = |old: &usize, new: &usize| old == new;
        assert_eq!(
            common(&[1, 2, 3, 4], &[1, 3, 9, 4], same),
            [(0, 0), (2, 1), (3, 3)]
        );
        assert_eq!(common(&[], &[1], same), []);
    }

    #[test]
    fn long_stages_are_compared_from_both_ends() {
        let same = |old: &usize, new: &usize| old == new;
        assert_eq!(
            greedy(&[1, 2, 8, 4], &[1, 2, 3, 7, 4], same),
            [(0, 0), (1, 1), (3, 4)]
        );
        assert_eq!(greedy(&[1, 1], &[1, 1, 1], same), [(0, 0), (1, 1)]);
    }
}
