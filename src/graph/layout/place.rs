//! Coordinates along a layer.
//!
//! Every item would like to stand level with what it is linked to, and must keep its distance from its
//! neighbours. For one layer the compromise with the least sum of squares is found exactly, by pooling
//! neighbours that push each other (isotonic regression); sweeps over the layers do the rest.

use super::thread::{Item, Threads};
use super::{BEND_BEND_GAP, BEND_GAP, NODE_GAP};
use crate::collect::sort_by_number;
use crate::limits::MAX_PLACE_WORK;

/// Most sweeps.
const SWEEPS: usize = 60;

/// What an item without links on one side still weighs.
const REST: f64 = 0.05;

/// The middle of every item, from zero on. No layer reaches beyond `room`, or beyond what the fullest layer takes.
pub(super) fn place(threads: &Threads, room: f64) -> Vec<f64> {
    let mut middles = vec![0.0; threads.items.len()];
    let mut widest = room;
    for layer in &threads.layers {
        widest = widest.max(stack(threads, layer, &mut middles));
    }
    let room = (-widest / 2.0, widest / 2.0);
    let (before, after) = threads.around();
    let work = (threads.links.len() + threads.items.len()).max(1);
    let sweeps = (MAX_PLACE_WORK / work).clamp(3, SWEEPS);
    for sweep in 0..sweeps {
        // Both sides count at the end, so that neither is favoured.
        let both = sweep * 3 >= sweeps * 2;
        for index in 0..threads.layers.len() {
            settle(
                (threads, room),
                index,
                &mut middles,
                &before,
                both.then_some(&after),
            );
        }
        for index in (0..threads.layers.len()).rev() {
            settle(
                (threads, room),
                index,
                &mut middles,
                &after,
                both.then_some(&before),
            );
        }
    }
    straighten(threads, &mut middles, &after);
    let first = threads
        .items
        .iter()
        .zip(&middles)
        .map(|(item, middle)| middle - item.extent.cross / 2.0)
        .fold(f64::INFINITY, f64::min);
    for middle in &mut middles {
        *middle -= first;
    }
    middles
}

/// Least distance of the middles of two neighbours.
fn distance(a: &Item, b: &Item) -> f64 {
    let gap = match (a.node, b.node) {
        (Some(_), Some(_)) => NODE_GAP,
        (None, None) => BEND_BEND_GAP,
        _ => BEND_GAP,
    };
    a.extent.cross / 2.0 + gap + b.extent.cross / 2.0
}

/// Puts the items of a layer one after the other, around zero. Gives the room that they take.
fn stack(threads: &Threads, layer: &[usize], middles: &mut [f64]) -> f64 {
    let mut at = 0.0;
    let mut last: Option<&Item> = None;
    let mut places = Vec::with_capacity(layer.len());
    for index in layer {
        let Some(item) = threads.items.get(*index) else {
            continue;
        };
        at += last.map_or(item.extent.cross / 2.0, |last| distance(last, item));
        places.push((*index, at));
        last = Some(item);
    }
    let all = at + last.map_or(0.0, |last| last.extent.cross / 2.0);
    for (index, place) in places {
        if let Some(middle) = middles.get_mut(index) {
            *middle = place - all / 2.0;
        }
    }
    all
}

/// How much a link pulls. Long edges are to be straight, and the critical path before all.
fn pull(threads: &Threads, link: usize) -> Option<(usize, usize, f64)> {
    let link = threads.links.get(link)?;
    let is_bend = |item: usize| threads.items.get(item).is_some_and(|it| it.node.is_none());
    let weight = match (is_bend(link.from), is_bend(link.to)) {
        (true, true) => 8.0,
        (false, false) => 1.0,
        _ => 2.0,
    };
    let weight = if link.critical { weight * 16.0 } else { weight };
    let weight = if link.needed { weight } else { weight / 2.0 };
    Some((link.from, link.to, weight))
}

/// Neighbours that stand as close as they may.
struct Pool {
    /// Sum of weights.
    weight: f64,
    /// Weighted sum of targets.
    sum: f64,
    /// How many items.
    count: usize,
}

/// Moves the items of a layer to where they are best off within the room there is.
fn settle(
    (threads, room): (&Threads, (f64, f64)),
    index: usize,
    middles: &mut [f64],
    side: &[Vec<usize>],
    other: Option<&Vec<Vec<usize>>>,
) {
    let Some(layer) = threads.layers.get(index) else {
        return;
    };
    let mut pools: Vec<Pool> = Vec::with_capacity(layer.len());
    // Distance of each item from the first, if all stood as close as they may.
    let mut offsets: Vec<f64> = Vec::with_capacity(layer.len());
    let mut offset = 0.0;
    let mut last: Option<&Item> = None;
    for &at in layer {
        let Some(item) = threads.items.get(at) else {
            continue;
        };
        offset += last.map_or(0.0, |last| distance(last, item));
        last = Some(item);
        offsets.push(offset);
        let own = middles.get(at).copied().unwrap_or(0.0);
        let (mut weight, mut sum) = (REST, REST * own);
        let links = [Some(side), other.map(Vec::as_slice)];
        let links = links.into_iter().flatten();
        let links = links.filter_map(|side| side.get(at)).flatten();
        for (from, to, pull) in links.filter_map(|link| pull(threads, *link)) {
            let end = if from == at { to } else { from };
            sum += pull * middles.get(end).copied().unwrap_or(own);
            weight += pull;
        }
        pools.push(Pool {
            weight,
            sum: sum - weight * offset,
            count: 1,
        });
        join(&mut pools);
    }
    // Where the first item can be at least, and at most for the last still to be inside.
    let half = |item: Option<&usize>| {
        let item = item.and_then(|item| threads.items.get(*item));
        item.map_or(0.0, |item| item.extent.cross / 2.0)
    };
    let least = room.0 + half(layer.first());
    let most = room.1 - half(layer.last()) - offset;
    let mut items = layer.iter().zip(&offsets);
    for pool in &pools {
        // The best within bounds is the best of all, cut off at them.
        let level = (pool.sum / pool.weight).min(most).max(least);
        for (item, offset) in items.by_ref().take(pool.count) {
            if let Some(middle) = middles.get_mut(*item) {
                *middle = level + offset;
            }
        }
    }
}

/// Joins the last pool with those before it that stand in its way.
fn join(pools: &mut Vec<Pool>) {
    while let [.., before, last] = pools.as_mut_slice() {
        if before.sum / before.weight <= last.sum / last.weight {
            return;
        }
        before.weight += last.weight;
        before.sum += last.sum;
        before.count += last.count;
        pools.pop();
    }
}

/// Makes runs of bends straight where their neighbours leave room, the longest runs first.
fn straighten(threads: &Threads, middles: &mut [f64], after: &[Vec<usize>]) {
    let mut places = vec![0; threads.items.len()];
    for layer in &threads.layers {
        for (place, item) in layer.iter().enumerate() {
            if let Some(slot) = places.get_mut(*item) {
                *slot = place;
            }
        }
    }
    let runs = runs(threads, after);
    let lengths = runs.iter().map(|run| -(run.len() as f64));
    let mut order: Vec<(f64, usize)> = lengths.zip(0..).collect();
    sort_by_number(&mut order);
    for run in order.iter().filter_map(|(_, at)| runs.get(*at)) {
        let mut part: Vec<usize> = Vec::new();
        let mut room = (f64::NEG_INFINITY, f64::INFINITY);
        for &item in run {
            let own = freedom(threads, &places, middles, item);
            let both = (room.0.max(own.0), room.1.min(own.1));
            if both.0 > both.1 {
                level(middles, &part, room);
                part.clear();
                room = own;
            } else {
                room = both;
            }
            part.push(item);
        }
        level(middles, &part, room);
    }
}

/// Puts all bends of a run level with each other.
fn level(middles: &mut [f64], run: &[usize], (low, high): (f64, f64)) {
    if run.len() < 2 || low > high {
        return;
    }
    let sum: f64 = run.iter().filter_map(|item| middles.get(*item)).sum();
    let middle = (sum / run.len() as f64).clamp(low, high);
    for item in run {
        if let Some(own) = middles.get_mut(*item) {
            *own = middle;
        }
    }
}

/// How far an item can move without coming too close to its neighbours.
fn freedom(threads: &Threads, places: &[usize], middles: &[f64], index: usize) -> (f64, f64) {
    let free = (f64::NEG_INFINITY, f64::INFINITY);
    let Some(item) = threads.items.get(index) else {
        return free;
    };
    let place = places.get(index).copied().unwrap_or(0);
    let layer = threads.layers.get(item.layer);
    let bound = |place: Option<usize>| {
        let other = *layer?.get(place?)?;
        let middle = *middles.get(other)?;
        Some((middle, distance(threads.items.get(other)?, item)))
    };
    let low = bound(place.checked_sub(1)).map(|(middle, distance)| middle + distance);
    let high = bound(place.checked_add(1)).map(|(middle, distance)| middle - distance);
    (low.unwrap_or(free.0), high.unwrap_or(free.1))
}

/// Bends that follow each other; a run goes on where a bundle branches.
fn runs(threads: &Threads, after: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let is_bend = |item: usize| threads.items.get(item).is_some_and(|it| it.node.is_none());
    let next = |item: usize| {
        let links = after.get(item).into_iter().flatten();
        links
            .filter_map(|link| threads.links.get(*link))
            .map(|link| link.to)
            .find(|to| is_bend(*to))
    };
    let mut seen = vec![false; threads.items.len()];
    let mut runs = Vec::new();
    for layer in &threads.layers {
        for &start in layer.iter().filter(|item| is_bend(**item)) {
            let mut run = Vec::new();
            let mut at = Some(start);
            while let Some(item) = at {
                match seen.get_mut(item) {
                    Some(seen) if !*seen => *seen = true,
                    _ => break,
                }
                run.push(item);
                at = next(item);
            }
            if run.len() > 1 {
                runs.push(run);
            }
        }
    }
    runs
}
