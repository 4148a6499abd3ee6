//! Questions about a Dockerfile that build nothing: the option `requestid`.
//!
//! One file each. Answers travel as metadata: `result.json`, mostly `result.txt`, and `version`.

mod convertllb;
mod describe;
mod explain;
mod frame;
mod graph;
mod lint;
mod lock;
mod outline;
mod table;
mod targets;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::build::Build;
use super::options::key;
use super::{json, problem};
use crate::collect::Inserted as _;
use crate::gateway::{Error, Result, SolveResult};
use crate::source::LineRange;

/// Answers the client's subrequest; `None` when it asks for a build.
pub(super) async fn answer(build: &Build<'_>) -> Result<Option<SolveResult>> {
    let Some(request) = build.request.get(key::REQUEST_ID) else {
        return Ok(None);
    };
    let answer = match request {
        describe::NAME => describe::answer(),
        outline::NAME => outline::answer(build).await?,
        targets::NAME => targets::answer(build)?,
        lint::NAME => lint::answer(build).await,
        lock::NAME => lock::answer(build).await?,
        lock::CHECK_NAME => lock::check(build)?,
        graph::NAME => graph::answer(build).await?,
        explain::NAME => explain::answer(build).await?,
        convertllb::NAME => convertllb::answer(build).await?,
        unknown => return Err(Error::unsupported_subrequest(unknown)),
    };
    Ok(Some(SolveResult {
        metadata: answer.0,
        ..SolveResult::default()
    }))
}

/// The metadata of an answer.
struct Answer(BTreeMap<String, Vec<u8>>);

impl Answer {
    fn new(result: &impl Serialize, version: &str) -> Self {
        Answer::of_json(json::to_indented(result), version)
    }

    fn of_json(json: Vec<u8>, version: &str) -> Self {
        let metadata = [
            ("result.json".to_owned(), json),
            ("version".to_owned(), version.as_bytes().to_vec()),
        ];
        Answer(metadata.into_iter().inserted())
    }

    fn text(self, text: String) -> Self {
        self.with("result.txt", text)
    }

    fn with(mut self, key: &str, value: String) -> Self {
        self.0.insert(key.to_owned(), value.into_bytes());
        self
    }
}

/// `pb.Location` as Go's encoder writes it: fields that are zero are left out.
fn location(ranges: impl Iterator<Item = LineRange>) -> Value {
    let position = |line: u32| match line {
        0 => serde_json::json!({}),
        line => serde_json::json!({ "line": line }),
    };
    let ranges: Vec<Value> =
        ranges.map(|range| serde_json::json!({ "start": position(range.start), "end": position(range.end) })).collect();
    match ranges.is_empty() {
        true => serde_json::json!({}),
        false => serde_json::json!({ "ranges": ranges }),
    }
}

/// Lines of an instruction; `None` when it has none.
fn lines(lines: &[LineRange]) -> Option<Value> {
    (!lines.is_empty()).then(|| location(problem::single_lines(lines)))
}

/// Bytes as JSON carries them.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
