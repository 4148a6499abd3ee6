//! The bytes of a definition, written from its parts: as a message first, everything would be copied
//! once more. The fields are those of [`crate::pb::ops`]; tests hold both against each other.

use super::{Definition, Location, OpMetadata, Position, Source, SourceInfo};
use crate::llb::wire::Writer;

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
            w.element(1, bytes);
        }
        for (digest, metadata) in self.metadata.iter() {
            w.message(2, |w| {
                w.element(1, digest.as_bytes());
                w.message(2, |w| metadata.write(w));
            });
        }
        if let Some(source) = &self.source {
            w.message(3, |w| source.write(w));
        }
    }
}

/// What metadata and locations of an op take, about.
const PER_OP: usize = 512;

/// What a file takes beside its data: its name and the definition that loads it, about.
const PER_FILE: usize = 1024;

impl OpMetadata {
    fn write(&self, w: &mut Writer) {
        w.bool(1, self.ignore_cache);
        w.raw(self.description.written());
        if let Some(export) = self.export_cache {
            w.message(4, |w| w.bool(1, export));
        }
        for cap in self.caps.iter() {
            w.message(5, |w| {
                w.element(1, cap.as_bytes());
                w.number(2, 1);
            });
        }
        if let Some(group) = &self.progress_group {
            w.message(6, |w| {
                w.string(1, &group.id);
                w.string(2, &group.name);
                w.bool(3, group.weak);
            });
        }
        if let Some(limits) = &self.linux_resources {
            w.message(7, |w| {
                w.int64(1, limits.memory);
                w.int64(2, limits.memory_swap);
                w.uint64(3, limits.cpu_shares);
                w.uint64(4, limits.cpu_period);
                w.int64(5, limits.cpu_quota);
                w.string(6, &limits.cpuset_cpus);
                w.string(7, &limits.cpuset_mems);
            });
        }
    }
}

impl Source {
    fn write(&self, w: &mut Writer) {
        for (digest, locations) in self.locations.iter() {
            w.message(1, |w| {
                w.element(1, digest.as_bytes());
                w.message(2, |w| {
                    for location in locations {
                        w.message(1, |w| location.write(w));
                    }
                });
            });
        }
        for info in &self.infos {
            w.message(2, |w| info.write(w));
        }
    }
}

impl Location {
    fn write(&self, w: &mut Writer) {
        w.int64(1, self.source_index.into());
        for range in self.ranges.iter() {
            w.message(2, |w| {
                w.message(1, |w| range.start.write(w));
                w.message(2, |w| range.end.write(w));
            });
        }
    }
}

impl Position {
    fn write(self, w: &mut Writer) {
        w.int64(1, self.line.into());
        w.int64(2, self.character.into());
    }
}

impl SourceInfo {
    fn write(&self, w: &mut Writer) {
        w.string(1, &self.filename);
        w.bytes_field(2, &self.data);
        if let Some(definition) = &self.definition {
            w.message(3, |w| definition.write(w));
        }
        w.string(4, &self.language);
    }
}
