//! The graph in the language of Mermaid.

use std::fmt::{self, Write as _};

use super::dot::fill;
use super::{Direction, EdgeKind, Graph, NodeKind};

/// Prints the graph. Ends with a newline.
pub(super) fn print(graph: &Graph, direction: Option<Direction>) -> String {
    let mut out = String::from(match direction.unwrap_or(Direction::Right) {
        Direction::Right => "flowchart LR\n",
        Direction::Down => "flowchart TD\n",
    });
    // Writing to a string cannot fail.
    for (index, node) in graph.nodes.iter().enumerate() {
        let title: String = node.title.chars().take(60).collect();
        let label = match node.detail.as_str() {
            "" => format!("{}", Escaped(&title)),
            detail => format!("{}<br/><small>{}</small>", Escaped(&title), Escaped(detail)),
        };
        let (open, close) = match node.kind.is_source() {
            true => ("([", "])"),
            false => ("[", "]"),
        };
        let _ = writeln!(
            out,
            "  n{index}{open}\"{label}\"{close}:::{}",
            node.kind.as_str()
        );
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            EdgeKind::From => "-->",
            EdgeKind::Copy | EdgeKind::Mount => "-.->",
        };
        let label = match edge.kind {
            EdgeKind::Mount => "|mount|",
            EdgeKind::From | EdgeKind::Copy => "",
        };
        let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    let critical = graph.edges.iter().enumerate();
    let critical: Vec<String> = critical
        .filter(|(_, edge)| edge.critical)
        .map(|(index, _)| index.to_string())
        .collect();
    if !critical.is_empty() {
        let _ = writeln!(
            out,
            "  linkStyle {} stroke:#cf222e,stroke-width:3px",
            critical.join(",")
        );
    }
    for kind in NodeKind::ALL {
        if graph.nodes.iter().any(|node| node.kind == kind) {
            let _ = writeln!(
                out,
                "  classDef {} fill:{},stroke:#7d8590,color:#1f2328",
                kind.as_str(),
                fill(kind)
            );
        }
    }
    let list = |of: &dyn Fn(usize) -> bool| {
        let nodes = (0..graph.nodes.len()).filter(|node| of(*node));
        nodes
            .map(|node| format!("n{node}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let node = |index: usize| graph.nodes.get(index);
    let marks = [
        (
            "critical",
            "stroke:#cf222e,stroke-width:2px",
            list(&|index| node(index).is_some_and(|node| node.critical)),
        ),
        (
            "target",
            "stroke-width:4px,font-weight:bold",
            list(&|index| graph.target == Some(index)),
        ),
        (
            "unneeded",
            "opacity:0.4,stroke-dasharray:4 3",
            list(&|index| node(index).is_some_and(|node| !node.needed)),
        ),
    ];
    for (class, style, nodes) in marks.iter().filter(|(_, _, nodes)| !nodes.is_empty()) {
        let _ = writeln!(out, "  classDef {class} {style}\n  class {nodes} {class}");
    }
    out
}

/// Text in a label: everything that means something to Mermaid or HTML is an entity.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '<' | '>' | '&' | '#' | ';' | '`' | '[' | ']' | '{' | '}' | '|' | '\\'
                | '*' | '_' => {
                    write!(f, "#{};", u32::from(c))?;
                }
                c if c.is_control() => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn nothing_in_a_label_is_syntax() {
        assert_eq!(Escaped("a\"]-->b").to_string(), "a#34;#93;--#62;b");
    }
}
