//! The critical path: the longest chain of steps to a target.
//!
//! Steps are numbered such that each comes after all that it waits for. Of two chains of the same length the
//! one whose last step is named first is taken, so that the choice never changes.

use crate::collect::{IdVec, ids};

ids! {
    /// A step of a chain.
    StepId;
}

/// A step, and what it waits for.
#[derive(Clone, Debug)]
pub(super) struct PathStep {
    /// Index of the node that it belongs to.
    pub node: usize,
    /// Earlier steps.
    pub after: Vec<StepId>,
}

/// The longest chain that ends with step `last`, first step first.
pub(super) fn longest(steps: &IdVec<StepId, PathStep>, last: StepId) -> Vec<StepId> {
    // Length of the longest chain that ends with a step, and the step before it.
    let mut best = steps.for_each((1, None));
    for (id, step) in steps.iter() {
        for &before in &step.after {
            let (length, _) = best[before];
            if length >= best[id].0 {
                best[id] = (length + 1, Some(before));
            }
        }
    }
    let mut chain = vec![last];
    while let Some(before) = chain.last().and_then(|step| best[*step].1) {
        chain.push(before);
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::Id as _;

    fn chain<const N: usize>(steps: [&[usize]; N], last: usize) -> Vec<usize> {
        let step = |after: &&[usize]| PathStep {
            node: 0,
            after: after.iter().copied().map(StepId::new).collect(),
        };
        let steps = IdVec::from(steps.iter().map(step).collect::<Vec<_>>());
        let chain = longest(&steps, StepId::new(last)).into_iter();
        chain.map(StepId::place).collect()
    }

    #[test]
    fn the_longer_of_two_ways_is_taken() {
        let steps: [&[usize]; 6] = [&[], &[0], &[1], &[0], &[3, 2], &[0]];
        assert_eq!(chain(steps, 4), [0, 1, 2, 4]);
        assert_eq!(chain(steps, 5), [0, 5]);
    }

    #[test]
    fn of_two_equal_ways_the_first_is_taken() {
        assert_eq!(chain([&[], &[], &[1, 0]], 2), [1, 2]);
    }
}
