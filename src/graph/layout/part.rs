//! The parts of a graph that no edge connects.

use super::{Size, Wire};

/// Nodes that hang together.
pub(super) struct Part {
    /// The nodes, in their order.
    pub nodes: Vec<usize>,
    /// The wires between them.
    pub wires: Vec<usize>,
    /// Which of the nodes is the target, counted within the part.
    pub target: Option<usize>,
    /// The place of each node of the graph in its part, shared by all parts.
    places: std::rc::Rc<[usize]>,
}

impl Part {
    /// The sizes of its nodes.
    pub(super) fn sizes(&self, all: &[Size]) -> Vec<Size> {
        let sizes = self.nodes.iter().filter_map(|node| all.get(*node));
        sizes.copied().collect()
    }

    /// Its wires, with nodes counted within the part.
    pub(super) fn wires(&self, all: &[Wire]) -> Vec<Wire> {
        let place = |node: usize| self.places.get(node).copied().unwrap_or(usize::MAX);
        let wires = self.wires.iter().filter_map(|wire| all.get(*wire));
        wires
            .map(|wire| Wire {
                from: place(wire.from),
                to: place(wire.to),
                ..*wire
            })
            .collect()
    }
}

/// The parts: that of the target first, then as their first nodes come.
pub(super) fn split(nodes: usize, wires: &[Wire], target: Option<usize>) -> Vec<Part> {
    let mut roots: Vec<usize> = (0..nodes).collect();
    let inside = |wire: &&Wire| wire.from < nodes && wire.to < nodes;
    for wire in wires.iter().filter(inside) {
        let (a, b) = (root(&mut roots, wire.from), root(&mut roots, wire.to));
        if let Some(slot) = roots.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
    let target = target.filter(|target| *target < nodes);
    let first = target.map(|target| root(&mut roots, target));
    let mut number = vec![None; nodes];
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut places = vec![0; nodes];
    for node in first.into_iter().chain(0..nodes) {
        let root = root(&mut roots, node);
        let Some(number) = number.get_mut(root) else {
            continue;
        };
        let part = *number.get_or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        // The first of all comes again in its turn.
        if let (Some(part), Some(place)) = (members.get_mut(part), places.get_mut(node))
            && part.last() != Some(&node)
        {
            *place = part.len();
            part.push(node);
        }
    }
    let mut own = vec![Vec::new(); members.len()];
    for (index, wire) in wires.iter().enumerate().filter(|(_, wire)| inside(wire)) {
        let part = number.get(root(&mut roots, wire.from)).copied().flatten();
        if let Some(own) = part.and_then(|part| own.get_mut(part)) {
            own.push(index);
        }
    }
    let places: std::rc::Rc<[usize]> = places.into();
    let target = target.and_then(|target| places.get(target).copied());
    let parts = members.into_iter().zip(own).enumerate();
    parts
        .map(|(index, (nodes, wires))| Part {
            nodes,
            wires,
            target: target.filter(|_| index == 0),
            places: places.clone(),
        })
        .collect()
}

/// The least node of those that are known to hang together with `node`.
fn root(roots: &mut [usize], node: usize) -> usize {
    let mut at = node;
    while let Some(&next) = roots.get(at).filter(|next| **next != at) {
        // Half the way for whoever comes next.
        let further = roots.get(next).copied().unwrap_or(next);
        if let Some(slot) = roots.get_mut(at) {
            *slot = further;
        }
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::tests::wire;
    use super::*;

    #[test]
    fn what_hangs_together_is_a_part() {
        let wires = [wire(0, 3), wire(1, 4), wire(4, 5), wire(9, 0)];
        let parts = split(6, &wires, Some(5));
        let nodes: Vec<_> = parts.iter().map(|part| part.nodes.as_slice()).collect();
        assert_eq!(nodes, [&[1, 4, 5][..], &[0, 3], &[2]]);
        assert_eq!(parts[0].target, Some(2));
        assert_eq!(parts[1].target, None);
        let local: Vec<_> = parts[0]
            .wires(&wires)
            .iter()
            .map(|it| (it.from, it.to))
            .collect();
        assert_eq!(local, [(0, 1), (1, 2)]);
        assert_eq!(parts[0].wires, [1, 2]);
    }
}
