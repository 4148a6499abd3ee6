//! The graph as a page of its own: to move about in, to search, to ask what a node needs.
//!
//! Everything is in the one file, and its policy forbids the browser to load anything else. Without scripts the picture is
//! there all the same.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::layout::{Bundle, Direction, Layout, Piece, Point};
use super::model::NodeInstruction;
use super::svg::{self, Text};
use super::{Edge, Graph, Node, TooLarge};
use crate::limits::MAX_DRAWN_NODES;
use crate::source::LineRange;

/// Room around everything.
const MARGIN: f64 = 24.0;

/// Width of the legend.
const LEGEND: f64 = 1100.0;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

impl Graph {
    /// The graph as a page; ends with a newline. `ops` is the graph of ops of the same build, if this one is of stages:
    /// the digests of instructions are taken from it.
    ///
    /// # Errors
    /// When there are more nodes than can be drawn.
    pub fn page(
        &self,
        direction: Option<Direction>,
        ops: Option<&Graph>,
    ) -> Result<String, TooLarge> {
        if self.nodes.len() > MAX_DRAWN_NODES {
            return Err(TooLarge(self.nodes.len()));
        }
        let mut layout = self.layout(direction);
        layout.surround(MARGIN);
        Ok(page(self, &layout, ops))
    }
}

fn page(graph: &Graph, layout: &Layout, ops: Option<&Graph>) -> String {
    let title = Text(&graph.file);
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Build graph of {title}</title>\n<style>\n{}{STYLE}</style>\n",
        svg::page_style(graph),
    );
    let _ = write!(
        out,
        "<header><div><h1>{title}</h1>\n<p>{}</p></div>\n\
         <form id=\"tools\"><span id=\"found\" role=\"status\"></span>\
         <input id=\"search\" type=\"search\" placeholder=\"Search\" aria-label=\"Search names, instructions and digests\">\
         <button type=\"button\" id=\"out\" aria-label=\"Zoom out\">−</button>\
         <button type=\"button\" id=\"in\" aria-label=\"Zoom in\">+</button>\
         <button type=\"button\" id=\"fit\">Fit</button>\
         <button type=\"button\" id=\"theme\" aria-label=\"Light or dark\">◐</button></form></header>\n",
        Text(&svg::words(graph).join(" · ")),
    );
    let body = svg::body(graph, layout);
    let _ = write!(
        out,
        "<main><svg id=\"picture\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"group\" \
         aria-label=\"Build graph\"><g id=\"view\">\n{body}</g></svg>\n\
         <div id=\"tip\" class=\"code\" hidden></div></main>\n\
         <aside id=\"panel\" aria-live=\"polite\" hidden></aside>\n",
        layout.size.width.ceil(),
        layout.size.height.ceil(),
    );
    let legend = svg::legend(graph, LEGEND);
    let _ = write!(
        out,
        "<footer><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LEGEND}\" height=\"{height}\" \
         viewBox=\"0 0 {LEGEND} {height}\" role=\"img\" aria-label=\"Legend\">\n{body}</svg>\n\
         <p id=\"keys\"><kbd>/</kbd> search <kbd>n</kbd> next <kbd>+</kbd> <kbd>-</kbd> zoom <kbd>0</kbd> fit \
         <kbd>Tab</kbd> <kbd>Enter</kbd> what it needs <kbd>Esc</kbd> all <kbd>t</kbd> light, dark</p></footer>\n",
        height = legend.height,
        body = legend.body,
    );
    // In a script, only `<` could end it.
    let data = data(graph, layout, ops).to_string().replace('<', "\\u003c");
    let _ = writeln!(
        out,
        "<script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</html>"
    );
    out
}

/// What the script knows.
fn data(graph: &Graph, layout: &Layout, ops: Option<&Graph>) -> Value {
    let digests = Digests::of(ops);
    let ways = Ways::of(layout);
    let nodes = graph.nodes.iter().enumerate();
    let nodes = nodes.map(|(index, node)| {
        let instructions = node.instructions.iter();
        json!({
            "title": node.title,
            "about": about(node, graph.target == Some(index)),
            "digest": node.digest,
            "instructions": instructions.map(|it| digests.instruction(it)).collect::<Vec<_>>(),
        })
    });
    let edges = graph.edges.iter().map(
        |edge| json!({ "from": edge.from, "to": edge.to, "pieces": ways.pieces(layout, edge) }),
    );
    json!({
        "target": graph.target,
        "nodes": nodes.collect::<Vec<_>>(),
        "edges": edges.collect::<Vec<_>>(),
    })
}

/// What a node is, in a line.
fn about(node: &Node, is_target: bool) -> String {
    let kind = node.kind.label().to_owned();
    let detail = (node.detail != kind).then(|| node.detail.clone());
    // The detail of an op has its lines already.
    let is_stage = !node.instructions.is_empty();
    let lines = node.lines.filter(|_| is_stage || node.digest.is_none());
    let marks = [
        (is_target, "the target"),
        (node.critical, "on the critical path"),
        (!node.needed, "not needed by the target"),
    ];
    let marks = marks.iter().filter(|(is, _)| *is);
    [Some(kind), detail, lines.map(words_of_lines)]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .chain(marks.map(|(_, words)| (*words).to_owned()))
        .collect::<Vec<_>>()
        .join(" · ")
}

fn words_of_lines(lines: LineRange) -> String {
    match lines.end > lines.start {
        true => format!("lines {}–{}", lines.start, lines.end),
        false => format!("line {}", lines.start),
    }
}

/// Digests of ops by the lines of their instruction.
struct Digests<'g>(HashMap<(u32, u32), Vec<&'g str>>);

impl<'g> Digests<'g> {
    fn of(ops: Option<&'g Graph>) -> Self {
        let mut digests: HashMap<_, Vec<&str>> = HashMap::new();
        let nodes = ops.into_iter().flat_map(|ops| &ops.nodes);
        for node in nodes.filter(|node| !node.kind.is_source()) {
            if let (Some(lines), Some(digest)) = (node.lines, &node.digest) {
                let list = digests.entry((lines.start, lines.end)).or_default();
                list.push(digest.as_str());
            }
        }
        Digests(digests)
    }

    fn instruction(&self, instruction: &NodeInstruction) -> Value {
        let LineRange { start, end, .. } = instruction.lines;
        // A setting has no op, though it may share its line with one that a trigger brought.
        let is_op = instruction.kind.is_some_and(|kind| kind.is_step());
        let digests = self.0.get(&(start, end)).filter(|_| is_op);
        json!({
            "code": instruction.code,
            "lines": words_of_lines(instruction.lines),
            "step": instruction.kind.is_some(),
            "digests": digests.map_or(&[][..], Vec::as_slice),
        })
    }
}

/// Finds the pieces that an edge is drawn with.
struct Ways {
    /// Pieces by bundle and the point at which they begin.
    starts: HashMap<(Bundle, Key), Vec<usize>>,
    /// Pieces by bundle and the point at which they end.
    ends: HashMap<(Bundle, Key), Vec<usize>>,
    /// Pieces by bundle and the node at their end that is not the common one.
    outer: HashMap<(Bundle, usize), usize>,
}

/// A point as it is, to be compared.
type Key = (u64, u64);

fn key(point: Point) -> Key {
    (point.x.to_bits(), point.y.to_bits())
}

impl Ways {
    fn of(layout: &Layout) -> Self {
        let mut ways = Ways {
            starts: HashMap::new(),
            ends: HashMap::new(),
            outer: HashMap::new(),
        };
        for (index, piece) in layout.pieces.iter().enumerate() {
            let [start, .., end] = piece.points;
            let bundle = piece.bundle;
            ways.starts
                .entry((bundle, key(start)))
                .or_default()
                .push(index);
            ways.ends.entry((bundle, key(end))).or_default().push(index);
            let outer = if bundle.begins { piece.to } else { piece.from };
            if let Some(node) = outer {
                ways.outer.insert((bundle, node), index);
            }
        }
        ways
    }

    /// The pieces from the end that is the edge's own to the common one; none for an edge that is not drawn as a line.
    fn pieces(&self, layout: &Layout, edge: &Edge) -> Vec<usize> {
        let bundles = [(edge.from, true, edge.to), (edge.to, false, edge.from)];
        let mut found = bundles.into_iter().filter_map(|(node, begins, own)| {
            let kind = edge.kind;
            let bundle = Bundle { node, begins, kind };
            let first = self.outer.get(&(bundle, own))?;
            Some(self.way(layout, bundle, *first))
        });
        found.next().unwrap_or_default()
    }

    fn way(&self, layout: &Layout, bundle: Bundle, first: usize) -> Vec<usize> {
        let mut way = vec![first];
        let piece = |index: usize| layout.pieces.get(index);
        let is_last = |piece: &Piece| match bundle.begins {
            true => piece.from == Some(bundle.node),
            false => piece.to == Some(bundle.node),
        };
        // No way is longer than all pieces together.
        while let Some(last) = way.last().and_then(|last| piece(*last))
            && !is_last(last)
            && way.len() <= layout.pieces.len()
        {
            let [start, .., end] = last.points;
            let next = match bundle.begins {
                true => self.ends.get(&(bundle, key(start))),
                false => self.starts.get(&(bundle, key(end))),
            };
            let next = next.into_iter().flatten().find(|next| !way.contains(next));
            match next {
                Some(next) => way.push(*next),
                None => break,
            }
        }
        way
    }
}
