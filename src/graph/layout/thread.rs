//! Edges as links between neighbouring layers.
//!
//! An edge past a layer has a bend in it. Edges of a kind that begin at the same node, or end at the same
//! one, share their bends: a base image with fifty readers is one line that branches.

use std::collections::{BTreeMap, HashMap};

use super::{Bundle, Extent, Wire};
use crate::limits::MAX_EDGE_BENDS;

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

/// Threads all wires, the short ones first, as long as there are not too many bends.
pub(super) fn thread(ranks: &[usize], extents: &[Extent], wires: &[Wire]) -> Threads {
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
        bends: BTreeMap::new(),
        known: HashMap::new(),
        ranks,
    };
    let degrees = Degrees::of(wires);
    let span = |wire: &Wire| {
        let rank = |node: usize| ranks.get(node).copied().unwrap_or(0);
        rank(wire.to).saturating_sub(rank(wire.from))
    };
    let mut sorted: Vec<usize> = (0..wires.len()).collect();
    sorted.sort_by_key(|index| wires.get(*index).map_or(0, span));
    for index in sorted {
        if let Some(wire) = wires.get(index).filter(|wire| span(wire) > 0)
            && !threader.wire(wire, degrees.bundle(wire))
        {
            threader.threads.stubs.push(index);
        }
    }
    threader.finish()
}

struct Threader<'r> {
    threads: Threads,
    /// Bends of each bundle by layer. As the short wires come first, they have no gaps.
    bends: BTreeMap<(Bundle, usize), usize>,
    /// Links by their ends.
    known: HashMap<(usize, usize, Bundle), usize>,
    ranks: &'r [usize],
}

impl Threader<'_> {
    /// Threads a wire; `false` if that would take too many bends.
    fn wire(&mut self, wire: &Wire, bundle: Bundle) -> bool {
        let rank = |node: usize| self.ranks.get(node).copied().unwrap_or(0);
        let (first, last) = (rank(wire.from) + 1, rank(wire.to));
        // From the end that is the wire's own to where the bundle already is.
        let span = last.saturating_sub(first);
        let layer = |count: usize| match bundle.begins {
            true => last - 1 - count,
            false => first + count,
        };
        let is_new = |count: &usize| !self.bends.contains_key(&(bundle, layer(*count)));
        let new = (0..span).take_while(is_new).count();
        let bends = self.threads.items.len() - self.ranks.len();
        if bends + new > MAX_EDGE_BENDS {
            return false;
        }
        let (own, common) = match bundle.begins {
            true => (wire.to, wire.from),
            false => (wire.from, wire.to),
        };
        let mut at = own;
        for count in 0..span {
            let bend = self.bend(bundle, layer(count), wire);
            self.link(at, bend, bundle, wire);
            at = bend;
            if count >= new {
                return true;
            }
        }
        self.link(at, common, bundle, wire);
        true
    }

    fn bend(&mut self, bundle: Bundle, layer: usize, wire: &Wire) -> usize {
        let items = &mut self.threads.items;
        let bend = *self.bends.entry((bundle, layer)).or_insert_with(|| {
            items.push(Item {
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
            items.len() - 1
        });
        if let Some(item) = items.get_mut(bend) {
            item.needed |= wire.needed;
            item.critical |= wire.critical;
        }
        bend
    }

    /// Links two items, of which the second is nearer to the common end of the bundle.
    fn link(&mut self, own: usize, common: usize, bundle: Bundle, wire: &Wire) {
        let (from, to) = match bundle.begins {
            true => (common, own),
            false => (own, common),
        };
        let links = &mut self.threads.links;
        let index = *self.known.entry((from, to, bundle)).or_insert_with(|| {
            links.push(Link {
                from,
                to,
                bundle,
                needed: false,
                critical: false,
            });
            links.len() - 1
        });
        if let Some(link) = links.get_mut(index) {
            link.needed |= wire.needed;
            link.critical |= wire.critical;
        }
    }

    /// What goes through a bend goes through all that are nearer to the common end.
    fn spread(&mut self) {
        let bends: Vec<(Bundle, usize)> = self
            .bends
            .iter()
            .map(|((bundle, _), bend)| (*bundle, *bend))
            .collect();
        let (mut ends, begins): (Vec<_>, Vec<_>) =
            bends.into_iter().partition(|(bundle, _)| !bundle.begins);
        ends.extend(begins.into_iter().rev());
        let mut last: Option<(Bundle, bool, bool)> = None;
        for (bundle, bend) in ends {
            let Some(item) = self.threads.items.get_mut(bend) else {
                continue;
            };
            if let Some((_, needed, critical)) = last.filter(|(other, ..)| *other == bundle) {
                item.needed |= needed;
                item.critical |= critical;
            }
            last = Some((bundle, item.needed, item.critical));
        }
        let items = &self.threads.items;
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

/// How many wires of a kind begin and end at each node.
struct Degrees(HashMap<Bundle, usize>);

impl Degrees {
    fn of(wires: &[Wire]) -> Self {
        let mut counts = HashMap::new();
        for wire in wires {
            for bundle in ends(wire) {
                *counts.entry(bundle).or_insert(0) += 1;
            }
        }
        Degrees(counts)
    }

    /// The larger of the two bundles that a wire could be part of.
    fn bundle(&self, wire: &Wire) -> Bundle {
        let count = |bundle: &Bundle| self.0.get(bundle).copied().unwrap_or(0);
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
