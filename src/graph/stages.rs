//! The graph of stages: what each starts from, copies and mounts.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::ops::short_image;
use super::path::{self, PathStep, StepId};
use super::{EdgeKind, Graph, Level, Node, NodeInstruction, NodeKind};
use crate::collect::IdVec;
use crate::compile::{BaseShape, InstructionShape, Shape, StageShape};
use crate::source::LineRange;

/// Title of the main context's node.
const CONTEXT: &str = "build context";

/// The graph of the stages of `file`.
pub fn stages(file: &str, shape: &Shape) -> Graph {
    let mut builder = Builder {
        graph: Graph {
            file: file.to_owned(),
            level: Level::Stages,
            nodes: Vec::new(),
            edges: Vec::new(),
            target: None,
            path_steps: 0,
        },
        shape,
        sources: HashMap::new(),
        stages: vec![None; shape.stages.len()],
    };
    for (index, stage) in shape.stages.iter().enumerate() {
        if stage.in_file {
            builder.stage(index, stage);
        }
    }
    builder.finish()
}

struct Builder<'s> {
    graph: Graph,
    shape: &'s Shape,
    /// Nodes of what is outside.
    sources: HashMap<(NodeKind, &'s str), usize>,
    /// Nodes of stages and stand-ins.
    stages: Vec<Option<usize>>,
}

impl<'s> Builder<'s> {
    /// Adds a stage with everything that it reads. Sources come right before their first reader.
    fn stage(&mut self, index: usize, stage: &'s StageShape) {
        let base = match &stage.base {
            BaseShape::Scratch => None,
            BaseShape::Stage(below) => self.stages.get(*below).copied().flatten(),
            BaseShape::Image(name) => Some(self.source(NodeKind::Image, name)),
            BaseShape::Context(name) => Some(self.source(NodeKind::Local, name)),
        };
        let mut edges: Vec<(usize, EdgeKind)> = Vec::new();
        edges.extend(base.map(|base| (base, EdgeKind::From)));
        for instruction in &stage.instructions {
            edges.extend(self.reads(instruction));
        }
        let node = self.graph.nodes.len();
        self.graph.nodes.push(describe(stage));
        if let Some(slot) = self.stages.get_mut(index) {
            *slot = Some(node);
        }
        for (from, kind) in edges {
            self.graph.connect(from, node, kind);
        }
    }

    /// The nodes that an instruction reads.
    fn reads(&mut self, instruction: &'s InstructionShape) -> Vec<(usize, EdgeKind)> {
        let kind = kind_of_reading(instruction);
        let mut found = Vec::new();
        for &read in &instruction.reads {
            if let Some(node) = self.read_node(read) {
                found.push((node, kind));
            }
        }
        if instruction.context {
            found.push((self.source(NodeKind::Local, CONTEXT), kind));
        }
        for fetch in &instruction.fetches {
            let source = match fetch.git {
                true => NodeKind::Git,
                false => NodeKind::Http,
            };
            found.push((self.source(source, &fetch.url), kind));
        }
        found
    }

    fn read_node(&mut self, index: usize) -> Option<usize> {
        if let Some(node) = self.stages.get(index).copied().flatten() {
            return Some(node);
        }
        let shape: &'s Shape = self.shape;
        let stage = shape.stages.get(index).filter(|stage| !stage.in_file)?;
        let node = match &stage.base {
            BaseShape::Context(name) => self.source(NodeKind::Local, name),
            BaseShape::Image(name) => self.source(NodeKind::Image, name),
            BaseShape::Scratch | BaseShape::Stage(_) => return None,
        };
        Some(node)
    }

    fn source(&mut self, kind: NodeKind, name: &'s str) -> usize {
        let nodes = &mut self.graph.nodes;
        let add = || {
            nodes.push(describe_source(kind, name));
            nodes.len() - 1
        };
        *self.sources.entry((kind, name)).or_insert_with(add)
    }

    fn finish(mut self) -> Graph {
        self.graph.target = self.stages.get(self.shape.target).copied().flatten();
        self.graph.tidy();
        self.graph.mark_needed();
        self.mark_path();
        self.graph
    }

    /// Finds the longest chain of steps, and marks the stages and edges that it leads through.
    fn mark_path(&mut self) {
        let mut chains = Chains::new(self.graph.nodes.len());
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if node.kind.is_source() {
                let last = chains.push(index, Vec::new());
                chains.set_end(index, Some(last));
            }
        }
        let inputs = Inputs::new(&self.graph);
        let shape = self.shape;
        for (index, stage) in shape.stages.iter().enumerate() {
            let Some(node) = self.stages.get(index).copied().flatten() else {
                continue;
            };
            let base = inputs.base(&self.graph, node);
            let mut last = base.and_then(|base| chains.end(base));
            for instruction in stage.instructions.iter().filter(|step| step.is_step()) {
                let mut after: Vec<StepId> = last.into_iter().collect();
                for (read, _) in self.reads(instruction) {
                    after.extend(chains.end(read).filter(|_| read != node));
                }
                last = Some(chains.push(node, after));
            }
            chains.set_end(node, last);
        }
        let Some(target) = self.graph.target else {
            return;
        };
        let path = chains
            .end(target)
            .map_or_else(Vec::new, |last| path::longest(&chains.steps, last));
        self.graph.path_steps = path.len();
        let ends = path.iter().skip(1).map(|step| chains.steps[*step].node);
        for (&step, to) in path.iter().zip(ends.chain([target])) {
            mark_way(&mut self.graph, &inputs, &chains, step, to);
        }
    }
}

/// Marks the way from the node of `step` to the node `to`, which waits for that step. Stages without steps
/// may lie between them.
fn mark_way(graph: &mut Graph, inputs: &Inputs, chains: &Chains, step: StepId, to: usize) {
    let from = chains.steps[step].node;
    let mut at = to;
    // Each turn goes to an earlier node.
    for _ in 0..graph.nodes.len() {
        if let Some(node) = graph.nodes.get_mut(at) {
            node.critical = true;
        }
        if from == at {
            return;
        }
        let leads = |edge: &&usize| {
            let read = graph.edges.get(**edge).map(|edge| edge.from);
            read.is_some_and(|read| read == from || chains.end(read) == Some(step))
        };
        let Some(&edge) = inputs.of(at).iter().find(leads) else {
            return;
        };
        let Some(edge) = graph.edges.get_mut(edge) else {
            return;
        };
        edge.critical = true;
        at = edge.from;
    }
}

/// Edges by the node that they lead to.
struct Inputs(Vec<Vec<usize>>);

impl Inputs {
    fn new(graph: &Graph) -> Self {
        let mut lists = vec![Vec::new(); graph.nodes.len()];
        for (index, edge) in graph.edges.iter().enumerate() {
            if let Some(list) = lists.get_mut(edge.to) {
                list.push(index);
            }
        }
        Inputs(lists)
    }

    fn of(&self, node: usize) -> &[usize] {
        self.0.get(node).map_or(&[], Vec::as_slice)
    }

    /// What `node` is built on.
    fn base(&self, graph: &Graph, node: usize) -> Option<usize> {
        let mut edges = self
            .of(node)
            .iter()
            .filter_map(|edge| graph.edges.get(*edge));
        edges
            .find(|edge| edge.kind == EdgeKind::From)
            .map(|edge| edge.from)
    }
}

/// Steps.
struct Chains {
    steps: IdVec<StepId, PathStep>,
    /// The last step of each node.
    ends: Vec<Option<StepId>>,
}

impl Chains {
    fn new(nodes: usize) -> Self {
        Chains {
            steps: IdVec::default(),
            ends: vec![None; nodes],
        }
    }

    fn push(&mut self, node: usize, after: Vec<StepId>) -> StepId {
        self.steps.push(PathStep { node, after })
    }

    fn end(&self, node: usize) -> Option<StepId> {
        self.ends.get(node).copied().flatten()
    }

    fn set_end(&mut self, node: usize, step: Option<StepId>) {
        if let Some(end) = self.ends.get_mut(node) {
            *end = step;
        }
    }
}

fn kind_of_reading(instruction: &InstructionShape) -> EdgeKind {
    match instruction.keyword {
        "RUN" => EdgeKind::Mount,
        _ => EdgeKind::Copy,
    }
}

fn describe_source(kind: NodeKind, name: &str) -> Node {
    let title = match kind {
        NodeKind::Image => short_image(name),
        _ => name.to_owned(),
    };
    let mut node = Node::new(kind, title);
    node.detail = match kind {
        NodeKind::Image => "image",
        NodeKind::Git => "git repository",
        NodeKind::Http => "file from the web",
        NodeKind::Local if name == CONTEXT => "local files",
        _ => "named context",
    }
    .to_owned();
    node.tooltip = format!("{name}\n{}", node.detail);
    node
}

fn describe(stage: &StageShape) -> Node {
    let mut node = Node::new(NodeKind::Stage, stage.name.as_str());
    let instructions = stage
        .instructions
        .iter()
        .map(|instruction| NodeInstruction {
            kind: step_kind(instruction),
            code: instruction.code.clone(),
            lines: instruction.location,
        });
    node.instructions = instructions.collect();
    let steps = stage.instructions.iter().filter(|it| it.is_step()).count();
    node.detail = match steps {
        0 => "no steps".to_owned(),
        1 => "1 step".to_owned(),
        steps => format!("{steps} steps"),
    };
    let last = stage
        .instructions
        .iter()
        .filter(|instruction| !instruction.onbuild)
        .map(|instruction| instruction.location.end)
        .max();
    node.lines = stage.location.map(|from| {
        let end = last.unwrap_or(from.end).max(from.end);
        LineRange::new(from.start, end)
    });
    node.tooltip = tooltip(stage, &node);
    node
}

fn tooltip(stage: &StageShape, node: &Node) -> String {
    let mut text = format!("stage {}", stage.name);
    // Writing to a string cannot fail.
    if let Some(lines) = node.lines {
        let _ = write!(text, ", lines {} to {}", lines.start, lines.end);
    }
    if let Some(platform) = &stage.platform {
        let _ = write!(text, ", {platform}");
    }
    for instruction in stage.instructions.iter().take(12) {
        let code: String = instruction.code.chars().take(90).collect();
        let _ = write!(text, "\n{code}");
        if code.len() < instruction.code.len() {
            text.push('…');
        }
    }
    if stage.instructions.len() > 12 {
        let _ = write!(text, "\n… {} more", stage.instructions.len() - 12);
    }
    text
}

/// The kind of an instruction; none for those that leave no trace in the image.
fn step_kind(instruction: &InstructionShape) -> Option<NodeKind> {
    Some(match instruction.keyword {
        "RUN" => NodeKind::Run,
        "COPY" | "ADD" => NodeKind::Copy,
        "WORKDIR" => NodeKind::File,
        "ARG" => return None,
        _ => NodeKind::Config,
    })
}
