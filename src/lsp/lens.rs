//! What the changes since a revision cost, above each stage.

use gen_lsp_types::{CodeLens, Command};
use serde_json::json;

use super::document::Document;
use crate::explain::{Explanation, Fate, StepChange};

/// The command that shows a text.
pub(crate) const SHOW: &str = "rdf.explain";

/// A lens above each stage that is built: whether its steps keep their cache keys.
pub(crate) fn lenses(document: &Document, explanation: &Explanation) -> Vec<CodeLens> {
    let stages = &document.dockerfile().stages;
    let text = explanation.to_text();
    let revision = explanation.names.first().map_or("", String::as_str);
    let mut lenses = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let next = stages.get(index + 1).map(|next| next.meta.location.start);
        let lines = stage.meta.location.start..next.unwrap_or(u32::MAX);
        let of_stage = |step: &&StepChange| {
            step.fate != Fate::Removed && step.lines.is_some_and(|it| lines.contains(&it.start))
        };
        let steps: Vec<&StepChange> = explanation.steps.iter().filter(of_stage).collect();
        if steps.is_empty() {
            continue;
        }
        let line = document.text().range(stage.meta.span).start.line;
        let mut range = document.text().range(stage.meta.span);
        if range.end.line > line {
            range.end = range.start;
        }
        lenses.push(CodeLens {
            range,
            command: Some(Command {
                title: title(&steps, revision),
                command: SHOW.to_owned(),
                arguments: Some(vec![json!(text)]),
                ..Command::default()
            }),
            data: None,
        });
    }
    lenses
}

fn title(steps: &[&StepChange], revision: &str) -> String {
    let is_lost = |step: &&&StepChange| {
        matches!(
            step.fate,
            Fate::Changed { .. } | Fate::Lost(_) | Fate::Added
        )
    };
    let lost = steps.iter().filter(is_lost).count();
    let by_files = steps
        .iter()
        .any(|step| step.by_content || matches!(step.fate, Fate::Depends(_)));
    match (lost, by_files) {
        (0, false) => format!("keeps its cache since {revision}"),
        (0, true) => format!("keeps its cache since {revision}, as long as its files are the same"),
        (1, _) => format!(
            "1 of {} steps loses its cache since {revision}",
            steps.len()
        ),
        (lost, _) => format!(
            "{lost} of {} steps lose their cache since {revision}",
            steps.len()
        ),
    }
}
