//! From layers to pixels: boxes, and curves between them.

use super::thread::{Link, Threads};
use super::{Bundle, Direction, EdgeKind, LAYER_GAP, Layout, Piece, Point, Rect, Size};

/// Distance of the points at which edges of different kinds meet a node.
const PORT_STEP: f64 = 10.0;

/// Where a layer begins and ends along the main axis.
#[derive(Clone, Copy, Debug)]
struct Band {
    start: f64,
    end: f64,
}

/// Draws boxes and curves.
pub(super) fn route(direction: Direction, threads: &Threads, middles: &[f64]) -> Layout {
    let bands = bands(threads, middles);
    let mut router = Router {
        direction,
        threads,
        middles,
        bands,
        ports: ports(threads),
        pieces: Vec::new(),
    };
    let boxes = router.boxes();
    for link in &threads.links {
        router.link(link);
    }
    router.bends();
    let mut size = Size::default();
    for rect in &boxes {
        size.width = size.width.max(rect.at.x + rect.size.width);
        size.height = size.height.max(rect.at.y + rect.size.height);
    }
    for point in router.pieces.iter().flat_map(|piece| &piece.points) {
        size.width = size.width.max(point.x);
        size.height = size.height.max(point.y);
    }
    Layout {
        direction,
        boxes,
        pieces: router.pieces,
        stubs: threads.stubs.clone(),
        size,
    }
}

/// Layers along the main axis. Where links have a long way along the layers they get more room.
fn bands(threads: &Threads, middles: &[f64]) -> Vec<Band> {
    let mut reach = vec![0.0_f64; threads.layers.len()];
    let middle = |item: usize| middles.get(item).copied().unwrap_or(0.0);
    for link in &threads.links {
        let layer = threads.items.get(link.from).map_or(0, |item| item.layer);
        if let Some(reach) = reach.get_mut(layer) {
            *reach = reach.max((middle(link.from) - middle(link.to)).abs());
        }
    }
    let mut bands = Vec::with_capacity(threads.layers.len());
    let mut at = 0.0;
    for (layer, reach) in threads.layers.iter().zip(reach) {
        let extents = layer.iter().filter_map(|item| threads.items.get(*item));
        let thick = extents.map(|item| item.extent.main).fold(0.0, f64::max);
        bands.push(Band {
            start: at,
            end: at + thick,
        });
        let (least, most) = LAYER_GAP;
        at += thick + (least + reach * 0.09).min(most);
    }
    bands
}

/// Which kinds of edges begin, and which end, at each node.
type Ports = Vec<[[bool; EdgeKind::ALL.len()]; 2]>;

fn ports(threads: &Threads) -> Ports {
    let mut ports = vec![<[[bool; 3]; 2]>::default(); threads.items.len()];
    for link in &threads.links {
        for (item, side) in [(link.from, 0), (link.to, 1)] {
            let kinds = ports.get_mut(item).and_then(|sides| sides.get_mut(side));
            if let Some(is) = kinds.and_then(|it| it.get_mut(link.bundle.kind as usize)) {
                *is = true;
            }
        }
    }
    ports
}

struct Router<'t> {
    direction: Direction,
    threads: &'t Threads,
    middles: &'t [f64],
    bands: Vec<Band>,
    ports: Ports,
    pieces: Vec<Piece>,
}

impl Router<'_> {
    fn band(&self, item: usize) -> Band {
        let layer = self.threads.items.get(item).map(|item| item.layer);
        let band = layer.and_then(|layer| self.bands.get(layer)).copied();
        band.unwrap_or(Band {
            start: 0.0,
            end: 0.0,
        })
    }

    fn middle(&self, item: usize) -> f64 {
        self.middles.get(item).copied().unwrap_or(0.0)
    }

    /// Nodes to the right of others get the width of their layer; nodes below others stay as they are.
    fn boxes(&self) -> Vec<Rect> {
        let nodes = self.threads.items.iter().enumerate();
        let nodes = nodes.filter(|(_, item)| item.node.is_some());
        nodes
            .map(|(index, item)| {
                let band = self.band(index);
                let at = self
                    .direction
                    .point(band.start, self.middle(index) - item.extent.cross / 2.0);
                let main = band.end - band.start;
                let size = match self.direction {
                    Direction::Right => Size {
                        width: main,
                        height: item.extent.cross,
                    },
                    Direction::Down => Size {
                        width: item.extent.cross,
                        height: main,
                    },
                };
                Rect { at, size }
            })
            .collect()
    }

    /// Where edges of a kind meet an item.
    fn port(&self, item: usize, begins: bool, kind: EdgeKind) -> f64 {
        let middle = self.middle(item);
        let is_node = self
            .threads
            .items
            .get(item)
            .is_some_and(|it| it.node.is_some());
        let side = self
            .ports
            .get(item)
            .and_then(|sides| sides.get(usize::from(!begins)));
        let Some(kinds) = side.filter(|_| is_node) else {
            return middle;
        };
        let all = kinds.iter().filter(|is| **is).count() as f64;
        let before = kinds.iter().take(kind as usize).filter(|is| **is).count() as f64;
        middle + (before - (all - 1.0) / 2.0) * PORT_STEP
    }

    fn link(&mut self, link: &Link) {
        let (from, to) = (self.band(link.from).end, self.band(link.to).start);
        let start = self.port(link.from, true, link.bundle.kind);
        let end = self.port(link.to, false, link.bundle.kind);
        let half = (to - from) / 2.0;
        let points = [
            (from, start),
            (from + half, start),
            (to - half, end),
            (to, end),
        ];
        let node = |item: usize| self.threads.items.get(item).and_then(|item| item.node);
        self.pieces.push(Piece {
            points: points.map(|(main, cross)| self.direction.point(main, cross)),
            from: node(link.from),
            to: node(link.to),
            bundle: link.bundle,
            needed: link.needed,
            critical: link.critical,
        });
    }

    /// Straight lines past the layers.
    fn bends(&mut self) {
        for (index, item) in self.threads.items.iter().enumerate() {
            let Some(bundle) = item.bundle else { continue };
            let band = self.band(index);
            if band.end <= band.start {
                continue;
            }
            let start = self.direction.point(band.start, self.middle(index));
            let end = self.direction.point(band.end, self.middle(index));
            self.straight(start, end, bundle, (item.needed, item.critical));
        }
    }

    fn straight(&mut self, start: Point, end: Point, bundle: Bundle, flags: (bool, bool)) {
        self.pieces.push(Piece {
            points: [start, start, end, end],
            from: None,
            to: None,
            bundle,
            needed: flags.0,
            critical: flags.1,
        });
    }
}
