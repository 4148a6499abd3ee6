//! Questions about a Dockerfile that build nothing: the option `requestid`. One file each.

mod convertllb;
mod describe;
mod explain;
mod frame;
mod graph;
mod lint;
mod lock;
mod outline;
mod targets;

use serde_json::Value;

use super::build::Build;
use super::problem;
use crate::frontend::{Named, Subrequest, SubrequestAnswer, Subrequests, table};
use crate::gateway::Result;
use crate::source::LineRange;
use crate::syntax::Text;

/// What a target can be given, as `frontend.outline` answers it.
#[cfg(feature = "cli")]
pub(crate) fn outline_report(outline: &crate::compile::Outline, source: &[u8]) -> SubrequestAnswer {
    outline::report(outline, source)
}

/// The stages, as `frontend.targets` answers it.
#[cfg(feature = "cli")]
pub(crate) fn targets_report(stages: &[crate::syntax::Stage], source: &[u8]) -> SubrequestAnswer {
    targets::report(stages, source)
}

impl Subrequests for Build<'_> {
    fn list(&self) -> &[Subrequest] {
        &describe::REQUESTS
    }

    async fn answer(&self, name: &str) -> Result<Option<SubrequestAnswer>> {
        let build = self;
        let answer = match name {
            outline::NAME => outline::answer(build).await?,
            targets::NAME => targets::answer(build)?,
            lint::NAME => lint::answer(build).await,
            lock::NAME => lock::answer(build).await?,
            lock::CHECK_NAME => lock::check(build)?,
            graph::NAME => graph::answer(build).await?,
            explain::NAME => explain::answer(build).await?,
            convertllb::NAME => convertllb::answer(build).await?,
            _ => return Ok(None),
        };
        Ok(Some(answer))
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

/// Whether a member of JSON is left out.
fn is_empty(text: &Text) -> bool {
    text.as_bytes().is_empty()
}

/// Bytes as JSON carries them.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
