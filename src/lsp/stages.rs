//! Stages that no build needs, and where a stage is.

use gen_lsp_types::{DiagnosticTag, Range};

use super::document::Document;
use super::problems::Finding;
use crate::check::Problem;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::Dockerfile;

/// A finding for each stage that is not needed, by `needed` in the order of the file. `target` is what is built, in words.
pub(crate) fn unneeded(dockerfile: &Dockerfile, needed: &[bool], target: &str) -> Vec<Finding> {
    let stages = dockerfile.stages.iter().zip(needed).enumerate();
    let unneeded = stages.filter(|(_, (_, needed))| !**needed);
    let finding = |index: usize, span: Span, name: &str| {
        let name = match name {
            "" => index.to_string(),
            name => name.to_owned(),
        };
        let message = format!("stage `{name}` is not needed for {target}");
        let told = Diagnostic::warning("unneeded-stage", message).at(span, "");
        Finding {
            problem: Problem::bare(told, None),
            tag: Some(DiagnosticTag::Unnecessary),
        }
    };
    unneeded
        .map(|(index, (stage, _))| {
            let last = stage.instructions.last().map(|it| it.meta().span.end);
            let end = last.unwrap_or(stage.meta.span.end).max(stage.meta.span.end);
            let name = stage.written_name.as_ref().map_or("", |name| name.as_str());
            finding(index, Span::new(stage.meta.span.start, end), name)
        })
        .collect()
}

/// The `FROM` of a stage by its name or number; of the last stage for an empty one, and the start of the file for one that
/// does not exist.
pub(crate) fn stage_range(document: &Document, name: &str) -> Range {
    let stages = document.names().stages();
    let named = stages.iter().rfind(|stage| {
        name.is_empty() || (!stage.name.is_empty() && stage.name.eq_ignore_ascii_case(name))
    });
    let number = name.parse::<usize>().ok().and_then(|at| stages.get(at));
    let span = named.or(number).map(|stage| stage.from);
    document.text().range(span.unwrap_or_default())
}
