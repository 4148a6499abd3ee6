//! Layers: every node comes after all that it reads, and no layer has too many.

use std::collections::BinaryHeap;

use super::Wire;

/// Who reads whom, without cycles: what would close one is left out.
pub(super) struct Digraph {
    /// Nodes that read a node.
    pub readers: Vec<Vec<usize>>,
    /// Nodes that a node reads.
    pub inputs: Vec<Vec<usize>>,
    /// All nodes, each after those that it reads.
    pub sorted: Vec<usize>,
}

impl Digraph {
    pub(super) fn new(nodes: usize, wires: &[Wire]) -> Self {
        let mut readers = vec![Vec::new(); nodes];
        let mut inputs = vec![Vec::new(); nodes];
        for wire in wires {
            if let (Some(readers), Some(inputs)) =
                (readers.get_mut(wire.from), inputs.get_mut(wire.to))
            {
                readers.push(wire.to);
                inputs.push(wire.from);
            }
        }
        let mut graph = Digraph {
            readers,
            inputs,
            sorted: Vec::with_capacity(nodes),
        };
        graph.sort();
        graph
    }

    fn sort(&mut self) {
        let mut waiting: Vec<usize> = self.inputs.iter().map(Vec::len).collect();
        let mut ready = Ready::default();
        free(&waiting).for_each(|node| ready.push(0, node));
        while let Some(node) = ready.pop() {
            self.sorted.push(node);
            for &reader in self.readers.get(node).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(reader) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(0, reader);
                    }
                }
            }
        }
        // Callers have no cycles; whoever has gets a picture all the same.
        let in_cycle = (0..waiting.len()).filter(|node| waiting.get(*node) != Some(&0));
        self.sorted.extend(in_cycle);
    }

    /// How many layers come after a node, at least.
    fn heights(&self) -> Vec<usize> {
        let mut heights = vec![0_usize; self.sorted.len()];
        for &node in self.sorted.iter().rev() {
            let readers = self.readers.get(node).into_iter().flatten();
            let after = readers.filter_map(|reader| heights.get(*reader)).max();
            let height = after.map_or(0, |after| after + 1);
            if let Some(own) = heights.get_mut(node) {
                *own = height;
            }
        }
        heights
    }
}

/// Nodes that wait for nothing: the one with the greatest key comes first, of equal ones the first.
#[derive(Default)]
struct Ready(BinaryHeap<(usize, usize)>);

impl Ready {
    fn push(&mut self, key: usize, node: usize) {
        self.0.push((key, usize::MAX - node));
    }

    fn pop(&mut self) -> Option<usize> {
        self.0.pop().map(|(_, node)| usize::MAX - node)
    }
}

fn free(waiting: &[usize]) -> impl Iterator<Item = usize> + '_ {
    let nodes = waiting.iter().enumerate();
    nodes
        .filter(|(_, count)| **count == 0)
        .map(|(node, _)| node)
}

/// The layer of each node. Those that much depends on are placed first, `limit` to a layer.
pub(super) fn ranks(graph: &Digraph, wires: &[Wire], limit: usize) -> Vec<usize> {
    let heights = graph.heights();
    let height = |node: usize| heights.get(node).copied().unwrap_or(0);
    let needed = needed(graph, wires);
    let is_needed = |node: usize| needed.get(node).copied().unwrap_or(false);
    let key = |node: usize| height(node) * 2 + usize::from(is_needed(node));
    let mut waiting: Vec<usize> = graph.inputs.iter().map(Vec::len).collect();
    let mut ready = Ready::default();
    free(&waiting).for_each(|node| ready.push(key(node), node));
    let mut ranks = vec![0; waiting.len()];
    let mut rank = 0;
    while !ready.0.is_empty() {
        let mut layer = Vec::new();
        while layer.len() < limit
            && let Some(node) = ready.pop()
        {
            layer.push(node);
        }
        for node in layer {
            if let Some(own) = ranks.get_mut(node) {
                *own = rank;
            }
            for &reader in graph.readers.get(node).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(reader) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(key(reader), reader);
                    }
                }
            }
        }
        rank += 1;
    }
    pull(graph, &mut ranks, limit);
    ranks
}

/// Nodes with an edge that is needed.
fn needed(graph: &Digraph, wires: &[Wire]) -> Vec<bool> {
    let mut needed = vec![false; graph.sorted.len()];
    for wire in wires.iter().filter(|wire| wire.needed) {
        for node in [wire.from, wire.to] {
            if let Some(flag) = needed.get_mut(node) {
                *flag = true;
            }
        }
    }
    needed
}

/// Moves nodes that are read more than they read towards their first reader: edges get shorter.
fn pull(graph: &Digraph, ranks: &mut [usize], limit: usize) {
    let mut filled = vec![0_usize; ranks.iter().max().map_or(0, |last| last + 1)];
    for &rank in ranks.iter() {
        if let Some(count) = filled.get_mut(rank) {
            *count += 1;
        }
    }
    for &node in graph.sorted.iter().rev() {
        let Some(readers) = graph.readers.get(node).filter(|list| !list.is_empty()) else {
            continue;
        };
        if graph.inputs.get(node).map_or(0, Vec::len) > readers.len() {
            continue;
        }
        let first = readers.iter().filter_map(|reader| ranks.get(*reader)).min();
        let (Some(&first), Some(&own)) = (first, ranks.get(node)) else {
            continue;
        };
        let mut better = (own + 1..first).rev();
        let room = better.find(|rank| filled.get(*rank).is_some_and(|count| *count < limit));
        if let Some(rank) = room {
            for (rank, change) in [(own, -1_isize), (rank, 1)] {
                if let Some(count) = filled.get_mut(rank) {
                    *count = count.saturating_add_signed(change);
                }
            }
            if let Some(own) = ranks.get_mut(node) {
                *own = rank;
            }
        }
    }
}
