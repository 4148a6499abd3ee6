//! The graph drawn, as SVG that stands on its own: no scripts, no fonts, light or dark as the reader is.

mod frame;
mod node;
mod theme;

use std::fmt::{self, Write as _};

use super::layout::{self, Bundle, Direction, Layout, Piece, Point, Wire};
use super::{Edge, Graph};
use crate::collect::sort_by_number;

/// Room around everything.
const MARGIN: f64 = 24.0;
/// Room above the nodes.
const TOP: f64 = 8.0;
/// Narrowest picture.
const LEAST_WIDTH: f64 = 460.0;
/// Length of the stub of an edge that is not drawn.
const STUB: f64 = 16.0;
/// Length and half the width of an arrowhead.
const ARROW: (f64, f64) = (8.0, 3.6);

/// Draws the graph. Ends with a newline.
pub(super) fn draw(graph: &Graph, direction: Option<Direction>) -> String {
    let layout = graph.layout(direction);
    let mut out = String::new();
    let width = (layout.size.width + 2.0 * MARGIN).max(LEAST_WIDTH);
    // Words around a wide picture are large, so that they can be read when all of its width is in view.
    let scale = ((width / 950.0).clamp(1.0, 4.0) * 10.0).floor() / 10.0;
    let head = frame::head(graph, (width - 2.0 * MARGIN) / scale);
    let legend = frame::legend(graph, (width - 2.0 * MARGIN) / scale);
    let top = MARGIN + head.height * scale + TOP;
    let height = top + layout.size.height + MARGIN + legend.height * scale + MARGIN;
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n\
         <title>Build graph of {title}</title>\n<style>\n{style}</style>\n\
         <rect class=\"bg\" width=\"{w}\" height=\"{h}\"/>\n",
        w = Px(width),
        h = Px(height),
        title = Text(&graph.file),
        style = theme::style(graph, Px(2.8 * scale.sqrt())),
    );
    let _ = write!(
        out,
        "<g transform=\"translate({} {}) scale({})\">\n{}</g>\n",
        Px(MARGIN),
        Px(MARGIN),
        Px(scale),
        head.body
    );
    // A graph narrower than its frame stands in the middle.
    let left = MARGIN.max((width - layout.size.width) / 2.0);
    let _ = writeln!(out, "<g transform=\"translate({} {})\">", Px(left), Px(top));
    edges(graph, &layout, &mut out);
    stubs(graph, &layout, &mut out);
    for (index, (node, rect)) in graph.nodes.iter().zip(&layout.boxes).enumerate() {
        let look = node::Look {
            is_target: graph.target == Some(index),
            level: graph.level,
        };
        node::draw(node, rect, look, &mut out);
    }
    out.push_str("</g>\n");
    let _ = write!(
        out,
        "<g transform=\"translate({} {}) scale({})\">\n{}</g>\n</svg>\n",
        Px(MARGIN),
        Px(top + layout.size.height + MARGIN),
        Px(scale),
        legend.body
    );
    out
}

/// What a page of its own needs of the drawing.
#[cfg(feature = "cli")]
mod live;
#[cfg(feature = "cli")]
pub(super) use {
    frame::{legend, words},
    live::body,
    theme::page_style,
};

impl Graph {
    /// Where everything goes in the picture; the origin is the corner of the nodes, not of the picture.
    /// The direction is the one that reads best, if none is asked for.
    pub fn layout(&self, direction: Option<Direction>) -> Layout {
        let sizes: Vec<_> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| node::measure(node, self.target == Some(index)))
            .collect();
        let wires: Vec<Wire> = self
            .edges
            .iter()
            .map(|edge| Wire {
                from: edge.from,
                to: edge.to,
                kind: edge.kind,
                needed: edge.needed,
                critical: edge.critical,
            })
            .collect();
        layout::layout(&sizes, &wires, self.target, direction)
    }
}

/// How pieces of edges are drawn: what matters most comes last, on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Dim,
    Plain,
    Critical,
}

impl Weight {
    fn of(needed: bool, critical: bool) -> Self {
        match (needed, critical) {
            (_, true) => Weight::Critical,
            (true, _) => Weight::Plain,
            (false, _) => Weight::Dim,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Weight::Dim => " dim",
            Weight::Plain => "",
            Weight::Critical => " crit",
        }
    }
}

/// Draws the pieces of each bundle as one path.
fn edges(graph: &Graph, layout: &Layout, out: &mut String) {
    // Dim bundles first, then the others, then the critical path; within each by node.
    let bundles = graph.nodes.len() * 6;
    let key = |piece: &Piece| {
        let weight = Weight::of(piece.needed, piece.critical) as usize;
        (weight * bundles + piece.bundle.number()) as f64
    };
    let mut order: Vec<(f64, usize)> = layout.pieces.iter().map(key).zip(0..).collect();
    sort_by_number(&mut order);
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let pieces = group.iter().filter_map(|(_, at)| layout.pieces.get(*at));
        let pieces: Vec<&Piece> = pieces.collect();
        let Some(first) = pieces.first() else {
            continue;
        };
        let bundle = &first.bundle;
        let weight = Weight::of(first.needed, first.critical);
        let _ = write!(
            out,
            "<g class=\"e {}{}\"><title>{}</title><path d=\"",
            bundle.kind.as_str(),
            weight.class(),
            Text(&tooltip(graph, bundle, &pieces)),
        );
        for piece in &pieces {
            curve(layout.direction, piece, out);
        }
        out.push_str("\"/>");
        let ends = pieces.iter().filter(|piece| piece.to.is_some());
        let mut tips: Vec<Point> = Vec::new();
        for [.., end] in ends.map(|piece| piece.points) {
            // Edges that end at the same node come one after the other.
            if tips.last() != Some(&end) {
                tips.push(end);
            }
        }
        if !tips.is_empty() {
            out.push_str("<path class=\"tip\" d=\"");
            tips.iter()
                .for_each(|tip| arrow(layout.direction, *tip, out));
            out.push_str("\"/>");
        }
        out.push_str("</g>\n");
    }
}

fn curve(direction: Direction, piece: &Piece, out: &mut String) {
    let [start, first, second, mut end] = piece.points;
    // The line ends where the arrowhead begins.
    if piece.to.is_some() {
        end = before(direction, end, ARROW.0 - 1.0);
    }
    let _ = write!(out, "M{}", At(start));
    let (x, y) = (end.x - start.x, end.y - start.y);
    let is_straight = match direction {
        Direction::Right => y.abs() < 0.5,
        Direction::Down => x.abs() < 0.5,
    };
    if is_straight {
        let _ = write!(out, "L{}", At(end));
    } else {
        let _ = write!(out, "C{} {} {}", At(first), At(second), At(end));
    }
}

fn before(direction: Direction, point: Point, by: f64) -> Point {
    match direction {
        Direction::Right => Point {
            x: point.x - by,
            ..point
        },
        Direction::Down => Point {
            y: point.y - by,
            ..point
        },
    }
}

fn arrow(direction: Direction, tip: Point, out: &mut String) {
    let (length, half) = ARROW;
    let back = before(direction, tip, length);
    let (a, b) = match direction {
        Direction::Right => ((back.x, back.y - half), (back.x, back.y + half)),
        Direction::Down => ((back.x - half, back.y), (back.x + half, back.y)),
    };
    let [a, b] = [a, b].map(|(x, y)| Point { x, y });
    let _ = write!(out, "M{}L{} {}Z", At(tip), At(a), At(b));
}

/// A short line at both ends of an edge that would be too long.
fn stubs(graph: &Graph, layout: &Layout, out: &mut String) {
    for edge in layout
        .stubs
        .iter()
        .filter_map(|index| graph.edges.get(*index))
    {
        let ends = (layout.boxes.get(edge.from), layout.boxes.get(edge.to));
        let (Some(from), Some(to)) = ends else {
            continue;
        };
        let (start, end) = match layout.direction {
            Direction::Right => (
                (
                    from.at.x + from.size.width,
                    from.at.y + from.size.height / 2.0,
                ),
                (to.at.x, to.at.y + to.size.height / 2.0),
            ),
            Direction::Down => (
                (
                    from.at.x + from.size.width / 2.0,
                    from.at.y + from.size.height,
                ),
                (to.at.x + to.size.width / 2.0, to.at.y),
            ),
        };
        let [start, end] = [start, end].map(|(x, y)| Point { x, y });
        let weight = Weight::of(edge.needed, edge.critical);
        let _ = write!(
            out,
            "<g class=\"e {}{} stub\"><title>{}</title><path d=\"M{}L{}M{}L{}\"/><path class=\"tip\" d=\"",
            edge.kind.as_str(),
            weight.class(),
            Text(&of_edge(graph, edge)),
            At(start),
            At(before(layout.direction, start, -STUB)),
            At(before(layout.direction, end, STUB)),
            At(before(layout.direction, end, ARROW.0 - 1.0)),
        );
        arrow(layout.direction, end, out);
        out.push_str("\"/></g>\n");
    }
}

fn of_edge(graph: &Graph, edge: &Edge) -> String {
    let name = |node: usize| graph.nodes.get(node).map_or("", |node| &node.title);
    let how = edge.kind.label(graph.level);
    format!("{} → {} ({how})", name(edge.from), name(edge.to))
}

fn tooltip(graph: &Graph, bundle: &Bundle, pieces: &[&Piece]) -> String {
    let name = |node: usize| graph.nodes.get(node).map_or("", |node| &node.title);
    let how = bundle.kind.label(graph.level);
    let mut ends = pieces.iter().filter_map(|piece| match bundle.begins {
        true => piece.to,
        false => piece.from,
    });
    let other = match (ends.next(), ends.next()) {
        (Some(only), None) => name(only),
        _ => "…",
    };
    match bundle.begins {
        true => format!("{} → {other} ({how})", name(bundle.node)),
        false => format!("{other} → {} ({how})", name(bundle.node)),
    }
}

/// A length in pixels, to a tenth.
#[derive(Clone, Copy)]
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "out of range becomes the nearest that is in it"
        )]
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let tenths = tenths.unsigned_abs();
        match tenths % 10 {
            0 => write!(f, "{sign}{}", tenths / 10),
            part => write!(f, "{sign}{}.{part}", tenths / 10),
        }
    }
}

/// A point in a path.
struct At(Point);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Px(self.0.x), Px(self.0.y))
    }
}

/// Text between tags or in an attribute.
pub(super) struct Text<'t>(pub(super) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\n' | '\t' => f.write_char(c)?,
                // XML has no way to write these.
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                    f.write_char(char::REPLACEMENT_CHARACTER)?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_at_most_one_decimal() {
        let shown: Vec<String> = [0.0, 1.0, 1.25, -0.5, -3.0, 12.96]
            .iter()
            .map(|length| Px(*length).to_string())
            .collect();
        assert_eq!(shown, ["0", "1", "1.3", "-0.5", "-3", "13"]);
    }

    #[test]
    fn text_cannot_leave_its_place() {
        let text = Text("a<b>&\"c\"\u{1b}[31m\u{0}").to_string();
        assert_eq!(text, "a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}[31m\u{fffd}");
    }
}
