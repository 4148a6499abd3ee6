//! The answer to `frontend.convertllb`: ops by digest, metadata and source of a definition.
//!
//! Ops and source are protobuf JSON; metadata has the names and number forms of the reference's
//! own JSON, so that it reads like that of its Go library.

use super::object::{Object, base64};
use super::op;
use crate::go::json;
use crate::llb::decode::{DecodeError, decode};
use crate::llb::definition::Definition;
use crate::pb::ops as pb;
use serde_json::Value;
use std::collections::BTreeMap;

/// The JSON text of the answer, indented by two spaces.
///
/// # Errors
/// When an op of the definition is not a protobuf message.
pub fn convertllb(definition: &Definition) -> Result<String, DecodeError> {
    let mut ops = BTreeMap::new();
    for (digest, bytes) in &definition.ops {
        ops.insert(digest.as_str(), op::op(&decode::<pb::Op>(bytes)?));
    }
    let ops = ops.into_iter();
    let ops = ops.fold(Object::new(), |map, (digest, op)| map.field(digest, op));
    let metadata = definition.metadata.iter();
    let metadata = metadata.fold(Object::new(), |map, (digest, metadata)| {
        map.field(digest.as_str(), go_metadata(&metadata.to_pb()))
    });
    let source = definition.to_pb().source.unwrap_or_default();
    let result = Object::new()
        .field("def", ops.build())
        .field("metadata", metadata.build())
        .field("source", self::source(&source))
        .build();
    Ok(json::to_indented(&result))
}

/// Metadata with the names of the Go struct's JSON tags.
fn go_metadata(metadata: &pb::OpMetadata) -> Value {
    Object::new()
        .bool("ignore_cache", metadata.ignore_cache)
        .texts("description", &metadata.description)
        .message("export_cache", metadata.export_cache.as_ref(), export_cache)
        .map("caps", &metadata.caps, |&needed| needed.into())
        .message(
            "progress_group",
            metadata.progress_group.as_ref(),
            progress_group,
        )
        .message(
            "linux_resources",
            metadata.linux_resources.as_ref(),
            |limits| {
                // Plain JSON has numbers where protobuf JSON has text.
                let number = |object: Object, name: &str, value: Value| match value.as_i64() {
                    Some(0) => object,
                    _ => object.field(name, value),
                };
                let object = number(Object::new(), "memory", limits.memory.into());
                let object = number(object, "memorySwap", limits.memory_swap.into());
                let object = number(object, "cpuShares", limits.cpu_shares.into());
                let object = number(object, "cpuPeriod", limits.cpu_period.into());
                number(object, "cpuQuota", limits.cpu_quota.into())
                    .string("cpusetCpus", &limits.cpuset_cpus)
                    .string("cpusetMems", &limits.cpuset_mems)
                    .build()
            },
        )
        .build()
}

fn export_cache(export: &pb::ExportCache) -> Value {
    Object::new().bool("Value", export.value).build()
}

fn progress_group(group: &pb::ProgressGroup) -> Value {
    Object::new()
        .string("id", &group.id)
        .string("name", &group.name)
        .bool("weak", group.weak)
        .build()
}

/// Metadata as protobuf JSON.
pub(super) fn metadata(metadata: &pb::OpMetadata) -> Value {
    Object::new()
        .bool("ignoreCache", metadata.ignore_cache)
        .texts("description", &metadata.description)
        .message("exportCache", metadata.export_cache.as_ref(), export_cache)
        .map("caps", &metadata.caps, |&needed| needed.into())
        .message(
            "progressGroup",
            metadata.progress_group.as_ref(),
            progress_group,
        )
        .message(
            "linuxResources",
            metadata.linux_resources.as_ref(),
            |limits| {
                Object::new()
                    .long("memory", limits.memory)
                    .long("memorySwap", limits.memory_swap)
                    .long("cpuShares", limits.cpu_shares)
                    .long("cpuPeriod", limits.cpu_period)
                    .long("cpuQuota", limits.cpu_quota)
                    .string("cpusetCpus", &limits.cpuset_cpus)
                    .string("cpusetMems", &limits.cpuset_mems)
                    .build()
            },
        )
        .build()
}

/// A nested definition as protobuf JSON; its ops are bytes.
pub(super) fn definition(definition: &pb::Definition) -> Value {
    Object::new()
        .messages("def", &definition.def, |op| base64(op).into())
        .map("metadata", &definition.metadata, metadata)
        .message("Source", definition.source.as_ref(), source)
        .build()
}

fn source(source: &pb::Source) -> Value {
    Object::new()
        .map("locations", &source.locations, locations)
        .messages("infos", &source.infos, |info| {
            Object::new()
                .string("filename", &info.filename)
                .bytes("data", &info.data)
                .message("definition", info.definition.as_ref(), definition)
                .string("language", &info.language)
                .build()
        })
        .build()
}

pub(super) fn locations(locations: &pb::Locations) -> Value {
    let position = |position: &pb::Position| {
        Object::new()
            .number("line", position.line)
            .number("character", position.character)
            .build()
    };
    let range = |range: &pb::Range| {
        Object::new()
            .message("start", range.start.as_ref(), position)
            .message("end", range.end.as_ref(), position)
            .build()
    };
    let location = |location: &pb::Location| {
        Object::new()
            .number("sourceIndex", location.source_index)
            .messages("ranges", &location.ranges, range)
            .build()
    };
    Object::new()
        .messages("locations", &locations.locations, location)
        .build()
}
