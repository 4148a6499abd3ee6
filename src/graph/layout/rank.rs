//! Layers: every node comes after all that it reads, and no layer has too many.

use std::collections::BinaryHeap;

use super::{Extent, NODE_GAP, Wire};

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

/// What comes first when not all that could be in a layer has room there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// That on which much depends.
    Height,
    /// What goes on from the last layers: chains stay together.
    Chain,
}

/// The layer of each node. Those that much depends on are placed first, as many to a layer as have room there.
pub(super) fn ranks(
    graph: &Digraph,
    wires: &[Wire],
    extents: &[Extent],
    room: f64,
    grouping: Grouping,
) -> Vec<usize> {
    let heights = graph.heights();
    let height = |node: usize| heights.get(node).copied().unwrap_or(0);
    let needed = needed(graph, wires);
    let is_needed = |node: usize| needed.get(node).copied().unwrap_or(false);
    let most = heights.len() * 2 + 2;
    let key = |node: usize, rank: usize| {
        let own = height(node) * 2 + usize::from(is_needed(node));
        match grouping {
            Grouping::Height => own,
            Grouping::Chain => rank.saturating_mul(most).saturating_add(own),
        }
    };
    let mut waiting: Vec<usize> = graph.inputs.iter().map(Vec::len).collect();
    let mut ready = Ready::default();
    free(&waiting).for_each(|node| ready.push(key(node, 0), node));
    let mut ranks = vec![0; waiting.len()];
    let mut rank = 0;
    let mut layers = Layers {
        extents,
        room,
        filled: Vec::new(),
    };
    while !ready.0.is_empty() {
        let mut layer = Vec::new();
        while let Some(node) = ready.pop() {
            if !layer.is_empty() && !layers.has_room(rank, node) {
                ready.push(key(node, latest(graph, &ranks, node)), node);
                break;
            }
            layers.change(rank, node, 1.0);
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
                        ready.push(key(reader, rank + 1), reader);
                    }
                }
            }
        }
        rank += 1;
    }
    pull(graph, &mut ranks, &mut layers);
    ranks
}

/// One more than the layer of the last thing that a node reads.
fn latest(graph: &Digraph, ranks: &[usize], node: usize) -> usize {
    let inputs = graph.inputs.get(node).into_iter().flatten();
    let ranks = inputs.filter_map(|input| ranks.get(*input));
    ranks.max().map_or(0, |rank| rank + 1)
}

/// How full the layers are.
struct Layers<'e> {
    extents: &'e [Extent],
    room: f64,
    filled: Vec<f64>,
}

impl Layers<'_> {
    fn extent(&self, node: usize) -> f64 {
        let extent = self.extents.get(node);
        extent.map_or(0.0, |extent| extent.cross + NODE_GAP)
    }

    fn has_room(&self, rank: usize, node: usize) -> bool {
        let filled = self.filled.get(rank).copied().unwrap_or(0.0);
        filled + self.extent(node) <= self.room + NODE_GAP
    }

    /// Puts a node into a layer, or takes it out.
    fn change(&mut self, rank: usize, node: usize, sign: f64) {
        if rank >= self.filled.len() {
            self.filled.resize(rank + 1, 0.0);
        }
        let extent = self.extent(node);
        if let Some(filled) = self.filled.get_mut(rank) {
            *filled += extent * sign;
        }
    }
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
fn pull(graph: &Digraph, ranks: &mut [usize], layers: &mut Layers<'_>) {
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
        if let Some(rank) = better.find(|rank| layers.has_room(*rank, node)) {
            layers.change(own, node, -1.0);
            layers.change(rank, node, 1.0);
            if let Some(own) = ranks.get_mut(node) {
                *own = rank;
            }
        }
    }
}
