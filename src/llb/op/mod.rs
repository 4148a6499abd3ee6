//! The kinds of ops, one file each: options, what they add to the graph, their bytes.

pub mod build;
pub mod diff;
pub mod exec;
pub mod file;
pub mod merge;
pub mod passthrough;
pub mod raw;
pub mod source;

use super::encoder::Encoder;
use super::marshal::MarshalError;
use super::vertex::Vertex;

/// What a vertex does.
pub(crate) enum Op {
    Source(source::SourceOp),
    Exec(exec::ExecOp),
    File(file::FileOp),
    Build(build::BuildOp),
    Merge,
    Diff(diff::DiffOp),
    Passthrough(passthrough::PassthroughOp),
    Raw(raw::RawOp),
}

impl Op {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Op::Source(_) => "source",
            Op::Exec(_) => "exec",
            Op::File(_) => "file",
            Op::Build(_) => "build",
            Op::Merge => "merge",
            Op::Diff(_) => "diff",
            Op::Passthrough(_) => "passthrough",
            Op::Raw(_) => "raw",
        }
    }

    /// Writes the bytes of the op.
    pub(crate) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        match self {
            Op::Source(op) => op.encode(vertex, cx),
            Op::Exec(op) => op.encode(vertex, cx),
            Op::File(op) => op.encode(vertex, cx),
            Op::Build(op) => op.encode(vertex, cx),
            Op::Merge => merge::encode(vertex, cx),
            Op::Diff(op) => op.encode(vertex, cx),
            Op::Passthrough(op) => op.encode(vertex, cx),
            // Marshaling takes the bytes as they are.
            Op::Raw(_) => Ok(()),
        }
    }
}
