//! What stands around the graph: what it is of, and what the colours and lines mean.

use std::fmt::Write as _;

use super::super::metrics::Font;
use super::super::{EdgeKind, Graph, Level, NodeKind};
use super::{Px, Text, theme};

const HEADING: Font = Font::bold(17.0);
const LINE: Font = Font::regular(11.0);

/// Room of a line of the legend.
const ROW: f64 = 20.0;
/// Room between two entries.
const GAP: f64 = 18.0;

/// A part of the picture, from its own corner.
pub(in crate::graph) struct Part {
    pub body: String,
    pub height: f64,
}

/// Name and figures, in as many lines as they take.
pub(super) fn head(graph: &Graph, width: f64) -> Part {
    let mut body = String::new();
    let mut y = -6.0;
    for line in HEADING.wrap(&graph.file, width) {
        y += 20.0;
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<text class=\"h\" x=\"0\" y=\"{}\">{}</text>",
            Px(y),
            Text(&line)
        );
    }
    y += 4.0;
    for line in words(graph).iter().flat_map(|text| LINE.wrap(text, width)) {
        y += 16.0;
        let _ = writeln!(body, "<text x=\"0\" y=\"{}\">{}</text>", Px(y), Text(&line));
    }
    Part {
        body,
        height: y + 12.0,
    }
}

/// What the graph is, in a few lines.
pub(in crate::graph) fn words(graph: &Graph) -> Vec<String> {
    let mut lines = vec![counts(graph)];
    match graph.path_steps {
        0 => {}
        1 => lines.push("critical path: 1 step".to_owned()),
        steps => lines.push(format!(
            "critical path: {steps} steps, each waiting for the one before"
        )),
    }
    lines
}

fn counts(graph: &Graph) -> String {
    let own = |needed: bool| graph.count(|node| !node.kind.is_source() && (node.needed || !needed));
    let sources = graph.count(|node| node.kind.is_source() && node.needed);
    let target = graph.target.and_then(|target| graph.nodes.get(target));
    let (what, of) = match (graph.level, target) {
        (Level::Stages, Some(target)) => ("stage", format!("the target {}", target.title)),
        (Level::Stages, None) => ("stage", "the target".to_owned()),
        (Level::Ops, _) => ("op", "the target".to_owned()),
    };
    let (all, needed) = (own(false), own(true));
    let share = match all == needed {
        true if all == 1 => String::new(),
        true => format!(", all needed by {of}"),
        false => format!(", {needed} needed by {of}"),
    };
    format!(
        "{}{share} · {} from outside",
        plural(all, what),
        plural(sources, "source")
    )
}

fn plural(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}

/// An entry of the legend.
enum Entry {
    /// A kind of node, or of step.
    Kind(NodeKind),
    /// A kind of edge.
    Edge(EdgeKind),
    Critical,
    Unneeded,
}

/// What is in the picture, in words.
pub(in crate::graph) fn legend(graph: &Graph, width: f64) -> Part {
    let mut body = String::new();
    let (mut x, mut y) = (0.0, 0.0);
    for entry in entries(graph) {
        let label = match &entry {
            Entry::Kind(kind) => kind.label(),
            Entry::Edge(kind) => kind.label(graph.level),
            Entry::Critical => "critical path",
            Entry::Unneeded => "not needed by the target",
        };
        let mark = match entry {
            Entry::Kind(_) => 16.0,
            _ => 34.0,
        };
        let room = mark + LINE.width(label);
        if x > 0.0 && x + room > width {
            x = 0.0;
            y += ROW;
        }
        symbol(&entry, x, y + ROW / 2.0, &mut body);
        let _ = writeln!(
            body,
            "<text class=\"m\" x=\"{}\" y=\"{}\">{}</text>",
            Px(x + mark),
            Px(y + ROW / 2.0 + 3.8),
            Text(label)
        );
        x += room + GAP;
    }
    Part {
        body,
        height: y + ROW,
    }
}

fn entries(graph: &Graph) -> Vec<Entry> {
    let mut entries: Vec<Entry> = theme::present(graph).map(Entry::Kind).collect();
    for kind in EdgeKind::ALL {
        if graph.edges.iter().any(|edge| edge.kind == kind) {
            entries.push(Entry::Edge(kind));
        }
    }
    if graph.nodes.iter().any(|node| node.critical) {
        entries.push(Entry::Critical);
    }
    if graph.nodes.iter().any(|node| !node.needed) {
        entries.push(Entry::Unneeded);
    }
    entries
}

fn symbol(entry: &Entry, x: f64, middle: f64, out: &mut String) {
    let line = |class: &str| {
        format!(
            "<g class=\"e {class}\"><path d=\"M{} {y}L{} {y}\"/></g>",
            Px(x),
            Px(x + 26.0),
            y = Px(middle)
        )
    };
    let _ = match entry {
        Entry::Kind(kind) => write!(
            out,
            "<rect class=\"k-{}\" x=\"{}\" y=\"{}\" width=\"10\" height=\"10\" rx=\"2\"/>",
            kind.as_str(),
            Px(x),
            Px(middle - 5.0)
        ),
        Entry::Edge(kind) => write!(out, "{}", line(kind.as_str())),
        Entry::Critical => write!(out, "{}", line("crit")),
        Entry::Unneeded => write!(
            out,
            "<g class=\"n dim\"><rect class=\"box\" x=\"{}\" y=\"{}\" width=\"26\" height=\"12\" rx=\"3\"/></g>",
            Px(x),
            Px(middle - 6.0)
        ),
    };
}
