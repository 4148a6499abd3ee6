//! A graph to look at: nodes in an order that never changes, edges from what is read to what reads it.

use super::Level;
use crate::collect::sort_by_number;
use crate::source::LineRange;

/// Nodes and edges, and what of them matters for the target.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Name of the file.
    pub file: String,
    /// What the nodes are.
    pub level: Level,
    /// The nodes: sources where they are first used, everything else in the order of the file.
    pub nodes: Vec<Node>,
    /// The edges, each from the node that is read to the one that reads it. At most one of a kind
    /// between two nodes.
    pub edges: Vec<Edge>,
    /// Index of the node that is built; none if the result is empty and has no node.
    pub target: Option<usize>,
    /// Steps on the critical path: the longest chain of steps to the target, each of which has to wait
    /// for the one before it. A fetched source is a step, a setting such as `ENV` is none.
    pub path_steps: usize,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub title: String,
    /// A few words more; may be empty.
    pub detail: String,
    /// Everything there is to say, for a tooltip.
    pub tooltip: String,
    /// Its instructions in order, for a stage.
    pub instructions: Vec<NodeInstruction>,
    /// Lines of the file.
    pub lines: Option<LineRange>,
    /// The stage that an op belongs to.
    pub stage: Option<String>,
    /// Digest of an op, if the target needs it.
    pub digest: Option<String>,
    /// The target needs it.
    pub needed: bool,
    /// It is on the critical path.
    pub critical: bool,
}

impl Node {
    /// A node with a name and nothing else.
    pub fn new(kind: NodeKind, title: impl Into<String>) -> Self {
        Node {
            kind,
            title: title.into(),
            detail: String::new(),
            tooltip: String::new(),
            instructions: Vec::new(),
            lines: None,
            stage: None,
            digest: None,
            needed: false,
            critical: false,
        }
    }

    /// Kinds of its steps in order, for a stage.
    pub fn steps(&self) -> impl Iterator<Item = NodeKind> + '_ {
        self.instructions.iter().filter_map(|it| it.kind)
    }
}

/// An instruction of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeInstruction {
    /// The kind of step that it is; none for one that leaves no trace in the image.
    pub kind: Option<NodeKind>,
    /// Its text, on one line.
    pub code: String,
    /// Its lines.
    pub lines: LineRange,
}

/// Kinds of nodes; each has a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A stage of the file.
    Stage,
    /// An image.
    Image,
    /// A git repository.
    Git,
    /// A file from the web.
    Http,
    /// Files of the client: the build context or a named one.
    Local,
    /// Any other source.
    Source,
    /// A process.
    Run,
    /// Copied files.
    Copy,
    /// Other changes of files: a directory, a file from a heredoc, a removal.
    File,
    /// Layers laid over each other, or taken apart.
    Merge,
    /// A setting of the image that is not a step.
    Config,
}

impl NodeKind {
    /// All kinds, in the order of a legend.
    pub const ALL: [NodeKind; 11] = [
        NodeKind::Stage,
        NodeKind::Image,
        NodeKind::Git,
        NodeKind::Http,
        NodeKind::Local,
        NodeKind::Source,
        NodeKind::Run,
        NodeKind::Copy,
        NodeKind::File,
        NodeKind::Merge,
        NodeKind::Config,
    ];

    /// The word for it, in JSON and as a class.
    pub fn as_str(self) -> &'static str {
        match self {
            NodeKind::Stage => "stage",
            NodeKind::Image => "image",
            NodeKind::Git => "git",
            NodeKind::Http => "http",
            NodeKind::Local => "local",
            NodeKind::Source => "source",
            NodeKind::Run => "run",
            NodeKind::Copy => "copy",
            NodeKind::File => "file",
            NodeKind::Merge => "merge",
            NodeKind::Config => "config",
        }
    }

    /// The words for it in a legend.
    pub fn label(self) -> &'static str {
        match self {
            NodeKind::Stage => "stage",
            NodeKind::Image => "image",
            NodeKind::Git => "git",
            NodeKind::Http => "web",
            NodeKind::Local => "local files",
            NodeKind::Source => "other source",
            NodeKind::Run => "RUN",
            NodeKind::Copy => "COPY, ADD",
            NodeKind::File => "WORKDIR, file",
            NodeKind::Merge => "merge",
            NodeKind::Config => "settings only",
        }
    }

    /// It is a step of the build, as progress counts them, and not just a setting.
    pub fn is_step(self) -> bool {
        matches!(self, NodeKind::Run | NodeKind::Copy | NodeKind::File)
    }

    /// It comes from outside of the file.
    pub fn is_source(self) -> bool {
        matches!(
            self,
            NodeKind::Image | NodeKind::Git | NodeKind::Http | NodeKind::Local | NodeKind::Source
        )
    }
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the node that is read.
    pub from: usize,
    /// Index of the node that reads.
    pub to: usize,
    /// How.
    pub kind: EdgeKind,
    /// The target needs it.
    pub needed: bool,
    /// It is on the critical path.
    pub critical: bool,
}

/// Kinds of edges; each has a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// `FROM`: continues it. Between ops: works on its files.
    From,
    /// `COPY --from`, `ADD`, or a copy out of the context.
    Copy,
    /// `RUN --mount`.
    Mount,
}

impl EdgeKind {
    /// All kinds.
    pub const ALL: [EdgeKind; 3] = [EdgeKind::From, EdgeKind::Copy, EdgeKind::Mount];

    /// The word for it, in JSON and as a class.
    pub fn as_str(self) -> &'static str {
        match self {
            EdgeKind::From => "from",
            EdgeKind::Copy => "copy",
            EdgeKind::Mount => "mount",
        }
    }

    /// The words for it in a legend.
    pub fn label(self, level: Level) -> &'static str {
        match (self, level) {
            (EdgeKind::From, Level::Stages) => "FROM",
            (EdgeKind::From, Level::Ops) => "works on",
            (EdgeKind::Copy, _) => "copied from",
            (EdgeKind::Mount, _) => "mounted from",
        }
    }
}

impl Graph {
    /// Adds an edge; what is there already stays one.
    pub(super) fn connect(&mut self, from: usize, to: usize, kind: EdgeKind) {
        if from == to {
            return;
        }
        let edge = Edge {
            from,
            to,
            kind,
            needed: false,
            critical: false,
        };
        self.edges.push(edge);
    }

    /// Sorts the edges, and makes one of those that are equal.
    pub(super) fn tidy(&mut self) {
        let nodes = self.nodes.len() as f64;
        let key = |edge: &Edge| {
            let kind = f64::from(edge.kind as u8);
            (edge.to as f64 * nodes + edge.from as f64) * 4.0 + kind
        };
        let mut order: Vec<(f64, usize)> = self.edges.iter().map(key).zip(0..).collect();
        sort_by_number(&mut order);
        let sorted = order.iter().filter_map(|(_, edge)| self.edges.get(*edge));
        self.edges = sorted.copied().collect();
        self.edges
            .dedup_by_key(|edge| (edge.to, edge.from, edge.kind));
    }

    /// Marks what the target needs: itself and everything that leads to it.
    pub(super) fn mark_needed(&mut self) {
        let mut inputs: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            if let Some(list) = inputs.get_mut(edge.to) {
                list.push(edge.from);
            }
        }
        let mut open: Vec<usize> = self.target.into_iter().collect();
        while let Some(index) = open.pop() {
            let Some(node) = self.nodes.get_mut(index).filter(|node| !node.needed) else {
                continue;
            };
            node.needed = true;
            open.extend(inputs.get(index).into_iter().flatten());
        }
        self.mark_edges();
    }

    /// An edge is needed when what reads is.
    pub(super) fn mark_edges(&mut self) {
        for edge in &mut self.edges {
            edge.needed = self.nodes.get(edge.to).is_some_and(|node| node.needed)
                && self.nodes.get(edge.from).is_some_and(|node| node.needed);
        }
    }

    /// The graph without what the target does not need.
    #[must_use]
    pub fn needed_only(mut self) -> Graph {
        let mut places = vec![None; self.nodes.len()];
        let mut next = 0;
        for (place, node) in places.iter_mut().zip(&self.nodes) {
            if node.needed {
                *place = Some(next);
                next += 1;
            }
        }
        let place = |node: usize| places.get(node).copied().flatten();
        self.target = self.target.and_then(place);
        self.nodes.retain(|node| node.needed);
        let edges = self.edges.iter().filter_map(|edge| {
            let (from, to) = (place(edge.from)?, place(edge.to)?);
            Some(Edge { from, to, ..*edge })
        });
        self.edges = edges.collect();
        self
    }

    /// How many nodes fulfil `of`.
    pub(super) fn count(&self, of: impl Fn(&Node) -> bool) -> usize {
        self.nodes.iter().filter(|node| of(node)).count()
    }
}
