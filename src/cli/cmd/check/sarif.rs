//! Findings as SARIF 2.1.0, which code scanning services read.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Outcome;
use crate::check::{Fix, Problem, catalogue};
use crate::cli::inputs::Input;
use crate::diagnostic::{File, Label, Severity};
use crate::source::Span;

/// The log of a run.
pub(super) fn log(outcomes: &[Outcome]) -> Value {
    let problems = outcomes.iter().flat_map(|outcome| &outcome.problems);
    let named: BTreeMap<&str, &Problem> = problems
        .map(|problem| (problem.diagnostic.code.as_ref(), problem))
        .collect();
    let codes: Vec<&str> = named.keys().copied().collect();
    let mut all = Vec::new();
    for outcome in outcomes {
        let checked = CheckedFile::of(outcome);
        let mut results = Vec::new();
        for problem in &outcome.problems {
            let result = result(problem, &checked, &codes);
            // The format has each result once; a rule may find the same twice.
            if !results.contains(&result) {
                results.push(result);
            }
        }
        all.append(&mut results);
    }
    let artifacts: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            json!({ "location": { "uri": outcome_uri(outcome) }, "sourceLanguage": "dockerfile" })
        })
        .collect();
    let rules: Vec<Value> = named.values().map(|problem| rule(problem)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rdf",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts,
            "results": all,
        }],
    })
}

/// A file and how the log names it.
struct CheckedFile<'o> {
    file: File<'o>,
    uri: String,
}

impl<'o> CheckedFile<'o> {
    fn of(outcome: &'o Outcome) -> Self {
        CheckedFile {
            file: File::new(&outcome.name, &outcome.bytes),
            uri: outcome_uri(outcome),
        }
    }
}

fn outcome_uri(outcome: &Outcome) -> String {
    match &outcome.input {
        Input::Stdin(None) => "stdin".to_owned(),
        _ => uri(&outcome.name),
    }
}

/// What a rule is about; an error has nothing but its code.
fn rule(problem: &Problem) -> Value {
    let code = problem.diagnostic.code.as_ref();
    if let Some(number) = problem.shell_code() {
        return json!({
            "id": code, "name": code,
            "helpUri": format!("https://www.shellcheck.net/wiki/SC{number}"),
            "properties": { "tags": ["shellcheck"] },
        });
    }
    let Some(entry) = problem.rule.and_then(catalogue::of) else {
        return json!({ "id": code, "defaultConfiguration": { "level": "error" } });
    };
    let rule = entry.rule;
    let page = entry.page();
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(rule.name));
    object.insert("name".to_owned(), json!(rule.name));
    object.insert(
        "shortDescription".to_owned(),
        json!({ "text": rule.description }),
    );
    object.insert("help".to_owned(), json!({ "text": page, "markdown": page }));
    if !rule.url.is_empty() {
        object.insert("helpUri".to_owned(), json!(rule.url));
    }
    object.insert(
        "defaultConfiguration".to_owned(),
        json!({ "level": level(rule.severity) }),
    );
    object.insert(
        "properties".to_owned(),
        json!({ "tags": [entry.group.as_str()] }),
    );
    Value::Object(object)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

fn result(problem: &Problem, checked: &CheckedFile<'_>, codes: &[&str]) -> Value {
    let diagnostic = &problem.diagnostic;
    let code = diagnostic.code.as_ref();
    let level = level(diagnostic.severity);
    let mut text = diagnostic.message.clone();
    for hint in &diagnostic.hints {
        text.push_str(&format!("\n{hint}"));
    }
    let mut object = Map::new();
    object.insert("ruleId".to_owned(), json!(code));
    if let Ok(index) = codes.binary_search(&code) {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    object.insert("level".to_owned(), json!(level));
    object.insert("message".to_owned(), json!({ "text": text }));
    let place = |label: Option<&Label>| {
        let mut location = json!({ "artifactLocation": { "uri": checked.uri } });
        if let (Some(label), Some(location)) = (label, location.as_object_mut()) {
            location.insert("region".to_owned(), region(label.span, &checked.file));
        }
        location
    };
    let primary = json!([{ "physicalLocation": place(diagnostic.primary.as_ref()) }]);
    object.insert("locations".to_owned(), primary);
    let related = diagnostic.secondary.iter().enumerate().map(|(at, label)| {
        let mut related = json!({ "id": at, "physicalLocation": place(Some(label)) });
        if let (false, Some(related)) = (label.text.is_empty(), related.as_object_mut()) {
            related.insert("message".to_owned(), json!({ "text": label.text }));
        }
        related
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        object.insert("relatedLocations".to_owned(), json!(related));
    }
    if let Some(fix) = problem
        .fix
        .as_ref()
        .filter(|fix| fix.unsafe_because.is_none())
    {
        object.insert("fixes".to_owned(), json!([fixed(fix, checked)]));
    }
    Value::Object(object)
}

fn fixed(fix: &Fix, checked: &CheckedFile<'_>) -> Value {
    let replacements = fix.edits.iter().map(|edit| {
        json!({
            "deletedRegion": region(edit.span, &checked.file),
            "insertedContent": { "text": String::from_utf8_lossy(&edit.text) },
        })
    });
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{
            "artifactLocation": { "uri": checked.uri },
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

/// Lines and columns from one, in characters; the end is behind the last.
fn region(span: Span, file: &File<'_>) -> Value {
    let (start, end) = (file.place(span.start), file.place(span.end));
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
        "byteOffset": start.offset, "byteLength": end.offset.saturating_sub(start.offset),
    })
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_relative_uris() {
        assert_eq!(uri("a b\\Dockerfile:x#é"), "a%20b/Dockerfile%3Ax%23%C3%A9");
    }
}
