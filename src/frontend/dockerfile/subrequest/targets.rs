//! `frontend.targets`: the stages of a Dockerfile.

use std::fmt::Write;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::build::Build;
use super::{SubrequestAnswer, base64, lines, table};
use crate::diagnostic::ErrorCode;
use crate::gateway::Error;
use crate::go::json;
use crate::syntax::{Stage, Text};

pub(super) const NAME: &str = "frontend.targets";
pub(super) const VERSION: &str = "1.0.0";

#[derive(Serialize)]
struct Report<'s> {
    /// `null` without stages.
    targets: Option<Vec<Target<'s>>>,
    sources: [String; 1],
}

#[derive(Serialize)]
struct Target<'s> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'s str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_text")]
    description: Option<&'s Text>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_text")]
    base: Option<&'s Text>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_text")]
    platform: Option<&'s Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Value>,
}

pub(super) fn answer(build: &Build<'_>) -> crate::gateway::Result<SubrequestAnswer> {
    let source = build.dockerfile.data();
    let parsed = build.document.source().parsed();
    match parsed.error() {
        // Parity: without any bytes, the file is read here all the same.
        Some(error) if error.code == ErrorCode::EmptyFile => {
            Err(Error::new("file with no instructions"))
        }
        Some(error) => Err(Error::new(error.message.to_string())),
        None => Ok(report(&parsed.dockerfile.stages, source)),
    }
}

pub(super) fn report(stages: &[Stage], source: &[u8]) -> SubrequestAnswer {
    let targets: Vec<Target<'_>> = stages
        .iter()
        .enumerate()
        .map(|(index, stage)| target(stage, index + 1 == stages.len()))
        .collect();
    let text = text(&targets);
    let report = Report {
        targets: (!targets.is_empty()).then_some(targets),
        sources: [base64(source)],
    };
    SubrequestAnswer::new(&report, VERSION).text(text)
}

fn target(stage: &Stage, default: bool) -> Target<'_> {
    Target {
        name: stage.name(),
        default,
        description: written(stage.doc_comment.as_ref()),
        base: written(Some(&stage.base_name.value)),
        platform: written(stage.platform.as_ref().map(|platform| &platform.value)),
        location: lines(&[stage.meta.location]),
    }
}

/// A text that is not empty.
fn written(text: Option<&Text>) -> Option<&Text> {
    text.filter(|text| !text.is_empty())
}

fn some_text<S: Serializer>(text: &Option<&Text>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => json::text(text, serializer),
        None => serializer.serialize_none(),
    }
}

fn text(targets: &[Target<'_>]) -> String {
    let mut rows = String::from("TARGET\tDESCRIPTION\n");
    for target in targets {
        let mark = match (target.name.is_empty(), target.default) {
            (_, false) => "",
            (true, true) => "(default)",
            (false, true) => " (default)",
        };
        // Writing to a string cannot fail.
        let description = target.description.map_or("", Text::as_str);
        let _ = writeln!(rows, "{}{mark}\t{description}", target.name);
    }
    table::align(&rows, 1)
}
