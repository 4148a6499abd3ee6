//! From a definition back to a graph, so that a result of elsewhere can be built upon.
//!
//! The ops keep their bytes. The reference makes one vertex for each output that is used, and
//! locations add up over vertices, so the same is done here.

use super::constraints::OpMetadata;
use super::definition::Definition;
use super::digest::OpDigest;
use super::one_or_many::OneOrMany;
use super::op::Op;
use super::op::raw::RawOp;
use super::source_map::{SourceLocation, SourceMap};
use super::state::State;
use super::vertex::{Output, Vertex};
use crate::llb::decode::{DecodeError, decode};
use crate::pb::ops as pb;
use std::collections::HashMap;
use std::sync::Arc;

/// Why a definition is not a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// An op is not a protobuf message.
    #[error("failed to parse llb proto op: {0}")]
    Op(#[from] DecodeError),
    /// The last op points at nothing.
    #[error("invalid definition: the last op has no input")]
    NoResult,
    /// An input is not in the definition.
    #[error("invalid definition op with unknown op {0:?}")]
    UnknownOp(String),
    /// An op has no metadata.
    #[error("invalid definition op with unknown metas {0:?}")]
    UnknownMetadata(String),
    /// An input is an output that cannot be.
    #[error("invalid definition op with invalid index")]
    InvalidIndex,
    /// A location names a file that does not exist.
    #[error("failed to find source map with index {0}")]
    UnknownSourceMap(i32),
    /// An op depends on itself.
    #[error("invalid definition: op {0:?} depends on itself")]
    Cycle(String),
}

impl State {
    /// The result of a definition as a state, at `/` and without environment; scratch if the
    /// definition is empty.
    ///
    /// # Errors
    /// When the definition is not a complete graph.
    pub fn from_definition(definition: &Definition) -> Result<State, ReloadError> {
        let Some((_, last)) = definition.ops.last() else {
            return Ok(State::scratch());
        };
        let last = decode::<pb::Op>(last)?;
        let result = last.inputs.first().ok_or(ReloadError::NoResult)?;
        let output = Reloader::new(definition).output(result)?;
        Ok(State::new(Some(output)))
    }
}

/// One output of an op, and with it one vertex.
type Key = (String, i64);

struct Reloader<'a> {
    ops: HashMap<&'a str, &'a (OpDigest, Vec<u8>)>,
    definition: &'a Definition,
    maps: Vec<SourceMap>,
    /// None while the inputs are being made.
    vertices: HashMap<Key, Option<Arc<Vertex>>>,
    bytes: HashMap<&'a str, Arc<[u8]>>,
}

/// A vertex whose inputs are being made.
struct Frame {
    key: Key,
    inputs: Vec<pb::Input>,
    next: usize,
}

impl<'a> Reloader<'a> {
    fn new(definition: &'a Definition) -> Self {
        let infos = definition.source.iter().flat_map(|it| &it.infos);
        Reloader {
            ops: definition
                .ops
                .iter()
                .map(|op| (op.0.as_str(), op))
                .collect(),
            definition,
            maps: infos.cloned().map(SourceMap::of).collect(),
            vertices: HashMap::new(),
            bytes: HashMap::new(),
        }
    }

    fn output(mut self, result: &pb::Input) -> Result<Output, ReloadError> {
        let mut stack = vec![self.frame(result)?];
        while let Some(frame) = stack.last_mut() {
            if let Some(input) = frame.inputs.get(frame.next) {
                frame.next += 1;
                match self.vertices.get(&(input.digest.clone(), input.index)) {
                    Some(Some(_)) => {}
                    Some(None) => return Err(ReloadError::Cycle(input.digest.clone())),
                    None => {
                        let frame = self.frame(&input.clone())?;
                        stack.push(frame);
                    }
                }
            } else if let Some(frame) = stack.pop() {
                let vertex = self.vertex(&frame)?;
                self.vertices.insert(frame.key, Some(vertex));
            }
        }
        self.edge(result)
    }

    fn frame(&mut self, input: &pb::Input) -> Result<Frame, ReloadError> {
        let unknown = || ReloadError::UnknownOp(input.digest.clone());
        let (_, bytes) = self.ops.get(input.digest.as_str()).ok_or_else(unknown)?;
        if input.index < 0 {
            return Err(ReloadError::InvalidIndex);
        }
        let key = (input.digest.clone(), input.index);
        self.vertices.insert(key.clone(), None);
        Ok(Frame {
            key,
            inputs: decode::<pb::Op>(bytes)?.inputs,
            next: 0,
        })
    }

    fn vertex(&mut self, frame: &Frame) -> Result<Arc<Vertex>, ReloadError> {
        let digest = frame.key.0.as_str();
        let unknown = || ReloadError::UnknownOp(digest.to_owned());
        let (digest, bytes) = *self.ops.get(digest).ok_or_else(unknown)?;
        let metadata: &Arc<OpMetadata> = self
            .definition
            .metadata
            .get(digest)
            .ok_or_else(|| ReloadError::UnknownMetadata(digest.to_string()))?;
        let inputs = frame.inputs.iter().map(|input| self.edge(input));
        let inputs = inputs.collect::<Result<OneOrMany<_>, _>>()?;
        let shared = self.bytes.entry(digest.as_str());
        let bytes = shared.or_insert_with(|| bytes.as_slice().into()).clone();
        Ok(Arc::new(Vertex {
            op: Op::Raw(RawOp {
                digest: digest.clone(),
                bytes,
            }),
            inputs,
            platform: None,
            worker_filters: Vec::new(),
            metadata: metadata.clone(),
            locations: self.locations(digest)?,
        }))
    }

    fn edge(&self, input: &pb::Input) -> Result<Output, ReloadError> {
        match self.vertices.get(&(input.digest.clone(), input.index)) {
            Some(Some(vertex)) => Ok(Output::new(vertex.clone(), input.index)),
            _ => Err(ReloadError::UnknownOp(input.digest.clone())),
        }
    }

    fn locations(&self, digest: &OpDigest) -> Result<OneOrMany<SourceLocation>, ReloadError> {
        let source = self.definition.source.as_ref();
        let locations = source.and_then(|source| source.locations.get(digest));
        let locations = locations.into_iter().flatten();
        locations
            .map(|location| {
                let place = usize::try_from(location.source_index).ok();
                let map = place.and_then(|place| self.maps.get(place));
                let map = map.ok_or(ReloadError::UnknownSourceMap(location.source_index))?;
                Ok(map.at(location.ranges.clone()))
            })
            .collect()
    }
}
