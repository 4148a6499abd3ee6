//! The order within layers: barycentre sweeps, and the best that came of them.

use super::super::whole;
use super::Wire;
use super::rank::Digraph;
use super::thread::Threads;
use crate::collect::sort_by_number;
use crate::limits::MAX_ORDER_WORK;

/// Most sweeps, there and back.
const SWEEPS: usize = 24;

/// Orders the items of every layer.
pub(super) fn order(threads: &mut Threads, graph: &Digraph, wires: &[Wire], target: Option<usize>) {
    let numbers = numbers(graph, wires, target);
    let number = |item: usize| {
        let item = threads.items.get(item);
        let anchor = item.and_then(|item| numbers.get(item.anchor)).copied();
        // A bend comes right before what it belongs to.
        let is_node = item.is_some_and(|item| item.node.is_some());
        anchor.unwrap_or(usize::MAX) as f64 + if is_node { 0.5 } else { 0.0 }
    };
    let mut layers = std::mem::take(&mut threads.layers);
    for layer in &mut layers {
        let mut keyed: Vec<(f64, usize)> = layer.iter().map(|it| (number(*it), *it)).collect();
        sort_by_number(&mut keyed);
        *layer = keyed.into_iter().map(|(_, item)| item).collect();
    }
    let (before, after) = threads.around();
    let sides = Sides {
        threads,
        before,
        after,
    };
    threads_order(&sides, &mut layers);
    threads.layers = layers;
}

struct Sides<'t> {
    threads: &'t Threads,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

fn threads_order(sides: &Sides<'_>, layers: &mut Vec<Vec<usize>>) {
    let threads = sides.threads;
    let work = (threads.links.len() + threads.items.len()).max(1);
    let mut places = vec![0.0_f64; threads.items.len()];
    for layer in layers.iter() {
        number(layer, &mut places);
    }
    let mut fewest = crossings(sides, layers, &places);
    let mut best = layers.clone();
    for _ in 0..(MAX_ORDER_WORK / work).clamp(1, SWEEPS) {
        if fewest == 0 {
            break;
        }
        for index in 1..layers.len() {
            sweep(sides, layers, index, &mut places, &sides.before, |link| {
                link.0
            });
        }
        for index in (0..layers.len().saturating_sub(1)).rev() {
            sweep(sides, layers, index, &mut places, &sides.after, |link| {
                link.1
            });
        }
        let now = crossings(sides, layers, &places);
        if now < fewest {
            fewest = now;
            best.clone_from(layers);
        }
    }
    *layers = best;
}

/// Writes down the place of each item of a layer.
fn number(layer: &[usize], places: &mut [f64]) {
    for (place, item) in layer.iter().enumerate() {
        if let Some(slot) = places.get_mut(*item) {
            *slot = place as f64;
        }
    }
}

/// Sorts a layer by the mean place of what each item is linked to on one side.
fn sweep(
    sides: &Sides<'_>,
    layers: &mut [Vec<usize>],
    index: usize,
    places: &mut [f64],
    around: &[Vec<usize>],
    other: impl Fn((usize, usize)) -> usize,
) {
    let Some(layer) = layers.get_mut(index) else {
        return;
    };
    let mean = |item: usize| {
        let links = around.get(item).map_or(&[][..], Vec::as_slice);
        let mut sum = 0.0;
        for link in links {
            let ends = sides.threads.links.get(*link);
            let place = ends.and_then(|link| places.get(other((link.from, link.to))));
            sum += place.copied().unwrap_or(0.0);
        }
        match links.len() {
            0 => places.get(item).copied().unwrap_or(0.0),
            count => sum / count as f64,
        }
    };
    // Equals keep their order.
    let mut keyed: Vec<(f64, usize)> = layer.iter().map(|item| mean(*item)).zip(0..).collect();
    sort_by_number(&mut keyed);
    let sorted = keyed.iter().filter_map(|(_, place)| layer.get(*place));
    *layer = sorted.copied().collect();
    number(layer, places);
}

/// How many pairs of links cross.
fn crossings(sides: &Sides<'_>, layers: &[Vec<usize>], places: &[f64]) -> u64 {
    let place = |item: usize| whole(places.get(item).copied().unwrap_or(0.0));
    let mut total = 0;
    for (layer, next) in layers.iter().zip(layers.iter().skip(1)) {
        let mut ends = Vec::new();
        for item in layer {
            let links = sides.after.get(*item).into_iter().flatten();
            let start = ends.len();
            ends.extend(
                links
                    .filter_map(|link| sides.threads.links.get(*link))
                    .map(|link| place(link.to)),
            );
            // Links of one item do not cross each other.
            if let Some(own) = ends.get_mut(start..) {
                own.sort_unstable();
            }
        }
        total += inversions(&ends, next.len());
    }
    total
}

/// Pairs that stand in the wrong order, by a Fenwick tree over the values, which are below `size`.
fn inversions(values: &[usize], size: usize) -> u64 {
    let mut tree = vec![0_u64; size + 1];
    let mut total = 0;
    for (seen, value) in (0_u64..).zip(values) {
        let mut not_greater = 0;
        let mut at = value + 1;
        while at > 0 {
            not_greater += tree.get(at).copied().unwrap_or(0);
            at &= at - 1;
        }
        total += seen - not_greater;
        let mut at = value + 1;
        while let Some(count) = tree.get_mut(at) {
            *count += 1;
            at += at & at.wrapping_neg();
        }
    }
    total
}

/// Numbers nodes such that what belongs together is together: backwards from the target, depth first, then
/// from whatever else nobody reads.
fn numbers(graph: &Digraph, wires: &[Wire], target: Option<usize>) -> Vec<usize> {
    let mut numbers = vec![usize::MAX; graph.sorted.len()];
    let mut next = 0;
    let mut critical = vec![None; numbers.len()];
    for wire in wires.iter().filter(|wire| wire.critical) {
        if let Some(slot) = critical.get_mut(wire.to) {
            *slot = Some(wire.from);
        }
    }
    let ends = graph.sorted.iter().rev().copied();
    let unread = ends.filter(|node| graph.readers.get(*node).is_some_and(Vec::is_empty));
    let unread: Vec<usize> = unread.collect();
    for root in target.into_iter().chain(unread.into_iter().rev()) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            let Some(slot) = numbers.get_mut(node).filter(|slot| **slot == usize::MAX) else {
                continue;
            };
            *slot = next;
            next += 1;
            let inputs = graph.inputs.get(node).map_or(&[][..], Vec::as_slice);
            open.extend(inputs.iter().rev());
            // The critical path first.
            open.extend(critical.get(node).copied().flatten());
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn inversions_are_pairs_in_the_wrong_order() {
        assert_eq!(inversions(&[0, 1, 2], 3), 0);
        assert_eq!(inversions(&[2, 1, 0], 3), 3);
        assert_eq!(inversions(&[1, 1, 0], 2), 2);
        assert_eq!(inversions(&[], 0), 0);
    }
}
