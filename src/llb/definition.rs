//! [`Definition`]: the marshaled graph, the only type that owns LLB bytes.

mod encode;

use super::by_digest::ByDigest;
use super::caps::Caps;
use super::constraints::OpMetadata;
use super::digest::OpDigest;
use super::one_or_many::OneOrMany;
use super::source_map::{Position, Range, Ranges};
use super::values::{LinuxResources, ProgressGroup};
use crate::llb::decode::{DecodeError, decode};
use crate::pb::map::Entry;
use crate::pb::ops as pb;
use std::sync::Arc;

/// A marshaled graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// Digest and bytes of each op, inputs before what uses them; the last op has no action and
    /// points at the result. Empty for scratch.
    pub ops: Vec<(OpDigest, Vec<u8>)>,
    /// Metadata by op.
    pub(crate) metadata: ByDigest<Arc<OpMetadata>>,
    /// Source files and locations; none for scratch.
    pub(crate) source: Option<DefinitionSource>,
}

/// Where the ops of a definition come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefinitionSource {
    /// Locations by op.
    pub locations: ByDigest<OneOrMany<Location>>,
    /// The files, in the order of their numbers.
    pub infos: Vec<SourceInfo>,
}

/// Places in one source file.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// Number of the file.
    pub source_index: i32,
    /// The places.
    pub ranges: Ranges,
}

/// A source file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceInfo {
    /// Its name.
    pub filename: String,
    /// Its language, as Linguist names it.
    pub language: String,
    /// Its content.
    pub data: Arc<[u8]>,
    /// The definition that loads it.
    pub definition: Option<Arc<Definition>>,
}

impl Definition {
    /// Whether this is the definition of scratch.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Digest of the op that makes the result; none for scratch.
    ///
    /// # Errors
    /// When the last op is not a protobuf message.
    pub fn head(&self) -> Result<Option<OpDigest>, DecodeError> {
        let Some((_, bytes)) = self.ops.last() else {
            return Ok(None);
        };
        let op = decode::<pb::Op>(bytes)?;
        Ok(op.inputs.first().map(|input| input.digest.as_str().into()))
    }

    /// The definition as a message.
    pub(crate) fn to_pb(&self) -> pb::Definition {
        pb::Definition {
            def: self.ops.iter().map(|(_, bytes)| bytes.clone()).collect(),
            metadata: metadata_to_pb(&self.metadata),
            source: self.source.as_ref().map(DefinitionSource::to_pb),
        }
    }

    /// The definition as a message, without copying the ops.
    pub(crate) fn into_pb(self) -> pb::Definition {
        pb::Definition {
            metadata: metadata_to_pb(&self.metadata),
            source: self.source.as_ref().map(DefinitionSource::to_pb),
            def: self.ops.into_iter().map(|(_, bytes)| bytes).collect(),
        }
    }

    /// Takes over a message; the bytes of ops are kept as they are.
    pub(crate) fn from_pb(definition: pb::Definition) -> Self {
        Definition {
            ops: definition
                .def
                .into_iter()
                .map(|bytes| (OpDigest::of(&bytes), bytes))
                .collect(),
            metadata: definition
                .metadata
                .into_iter()
                .map(|entry| (entry.key.as_str().into(), Arc::new(entry.value.into())))
                .collect(),
            source: definition.source.map(DefinitionSource::from_pb),
        }
    }

    /// Reads the bytes of a definition; the bytes of its ops are kept as they are.
    ///
    /// # Errors
    /// When they are not a definition.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode::<pb::Definition>(bytes).map(Definition::from_pb)
    }
}

fn metadata_to_pb(metadata: &ByDigest<Arc<OpMetadata>>) -> Vec<Entry<pb::OpMetadata>> {
    // The map is sorted by key already.
    metadata
        .iter()
        .map(|(digest, metadata)| Entry::new(digest.as_str(), metadata.to_pb()))
        .collect()
}

impl OpMetadata {
    /// The metadata as a message.
    pub(crate) fn to_pb(&self) -> pb::OpMetadata {
        pb::OpMetadata {
            ignore_cache: self.ignore_cache,
            description: self
                .description
                .iter()
                .map(|(key, text)| Entry::new(key, text.to_owned()))
                .collect(),
            export_cache: self.export_cache.map(|value| pb::ExportCache { value }),
            caps: self.caps.iter().map(|cap| Entry::new(cap, true)).collect(),
            progress_group: self
                .progress_group
                .as_deref()
                .map(|group| pb::ProgressGroup {
                    id: group.id.clone(),
                    name: group.name.clone(),
                    weak: group.weak,
                }),
            linux_resources: self
                .linux_resources
                .as_deref()
                .map(|limits| pb::LinuxResources {
                    memory: limits.memory,
                    memory_swap: limits.memory_swap,
                    cpu_shares: limits.cpu_shares,
                    cpu_period: limits.cpu_period,
                    cpu_quota: limits.cpu_quota,
                    cpuset_cpus: limits.cpuset_cpus.clone(),
                    cpuset_mems: limits.cpuset_mems.clone(),
                }),
        }
    }
}

impl From<pb::OpMetadata> for OpMetadata {
    fn from(metadata: pb::OpMetadata) -> Self {
        OpMetadata {
            ignore_cache: metadata.ignore_cache,
            description: metadata
                .description
                .into_iter()
                .map(|entry| (entry.key, entry.value))
                .collect(),
            export_cache: metadata.export_cache.map(|export| export.value),
            // The reference takes a listed capability for needed whatever its value.
            caps: metadata
                .caps
                .into_iter()
                .map(|entry| entry.key)
                .collect::<Caps>(),
            progress_group: metadata.progress_group.map(|group| {
                Box::new(ProgressGroup {
                    id: group.id,
                    name: group.name,
                    weak: group.weak,
                })
            }),
            linux_resources: metadata.linux_resources.map(|limits| {
                Arc::new(LinuxResources {
                    memory: limits.memory,
                    memory_swap: limits.memory_swap,
                    cpu_shares: limits.cpu_shares,
                    cpu_period: limits.cpu_period,
                    cpu_quota: limits.cpu_quota,
                    cpuset_cpus: limits.cpuset_cpus,
                    cpuset_mems: limits.cpuset_mems,
                })
            }),
        }
    }
}

impl DefinitionSource {
    pub(super) fn to_pb(&self) -> pb::Source {
        pb::Source {
            locations: self
                .locations
                .iter()
                .map(|(digest, locations)| {
                    let locations = locations.iter().map(Location::to_pb).collect();
                    Entry::new(digest.as_str(), pb::Locations { locations })
                })
                .collect(),
            infos: self.infos.iter().map(SourceInfo::to_pb).collect(),
        }
    }

    fn from_pb(source: pb::Source) -> Self {
        DefinitionSource {
            locations: source
                .locations
                .into_iter()
                .map(|entry| {
                    let locations = entry.value.locations.into_iter();
                    let locations = locations.map(Location::from_pb).collect();
                    (entry.key.as_str().into(), locations)
                })
                .collect(),
            infos: source.infos.into_iter().map(SourceInfo::from_pb).collect(),
        }
    }
}

impl Location {
    fn to_pb(&self) -> pb::Location {
        pb::Location {
            source_index: self.source_index,
            ranges: self.ranges.iter().map(Range::to_pb).collect(),
        }
    }

    fn from_pb(location: pb::Location) -> Self {
        let position = |position: Option<pb::Position>| {
            let position = position.unwrap_or_default();
            Position {
                line: position.line,
                character: position.character,
            }
        };
        Location {
            source_index: location.source_index,
            ranges: location
                .ranges
                .iter()
                .map(|range| Range {
                    start: position(range.start),
                    end: position(range.end),
                })
                .collect(),
        }
    }
}

impl Range {
    pub(crate) fn to_pb(self) -> pb::Range {
        let position = |position: Position| {
            Some(pb::Position {
                line: position.line,
                character: position.character,
            })
        };
        pb::Range {
            start: position(self.start),
            end: position(self.end),
        }
    }
}

impl SourceInfo {
    pub(crate) fn to_pb(&self) -> pb::SourceInfo {
        pb::SourceInfo {
            filename: self.filename.clone(),
            data: self.data.to_vec(),
            definition: self
                .definition
                .as_ref()
                .map(|definition| definition.to_pb()),
            language: self.language.clone(),
        }
    }

    fn from_pb(info: pb::SourceInfo) -> Self {
        SourceInfo {
            filename: info.filename,
            language: info.language,
            data: info.data.into(),
            definition: info
                .definition
                .map(|def| Arc::new(Definition::from_pb(def))),
        }
    }
}
