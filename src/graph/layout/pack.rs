//! Parts side by side, as close together as they fit: each goes to the highest place that has room for it, of those
//! the one furthest to the left.

use super::part::Part;
use super::{Bundle, Direction, Layout, Piece, Point, Rect, Size};
use crate::collect::{sort_by_number, sort_small};

/// Room between two parts.
const GAP: f64 = 30.0;

/// All parts as one layout of so many nodes. It is not wider than `room`, unless a part is.
pub(super) fn join(
    direction: Direction,
    parts: &[Part],
    mut layouts: Vec<Layout>,
    nodes: usize,
    room: f64,
) -> Layout {
    let corners = pack(&layouts, room);
    let mut all = Layout::empty(direction);
    all.boxes = vec![Rect::default(); nodes];
    for ((part, layout), corner) in parts.iter().zip(&mut layouts).zip(corners) {
        let shift = |point: Point| Point {
            x: point.x + corner.x,
            y: point.y + corner.y,
        };
        let node = |own: usize| part.nodes.get(own).copied();
        for (own, rect) in layout.boxes.iter().enumerate() {
            if let Some(slot) = node(own).and_then(|node| all.boxes.get_mut(node)) {
                let at = shift(rect.at);
                *slot = Rect { at, ..*rect };
            }
        }
        all.pieces
            .extend(layout.pieces.drain(..).map(|piece| Piece {
                points: piece.points.map(shift),
                from: piece.from.and_then(node),
                to: piece.to.and_then(node),
                bundle: Bundle {
                    node: node(piece.bundle.node).unwrap_or(0),
                    ..piece.bundle
                },
                ..piece
            }));
        let stubs = layout.stubs.iter().filter_map(|wire| part.wires.get(*wire));
        all.stubs.extend(stubs);
        all.size.width = all.size.width.max(corner.x + layout.size.width);
        all.size.height = all.size.height.max(corner.y + layout.size.height);
    }
    all.stubs.sort_unstable();
    all
}

/// A stretch of the lower border of what is placed.
#[derive(Clone, Copy)]
struct Step {
    x: f64,
    width: f64,
    y: f64,
}

/// The upper left corner of each part. The first comes first, the others as they are high.
fn pack(layouts: &[Layout], room: f64) -> Vec<Point> {
    let sizes: Vec<Size> = layouts.iter().map(|layout| layout.size).collect();
    let widest = sizes.iter().map(|size| size.width).fold(room, f64::max);
    let heights = sizes.iter().enumerate().map(|(at, size)| match at {
        0 => f64::NEG_INFINITY,
        _ => -size.height,
    });
    let mut order: Vec<(f64, usize)> = heights.zip(0..).collect();
    sort_by_number(&mut order);
    let mut corners = vec![Point::default(); sizes.len()];
    let mut border = vec![Step {
        x: 0.0,
        width: widest + GAP,
        y: 0.0,
    }];
    for (_, index) in order {
        let (Some(size), Some(corner)) = (sizes.get(index), corners.get_mut(index)) else {
            continue;
        };
        let width = size.width + GAP;
        let places = border.iter().enumerate().filter_map(|(at, step)| {
            let covered = border.iter().skip(at);
            let covered = covered.take_while(|it| it.x < step.x + width - 0.01);
            let fits = step.x + size.width <= widest + 0.01;
            fits.then(|| {
                let y = covered.map(|step| step.y).fold(0.0, f64::max);
                Point { x: step.x, y }
            })
        });
        // Of equals the first.
        let place = places.reduce(|best, it| if it.y < best.y { it } else { best });
        *corner = place.unwrap_or_default();
        raise(&mut border, *corner, width, corner.y + size.height + GAP);
    }
    corners
}

/// Puts the border at `y` for a stretch of it.
fn raise(border: &mut Vec<Step>, from: Point, width: f64, y: f64) {
    let end = from.x + width;
    let mut raised = Vec::with_capacity(border.len() + 2);
    for step in border.iter() {
        let step_end = step.x + step.width;
        if step_end <= from.x + 0.01 || step.x >= end - 0.01 {
            raised.push(*step);
            continue;
        }
        if step.x < from.x {
            raised.push(Step {
                width: from.x - step.x,
                ..*step
            });
        }
        if step_end > end {
            raised.push(Step {
                x: end,
                width: step_end - end,
                ..*step
            });
        }
    }
    raised.push(Step {
        x: from.x,
        width,
        y,
    });
    sort_small(&mut raised, |a, b| a.x.total_cmp(&b.x));
    *border = raised;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_rows_without_overlaps() {
        let layouts: Vec<Layout> = [(200.0, 300.0), (150.0, 40.0), (150.0, 40.0), (80.0, 90.0)]
            .into_iter()
            .map(|(width, height)| Layout {
                size: Size { width, height },
                ..Layout::empty(Direction::Down)
            })
            .collect();
        let corners = pack(&layouts, 400.0);
        let corners: Vec<_> = corners.iter().map(|it| (it.x, it.y)).collect();
        // The last is the highest of the others, and comes first.
        assert_eq!(
            corners,
            [(0.0, 0.0), (230.0, 120.0), (230.0, 190.0), (230.0, 0.0)]
        );
    }
}
