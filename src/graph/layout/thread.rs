//! Edges as links between neighbouring layers.
//!
//! An edge past a layer has a bend in it. Edges of a kind that begin at the same node, or end at the same
//! one, share their bends: a base image with fifty readers is one line that branches.

use super::{Bundle, Extent, Wire};
use crate::collect::sort_by_number;

/// What stands in a layer: a node or a bend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub layer: usize,
    pub extent: Extent,
    /// None for a bend.
    pub node: Option<usize>,
    /// The bundle that a bend belongs to.
    pub bundle: Option<Bundle>,
    /// The node by which a bend is first put in order.
    pub anchor: usize,
    pub needed: bool,
    pub critical: bool,
}

/// A connection of two items in neighbouring layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub from: usize,
    pub to: usize,
    pub bundle: Bundle,
    pub needed: bool,
    pub critical: bool,
}

/// Layers with everything in them.
pub(super) struct Threads {
    /// The nodes, in their order, then the bends.
    pub items: Vec<Item>,
    /// Items of each layer in order.
    pub layers: Vec<Vec<usize>>,
    pub links: Vec<Link>,
    /// Wires that are not threaded.
    pub stubs: Vec<usize>,
}

impl Threads {
    /// Links of every item, towards the layer before and the layer after: indices of links.
    pub(super) fn around(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let mut before = vec![Vec::new(); self.items.len()];
        let mut after = vec![Vec::new(); self.items.len()];
        for (index, link) in self.links.iter().enumerate() {
            if let (Some(after), Some(before)) = (after.get_mut(link.from), before.get_mut(link.to))
            {
                after.push(index);
                before.push(index);
            }
        }
        (before, after)
    }
}

/// Threads all wires, the short ones first, as long as there are bends left.
pub(super) fn thread(
    ranks: &[usize],
    extents: &[Extent],
    wires: &[Wire],
    left: &mut usize,
) -> Threads {
    let items = ranks.iter().zip(extents).enumerate();
    let items = items.map(|(node, (&layer, &extent))| Item {
        layer,
        extent,
        node: Some(node),
        bundle: None,
        anchor: node,
        needed: true,
        critical: false,
    });
    let mut threader = Threader {
        threads: Threads {
            items: items.collect(),
            layers: Vec::new(),
            links: Vec::new(),
            stubs: Vec::new(),
        },
        bends: vec![Vec::new(); ranks.len() * 6],
        ranks,
        left: *left,
    };
    let degrees = Degrees::of(wires, ranks.len());
    let span = |wire: &Wire| {
        let rank = |node: usize| ranks.get(node).copied().unwrap_or(0);
        rank(wire.to).saturating_sub(rank(wire.from))
    };
    let spans = wires.iter().map(|wire| span(wire) as f64);
    let mut sorted: Vec<(f64, usize)> = spans.zip(0..).collect();
    sort_by_number(&mut sorted);
    for (_, index) in sorted {
        if let Some(wire) = wires
            .get(index)
            .filter(|wire| span(wire) > 0 && wire.from.max(wire.to) < ranks.len())
            && !threader.wire(wire, degrees.bundle(wire))
        {
            threader.threads.stubs.push(index);
        }
    }
    *left = threader.left;
    threader.finish()
}

struct Threader<'r> {
    threads: Threads,
    /// Bends of each bundle, by its number: one in each layer, from the common end on. As the short wires come first,
    /// there are no gaps.
    bends: Vec<Vec<usize>>,
    ranks: &'r [usize],
    /// How many more bends there may be.
    left: usize,
}

impl Threader<'_> {
    /// Threads a wire; `false` if that would take too many bends.
    fn wire(&mut self, wire: &Wire, bundle: Bundle) -> bool {
        let rank = |node: usize| self.ranks.get(node).copied().unwrap_or(0);
        let (first, last) = (rank(wire.from), rank(wire.to));
        let span = last.saturating_sub(first + 1);
        let known = self.bends.get(bundle.number()).map_or(0, Vec::len);
        let Some(left) = self.left.checked_sub(span.saturating_sub(known)) else {
            return false;
        };
        self.left = left;
        for count in known..span {
            let layer = match bundle.begins {
                true => first + 1 + count,
                false => last - 1 - count,
            };
            self.bend(bundle, layer);
        }
        let near = span.checked_sub(1).and_then(|at| self.nth(bundle, at));
        let (own, common) = match bundle.begins {
            true => (wire.to, wire.from),
            false => (wire.from, wire.to),
        };
        self.link(
            own,
            near.unwrap_or(common),
            bundle,
            (wire.needed, wire.critical),
        );
        if let Some(item) = near.and_then(|near| self.threads.items.get_mut(near)) {
            item.needed |= wire.needed;
            item.critical |= wire.critical;
        }
        true
    }

    /// The bend of a bundle at this distance from the common end.
    fn nth(&self, bundle: Bundle, at: usize) -> Option<usize> {
        self.bends.get(bundle.number())?.get(at).copied()
    }

    /// Adds the next bend of a bundle.
    fn bend(&mut self, bundle: Bundle, layer: usize) {
        let bend = self.threads.items.len();
        self.threads.items.push(Item {
            layer,
            extent: Extent {
                main: 0.0,
                cross: 0.0,
            },
            node: None,
            bundle: Some(bundle),
            anchor: bundle.node,
            needed: false,
            critical: false,
        });
        if let Some(bends) = self.bends.get_mut(bundle.number()) {
            let last = bends.last().copied();
            bends.push(bend);
            self.link(bend, last.unwrap_or(bundle.node), bundle, (false, false));
        }
    }

    /// Links two items, of which the second is nearer to the common end of the bundle.
    fn link(&mut self, own: usize, common: usize, bundle: Bundle, flags: (bool, bool)) {
        let (from, to) = match bundle.begins {
            true => (common, own),
            false => (own, common),
        };
        self.threads.links.push(Link {
            from,
            to,
            bundle,
            needed: flags.0,
            critical: flags.1,
        });
    }

    /// What goes through a bend goes through all that are nearer to the common end.
    fn spread(&mut self) {
        let items = &mut self.threads.items;
        for bends in &self.bends {
            let (mut needed, mut critical) = (false, false);
            for bend in bends.iter().rev() {
                if let Some(item) = items.get_mut(*bend) {
                    needed |= item.needed;
                    critical |= item.critical;
                    (item.needed, item.critical) = (needed, critical);
                }
            }
        }
        for link in &mut self.threads.links {
            let outer = match link.bundle.begins {
                true => link.to,
                false => link.from,
            };
            if let Some(bend) = items.get(outer).filter(|item| item.node.is_none()) {
                link.needed |= bend.needed;
                link.critical |= bend.critical;
            }
        }
    }

    fn finish(mut self) -> Threads {
        self.spread();
        let count = self.threads.items.iter().map(|item| item.layer + 1).max();
        let mut layers = vec![Vec::new(); count.unwrap_or(0)];
        for (index, item) in self.threads.items.iter().enumerate() {
            if let Some(layer) = layers.get_mut(item.layer) {
                layer.push(index);
            }
        }
        self.threads.layers = layers;
        self.threads.stubs.sort_unstable();
        self.threads
    }
}

/// How many wires there are in each bundle, by its number.
struct Degrees(Vec<usize>);

impl Degrees {
    fn of(wires: &[Wire], nodes: usize) -> Self {
        let mut counts = vec![0; nodes * 6];
        for bundle in wires.iter().flat_map(ends) {
            if let Some(count) = counts.get_mut(bundle.number()) {
                *count += 1;
            }
        }
        Degrees(counts)
    }

    /// The larger of the two bundles that a wire could be part of.
    fn bundle(&self, wire: &Wire) -> Bundle {
        let count = |bundle: &Bundle| self.0.get(bundle.number()).copied().unwrap_or(0);
        let [begin, end] = ends(wire);
        if count(&end) > count(&begin) {
            end
        } else {
            begin
        }
    }
}

fn ends(wire: &Wire) -> [Bundle; 2] {
    [(wire.from, true), (wire.to, false)].map(|(node, begins)| Bundle {
        node,
        begins,
        kind: wire.kind,
    })
}
