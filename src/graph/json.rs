//! The graph as data.

use serde_json::{Value, json};

use super::{Graph, NodeKind};

/// Version of the form; fields may be added without a new one.
const VERSION: u32 = 1;

impl Graph {
    /// Nodes and edges, with what the target needs and what is critical.
    pub fn to_json(&self) -> Value {
        let nodes = self.nodes.iter().enumerate().map(|(index, node)| {
            let mut value = json!({
                "id": index,
                "kind": node.kind.as_str(),
                "title": node.title,
                "detail": node.detail,
                "needed": node.needed,
                "critical": node.critical,
            });
            let steps: Vec<_> = node.steps().map(NodeKind::as_str).collect();
            let extra = [
                (
                    "lines",
                    node.lines.map(|lines| json!([lines.start, lines.end])),
                ),
                ("stage", node.stage.as_ref().map(|stage| json!(stage))),
                ("digest", node.digest.as_ref().map(|digest| json!(digest))),
                ("steps", (!steps.is_empty()).then(|| json!(steps))),
            ];
            if let Some(object) = value.as_object_mut() {
                for (key, field) in extra {
                    if let Some(field) = field {
                        object.insert(key.to_owned(), field);
                    }
                }
            }
            value
        });
        let edges = self.edges.iter().map(|edge| {
            json!({
                "from": edge.from,
                "to": edge.to,
                "kind": edge.kind.as_str(),
                "needed": edge.needed,
                "critical": edge.critical,
            })
        });
        json!({
            "version": VERSION,
            "file": self.file,
            "level": self.level.as_str(),
            "target": self.target,
            "criticalSteps": self.path_steps,
            "nodes": nodes.collect::<Vec<_>>(),
            "edges": edges.collect::<Vec<_>>(),
        })
    }
}
