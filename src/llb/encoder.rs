//! What ops write their bytes with: numbers of inputs, and the fields that all ops share.

use super::constraints::OpMetadata;
use super::digest::OpDigest;
use super::marshal::MarshalOptions;
use super::vertex::Vertex;
use super::wire::Writer;
use crate::pb::ops::{Op, field};
use std::sync::Arc;

/// An input of an op: which op of the definition, and which of its outputs.
#[derive(PartialEq)]
pub(super) struct Edge {
    pub(super) place: usize,
    pub(super) index: i64,
}

/// What an op needs to write its bytes: first it says which inputs it uses, then it writes the
/// head, then its own part.
pub(crate) struct Encoder<'a> {
    pub(crate) writer: &'a mut Writer,
    pub(crate) options: &'a MarshalOptions,
    /// One per input of the vertex; none is scratch.
    pub(super) edges: &'a [Option<Edge>],
    /// The ops of the definition so far.
    pub(super) ops: &'a [(OpDigest, Vec<u8>)],
    /// Inputs of the op, as places of `edges`.
    pub(super) inputs: &'a mut Vec<usize>,
    /// Metadata of the op, once it differs from that of the vertex.
    pub(super) metadata: Option<Arc<OpMetadata>>,
}

impl Encoder<'_> {
    /// Uses an input of the vertex; gives its number among the op's inputs, the same one for
    /// equal inputs, or -1 for scratch.
    pub(crate) fn input(&mut self, place: usize) -> i64 {
        let Some(Some(edge)) = self.edges.get(place) else {
            return -1;
        };
        let known = self.inputs.iter().position(|&have| {
            have == place || matches!(self.edges.get(have), Some(Some(have)) if have == edge)
        });
        let number = known.unwrap_or_else(|| {
            self.inputs.push(place);
            self.inputs.len() - 1
        });
        i64::try_from(number).unwrap_or(i64::MAX)
    }

    /// Uses an input of the vertex under a number of its own; none if it is scratch.
    pub(crate) fn separate_input(&mut self, place: usize) -> Option<i64> {
        self.edges.get(place)?.as_ref()?;
        self.inputs.push(place);
        Some(self.input_count() - 1)
    }

    /// How many inputs the op has so far.
    pub(crate) fn input_count(&self) -> i64 {
        i64::try_from(self.inputs.len()).unwrap_or(i64::MAX)
    }

    /// Metadata of the op, to be changed.
    pub(crate) fn metadata(&mut self, vertex: &Vertex) -> &mut OpMetadata {
        let metadata = self.metadata.get_or_insert_with(|| vertex.metadata.clone());
        Arc::make_mut(metadata)
    }

    /// Writes what comes before the op's own part: inputs and constraints. (The reference writes
    /// the alternatives of a oneof after all other fields.)
    pub(crate) fn write_head(&mut self, vertex: &Vertex) {
        self.write_inputs();
        self.write_constraints(vertex);
    }

    /// [`Encoder::write_head`] for ops that depend on the platform.
    pub(crate) fn write_head_with_platform(&mut self, vertex: &Vertex) {
        self.write_inputs();
        let platform = vertex.platform.as_deref().unwrap_or(&self.options.platform);
        self.writer.message(Op::PLATFORM, |w| {
            w.string(field::Platform::architecture, &platform.architecture);
            w.string(field::Platform::os, &platform.os);
            w.string(field::Platform::variant, &platform.variant);
            w.string(field::Platform::os_version, &platform.os_version);
            w.strings(field::Platform::os_features, &platform.os_features);
        });
        self.write_constraints(vertex);
    }

    fn write_inputs(&mut self) {
        for &place in &*self.inputs {
            if let Some(Some(edge)) = self.edges.get(place) {
                write_input(self.writer, self.ops, edge);
            }
        }
    }

    /// They are there even when they are empty.
    fn write_constraints(&mut self, vertex: &Vertex) {
        self.writer.message(Op::CONSTRAINTS, |w| {
            w.strings(
                field::WorkerConstraints::filter,
                &self.options.worker_filters,
            );
            w.strings(field::WorkerConstraints::filter, &vertex.worker_filters);
        });
    }
}

/// One input of an op.
pub(super) fn write_input(writer: &mut Writer, ops: &[(OpDigest, Vec<u8>)], edge: &Edge) {
    writer.message(Op::INPUTS, |w| {
        if let Some((digest, _)) = ops.get(edge.place) {
            w.bytes_field(field::Input::digest, digest.as_bytes());
        }
        w.int64(field::Input::index, edge.index);
    });
}
