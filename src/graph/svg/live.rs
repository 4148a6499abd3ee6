//! The drawing in pieces that a script can tell apart.

use std::fmt::Write as _;

use super::super::Graph;
use super::super::layout::{Layout, Piece};
use super::{Text, Weight, arrow, curve, node, stubs, tooltip};
use crate::collect::sort_by_number;

/// Edges, each piece of them by itself and with its number, and nodes in their order.
pub(in crate::graph) fn body(graph: &Graph, layout: &Layout) -> String {
    let mut out = String::new();
    let weight = |piece: &Piece| Weight::of(piece.needed, piece.critical);
    let weights = layout.pieces.iter().map(|piece| weight(piece) as u8);
    let mut order: Vec<(f64, usize)> = weights.map(f64::from).zip(0..).collect();
    sort_by_number(&mut order);
    for (_, index) in order {
        let Some(piece) = layout.pieces.get(index) else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<g class=\"e {}{}\" data-piece=\"{index}\" data-says=\"{}\"><path d=\"",
            piece.bundle.kind.as_str(),
            weight(piece).class(),
            Text(&tooltip(graph, &piece.bundle, &[piece])),
        );
        curve(layout.direction, piece, &mut out);
        out.push_str("\"/>");
        if piece.to.is_some() {
            let [.., end] = piece.points;
            out.push_str("<path class=\"tip\" d=\"");
            arrow(layout.direction, end, &mut out);
            out.push_str("\"/>");
        }
        out.push_str("</g>\n");
    }
    stubs(graph, layout, &mut out);
    for (index, (node, rect)) in graph.nodes.iter().zip(&layout.boxes).enumerate() {
        let look = node::Look {
            is_target: graph.target == Some(index),
            level: graph.level,
        };
        node::draw(node, rect, look, &mut out);
    }
    out
}
