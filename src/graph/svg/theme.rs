//! Colours, light and dark.
//!
//! Plain rules without variables: not every program that shows an SVG knows them.

use std::fmt::Write as _;

use super::super::{Graph, NodeKind};
use super::Px;

/// Colour of a kind on a light and on a dark ground.
fn colours(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Stage => ("#475569", "#a3b1c6"),
        NodeKind::Image => ("#0969da", "#4493f8"),
        NodeKind::Git => ("#bc4c00", "#f0883e"),
        NodeKind::Http => ("#8250df", "#ab7df8"),
        NodeKind::Local => ("#1a7f37", "#3fb950"),
        NodeKind::Source => ("#57606a", "#9198a1"),
        NodeKind::Run => ("#c98a00", "#e3b341"),
        NodeKind::Copy => ("#0f8b8d", "#39c5cf"),
        NodeKind::File => ("#7d8590", "#8b949e"),
        NodeKind::Merge => ("#a0458f", "#db61a2"),
        NodeKind::Config => ("#afb8c1", "#57606a"),
    }
}

const LIGHT: &str = "\
svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
.bg{fill:#fff}
text{fill:#1f2328;font-size:11px}
.h{font-size:17px;font-weight:700}
.t{font-size:12.5px;font-weight:600}
.o{font-size:12px}
.d,.m{fill:#59636e;font-size:10.5px}
.box{fill:#475569;fill-opacity:.1;stroke:#475569;stroke-width:1.2}
.paper{fill:#fff}
.e path{fill:none;stroke:#7d8590;stroke-width:1.4}
.e .tip{fill:#7d8590;stroke:none}
.copy path{stroke:#0f8b8d;stroke-dasharray:6 3}
.copy .tip{fill:#0f8b8d}
.mount path{stroke:#c98a00;stroke-dasharray:1.5 3.5;stroke-linecap:round;stroke-width:2}
.mount .tip{fill:#c98a00}
.e.crit path{stroke:#cf222e}
.e.crit .tip{fill:#cf222e;stroke:none}
.e.dim{opacity:.5}
.n.dim{opacity:.6}
.n.dim .box{stroke-dasharray:4 3}
.n.crit .box{stroke:#cf222e;stroke-width:2.4}
.pill{fill:#cf222e}
.pill+text{fill:#fff;font-size:9.5px;font-weight:700}
";

const DARK: &str = "\
.bg,.paper{fill:#0d1117}
text{fill:#e6edf3}
.d,.m{fill:#9198a1}
.box{fill:#a3b1c6;fill-opacity:.16;stroke:#a3b1c6}
.e path{stroke:#8b949e}
.e .tip{fill:#8b949e}
.copy path{stroke:#39c5cf}
.copy .tip{fill:#39c5cf}
.mount path{stroke:#e3b341}
.mount .tip{fill:#e3b341}
.e.crit path,.n.crit .box{stroke:#ff7b72}
.e.crit .tip,.pill{fill:#ff7b72}
.pill+text{fill:#0d1117}
";

/// The style sheet, with lines of the critical path of the given width, and with colours for the kinds that are there.
pub(super) fn style(graph: &Graph, critical: Px) -> String {
    let mut style = String::from(LIGHT);
    // Writing to a string cannot fail.
    let _ = writeln!(style, ".e.crit path{{stroke-width:{critical}}}");
    kinds(graph, |colours| colours.0, &mut style);
    style.push_str("@media (prefers-color-scheme:dark){\n");
    style.push_str(DARK);
    kinds(graph, |colours| colours.1, &mut style);
    style.push_str("}\n");
    style
}

/// The style sheet of a page on which the reader may choose, by an attribute of the root.
#[cfg(feature = "cli")]
pub(in crate::graph) fn page_style(graph: &Graph) -> String {
    let mut dark = String::from(DARK);
    kinds(graph, |colours| colours.1, &mut dark);
    let mut style = String::from(LIGHT);
    style.push_str(".e.crit path{stroke-width:2.8}\n");
    kinds(graph, |colours| colours.0, &mut style);
    // Writing to a string cannot fail.
    let _ = write!(
        style,
        "@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{\n{dark}}}}}\n:root[data-theme=dark]{{\n{dark}}}\n"
    );
    style
}

fn kinds(
    graph: &Graph,
    pick: impl Fn((&'static str, &'static str)) -> &'static str,
    out: &mut String,
) {
    for kind in present(graph) {
        let colour = pick(colours(kind));
        // Writing to a string cannot fail. What is critical keeps its own border.
        let _ = writeln!(
            out,
            ".k-{name}{{fill:{colour}}}.box.k-{name}{{stroke:{colour}}}",
            name = kind.as_str()
        );
    }
}

/// Kinds of nodes and steps in the graph, in the order of the legend.
pub(super) fn present(graph: &Graph) -> impl Iterator<Item = NodeKind> + '_ {
    NodeKind::ALL.into_iter().filter(|kind| {
        graph
            .nodes
            .iter()
            .any(|node| node.kind == *kind || node.steps().any(|step| step == *kind))
    })
}
