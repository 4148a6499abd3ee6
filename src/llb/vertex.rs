//! Vertices and the edges between them.
//!
//! A vertex is immutable and shared; everything it points at sits in one list, so that long
//! chains can be dropped without recursion.

use super::constraints::{Constraints, OpMetadata};
use super::one_or_many::OneOrMany;
use super::op::Op;
use super::source_map::SourceLocation;
use super::state::State;
use crate::image::Platform;
use std::sync::{Arc, OnceLock};

/// A node of the graph: an op, its inputs and what accompanies it.
pub(crate) struct Vertex {
    pub(crate) op: Op,
    /// In the order in which they are visited; ops name them by place.
    pub(crate) inputs: OneOrMany<Output>,
    pub(crate) platform: Option<Arc<Platform>>,
    pub(crate) worker_filters: Vec<String>,
    pub(crate) metadata: Arc<OpMetadata>,
    pub(crate) locations: OneOrMany<SourceLocation>,
}

impl Vertex {
    /// A vertex of `op`; the op adds the capabilities that it needs to `constraints` first.
    pub(crate) fn new(op: Op, inputs: OneOrMany<Output>, constraints: Constraints) -> Arc<Self> {
        Arc::new(Vertex {
            op,
            inputs,
            platform: constraints.platform,
            worker_filters: constraints.worker_filters,
            metadata: Arc::new(constraints.metadata),
            locations: constraints.locations.into(),
        })
    }
}

impl Drop for Vertex {
    fn drop(&mut self) {
        if !self.inputs.is_empty() {
            release(std::mem::take(&mut self.inputs).into_vec());
        }
    }
}

/// Drops outputs, and what only they keep alive, one after the other: a chain of vertices would
/// overflow the stack if each dropped the next.
fn release(mut pending: Vec<Output>) {
    while let Some(output) = pending.pop() {
        match output.0 {
            Edge::Vertex { vertex, .. } => {
                if let Some(mut vertex) = Arc::into_inner(vertex) {
                    pending.extend(std::mem::take(&mut vertex.inputs));
                }
            }
            Edge::Deferred(slot) => {
                if let Some(mut slot) = Arc::into_inner(slot) {
                    pending.extend(slot.0.take().flatten());
                }
            }
        }
    }
}

/// One output of a vertex: a file system that other ops can start from.
#[derive(Clone)]
pub struct Output(pub(crate) Edge);

#[derive(Clone)]
pub(crate) enum Edge {
    Vertex { vertex: Arc<Vertex>, index: i64 },
    Deferred(Arc<Slot>),
}

/// Where a deferred output ends up; `None` inside is scratch.
pub(crate) struct Slot(OnceLock<Option<Output>>);

impl Drop for Slot {
    fn drop(&mut self) {
        release(self.0.take().flatten().into_iter().collect());
    }
}

/// What an output stands for once deferred ones are followed.
pub(crate) enum Resolved<'a> {
    Vertex { vertex: &'a Arc<Vertex>, index: i64 },
    Scratch,
    Unset,
}

impl Output {
    pub(crate) fn new(vertex: Arc<Vertex>, index: i64) -> Self {
        Output(Edge::Vertex { vertex, index })
    }

    /// Identifier of the source op that it is an output of.
    #[cfg(any(feature = "compile", feature = "kit"))]
    pub(crate) fn source_identifier(&self) -> Option<&str> {
        match self.resolve() {
            Resolved::Vertex { vertex, .. } => match &vertex.op {
                Op::Source(source) => Some(source.identifier()),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn resolve(&self) -> Resolved<'_> {
        let mut output = self;
        loop {
            match &output.0 {
                Edge::Vertex { vertex, index } => {
                    return Resolved::Vertex {
                        vertex,
                        index: *index,
                    };
                }
                Edge::Deferred(slot) => match slot.0.get() {
                    Some(Some(next)) => output = next,
                    Some(None) => return Resolved::Scratch,
                    None => return Resolved::Unset,
                },
            }
        }
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Edge::Vertex { vertex, index } => {
                write!(f, "{}:{index}", vertex.op.name())
            }
            Edge::Deferred(slot) => match slot.0.get() {
                Some(_) => f.write_str("deferred"),
                None => f.write_str("deferred (unset)"),
            },
        }
    }
}

/// A state whose output is made later.
///
/// Ops may be built on [`Deferred::state`] at once; [`Deferred::set`] says what it is before the
/// graph is marshaled. It leaves no trace in the definition: equal ops stay equal. A state that
/// comes to depend on itself is an error when it is marshaled, and its memory is not given back.
#[derive(Clone)]
pub struct Deferred(Arc<Slot>);

impl Default for Deferred {
    fn default() -> Self {
        Deferred::new()
    }
}

impl Deferred {
    /// A place for an output that is not known yet.
    pub fn new() -> Self {
        Deferred(Arc::new(Slot(OnceLock::new())))
    }

    /// A state with the later output, at `/` and without environment.
    pub fn state(&self) -> State {
        State::new(Some(Output(Edge::Deferred(self.0.clone()))))
    }

    /// Whether the output is known.
    pub fn is_set(&self) -> bool {
        self.0.0.get().is_some()
    }

    /// Says what the output is; only the output of `state` counts. Returns false, and changes
    /// nothing, if that is known already or if `state` is built on this very place.
    pub fn set(&self, state: &State) -> bool {
        if let Some(Output(Edge::Deferred(slot))) = state.output()
            && Arc::ptr_eq(slot, &self.0)
        {
            return false;
        }
        self.0.0.set(state.output().cloned()).is_ok()
    }
}

impl std::fmt::Debug for Deferred {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Deferred").field(&self.is_set()).finish()
    }
}
