//! From a graph to a definition.
//!
//! The walk is depth first over inputs, each vertex after its inputs, and iterative. A vertex is
//! marshaled once, however many ops use it; vertices with equal bytes are one op of the
//! definition, whose metadata and locations add up.

use super::by_digest::{self, ByDigest};
use super::caps::{self, Caps};
use super::constraints::OpMetadata;
use super::definition::Location;
use super::definition::{Definition, DefinitionSource, SourceInfo};
use super::digest::OpDigest;
use super::encoder::{Edge, Encoder, write_input};
use super::one_or_many::OneOrMany;
use super::op::Op;
use super::source_map::{SourceLocation, SourceMap};
use super::state::State;
use super::vertex::{Output, Resolved, Vertex};
use super::wire::Writer;
use crate::image::Platform;
use std::collections::{HashMap, hash_map};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// What holds for every op of a definition unless the op says otherwise.
#[derive(Clone, Debug)]
pub struct MarshalOptions {
    /// Platform of ops that have none of their own.
    pub platform: Platform,
    /// What the daemon can do.
    pub caps: CapSupport,
    /// Worker filters, before those of the op.
    pub worker_filters: Vec<String>,
    /// Metadata under that of the op.
    pub(crate) metadata: OpMetadata,
    /// Identity of local sources that have neither a session nor one of their own.
    pub local_unique_id: Option<String>,
}

impl Default for MarshalOptions {
    /// `linux/amd64`, and a daemon that can do everything.
    fn default() -> Self {
        MarshalOptions::for_platform(Platform::new("linux", "amd64"))
    }
}

impl MarshalOptions {
    /// The defaults for `platform`.
    pub fn for_platform(platform: Platform) -> Self {
        MarshalOptions {
            platform,
            caps: CapSupport::All,
            worker_filters: Vec::new(),
            metadata: OpMetadata::default(),
            local_unique_id: None,
        }
    }
}

/// What the daemon can do. It only matters where older daemons need other bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapSupport {
    /// Everything.
    #[default]
    All,
    /// These.
    Only(Caps),
    /// Not known: nothing is adapted, as when the reference marshals without capabilities.
    Unknown,
}

impl CapSupport {
    /// Whether the daemon is known to support `cap`.
    pub(crate) fn supports(&self, cap: &str) -> bool {
        match self {
            CapSupport::All => true,
            CapSupport::Only(caps) => caps.contains(cap),
            CapSupport::Unknown => false,
        }
    }

    /// Whether it is known at all what the daemon supports.
    pub(crate) fn checked(&self) -> bool {
        !matches!(self, CapSupport::Unknown)
    }
}

/// Why a graph has no definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarshalError {
    /// A run without arguments.
    #[error("arguments are required")]
    ArgumentsRequired,
    /// A run without working directory.
    #[error("working directory is required")]
    DirectoryRequired,
    /// A tmpfs mount of something.
    #[error("tmpfs mounts must use scratch")]
    TmpfsWithSource,
    /// A file op that changes nothing.
    #[error("action is required")]
    ActionRequired,
    /// A source without name.
    #[error("source identifier can't be empty")]
    IdentifierRequired,
    /// A source that cannot be.
    #[error("{0}")]
    Source(String),
    /// A local source that nothing tells from others.
    #[error("`{0}` needs a session id or a unique id")]
    UniqueIdRequired(String),
    /// A passthrough without id.
    #[error("passthrough requires an id")]
    PassthroughWithoutId,
    /// A passthrough that forwards scratch.
    #[error("passthrough must have at least one output")]
    PassthroughWithoutOutput,
    /// A deferred input that turned out to be scratch, where there must be an op.
    #[error("a deferred input of the op is scratch")]
    ScratchInput,
    /// A deferred state that was never set.
    #[error("a deferred state was not set before marshaling")]
    DeferredUnset,
    /// A deferred state that depends on itself.
    #[error("a deferred state depends on itself")]
    Cycle,
}

impl State {
    /// The definition of this state; empty for scratch.
    ///
    /// # Errors
    /// When an op lacks something it must have, or a state that was to be set later was not.
    pub fn marshal(&self, options: &MarshalOptions) -> Result<Definition, MarshalError> {
        let Some(output) = self.output() else {
            return Ok(Definition::default());
        };
        let (root, index) = match output.resolve() {
            Resolved::Vertex { vertex, index } => (vertex, index),
            Resolved::Scratch => return Ok(Definition::default()),
            Resolved::Unset => return Err(MarshalError::DeferredUnset),
        };
        let mut marshaler = Marshaler::new(options);
        let place = marshaler.walk(root)?;
        Ok(marshaler.finish(&Edge { place, index }))
    }
}

/// How far the walk is with a vertex.
enum Progress {
    Entered,
    /// Place in [`Marshaler::ops`].
    Done(usize),
}

struct Marshaler<'a> {
    options: &'a MarshalOptions,
    progress: HashMap<*const Vertex, Progress, BuildHasherDefault<NumberHasher>>,
    ops: Vec<(OpDigest, Vec<u8>)>,
    /// What accompanies the ops, in the same order.
    facts: Vec<Facts>,
    /// Places of the ops by [`OpDigest::trailing`], of those that share it the last.
    places: HashMap<u64, usize, BuildHasherDefault<NumberHasher>>,
    maps: SourceMaps,
    scratch: Scratch,
}

/// How many ops an ordinary definition has, at most.
const ROOM: usize = 16;

/// What an ordinary op takes, in bytes, at most.
const ROOM_FOR_OP: usize = 1024;

/// What accompanies an op, of all the vertices that became it.
struct Facts {
    metadata: Arc<OpMetadata>,
    locations: OneOrMany<Location>,
    /// An earlier op with the same [`OpDigest::trailing`].
    earlier: Option<usize>,
}

/// Memory that is used again for each op.
#[derive(Default)]
struct Scratch {
    writer: Writer,
    edges: Vec<Option<Edge>>,
    inputs: Vec<usize>,
}

/// A vertex whose inputs are being visited.
struct Frame<'a> {
    vertex: &'a Arc<Vertex>,
    next: usize,
}

impl<'a> Marshaler<'a> {
    fn new(options: &'a MarshalOptions) -> Self {
        Marshaler {
            options,
            progress: HashMap::with_capacity_and_hasher(ROOM, BuildHasherDefault::default()),
            ops: Vec::with_capacity(ROOM),
            facts: Vec::with_capacity(ROOM),
            places: HashMap::with_capacity_and_hasher(ROOM, BuildHasherDefault::default()),
            maps: SourceMaps::default(),
            scratch: Scratch {
                writer: Writer::with_capacity(ROOM_FOR_OP),
                ..Scratch::default()
            },
        }
    }

    /// Marshals everything below `root`, and it; gives its place.
    fn walk(&mut self, root: &Arc<Vertex>) -> Result<usize, MarshalError> {
        let mut stack = vec![Frame {
            vertex: root,
            next: 0,
        }];
        self.progress.insert(Arc::as_ptr(root), Progress::Entered);
        let mut last = None;
        while let Some(frame) = stack.last_mut() {
            if let Some(input) = frame.vertex.inputs.get(frame.next) {
                frame.next += 1;
                let vertex = match input.resolve() {
                    Resolved::Vertex { vertex, .. } => vertex,
                    Resolved::Scratch => continue,
                    Resolved::Unset => return Err(MarshalError::DeferredUnset),
                };
                match self.progress.entry(Arc::as_ptr(vertex)) {
                    hash_map::Entry::Vacant(place) => {
                        place.insert(Progress::Entered);
                        stack.push(Frame { vertex, next: 0 });
                    }
                    hash_map::Entry::Occupied(place) => {
                        if let Progress::Entered = place.get() {
                            return Err(MarshalError::Cycle);
                        }
                    }
                }
                continue;
            }
            let vertex = frame.vertex;
            stack.pop();
            let place = self.add(vertex)?;
            self.progress
                .insert(Arc::as_ptr(vertex), Progress::Done(place));
            last = Some(place);
        }
        // The root is the last vertex to be done; there is always one.
        last.ok_or(MarshalError::Cycle)
    }

    /// Adds one vertex, whose inputs are there already, to the definition; gives its place there.
    fn add(&mut self, vertex: &Vertex) -> Result<usize, MarshalError> {
        let (digest, bytes, metadata) = if let Op::Raw(op) = &vertex.op {
            (
                op.digest.clone(),
                op.bytes.to_vec(),
                vertex.metadata.clone(),
            )
        } else {
            self.encode(vertex)?
        };
        let locations = self.maps.numbered(&vertex.locations);
        if let Some(place) = self.place(&digest)
            && let Some(have) = self.facts.get_mut(place)
        {
            Arc::make_mut(&mut have.metadata).merge(&metadata);
            have.locations.append(locations);
            return Ok(place);
        }
        let place = self.ops.len();
        self.facts.push(Facts {
            metadata,
            locations,
            earlier: self.places.insert(digest.trailing(), place),
        });
        self.ops.push((digest, bytes));
        Ok(place)
    }

    /// Where the op of this digest is.
    fn place(&self, digest: &OpDigest) -> Option<usize> {
        let mut place = self.places.get(&digest.trailing()).copied();
        while let Some(here) = place {
            if self.ops.get(here).is_some_and(|(have, _)| have == digest) {
                break;
            }
            place = self.facts.get(here)?.earlier;
        }
        place
    }

    fn encode(
        &mut self,
        vertex: &Vertex,
    ) -> Result<(OpDigest, Vec<u8>, Arc<OpMetadata>), MarshalError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.writer.clear();
        scratch.inputs.clear();
        scratch.edges.clear();
        for input in &vertex.inputs {
            scratch.edges.push(self.edge(input)?);
        }
        let mut encoder = Encoder {
            writer: &mut scratch.writer,
            options: self.options,
            edges: &scratch.edges,
            ops: &self.ops,
            inputs: &mut scratch.inputs,
            metadata: None,
        };
        vertex.op.encode(vertex, &mut encoder)?;
        let metadata = match encoder.metadata {
            Some(metadata) => metadata,
            None => vertex.metadata.clone(),
        };
        let bytes = scratch.writer.bytes().to_vec();
        self.scratch = scratch;
        let metadata = self.with_defaults(metadata);
        Ok((OpDigest::of(&bytes), bytes, metadata))
    }

    fn edge(&self, input: &Output) -> Result<Option<Edge>, MarshalError> {
        match input.resolve() {
            Resolved::Vertex { vertex, index } => match self.progress.get(&Arc::as_ptr(vertex)) {
                Some(&Progress::Done(place)) => Ok(Some(Edge { place, index })),
                _ => Err(MarshalError::Cycle),
            },
            Resolved::Scratch => Ok(None),
            Resolved::Unset => Err(MarshalError::DeferredUnset),
        }
    }

    fn with_defaults(&self, metadata: Arc<OpMetadata>) -> Arc<OpMetadata> {
        let defaults = &self.options.metadata;
        if *defaults == OpMetadata::default() {
            return metadata;
        }
        let mut merged = defaults.clone();
        merged.merge(&metadata);
        Arc::new(merged)
    }

    /// Adds the last op, which points at the result.
    fn finish(mut self, result: &Edge) -> Definition {
        self.scratch.writer.clear();
        write_input(&mut self.scratch.writer, &self.ops, result);
        let bytes = self.scratch.writer.bytes().to_vec();
        let any = |fact: fn(&OpMetadata) -> bool| self.facts.iter().any(|it| fact(&it.metadata));
        let mut caps = match any(|metadata| !metadata.description.is_empty()) {
            true => Caps::OF_DESCRIBED,
            false => Caps::OF_DEFINITIONS,
        };
        if any(|metadata| metadata.ignore_cache) {
            caps.insert(caps::META_IGNORE_CACHE);
        }
        if any(|metadata| metadata.export_cache.is_some()) {
            caps.insert(caps::META_EXPORT_CACHE);
        }
        let digest = OpDigest::of(&bytes);
        let last = OpMetadata {
            caps,
            ..OpMetadata::default()
        };
        let (mut metadata, locations) = sorted(&self.ops, self.facts);
        metadata.insert(digest.clone(), Arc::new(last));
        self.ops.push((digest, bytes));
        Definition {
            ops: self.ops,
            metadata,
            source: Some(DefinitionSource {
                locations,
                infos: self.maps.infos(),
            }),
        }
    }
}

/// Metadata and locations of ops, by their digests, which all differ.
fn sorted(
    ops: &[(OpDigest, Vec<u8>)],
    facts: Vec<Facts>,
) -> (ByDigest<Arc<OpMetadata>>, ByDigest<OneOrMany<Location>>) {
    let digests: Vec<&OpDigest> = ops.iter().map(|(digest, _)| digest).collect();
    let mut facts: Vec<Option<Facts>> = facts.into_iter().map(Some).collect();
    let mut metadata = Vec::with_capacity(ops.len() + 1);
    let mut locations = Vec::with_capacity(ops.len());
    for place in by_digest::order(&digests) {
        let facts = facts.get_mut(place).and_then(Option::take);
        if let (Some(digest), Some(facts)) = (digests.get(place).copied(), facts) {
            metadata.push((digest.clone(), facts.metadata));
            locations.push((digest.clone(), facts.locations));
        }
    }
    (
        ByDigest::of_sorted(metadata),
        ByDigest::of_sorted(locations),
    )
}

/// Source files, numbered by first use.
#[derive(Default)]
struct SourceMaps(Vec<SourceMap>);

impl SourceMaps {
    fn numbered(&mut self, locations: &[SourceLocation]) -> OneOrMany<Location> {
        let numbered = locations.iter().map(|location| Location {
            source_index: self.index(&location.map),
            ranges: location.ranges.clone(),
        });
        numbered.collect()
    }

    fn index(&mut self, map: &SourceMap) -> i32 {
        let known = self.0.iter().position(|have| have.ptr_eq(map));
        let known = known.or_else(|| self.0.iter().position(|have| have.same_file(map)));
        let place = known.unwrap_or_else(|| {
            self.0.push(map.clone());
            self.0.len() - 1
        });
        i32::try_from(place).unwrap_or(i32::MAX)
    }

    fn infos(&self) -> Vec<SourceInfo> {
        self.0.iter().map(|map| map.info().clone()).collect()
    }
}

/// Hashes addresses and parts of digests: they are distinct already, and only need mixing.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        self.write_u64(address as u64);
    }

    fn write_u64(&mut self, address: u64) {
        // Multiplying mixes upwards; the rotation brings the mixed bits down again.
        self.0 = address.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}
