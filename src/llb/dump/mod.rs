//! Definitions for reading: JSON with the names of protobuf JSON.

mod convert;
mod object;
mod op;

pub use convert::convertllb;

use super::definition::{Definition, DefinitionSource};
use crate::llb::decode::{DecodeError, decode};
use crate::pb::ops as pb;
use object::Object;
use serde_json::Value;

/// A definition as JSON: `ops` in order, each with `digest`, `op` and `metadata`, and `source`
/// with `infos`, whose content is text and whose definitions are expanded likewise, and
/// `locations`. Keys are sorted.
///
/// # Errors
/// When an op of the definition is not a protobuf message.
pub fn json(definition: &Definition) -> Result<Value, DecodeError> {
    let mut json = expand(definition)?;
    json.sort_all_objects();
    Ok(json)
}

/// [`json`] as text, indented by two spaces, without a newline at the end.
///
/// # Errors
/// When an op of the definition is not a protobuf message.
pub fn text(definition: &Definition) -> Result<String, DecodeError> {
    Ok(format!("{:#}", json(definition)?))
}

fn expand(definition: &Definition) -> Result<Value, DecodeError> {
    let mut ops = Vec::with_capacity(definition.ops.len());
    for (digest, bytes) in &definition.ops {
        let metadata = definition.metadata.get(digest);
        let op = Object::new()
            .field("digest", digest.as_str())
            .field("op", op::op(&decode::<pb::Op>(bytes)?))
            .message("metadata", metadata, |metadata| {
                convert::metadata(&metadata.to_pb())
            });
        ops.push(op.build());
    }
    let object = Object::new().field("ops", ops);
    Ok(match &definition.source {
        Some(source) => object.field("source", expand_source(source)?),
        None => object,
    }
    .build())
}

fn expand_source(source: &DefinitionSource) -> Result<Value, DecodeError> {
    let mut infos = Vec::with_capacity(source.infos.len());
    for info in &source.infos {
        let mut object = Object::new()
            .field("filename", info.filename.as_str())
            .field("language", info.language.as_str())
            .field("data", String::from_utf8_lossy(&info.data));
        if let Some(definition) = &info.definition {
            object = object.field("definition", expand(definition)?);
        }
        infos.push(object.build());
    }
    let locations = source.to_pb().locations.into_iter();
    let locations = locations.fold(Object::new(), |map, entry| {
        map.field(&entry.key, convert::locations(&entry.value))
    });
    Ok(Object::new()
        .field("infos", infos)
        .field("locations", locations.build())
        .build())
}
