//! `frontend.graph`: `docker buildx build --call=graph`. Ours, not the reference's.

use super::super::build::Build;
use super::super::options::key;
use super::super::problem;
use super::SubrequestAnswer;
use crate::compile::Options;
use crate::gateway::{Error, Result};
use crate::go::path;
use crate::graph::{self, Format, Level};

pub(super) const NAME: &str = "frontend.graph";
pub(super) const VERSION: &str = "1.0.0";

/// The picture as text, and the graph as JSON.
pub(super) async fn answer(build: &Build<'_>) -> Result<SubrequestAnswer> {
    let requested = build.request.get(key::GRAPH).unwrap_or_default();
    let (format, level) = read(requested).map_err(Error::new)?;
    let options = &build.request.options;
    let (compiled, answers) = build
        .compile_other(build.document.source(), options, None)
        .await;
    let target = compiled.result.map_err(problem::plain)?;
    let shape = build.document.source().shape(options, &answers);
    let mut shape = shape.map_err(problem::plain)?;
    let file = path::base(build.dockerfile.name());
    // What the target does not need may be broken: then it is not shown, or as it is written.
    let all = match level == Level::Ops || shape.has_variables() {
        true => {
            let every = Options {
                all_stages: true,
                ..options.clone()
            };
            let source = build.document.source();
            let (all, _) = build.compile_other(source, &every, None).await;
            all.result.ok()
        }
        false => None,
    };
    let graph = match level {
        Level::Stages => {
            let fetched = all.as_ref().unwrap_or(&target);
            shape.expand(&fetched.remote_uses);
            graph::stages(file, &shape)
        }
        Level::Ops => graph::ops(file, &shape, &target, all.as_ref()).map_err(problem::plain)?,
    };
    let text = graph
        .print(format, None)
        .map_err(|error| Error::new(error.to_string()))?;
    Ok(SubrequestAnswer::new(&graph.to_json(), VERSION).text(text))
}

/// Reads what the build argument asks for: a form, a level, or both.
fn read(requested: &str) -> std::result::Result<(Format, Level), String> {
    let (mut format, mut level) = (Format::default(), Level::default());
    let words = requested
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    for word in words {
        match (Format::parse(word), Level::parse(word)) {
            (Some(wanted), _) => format = wanted,
            (None, Some(wanted)) => level = wanted,
            (None, None) => {
                return Err(format!(
                    "invalid value `{word}` for RDF_GRAPH, expected one of svg, dot, mermaid, json, stages, ops"
                ));
            }
        }
    }
    Ok((format, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_level_come_in_any_order() {
        assert_eq!(read(""), Ok((Format::Svg, Level::Stages)));
        assert_eq!(read("ops,dot"), Ok((Format::Dot, Level::Ops)));
        assert_eq!(read("mermaid"), Ok((Format::Mermaid, Level::Stages)));
        assert!(read("png").is_err());
    }
}
