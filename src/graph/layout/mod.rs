//! Where things go: a layered layout, after Sugiyama.
//!
//! ```text
//! part    nodes that no edge connects are laid out apart from each other
//! rank    nodes to layers, no layer longer than there is room
//! thread  edges to links between neighbouring layers, by way of bends; what has a common end is bundled
//! order   nodes and bends within their layer, such that few links cross
//! place   coordinates along the layer: no overlap, long edges straight
//! route   curves: between two layers they bend, past a layer they are straight, so none crosses a node
//! pack    the parts side by side
//! ```
//! Layers follow each other along the *main* axis, and nodes of a layer along the *cross* axis. A picture is
//! made for a page of limited width: there are several ways to arrange a graph, and the one that reads best there
//! is taken. Time and size are bounded for any graph; equal graphs have equal layouts.

mod order;
mod pack;
mod part;
mod place;
mod rank;
mod route;
mod thread;

use super::EdgeKind;
use crate::limits::{MAX_COMPARED_NODES, MAX_EDGE_BENDS};
use rank::Grouping;

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

impl Layout {
    fn empty(direction: Direction) -> Self {
        Layout {
            direction,
            boxes: Vec::new(),
            pieces: Vec::new(),
            stubs: Vec::new(),
            size: Size::default(),
        }
    }

    /// Makes room on all sides.
    #[cfg(feature = "cli")]
    pub(super) fn surround(&mut self, margin: f64) {
        let points = self.pieces.iter_mut().flat_map(|piece| &mut piece.points);
        for point in points.chain(self.boxes.iter_mut().map(|rect| &mut rect.at)) {
            point.x += margin;
            point.y += margin;
        }
        self.size.width += 2.0 * margin;
        self.size.height += 2.0 * margin;
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
const LAYER_GAP: (f64, f64) = (46.0, 130.0);
/// Width of a page, such as a README in a browser: what is wider is shown smaller.
pub(super) const PAGE: f64 = 830.0;
/// Text that is shown smaller than this share of its size is hard to read.
const READABLE: f64 = 0.8;
/// Room for nodes, such that their text can still be read on that page.
const ROOM: f64 = 900.0;

/// Lays out nodes of the given sizes, in the direction that is wanted, if any. In a layer to the right of another, nodes
/// get the width of the widest.
pub fn layout(
    sizes: &[Size],
    wires: &[Wire],
    target: Option<usize>,
    wanted: Option<Direction>,
) -> Layout {
    let parts = part::split(sizes.len(), wires, target);
    let mut best: Option<((bool, f64), Layout)> = None;
    for plan in plans(sizes.len(), wanted) {
        let layout = plan.arrange(&parts, sizes, wires);
        let cost = (shown(&layout) < READABLE, cost(&layout));
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, layout));
        }
    }
    best.map_or_else(|| Layout::empty(Direction::Right), |(_, layout)| layout)
}

/// A way to arrange a graph.
#[derive(Clone, Copy, Debug)]
struct Plan {
    direction: Direction,
    /// Room along a layer.
    room: f64,
    grouping: Grouping,
}

/// The ways that are tried: for a graph too large to be looked at as a whole only one.
fn plans(nodes: usize, wanted: Option<Direction>) -> Vec<Plan> {
    let plan = |direction, room, grouping| Plan {
        direction,
        room,
        grouping,
    };
    if nodes > MAX_COMPARED_NODES {
        let room = ROOM * (nodes as f64 / MAX_COMPARED_NODES as f64).sqrt();
        let direction = wanted.unwrap_or(Direction::Down);
        return vec![plan(direction, room, Grouping::Height)];
    }
    let mut plans = vec![
        plan(Direction::Right, f64::INFINITY, Grouping::Height),
        plan(Direction::Right, ROOM, Grouping::Height),
        plan(Direction::Down, f64::INFINITY, Grouping::Height),
    ];
    for room in [0.65, 0.8, 1.0] {
        for grouping in [Grouping::Height, Grouping::Chain] {
            plans.push(plan(Direction::Down, ROOM * room, grouping));
        }
    }
    plans.retain(|plan| wanted.is_none_or(|wanted| plan.direction == wanted));
    plans
}

impl Plan {
    /// Lays out each part by itself, and puts them side by side.
    fn arrange(self, parts: &[part::Part], sizes: &[Size], wires: &[Wire]) -> Layout {
        let mut bends = MAX_EDGE_BENDS;
        let layouts: Vec<Layout> = parts
            .iter()
            .map(|part| {
                let (sizes, wires) = (part.sizes(sizes), part.wires(wires));
                self.lay(&sizes, &wires, part.target, &mut bends)
            })
            .collect();
        pack::join(self.direction, parts, layouts, sizes.len(), ROOM)
    }

    /// Lays out what hangs together.
    fn lay(
        self,
        sizes: &[Size],
        wires: &[Wire],
        target: Option<usize>,
        bends: &mut usize,
    ) -> Layout {
        let graph = rank::Digraph::new(sizes.len(), wires);
        let extents: Vec<Extent> = sizes
            .iter()
            .map(|size| self.direction.extent(*size))
            .collect();
        let ranks = rank::ranks(&graph, wires, &extents, self.room, self.grouping);
        let mut threads = thread::thread(&ranks, &extents, wires, bends);
        order::order(&mut threads, &graph, wires, target);
        let cross = place::place(&threads, self.room);
        route::route(self.direction, &threads, &cross)
    }
}

/// The share of its size at which a layout is shown on a page.
fn shown(layout: &Layout) -> f64 {
    (PAGE / (layout.size.width + 48.0)).min(1.0)
}

/// How hard a layout is to read on a page: long pages are, small text is more so, and so are long ways.
fn cost(layout: &Layout) -> f64 {
    let shown = shown(layout);
    let ways: f64 = layout
        .pieces
        .iter()
        .map(|piece| {
            let [start, .., end] = piece.points;
            let weight = if piece.needed { 1.0 } else { 0.6 };
            ((start.x - end.x).abs() + (start.y - end.y).abs()) * weight
        })
        .sum();
    // Text is fine down to nine tenths of its size.
    let small = (0.9 / shown).max(1.0).powi(3);
    ((layout.size.height + 150.0) + ways * 0.06) * shown * small
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

#[cfg(test)]
mod tests;
