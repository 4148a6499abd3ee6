//! Which old step a new step is.
//!
//! ```text
//! 1. the same op                      whatever stands around it
//! 2. the same instruction in a stage  in the same order (longest common subsequence)
//! 3. the same sort of instruction     in what is left between two of these
//! 4. the same instruction anywhere    for stages that were renamed
//! ```

use std::collections::{HashMap, VecDeque};

use super::steps::ExplainedStep;
use crate::limits::MAX_COMPARED_CELLS;

/// For each new step the old one.
pub(super) fn pair(old: &[ExplainedStep], new: &[ExplainedStep]) -> Vec<Option<usize>> {
    let mut pairing = Pairing {
        old,
        new,
        pairs: vec![None; new.len()],
        taken: vec![false; old.len()],
    };
    pairing.equal_ops();
    let (known, before) = by_stage(old);
    for after in by_stage(new).1 {
        let stage = after.first().and_then(|step| new.get(*step));
        let known = stage.and_then(|step| known.get(step.stage.as_str()));
        if let Some(before) = known.and_then(|stage| before.get(*stage)) {
            pairing.stage(before, &after);
        }
    }
    pairing.anywhere();
    pairing.pairs
}

/// The steps of each stage, in the order in which they come up, and the places of stages by name.
fn by_stage(steps: &[ExplainedStep]) -> (HashMap<&str, usize>, Vec<Vec<usize>>) {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut stages: Vec<Vec<usize>> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let stage = *known.entry(step.stage.as_str()).or_insert(stages.len());
        match stages.get_mut(stage) {
            Some(list) => list.push(index),
            None => stages.push(vec![index]),
        }
    }
    (known, stages)
}

struct Pairing<'s> {
    old: &'s [ExplainedStep],
    new: &'s [ExplainedStep],
    pairs: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairing<'_> {
    fn set(&mut self, old: usize, new: usize) {
        let free = self.taken.get(old) == Some(&false) && self.pairs.get(new) == Some(&None);
        if free
            && let (Some(taken), Some(pair)) = (self.taken.get_mut(old), self.pairs.get_mut(new))
        {
            *taken = true;
            *pair = Some(old);
        }
    }

    fn equal_ops(&mut self) {
        let known: HashMap<&str, usize> = (self.old.iter().enumerate())
            .map(|(index, step)| (step.digest.as_str(), index))
            .collect();
        for (index, step) in self.new.iter().enumerate() {
            if let Some(old) = known.get(step.digest.as_str()) {
                self.set(*old, index);
            }
        }
    }

    fn code(&self, old: bool, index: usize) -> &str {
        let steps = if old { self.old } else { self.new };
        steps.get(index).map_or("", |step| step.code.as_str())
    }

    /// Pairs within a stage.
    fn stage(&mut self, before: &[usize], after: &[usize]) {
        let same = |old: &usize, new: &usize| self.code(true, *old) == self.code(false, *new);
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
    fn gap(&mut self, old: &[usize], new: &[usize]) {
        let mut waiting: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for &index in old {
            if self.taken.get(index) == Some(&false)
                && let Some(step) = self.old.get(index)
            {
                waiting.entry(sort(step)).or_default().push_back(index);
            }
        }
        let mut found = Vec::new();
        for &index in new {
            if self.pairs.get(index) == Some(&None)
                && let Some(step) = self.new.get(index)
                && let Some(old) = waiting.get_mut(sort(step)).and_then(VecDeque::pop_front)
            {
                found.push((old, index));
            }
        }
        for (old, new) in found {
            self.set(old, new);
        }
    }

    /// Pairs equal instructions of different stages, in order.
    fn anywhere(&mut self) {
        let mut waiting: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (index, step) in self.old.iter().enumerate() {
            if self.taken.get(index) == Some(&false) {
                waiting.entry(&step.code).or_default().push_back(index);
            }
        }
        let mut found = Vec::new();
        for (index, step) in self.new.iter().enumerate() {
            if self.pairs.get(index) == Some(&None)
                && let Some(old) = waiting.get_mut(step.code.as_str())
                && let Some(old) = old.pop_front()
            {
                found.push((old, index));
            }
        }
        for (old, new) in found {
            self.set(old, new);
        }
    }
}

/// The sort of a step: its first word, or the whole name of a source.
fn sort(step: &ExplainedStep) -> &str {
    step.code.split_whitespace().next().unwrap_or_default()
}

/// A longest common subsequence: pairs of places.
fn common(
    before: &[usize],
    after: &[usize],
    same: impl Fn(&usize, &usize) -> bool,
) -> Vec<(usize, usize)> {
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
fn greedy(
    before: &[usize],
    after: &[usize],
    same: impl Fn(&usize, &usize) -> bool,
) -> Vec<(usize, usize)> {
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
