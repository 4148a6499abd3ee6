//! Reading a definition: its ops as the nodes of a graph, with the bytes that they came as.

use std::collections::HashMap;
use std::sync::Arc;

use super::constraints::OpMetadata;
use super::definition::{Definition, Location};
use super::digest::OpDigest;
use super::reload::ReloadError;
use crate::llb::decode::decode;
use crate::pb::ops as pb;

/// A definition taken apart. Nodes are in the order of the definition, so that inputs come before what uses them where
/// the definition was marshalled by BuildKit's library or this one; definitions of others may have any order.
#[derive(Clone, Debug)]
pub struct Graph<'d> {
    /// The ops, without the last one, which only points at the result.
    pub nodes: Vec<Node<'d>>,
    /// The result; `None` for scratch.
    pub result: Option<Edge>,
}

/// An op of a definition.
#[derive(Clone, Debug)]
pub struct Node<'d> {
    /// Digest of its bytes: its identity.
    pub digest: &'d OpDigest,
    /// Its bytes, as they came: a message `pb.Op` of BuildKit's `solver/pb`.
    pub bytes: &'d [u8],
    /// What it reads, in the op's order.
    pub inputs: Vec<Edge>,
    /// What accompanies it; `None` where the definition says nothing.
    pub metadata: Option<&'d Arc<OpMetadata>>,
    /// The places it comes from.
    pub locations: &'d [Location],
}

/// One output of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Place of the node in [`Graph::nodes`].
    pub node: usize,
    /// Which of its outputs, from 0.
    pub output: i64,
}

impl Definition {
    /// Takes the definition apart.
    ///
    /// ```
    /// use dockerfile_llb::llb::{ImageOptions, MarshalOptions, RunOptions, State};
    ///
    /// let run = RunOptions::args(["make"]);
    /// let state = State::image("alpine", ImageOptions::default()).run(run).root();
    /// let definition = state.marshal(&MarshalOptions::default()).unwrap();
    /// let graph = definition.graph().unwrap();
    /// let result = &graph.nodes[graph.result.unwrap().node];
    /// let base = &graph.nodes[result.inputs[0].node];
    /// assert!(base.inputs.is_empty() && !base.bytes.is_empty());
    /// ```
    ///
    /// # Errors
    /// When an op is not a message, or reads an op that does not exist.
    pub fn graph(&self) -> Result<Graph<'_>, ReloadError> {
        let Some(((_, last), ops)) = self.ops.split_last() else {
            return Ok(Graph {
                nodes: Vec::new(),
                result: None,
            });
        };
        let places = ops.iter().enumerate();
        let places: HashMap<&str, usize> = places
            .map(|(place, (digest, _))| (digest.as_str(), place))
            .collect();
        let edge = |input: &pb::Input| {
            let node = places.get(input.digest.as_str());
            let unknown = || ReloadError::UnknownOp(input.digest.clone());
            Ok(Edge {
                node: *node.ok_or_else(unknown)?,
                output: input.index,
            })
        };
        let mut nodes = Vec::with_capacity(ops.len());
        for (digest, bytes) in ops {
            let op = decode::<pb::Op>(bytes)?;
            let inputs = op.inputs.iter().map(edge);
            let locations = self.source.as_ref().and_then(|it| it.locations.get(digest));
            nodes.push(Node {
                digest,
                bytes,
                inputs: inputs.collect::<Result<_, ReloadError>>()?,
                metadata: self.metadata.get(digest),
                locations: locations.map_or(&[], |places| places),
            });
        }
        let last = decode::<pb::Op>(last)?;
        let result = last.inputs.first().ok_or(ReloadError::NoResult)?;
        Ok(Graph {
            nodes,
            result: Some(edge(result)?),
        })
    }
}

impl Graph<'_> {
    /// Who reads each node: places of the readers, in order. A reader is named once for each output that it reads.
    pub fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.nodes.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            for input in &node.inputs {
                if let Some(readers) = readers.get_mut(input.node) {
                    readers.push(place);
                }
            }
        }
        readers
    }
}
