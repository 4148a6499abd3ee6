//! Merge ops: file systems laid over each other.

use super::super::caps;
use super::super::constraints::Constraints;
use super::super::encoder::Encoder;
use super::super::marshal::MarshalError;
use super::super::state::State;
use super::super::vertex::{Output, Vertex};
use super::Op;
use crate::pb::ops::{field, op};

/// Builds a merge of those states that are not scratch; no vertex for fewer than two.
pub(crate) fn merge(states: &[State], mut constraints: Constraints) -> State {
    let mut layers = states.iter().filter(|state| !state.is_scratch());
    let Some(lowest) = layers.next() else {
        return State::scratch();
    };
    let inputs: Vec<Output> = std::iter::once(lowest)
        .chain(layers)
        .filter_map(State::output)
        .cloned()
        .collect();
    if inputs.len() < 2 {
        return lowest.clone();
    }
    constraints.metadata.caps.insert(caps::MERGE_OP);
    let vertex = Vertex::new(Op::Merge, inputs.into(), constraints);
    lowest.clone().with_output(Output::new(vertex, 0))
}

/// Field 6 of `pb.Op`; equal inputs stay separate layers.
pub(super) fn encode(vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
    let mut inputs = Vec::with_capacity(vertex.inputs.len());
    for place in 0..vertex.inputs.len() {
        inputs.push(cx.separate_input(place).ok_or(MarshalError::ScratchInput)?);
    }
    cx.write_head(vertex);
    cx.writer.message(op::Field::Merge, |w| {
        for input in inputs {
            w.message(field::MergeOp::inputs, |w| {
                w.int64(field::MergeInput::input, input)
            });
        }
    });
    Ok(())
}
