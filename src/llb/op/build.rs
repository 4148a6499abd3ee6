//! Build ops: a definition that is itself the result of a build.

use super::super::caps;
use super::super::constraints::Constraints;
use super::super::encoder::Encoder;
use super::super::marshal::MarshalError;
use super::super::state::State;
use super::super::vertex::{Output, Vertex};
use super::Op;
use crate::pb::map::{KEY, VALUE};
use crate::pb::ops::{field, op};

/// `builder` for definitions; the schema has room for other builders, daemons know none.
const LLB_BUILDER: i64 = -1;
/// Name of the input with the definition.
const DEFINITION_INPUT: &str = "buildkit.llb.definition";
/// Attribute with the name of the file.
const FILENAME: &str = "llbbuild.filename";

/// How to build a definition that is a file of the graph.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BuildOptions {
    /// Path of the file; empty for the daemon's own choice, `buildkit.llb.definition` at the root.
    pub filename: String,
    /// What accompanies the op.
    pub constraints: Constraints,
}

/// The part of a build op that is its own.
pub(crate) struct BuildOp {
    filename: String,
}

/// Builds the vertex; a definition cannot be in the empty file system, which marshalling says.
pub(crate) fn build(state: &State, options: BuildOptions) -> State {
    let mut constraints = options.constraints;
    constraints
        .metadata
        .caps
        .insert(caps::BUILD_OP_LLB_FILE_NAME);
    let op = BuildOp {
        filename: options.filename,
    };
    let inputs = state.output().into_iter().cloned().collect();
    let vertex = Vertex::new(Op::Build(op), inputs, constraints);
    state.clone().with_output(Output::new(vertex, 0))
}

impl BuildOp {
    /// Field 5 of `pb.Op`.
    pub(super) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        let input = cx.separate_input(0).ok_or(MarshalError::ScratchInput)?;
        cx.write_head_with_platform(vertex);
        cx.writer.message(op::Field::Build, |w| {
            w.int64(field::BuildOp::builder, LLB_BUILDER);
            w.message(field::BuildOp::inputs, |w| {
                w.string(KEY, DEFINITION_INPUT);
                w.message(VALUE, |w| w.int64(field::BuildInput::input, input));
            });
            if !self.filename.is_empty() {
                w.map_entry(field::BuildOp::attrs, FILENAME, &self.filename);
            }
        });
        Ok(())
    }
}
