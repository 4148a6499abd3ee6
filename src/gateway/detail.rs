//! The JSON of typed error details, as the reference's Go types write it.
//!
//! Knows the shapes; the order of details is up to `error.rs`. Bytes are base64 and empty fields are
//! left out, as Go's encoder does with the generated message types.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::SourceDetail;
use crate::llb::{Position, Range, SourceInfo};
use crate::pb::map::Entry;
use crate::pb::ops as pb;
use crate::pb::ops::{Definition, OpMetadata, Source};

/// Type URLs of the details.
pub mod type_url {
    /// A file and lines.
    pub const SOURCE: &str = "github.com/moby/buildkit/errdefs.Source+json";
    /// The failed op, its inputs and mounts, for debuggers.
    pub const SOLVE: &str = "github.com/moby/buildkit/errdefs.Solve+json";
    /// The failed vertex.
    pub const VERTEX: &str = "github.com/moby/buildkit/errdefs.Vertex+json";
    /// The frontend that failed.
    pub const FRONTEND: &str = "github.com/moby/buildkit/errdefs.Frontend+json";
    /// A capability that a frontend lacks.
    pub const FRONTEND_CAP: &str = "github.com/moby/buildkit/errdefs.FrontendCap+json";
    /// A subrequest that a frontend lacks.
    pub const SUBREQUEST: &str = "github.com/moby/buildkit/errdefs.Subrequest+json";
    /// Exit code of a process.
    pub const EXIT: &str = "github.com/moby/buildkit/gatewayapi.ExitMessage+json";
    /// A stack trace.
    pub const STACK: &str = "github.com/moby/buildkit/stack.Stack+json";
}

pub(super) use type_url::{FRONTEND_CAP, SOURCE, SUBREQUEST};

/// Whether the reference knows the type as a layer of the error chain (stacks are kept apart).
pub(super) fn is_layer(type_url: &str) -> bool {
    type_url != type_url::STACK
        && type_url
            .strip_prefix("github.com/moby/buildkit/")
            .is_some_and(|name| name.ends_with("+json"))
}

/// `{"name": name}`
pub(super) fn named(name: &str) -> Vec<u8> {
    let mut map = Map::new();
    map.insert("name".to_owned(), Value::from(name));
    to_bytes(map)
}

fn to_bytes(map: Map<String, Value>) -> Vec<u8> {
    Value::Object(map).to_string().into_bytes()
}

/// JSON of an `errdefs.Source`.
pub(super) fn source_to_json(source: &SourceDetail) -> Vec<u8> {
    let mut map = Map::new();
    if let Some(info) = &source.info {
        map.insert("info".to_owned(), info_to_json(info));
    }
    if !source.ranges.is_empty() {
        let ranges = source.ranges.iter().map(range_to_json).collect();
        map.insert("ranges".to_owned(), Value::Array(ranges));
    }
    to_bytes(map)
}

/// An `errdefs.Source` from its JSON; `None` when it is not one. The definition is not read back: nothing
/// that shows an error needs it, and the raw detail is what travels on.
pub(super) fn source_from_json(json: &[u8]) -> Option<SourceDetail> {
    let value: Value = serde_json::from_slice(json).ok()?;
    let info = value.get("info").and_then(|info| {
        Some(SourceInfo {
            filename: text(info, "filename"),
            data: match info.get("data").and_then(Value::as_str) {
                Some(data) => STANDARD.decode(data).ok()?.into(),
                None => Arc::default(),
            },
            definition: None,
            language: text(info, "language"),
        })
    });
    let ranges = value.get("ranges").and_then(Value::as_array);
    let ranges = ranges.into_iter().flatten().map(range_from_json).collect();
    value.is_object().then_some(SourceDetail { info, ranges })
}

fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn range_from_json(value: &Value) -> Range {
    let position = |key| {
        let number = |name| {
            let number = value.get(key).and_then(|position| position.get(name));
            let number = number.and_then(Value::as_i64).unwrap_or_default();
            i32::try_from(number).unwrap_or_default()
        };
        Position {
            line: number("line"),
            character: number("character"),
        }
    };
    Range {
        start: position("start"),
        end: position("end"),
    }
}

/// An object that leaves out empty fields, as Go's `omitempty` does.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn text(mut self, key: &str, text: &str) -> Self {
        if !text.is_empty() {
            self.0.insert(key.to_owned(), Value::from(text));
        }
        self
    }

    fn number(mut self, key: &str, number: i64) -> Self {
        if number != 0 {
            self.0.insert(key.to_owned(), Value::from(number));
        }
        self
    }

    fn flag(mut self, key: &str, flag: bool) -> Self {
        if flag {
            self.0.insert(key.to_owned(), Value::from(true));
        }
        self
    }

    fn list(mut self, key: &str, list: impl Iterator<Item = Value>) -> Self {
        let list: Vec<Value> = list.collect();
        if !list.is_empty() {
            self.0.insert(key.to_owned(), Value::Array(list));
        }
        self
    }

    fn map<'a, V: 'a>(
        mut self,
        key: &str,
        entries: &'a [Entry<V>],
        to_json: impl Fn(&'a V) -> Value,
    ) -> Self {
        if !entries.is_empty() {
            let map = entries.iter().map(|e| (e.key.clone(), to_json(&e.value)));
            self.0.insert(key.to_owned(), Value::Object(map.collect()));
        }
        self
    }

    fn object<T>(mut self, key: &str, value: Option<&T>, to_json: impl Fn(&T) -> Value) -> Self {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), to_json(value));
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// JSON of a `pb.SourceInfo`.
pub(crate) fn info_to_json(info: &SourceInfo) -> Value {
    Object::default()
        .text("filename", &info.filename)
        .text("data", &STANDARD.encode(&info.data))
        .object("definition", info.definition.as_deref(), |definition| {
            definition_to_json(&definition.to_pb())
        })
        .text("language", &info.language)
        .done()
}

fn range_to_json(range: &Range) -> Value {
    message_to_json(&range.to_pb())
}

fn message_to_json(range: &pb::Range) -> Value {
    Object::default()
        .object("start", range.start.as_ref(), position_to_json)
        .object("end", range.end.as_ref(), position_to_json)
        .done()
}

fn position_to_json(position: &pb::Position) -> Value {
    Object::default()
        .number("line", position.line.into())
        .number("character", position.character.into())
        .done()
}

fn definition_to_json(definition: &Definition) -> Value {
    let def = definition.def.iter().map(|op| STANDARD.encode(op));
    Object::default()
        .list("def", def.map(Value::from))
        .map("metadata", &definition.metadata, metadata_to_json)
        .object("Source", definition.source.as_ref(), source_map_to_json)
        .done()
}

fn metadata_to_json(metadata: &OpMetadata) -> Value {
    Object::default()
        .flag("ignore_cache", metadata.ignore_cache)
        .map("description", &metadata.description, |text| {
            Value::from(text.as_str())
        })
        .object("export_cache", metadata.export_cache.as_ref(), |export| {
            Object::default().flag("Value", export.value).done()
        })
        .map("caps", &metadata.caps, |cap| Value::from(*cap))
        .object(
            "progress_group",
            metadata.progress_group.as_ref(),
            |group| {
                Object::default()
                    .text("id", &group.id)
                    .text("name", &group.name)
                    .flag("weak", group.weak)
                    .done()
            },
        )
        .done()
}

/// A source's own source map. Infos nest through their definitions, but those of a frontend's input file
/// have none, so this does not go deep; it stops where a hostile definition would.
fn source_map_to_json(source: &Source) -> Value {
    let infos = source.infos.iter().map(|info| {
        Object::default()
            .text("filename", &info.filename)
            .text("data", &STANDARD.encode(&info.data))
            .text("language", &info.language)
            .done()
    });
    Object::default()
        .map("locations", &source.locations, |locations| {
            let list = locations.locations.iter().map(|location| {
                Object::default()
                    .number("sourceIndex", location.source_index.into())
                    .list("ranges", location.ranges.iter().map(message_to_json))
                    .done()
            });
            Object::default().list("locations", list).done()
        })
        .list("infos", infos)
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail() -> SourceDetail {
        let line = |line| Position { line, character: 0 };
        SourceDetail {
            info: Some(SourceInfo {
                filename: "Dockerfile".to_owned(),
                data: b"FROM scratch\n".as_slice().into(),
                definition: Some(Arc::new(crate::llb::Definition::from_pb(Definition {
                    def: vec![b"op".to_vec()],
                    ..Definition::default()
                }))),
                language: "Dockerfile".to_owned(),
            }),
            ranges: vec![Range {
                start: line(1),
                end: line(1),
            }],
        }
    }

    #[test]
    fn a_source_is_written_with_base64_and_without_empty_fields() {
        let json = String::from_utf8(source_to_json(&detail())).unwrap();
        assert_eq!(
            json,
            r#"{"info":{"filename":"Dockerfile","data":"RlJPTSBzY3JhdGNoCg==","definition":{"def":["b3A="]},"language":"Dockerfile"},"ranges":[{"start":{"line":1},"end":{"line":1}}]}"#
        );
    }

    #[test]
    fn a_source_is_read_back_without_its_definition() {
        let mut expected = detail();
        let read = source_from_json(&source_to_json(&expected)).unwrap();
        expected.info.as_mut().unwrap().definition = None;
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_source_is_none() {
        assert_eq!(source_from_json(b"3"), None);
        assert_eq!(source_from_json(b"{"), None);
        assert_eq!(source_from_json(b"{}"), Some(SourceDetail::default()));
    }
}
