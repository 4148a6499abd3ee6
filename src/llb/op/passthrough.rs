//! Passthrough ops: a file system that waits for others.

use super::super::caps;
use super::super::constraints::Constraints;
use super::super::encoder::Encoder;
use super::super::marshal::MarshalError;
use super::super::state::State;
use super::super::vertex::{Output, Vertex};
use super::Op;
use crate::pb::ops::{field, op};

/// Forwards its first input and depends on all of them.
pub(crate) struct PassthroughOp {
    id: String,
    forwards_first: bool,
}

/// Builds `state` that waits for `dependencies`; without any it stays as it is.
pub(crate) fn requires(state: &State, id: String, dependencies: &[State]) -> State {
    if dependencies.is_empty() {
        return state.clone();
    }
    let inputs: Vec<Output> = std::iter::once(state)
        .chain(dependencies)
        .filter_map(State::output)
        .cloned()
        .collect();
    let mut constraints = Constraints::default();
    constraints.metadata.caps.insert(caps::PASSTHROUGH_OP);
    let op = PassthroughOp {
        id,
        forwards_first: !state.is_scratch(),
    };
    let vertex = Vertex::new(Op::Passthrough(op), inputs.into(), constraints);
    state.clone().with_output(Output::new(vertex, 0))
}

impl PassthroughOp {
    /// Field 8 of `pb.Op`.
    pub(super) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        if self.id.is_empty() {
            return Err(MarshalError::PassthroughWithoutId);
        }
        if !self.forwards_first {
            return Err(MarshalError::PassthroughWithoutOutput);
        }
        for place in 0..vertex.inputs.len() {
            cx.separate_input(place).ok_or(MarshalError::ScratchInput)?;
        }
        cx.write_head(vertex);
        cx.writer.message(op::Field::Passthrough, |w| {
            w.string(field::PassthroughOp::id, &self.id);
            w.packed(field::PassthroughOp::outputs, [0].into_iter());
        });
        Ok(())
    }
}
