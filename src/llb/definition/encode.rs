//! The bytes of a definition, written from its parts: as a message first, everything would be copied
//! once more.

use super::{Definition, DefinitionSource, Location, OpMetadata, Position, SourceInfo};
use crate::llb::wire::Writer;
use crate::pb::map::{KEY, VALUE};
use crate::pb::ops::field;

impl Definition {
    /// The bytes of the definition; equal definitions have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let ops: usize = self.ops.iter().map(|(_, bytes)| bytes.len()).sum();
        let infos = self.source.iter().flat_map(|source| &source.infos);
        let files: usize = infos.map(|info| info.data.len() + PER_FILE).sum();
        let mut writer = Writer::with_capacity(ops + self.metadata.len() * PER_OP + files);
        self.write(&mut writer);
        writer.into_bytes()
    }

    fn write(&self, w: &mut Writer) {
        for (_, bytes) in &self.ops {
            w.element(field::Definition::def, bytes);
        }
        for (digest, metadata) in self.metadata.iter() {
            w.message(field::Definition::metadata, |w| {
                w.element(KEY, digest.as_bytes());
                w.message(VALUE, |w| metadata.write(w));
            });
        }
        if let Some(source) = &self.source {
            w.message(field::Definition::source, |w| source.write(w));
        }
    }
}

/// What metadata and locations of an op take, about.
const PER_OP: usize = 512;

/// What a file takes beside its data: its name and the definition that loads it, about.
const PER_FILE: usize = 1024;

impl OpMetadata {
    fn write(&self, w: &mut Writer) {
        w.bool(field::OpMetadata::ignore_cache, self.ignore_cache);
        w.raw(self.description.written());
        if let Some(export) = self.export_cache {
            w.message(field::OpMetadata::export_cache, |w| {
                w.bool(field::ExportCache::value, export)
            });
        }
        for cap in self.caps.iter() {
            w.message(field::OpMetadata::caps, |w| {
                w.element(KEY, cap.as_bytes());
                w.number(VALUE, 1);
            });
        }
        if let Some(group) = &self.progress_group {
            w.message(field::OpMetadata::progress_group, |w| {
                w.string(field::ProgressGroup::id, &group.id);
                w.string(field::ProgressGroup::name, &group.name);
                w.bool(field::ProgressGroup::weak, group.weak);
            });
        }
        if let Some(limits) = &self.linux_resources {
            w.message(field::OpMetadata::linux_resources, |w| {
                w.int64(field::LinuxResources::memory, limits.memory);
                w.int64(field::LinuxResources::memory_swap, limits.memory_swap);
                w.uint64(field::LinuxResources::cpu_shares, limits.cpu_shares);
                w.uint64(field::LinuxResources::cpu_period, limits.cpu_period);
                w.int64(field::LinuxResources::cpu_quota, limits.cpu_quota);
                w.string(field::LinuxResources::cpuset_cpus, &limits.cpuset_cpus);
                w.string(field::LinuxResources::cpuset_mems, &limits.cpuset_mems);
            });
        }
    }
}

impl DefinitionSource {
    fn write(&self, w: &mut Writer) {
        for (digest, locations) in self.locations.iter() {
            w.message(field::Source::locations, |w| {
                w.element(KEY, digest.as_bytes());
                w.message(VALUE, |w| {
                    for location in locations {
                        w.message(field::Locations::locations, |w| location.write(w));
                    }
                });
            });
        }
        for info in &self.infos {
            w.message(field::Source::infos, |w| info.write(w));
        }
    }
}

impl Location {
    fn write(&self, w: &mut Writer) {
        w.int64(field::Location::source_index, self.source_index.into());
        for range in self.ranges.iter() {
            w.message(field::Location::ranges, |w| {
                w.message(field::Range::start, |w| range.start.write(w));
                w.message(field::Range::end, |w| range.end.write(w));
            });
        }
    }
}

impl Position {
    fn write(self, w: &mut Writer) {
        w.int64(field::Position::line, self.line.into());
        w.int64(field::Position::character, self.character.into());
    }
}

impl SourceInfo {
    fn write(&self, w: &mut Writer) {
        w.string(field::SourceInfo::filename, &self.filename);
        w.bytes_field(field::SourceInfo::data, &self.data);
        if let Some(definition) = &self.definition {
            w.message(field::SourceInfo::definition, |w| definition.write(w));
        }
        w.string(field::SourceInfo::language, &self.language);
    }
}
