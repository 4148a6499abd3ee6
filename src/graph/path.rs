//! The critical path: the longest chain of steps to a target.
//!
//! Steps are numbered such that each comes after all that it waits for. Of two chains of the same length the
//! one whose last step is named first is taken, so that the choice never changes.

/// A step, and what it waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct PathStep {
    /// Earlier steps.
    pub after: Vec<usize>,
}

/// The longest chain that ends with step `last`, first step first. Empty if there is no such step.
pub(super) fn longest(steps: &[PathStep], last: usize) -> Vec<usize> {
    // Length of the longest chain that ends with a step, and the step before it.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(steps.len());
    for step in steps.iter().take(last.saturating_add(1)) {
        let mut own = (1, None);
        for &before in &step.after {
            if let Some((length, _)) = best.get(before)
                && *length >= own.0
            {
                own = (length + 1, Some(before));
            }
        }
        best.push(own);
    }
    let mut chain = Vec::new();
    let mut at = (last < best.len()).then_some(last);
    while let Some(index) = at {
        chain.push(index);
        at = best.get(index).and_then(|(_, before)| *before);
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_two_ways_is_taken() {
        let steps = [vec![], vec![0], vec![1], vec![0], vec![3, 2], vec![0]]
            .map(|after| PathStep { after });
        assert_eq!(longest(&steps, 4), [0, 1, 2, 4]);
        assert_eq!(longest(&steps, 5), [0, 5]);
        assert_eq!(longest(&steps, 9), [] as [usize; 0]);
    }

    #[test]
    fn of_two_equal_ways_the_first_is_taken() {
        let steps = [vec![], vec![], vec![1, 0]].map(|after| PathStep { after });
        assert_eq!(longest(&steps, 2), [1, 2]);
    }
}
