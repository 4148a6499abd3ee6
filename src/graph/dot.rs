//! The graph in the language of Graphviz.

use std::fmt::{self, Write as _};

use super::{Direction, EdgeKind, Graph, Node, NodeKind};

/// Prints the graph. Ends with a newline.
pub(super) fn print(graph: &Graph, direction: Option<Direction>) -> String {
    let mut out = String::from("digraph build {\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "  label={}; labelloc=t; rankdir={};",
        Quoted(&graph.file),
        match direction.unwrap_or(Direction::Right) {
            Direction::Right => "LR",
            Direction::Down => "TB",
        }
    );
    out.push_str(
        "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];\n",
    );
    out.push_str("  edge [color=\"#7d8590\", arrowsize=0.7];\n");
    for (index, node) in graph.nodes.iter().enumerate() {
        let _ = writeln!(
            out,
            "  n{index} [label={}, tooltip={}, fillcolor=\"{}\"{}];",
            Quoted(&label(node)),
            Quoted(&node.tooltip),
            fill(node.kind),
            Style(node, graph.target == Some(index))
        );
    }
    for edge in &graph.edges {
        let style = match edge.kind {
            EdgeKind::From => "solid",
            EdgeKind::Copy => "dashed",
            EdgeKind::Mount => "dotted",
        };
        let colour = match (edge.critical, edge.needed) {
            (true, _) => ", color=\"#cf222e\", penwidth=2.5",
            (false, true) => "",
            (false, false) => ", color=\"#d0d7de\"",
        };
        let _ = writeln!(
            out,
            "  n{} -> n{} [style={style}{colour}];",
            edge.from, edge.to
        );
    }
    out.push_str("}\n");
    out
}

fn label(node: &Node) -> String {
    let title: String = node.title.chars().take(60).collect();
    match node.detail.as_str() {
        "" => title,
        detail => format!("{title}\n{detail}"),
    }
}

/// A light colour for each kind.
pub(super) fn fill(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Stage => "#eef1f5",
        NodeKind::Image => "#ddf4ff",
        NodeKind::Git => "#fff1e5",
        NodeKind::Http => "#fbefff",
        NodeKind::Local => "#dafbe1",
        NodeKind::Source | NodeKind::File | NodeKind::Config => "#f6f8fa",
        NodeKind::Run => "#fff8c5",
        NodeKind::Copy => "#d8f5f5",
        NodeKind::Merge => "#ffeff7",
    }
}

struct Style<'n>(&'n Node, bool);

impl fmt::Display for Style<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Style(node, is_target) = self;
        match (node.critical, node.needed) {
            (true, _) => f.write_str(", color=\"#cf222e\", penwidth=2")?,
            (false, true) => {}
            (false, false) => f.write_str(
                ", style=\"rounded,filled,dashed\", color=\"#d0d7de\", fontcolor=\"#8c959f\"",
            )?,
        }
        match is_target {
            true => f.write_str(", peripheries=2"),
            false => Ok(()),
        }
    }
}

/// A quoted string.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                c if c.is_control() => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::Quoted;

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        let text = Quoted("say \"a\\n\"\n\u{7}").to_string();
        assert_eq!(text, "\"say \\\"a\\\\n\\\"\\n\u{fffd}\"");
    }
}
