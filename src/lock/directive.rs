//! `# rdf:` comments: what the author of a Dockerfile wants for the instruction below.
//!
//! ```text
//! # rdf: update=minor
//! FROM python:3.12-slim
//! ```

use super::version::Level;
use crate::source::LineRange;
use crate::syntax::{Dockerfile, InstructionMeta};

/// What comments say about one instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The instruction.
    pub location: LineRange,
    /// How far updates may go.
    pub update: Option<Level>,
    /// What could not be read.
    pub problem: Option<String>,
}

/// The directives of a file, in order.
pub fn directives(dockerfile: &Dockerfile) -> Vec<Directive> {
    let stages = dockerfile.stages.iter().flat_map(|stage| {
        std::iter::once(&stage.meta).chain(
            stage
                .instructions
                .iter()
                .map(|instruction| instruction.meta()),
        )
    });
    stages.filter_map(directive).collect()
}

/// How far the source at `lines` may be updated.
pub fn level_at(
    directives: &[Directive],
    lines: &std::collections::BTreeSet<LineRange>,
) -> Option<Level> {
    directives
        .iter()
        .find(|directive| lines.contains(&directive.location))
        .and_then(|directive| directive.update)
}

fn directive(meta: &InstructionMeta) -> Option<Directive> {
    let text = meta
        .comments
        .iter()
        .rev()
        .find_map(|comment| comment.as_str().strip_prefix("rdf:"))?;
    let mut directive = Directive {
        location: meta.location,
        update: None,
        problem: None,
    };
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("update", level)) if Level::parse(level).is_some() => {
                directive.update = Level::parse(level)
            }
            // `rdf check` reads these, and says what is wrong with them.
            _ if text.contains("ignore") => {}
            _ => {
                directive.problem = Some(format!(
                    "`{word}` is no directive of rdf; `update=minor` would be one"
                ))
            }
        }
    }
    Some(directive)
}
