//! Diff ops: what one file system adds to another.

use super::super::caps;
use super::super::constraints::Constraints;
use super::super::encoder::Encoder;
use super::super::marshal::MarshalError;
use super::super::state::State;
use super::super::vertex::{Output, Vertex};
use super::Op;
use crate::pb::ops::{field, op};

/// Places of the inputs; none is scratch.
pub(crate) struct DiffOp {
    lower: Option<usize>,
    upper: Option<usize>,
}

/// Builds a diff; what anything adds to scratch is that thing itself.
pub(crate) fn diff(lower: &State, upper: &State, mut constraints: Constraints) -> State {
    if lower.is_scratch() {
        return match upper.is_scratch() {
            true => State::scratch(),
            false => upper.clone(),
        };
    }
    let mut inputs = Vec::with_capacity(2);
    let mut place = |state: &State| {
        state.output().map(|output| {
            inputs.push(output.clone());
            inputs.len() - 1
        })
    };
    let op = DiffOp {
        lower: place(lower),
        upper: place(upper),
    };
    constraints.metadata.caps.insert(caps::DIFF_OP);
    let vertex = Vertex::new(Op::Diff(op), inputs.into(), constraints);
    lower.clone().with_output(Output::new(vertex, 0))
}

impl DiffOp {
    /// Field 7 of `pb.Op`.
    pub(super) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        let mut index = |place: Option<usize>| {
            place
                .and_then(|place| cx.separate_input(place))
                .unwrap_or(-1)
        };
        let (lower, upper) = (index(self.lower), index(self.upper));
        cx.write_head(vertex);
        cx.writer.message(op::Field::Diff, |w| {
            w.message(field::DiffOp::lower, |w| {
                w.int64(field::LowerDiffInput::input, lower)
            });
            w.message(field::DiffOp::upper, |w| {
                w.int64(field::UpperDiffInput::input, upper)
            });
        });
        Ok(())
    }
}
