//! The graph of ops, as a daemon executes them.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::path::{self, PathStep, StepId};
use super::{EdgeKind, Graph, Level, Node, NodeKind};
use crate::collect::IdVec;
use crate::compile::{CompileError, ErrorCode, Lowered, Shape};
use crate::image::Reference;
use crate::llb::{CUSTOM_NAME, Definition, OpDigest, SourceScheme};
use crate::pb::ops::{self as pb, file_action::Action, op::Op};

/// The graph of what `target` is built of, in `file`. `all` is the same build with all stages, of which those
/// that the target does not need are shown, too.
///
/// # Errors
/// When the result cannot be marshalled.
pub fn ops(
    file: &str,
    shape: &Shape,
    target: &Lowered,
    all: Option<&Lowered>,
) -> Result<Graph, CompileError> {
    let definition = target.definition()?;
    let whole = all.and_then(|all| Whole::of(all).ok());
    let drawn = whole.as_ref().map_or(&definition, |whole| &whole.every);
    let head = match &whole {
        Some(whole) => whole.target.head(),
        None => definition.head(),
    };
    let head = head.map_err(unreadable)?;
    let mut builder = Builder {
        graph: Graph {
            file: file.to_owned(),
            level: Level::Ops,
            nodes: Vec::new(),
            edges: Vec::new(),
            target: None,
            path_steps: 0,
        },
        definition: drawn,
        stages: stage_lines(shape),
        nodes: HashMap::new(),
        steps: IdVec::default(),
    };
    builder.add_all()?;
    let mut graph = builder.finish(head.as_ref());
    if let Some(whole) = &whole {
        whole.name_by(&definition, &mut graph);
    }
    Ok(graph)
}

/// What the compiler made is not what it should be.
#[cold]
fn unreadable(error: impl std::error::Error) -> CompileError {
    CompileError::new(ErrorCode::Internal, error.to_string())
}

/// All stages as one definition.
struct Whole {
    /// Everything, but for what lays the stages over each other to have them in one.
    every: Definition,
    /// The target alone.
    target: Definition,
}

impl Whole {
    fn of(all: &Lowered) -> Result<Self, CompileError> {
        let (every, target) = (all.every_stage()?, all.definition()?);
        Ok(Whole { every, target })
    }

    /// Puts the digests that the build itself has. With all stages, more files of the context are read, and
    /// all that depends on it has other digests; but the ops are the same, in the same order.
    fn name_by(&self, definition: &Definition, graph: &mut Graph) {
        let same = definition.ops.len() == self.target.ops.len();
        let mut places: HashMap<&str, usize> = HashMap::new();
        if same {
            let ops = self.target.ops.iter().enumerate();
            places.extend(ops.map(|(place, op)| (op.0.as_str(), place)));
        }
        for node in &mut graph.nodes {
            let digest = node.digest.take();
            node.digest = digest
                .filter(|_| node.needed)
                .and_then(|digest| definition.ops.get(*places.get(digest.as_str())?))
                .map(|(name, _)| name.as_str().to_owned());
        }
    }
}

/// Names of stages by the line on which they start, in the order of the file.
fn stage_lines(shape: &Shape) -> Vec<(u32, String)> {
    shape
        .stages
        .iter()
        .filter(|stage| stage.in_file)
        .filter_map(|stage| Some((stage.location?.start, stage.name.clone())))
        .collect()
}

struct Builder<'d> {
    graph: Graph,
    definition: &'d Definition,
    stages: Vec<(u32, String)>,
    /// Each op is a step.
    steps: IdVec<StepId, PathStep>,
    nodes: HashMap<&'d str, StepId>,
}

impl Builder<'_> {
    fn add_all(&mut self) -> Result<(), CompileError> {
        let definition = self.definition;
        let messages = definition.messages();
        let messages = messages.map_err(unreadable)?;
        // The last op only points at the result.
        let last = messages.len().saturating_sub(1);
        for ((digest, _), op) in definition.ops.iter().zip(&messages).take(last) {
            let node = self.graph.nodes.len();
            let mut after = Vec::new();
            for (place, input) in op.inputs.iter().enumerate() {
                let Some(&from) = self.nodes.get(input.digest.as_str()) else {
                    continue;
                };
                after.push(from);
                let from = self.steps[from].node;
                self.graph.connect(from, node, edge_kind(op, place));
            }
            let described = self.describe(digest, op);
            self.graph.nodes.push(described);
            let step = self.steps.push(PathStep { node, after });
            self.nodes.insert(digest.as_str(), step);
        }
        Ok(())
    }

    fn finish(mut self, head: Option<&OpDigest>) -> Graph {
        let target = head.and_then(|head| self.nodes.get(head.as_str()).copied());
        self.graph.target = target.map(|target| self.steps[target].node);
        self.graph.tidy();
        self.graph.mark_needed();
        let path = target.map_or_else(Vec::new, |target| path::longest(&self.steps, target));
        self.graph.path_steps = path.len();
        let mut next = vec![None; self.graph.nodes.len()];
        let path: Vec<usize> = path.iter().map(|step| self.steps[*step].node).collect();
        for (&node, &after) in path.iter().zip(path.iter().skip(1)) {
            if let Some(slot) = next.get_mut(node) {
                *slot = Some(after);
            }
        }
        for &index in &path {
            if let Some(node) = self.graph.nodes.get_mut(index) {
                node.critical = true;
            }
        }
        for edge in &mut self.graph.edges {
            edge.critical = next.get(edge.from) == Some(&Some(edge.to));
        }
        self.graph
    }

    fn describe(&self, digest: &OpDigest, op: &pb::Op) -> Node {
        let metadata = self.definition.metadata.get(digest);
        let name = metadata.and_then(|metadata| metadata.description.get(CUSTOM_NAME));
        let (kind, mut title) = summary(op);
        let mut place = None;
        if let Some(name) = name {
            let (brackets, rest) = split_name(name);
            place = brackets.map(str::to_owned);
            if !kind.is_source() {
                title = rest.to_owned();
            }
        }
        let lines = self.definition.first_lines(digest);
        let mut node = Node::new(kind, one_line(&title));
        node.stage = lines.and_then(|lines| self.stage_of(lines.start));
        let number = lines.map(|lines| match lines.end > lines.start {
            true => format!("lines {}–{}", lines.start, lines.end),
            false => format!("line {}", lines.start),
        });
        let place = place.filter(|_| !kind.is_source());
        let source = kind.is_source().then(|| kind.label().to_owned());
        let words: Vec<String> = [place, source, number].into_iter().flatten().collect();
        node.detail = words.join(" · ");
        node.tooltip = match &op.op {
            Some(Op::Source(source)) => source.identifier.clone(),
            _ => title,
        };
        // Writing to a string cannot fail.
        let _ = write!(node.tooltip, "\n{}\n{}", node.detail, digest.as_str());
        node.lines = lines;
        node.digest = Some(digest.as_str().to_owned());
        node
    }

    fn stage_of(&self, line: u32) -> Option<String> {
        let after = self.stages.partition_point(|(start, _)| *start <= line);
        let (_, name) = self.stages.get(after.checked_sub(1)?)?;
        Some(name.clone())
    }
}

/// `[build 2/7] RUN make` as `build 2/7` and `RUN make`.
fn split_name(name: &str) -> (Option<&str>, &str) {
    match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((place, rest)) => (Some(place.trim()), rest.trim()),
        None => (None, name),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an op is, and what it can be called by itself.
pub(super) fn summary(op: &pb::Op) -> (NodeKind, String) {
    match &op.op {
        Some(Op::Source(source)) => describe_source(&source.identifier),
        Some(Op::Exec(exec)) => {
            let args = exec.meta.as_ref().map_or(&[][..], |meta| &meta.args);
            (NodeKind::Run, args.join(" "))
        }
        Some(Op::File(file)) => {
            let copies = |action: &pb::FileAction| matches!(action.action, Some(Action::Copy(_)));
            match file.actions.iter().any(copies) {
                true => (NodeKind::Copy, "copy".to_owned()),
                false => (NodeKind::File, "change files".to_owned()),
            }
        }
        Some(Op::Merge(_)) => (NodeKind::Merge, "merge".to_owned()),
        Some(Op::Diff(_)) => (NodeKind::Merge, "diff".to_owned()),
        Some(Op::Build(_)) => (NodeKind::Source, "nested build".to_owned()),
        Some(Op::Passthrough(_)) | None => (NodeKind::Merge, "pass on".to_owned()),
    }
}

/// An image's name as people write it; of a digest, the beginning.
pub(super) fn short_image(name: &str) -> String {
    let Ok(reference) = Reference::parse_normalized(name) else {
        return name.to_owned();
    };
    match (reference.digest(), reference.tag()) {
        // A tag says enough; the digest is in the tooltip.
        (Some(_), Some(tag)) => format!("{}:{tag}", reference.familiar_name()),
        (Some(digest), None) => {
            let short: String = digest.encoded().chars().take(8).collect();
            format!("{}@{short}", reference.familiar_name())
        }
        (None, _) => reference.familiar_string(),
    }
}

fn describe_source(identifier: &str) -> (NodeKind, String) {
    match SourceScheme::split(identifier) {
        (SourceScheme::Image, name) => (NodeKind::Image, short_image(name)),
        (SourceScheme::Local, "context") => (NodeKind::Local, "build context".to_owned()),
        (SourceScheme::Local, name) => (NodeKind::Local, name.to_owned()),
        (SourceScheme::Git, name) => (NodeKind::Git, name.to_owned()),
        (SourceScheme::Http, _) => (NodeKind::Http, identifier.to_owned()),
        _ => (NodeKind::Source, identifier.to_owned()),
    }
}

/// How an op reads its input at `place`.
fn edge_kind(op: &pb::Op, place: usize) -> EdgeKind {
    let is_place = |input: i64| usize::try_from(input) == Ok(place);
    match &op.op {
        Some(Op::Exec(exec)) => {
            let mut mounts = exec.mounts.iter();
            match mounts.any(|mount| mount.dest == "/" && is_place(mount.input)) {
                true => EdgeKind::From,
                false => EdgeKind::Mount,
            }
        }
        Some(Op::File(file)) => {
            let mut actions = file.actions.iter();
            match actions.any(|action| is_place(action.input)) {
                true => EdgeKind::From,
                false => EdgeKind::Copy,
            }
        }
        _ => EdgeKind::From,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_steps_fall_into_place_and_text() {
        assert_eq!(
            split_name("[build 2/7] RUN make"),
            (Some("build 2/7"), "RUN make")
        );
        assert_eq!(split_name("RUN [x]"), (None, "RUN [x]"));
    }

    #[test]
    fn sources_are_told_by_their_scheme() {
        let kinds = [
            "docker-image://docker.io/library/alpine:3.20",
            "local://context",
            "git://github.com/a/b",
            "https://a.example/x",
            "oci-layout://x@sha256:0",
        ];
        let found: Vec<_> = kinds.iter().map(|text| describe_source(text).0).collect();
        let expected = [
            NodeKind::Image,
            NodeKind::Local,
            NodeKind::Git,
            NodeKind::Http,
            NodeKind::Source,
        ];
        assert_eq!(found, expected);
    }
}
