//! Findings as diagnostics, and what fixes them as code actions.

use std::collections::HashMap;

use gen_lsp_types::{
    Code, CodeAction, CodeActionKind, CodeDescription, Diagnostic, DiagnosticRelatedInformation,
    DiagnosticSeverity, DiagnosticTag, Location, Message, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::document::Document;
use super::layout;
use crate::check::{Fix, Problem};
use crate::diagnostic::{Label, Severity};
use crate::lint::{Rule, ShownAs};
use crate::source::Span;

/// Who reports.
const SOURCE: &str = "rdf";

/// A problem that was found in a document, and how it can be fixed.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    pub(crate) tag: Option<DiagnosticTag>,
}

impl Finding {
    /// Whether it is about something that is never built.
    pub(crate) fn is_unneeded(&self) -> bool {
        self.tag == Some(DiagnosticTag::Unnecessary)
    }

    /// Whether it can be fixed without changing what is built.
    pub(crate) fn is_fixable(&self) -> bool {
        let fix = self.problem.fix.as_ref();
        fix.is_some_and(|fix| fix.unsafe_because.is_none())
    }
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Self {
        let shown_as = problem.rule.and_then(|rule| rule.shown_as);
        let tag = shown_as.map(|shown_as| match shown_as {
            ShownAs::Unnecessary => DiagnosticTag::Unnecessary,
            ShownAs::Deprecated => DiagnosticTag::Deprecated,
        });
        Finding { problem, tag }
    }
}

/// The findings as the protocol has them.
pub(crate) fn diagnostics(document: &Document, uri: &Uri, findings: &[Finding]) -> Vec<Diagnostic> {
    let all = findings.iter();
    all.map(|finding| diagnostic(document, uri, finding))
        .collect()
}

fn diagnostic(document: &Document, uri: &Uri, finding: &Finding) -> Diagnostic {
    let found = &finding.problem.diagnostic;
    let mut message = found.message.clone();
    let label = found.primary.as_ref().map(|label| label.text.as_str());
    if let Some(label) = label.filter(|label| !label.is_empty()) {
        message.push_str(&format!("\n{label}"));
    }
    for hint in &found.hints {
        message.push_str(&format!("\nhelp: {hint}"));
    }
    let related = found
        .secondary
        .iter()
        .map(|label| related(document, uri, label));
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    let href = found
        .url
        .as_deref()
        .map(|url| CodeDescription { href: url.into() });
    Diagnostic {
        range: place(document, found.primary.as_ref()),
        severity: Some(match (found.severity, finding.tag) {
            (Severity::Error, _) => DiagnosticSeverity::Error,
            (_, Some(DiagnosticTag::Unnecessary)) => DiagnosticSeverity::Hint,
            (Severity::Warning, _) => DiagnosticSeverity::Warning,
            (Severity::Info, _) => DiagnosticSeverity::Information,
            (Severity::Style, _) => DiagnosticSeverity::Hint,
        }),
        code: Some(Code::String(found.code.to_string())),
        code_description: href,
        source: Some(SOURCE.to_owned()),
        message: Message::String(message),
        tags: finding.tag.map(|tag| vec![tag]),
        related_information: (!related.is_empty()).then_some(related),
        data: None,
    }
}

fn place(document: &Document, label: Option<&Label>) -> Range {
    document
        .text()
        .range(label.map_or(Span::default(), |label| label.span))
}

fn related(document: &Document, uri: &Uri, label: &Label) -> DiagnosticRelatedInformation {
    let message = match label.text.as_str() {
        "" => "related",
        text => text,
    };
    DiagnosticRelatedInformation {
        location: Location {
            uri: uri.clone(),
            range: place(document, Some(label)),
        },
        message: message.to_owned(),
    }
}

/// Quick fixes of the findings that a range touches. `verify` tells whether a fix keeps what is built.
pub(crate) fn actions(
    document: &Document,
    uri: &Uri,
    findings: &[Finding],
    range: Range,
    verify: impl Fn(&'static Rule, &Fix) -> bool,
) -> Vec<CodeAction> {
    let span = document.text().span(range);
    let mut actions = Vec::new();
    for finding in findings {
        let Some(label) = &finding.problem.diagnostic.primary else {
            continue;
        };
        let touches = label.span.start <= span.end && span.start <= label.span.end;
        let Some(rule) = finding.problem.rule.filter(|_| touches) else {
            continue;
        };
        let told = diagnostic(document, uri, finding);
        if let Some(fix) = &finding.problem.fix
            && verify(rule, fix)
        {
            let is_safe = fix.unsafe_because.is_none();
            let title = match &fix.unsafe_because {
                None => fix.title.clone(),
                Some(why) => format!("{} (may change the build: {why})", fix.title),
            };
            actions.push(CodeAction {
                title,
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![told.clone()]),
                is_preferred: is_safe.then_some(true),
                edit: Some(edit(uri, layout::edits(document, fix.edits.clone()))),
                ..CodeAction::default()
            });
        }
        if let Some(text) = ignore_above(document, label.span, rule.name) {
            actions.push(CodeAction {
                title: format!("ignore {} here", rule.name),
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![told]),
                edit: Some(edit(uri, vec![text])),
                ..CodeAction::default()
            });
        }
    }
    actions
}

/// The comment that suppresses a rule for the instruction with these bytes.
fn ignore_above(document: &Document, span: Span, rule: &str) -> Option<TextEdit> {
    let holds =
        |instruction: Span| instruction.start <= span.start && span.start <= instruction.end;
    let (_, instruction) = document
        .instructions()
        .filter(|(_, instruction)| holds(instruction.span))
        .last()?;
    let line = document.text().line_of(instruction.span.start);
    let (start, content) = document.text().line(line)?;
    let blanks = content.len() - content.trim_start().len();
    let indent = content.get(..blanks)?;
    let start = super::text::number(start);
    Some(TextEdit {
        range: document.text().range(Span::new(start, start)),
        new_text: format!("{indent}# rdf: ignore={rule}\n"),
    })
}

/// What makes the fixed bytes of a document; none where they are the same.
pub(crate) fn fix_all(document: &Document, uri: &Uri, fixed: &[u8]) -> Option<WorkspaceEdit> {
    let edits = layout::difference(document, fixed);
    (!edits.is_empty()).then(|| edit(uri, edits))
}

/// Edits of one document.
pub(super) fn edit(uri: &Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit {
        changes: Some(HashMap::from([(uri.clone(), edits)])),
        ..WorkspaceEdit::default()
    }
}
