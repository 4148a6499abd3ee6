//! `frontend.convertllb`: the definition as JSON.

use prost::Message;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::build::Build;
use super::super::problem;
use super::super::proto_json::{OP, OP_METADATA, SOURCE, Spelling};
use super::Answer;
use crate::gateway::Result;
use crate::image::Digest;
use crate::pb::ops::Definition;

pub(super) const NAME: &str = "frontend.convertllb";
const VERSION: &str = "0.1.0";

#[derive(Serialize)]
struct Report {
    /// Ops by digest.
    def: Value,
    /// Metadata by digest.
    metadata: Value,
    /// The source map.
    source: Value,
}

pub(super) async fn answer(build: &Build<'_>) -> Result<Answer> {
    let compiled = build.compile(build.request.options.clone()).await;
    build.warn(&compiled.warnings).await;
    let lowered = compiled.result.map_err(problem::plain)?;
    let definition = lowered.definition().map_err(problem::plain)?;
    Ok(Answer::new(&report(&definition.into_pb()), VERSION))
}

fn report(definition: &Definition) -> Report {
    let ops = definition.def.iter().map(|op| {
        (
            Digest::sha256(op).as_str().to_owned(),
            OP.to_json(op, Spelling::Protobuf),
        )
    });
    let metadata = definition.metadata.iter().map(|entry| {
        (
            entry.key.clone(),
            OP_METADATA.to_json(&entry.value.encode_to_vec(), Spelling::Go),
        )
    });
    let source = definition
        .source
        .as_ref()
        .map(Message::encode_to_vec)
        .unwrap_or_default();
    Report {
        def: sorted(ops.collect()),
        metadata: sorted(metadata.collect()),
        source: SOURCE.to_json(&source, Spelling::Protobuf),
    }
}

fn sorted(mut entries: Vec<(String, Value)>) -> Value {
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Value::Object(entries.into_iter().collect::<Map<String, Value>>())
}
