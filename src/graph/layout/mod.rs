//! Where things go: a layered layout, after Sugiyama.
//!
//! ```text
//! rank    nodes to layers, no layer longer than looks good
//! thread  edges to links between neighbouring layers, by way of bends; what has a common end is bundled
//! order   nodes and bends within their layer, such that few links cross
//! place   coordinates along the layer: no overlap, long edges straight
//! route   curves: between two layers they bend, past a layer they are straight, so none crosses a node
//! ```
//! Layers follow each other along the *main* axis, and nodes of a layer along the *cross* axis. Time and
//! size are bounded for any graph; equal graphs have equal layouts.

mod order;
mod place;
mod rank;
mod route;
mod thread;

use super::{EdgeKind, whole};

/// A size in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// To the right.
    pub width: f64,
    /// Down.
    pub height: f64,
}

/// A place in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// A box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its upper left corner.
    pub at: Point,
    /// Its size.
    pub size: Size,
}

/// Where the next layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the right of the last: for graphs that are shallow.
    Right,
    /// Below the last: for long chains.
    Down,
}

/// An edge to lay out.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// Node at which it begins.
    pub from: usize,
    /// Node at which it ends.
    pub to: usize,
    /// Edges of a kind that have an end in common are bundled.
    pub kind: EdgeKind,
    /// The target needs it.
    pub needed: bool,
    /// Kept straight before others.
    pub critical: bool,
}

/// A piece of an edge, or of several in a bundle: a cubic curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Start, two control points, end.
    pub points: [Point; 4],
    /// The node at its start.
    pub from: Option<usize>,
    /// The node at its end.
    pub to: Option<usize>,
    /// Which bundle it is part of.
    pub bundle: Bundle,
    /// Some edge in it is needed.
    pub needed: bool,
    /// Some edge in it is critical.
    pub critical: bool,
}

/// Edges of a kind with an end in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    /// The common node.
    pub node: usize,
    /// The edges begin there; otherwise they end there.
    pub begins: bool,
    /// Their kind.
    pub kind: EdgeKind,
}

impl Bundle {
    /// A number of its own: less than six times the number of nodes.
    pub(super) fn number(&self) -> usize {
        self.node * 6 + usize::from(self.begins) * 3 + self.kind as usize
    }
}

/// A finished layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Where the next layer is.
    pub direction: Direction,
    /// Boxes of the nodes, in their order.
    pub boxes: Vec<Rect>,
    /// The edges, in pieces.
    pub pieces: Vec<Piece>,
    /// Edges that are too long among too many; a stub at each end stands for them. Indices of wires.
    pub stubs: Vec<usize>,
    /// Size of it all, from the origin.
    pub size: Size,
}

/// Room along a layer between two nodes.
pub(super) const NODE_GAP: f64 = 14.0;
/// Room along a layer between a bend and a node.
const BEND_GAP: f64 = 11.0;
/// Room along a layer between two bends.
const BEND_BEND_GAP: f64 = 7.0;
/// Least and greatest room between two layers.
const LAYER_GAP: (f64, f64) = (54.0, 170.0);
/// What the ratio of width to height should be.
const RATIO: f64 = 1.5;

/// Lays out nodes of the given sizes. In a layer to the right of another, nodes get the width of the widest.
pub fn layout(sizes: &[Size], wires: &[Wire], target: Option<usize>) -> Layout {
    let graph = rank::Digraph::new(sizes.len(), wires);
    let plans = [Direction::Right, Direction::Down].map(|direction| {
        let extents: Vec<Extent> = sizes.iter().map(|size| direction.extent(*size)).collect();
        let limit = longest_layer(&extents, direction);
        let ranks = rank::ranks(&graph, wires, limit);
        let ratio = looks(&extents, &ranks, direction);
        (direction, extents, ranks, ratio)
    });
    // The first where both are equally good.
    let [right, down] = plans;
    let (direction, extents, ranks, _) = if down.3 < right.3 { down } else { right };
    let mut threads = thread::thread(&ranks, &extents, wires);
    order::order(&mut threads, &graph, wires, target);
    let cross = place::place(&threads);
    route::route(direction, &threads, &cross)
}

/// How far a node reaches along the two axes.
#[derive(Clone, Copy, Debug)]
struct Extent {
    main: f64,
    cross: f64,
}

impl Direction {
    fn extent(self, size: Size) -> Extent {
        match self {
            Direction::Right => Extent {
                main: size.width,
                cross: size.height,
            },
            Direction::Down => Extent {
                main: size.height,
                cross: size.width,
            },
        }
    }

    fn point(self, main: f64, cross: f64) -> Point {
        match self {
            Direction::Right => Point { x: main, y: cross },
            Direction::Down => Point { x: cross, y: main },
        }
    }
}

/// How many nodes a layer may have for the whole to have a good ratio.
fn longest_layer(extents: &[Extent], direction: Direction) -> usize {
    let count = extents.len().max(1) as f64;
    let main = extents.iter().map(|extent| extent.main).sum::<f64>() / count + 70.0;
    let cross = extents.iter().map(|extent| extent.cross).sum::<f64>() / count + NODE_GAP;
    // count / limit layers, limit nodes in each.
    let ratio = match direction {
        Direction::Right => main / (cross * RATIO),
        Direction::Down => main * RATIO / cross,
    };
    let limit = (count * ratio).sqrt().ceil();
    // Small sets of nodes are never torn apart.
    whole(limit.clamp(5.0, 1e6))
}

/// How far the ratio of a layout will be from what it should be.
fn looks(extents: &[Extent], ranks: &[usize], direction: Direction) -> f64 {
    let layers = ranks.iter().max().map_or(0, |last| last + 1);
    let mut main = vec![0.0_f64; layers];
    let mut cross = vec![0.0_f64; layers];
    for (extent, &rank) in extents.iter().zip(ranks) {
        if let (Some(main), Some(cross)) = (main.get_mut(rank), cross.get_mut(rank)) {
            *main = main.max(extent.main);
            *cross += extent.cross + NODE_GAP;
        }
    }
    let along = main.iter().map(|main| main + 70.0).sum::<f64>();
    let across = cross.iter().copied().fold(1.0, f64::max);
    let ratio = match direction {
        Direction::Right => along / across,
        Direction::Down => across / along,
    };
    (ratio.max(1e-6) / RATIO).ln().abs()
}

#[cfg(test)]
mod tests;
