//! `# rdf:` comments: what the author of a Dockerfile wants for the instruction below.
//!
//! ```text
//! # rdf: update=minor ignore=>=3.14
//! FROM python:3.12-slim
//! ```

use super::version::{Ignored, Level};
use crate::source::LineRange;
use crate::syntax::{Dockerfile, InstructionMeta};

/// What `keep=` may name: groups of files that are removed at the end of a recorded step.
const KEPT_GROUPS: [&str; 5] = ["all", "caches", "ids", "logs", "pyc"];

/// What comments say about one instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The instruction.
    pub location: LineRange,
    /// How far updates may go.
    pub update: Option<Level>,
    /// Versions that updates leave out.
    pub ignored: Vec<Ignored>,
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

/// How far the source at `lines` may be updated: the first level that is said there, and all that is left out.
pub fn bounds_at(
    directives: &[Directive],
    lines: &std::collections::BTreeSet<LineRange>,
) -> (Option<Level>, Vec<Ignored>) {
    let here = || directives.iter().filter(|it| lines.contains(&it.location));
    (
        here().find_map(|it| it.update),
        here().flat_map(|it| it.ignored.clone()).collect(),
    )
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
        ignored: Vec::new(),
        problem: None,
    };
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("update", level)) if Level::parse(level).is_some() => {
                directive.update = Level::parse(level)
            }
            Some(("ignore", versions)) if Ignored::is_meant(versions) => {
                match Ignored::parse(versions) {
                    Some(ignored) => directive.ignored.push(ignored),
                    None => {
                        directive.problem = Some(format!(
                            "`{word}` names no versions; `ignore=>=5000` or `ignore=>=2,<4` would"
                        ))
                    }
                }
            }
            // Of steps that are recorded.
            Some(("keep", groups))
                if groups.split(',').all(|group| KEPT_GROUPS.contains(&group)) => {}
            Some(("keep", _)) => {
                directive.problem = Some(format!(
                    "`{word}` names no files that are tidied away; `keep=logs`, `caches`, `ids`, `pyc` or `all` would"
                ))
            }
            // `rdf check` reads these, and says what is wrong with them.
            _ if text.contains("ignore") => {}
            _ => {
                directive.problem = Some(format!(
                    "unknown directive `{word}`; a valid one is `update=minor`"
                ))
            }
        }
    }
    Some(directive)
}
