//! What is told: collected first, printed once, in the form that was asked for.

use std::path::Path;

use serde_json::{Value, json};

use super::super::super::exit::{Exit, Failure};
use super::super::super::finding::{self, Finding as Told};
use super::super::super::shell::Shell;
use super::super::check::github;
use super::args::Format;
use super::outdated::PinState;
use crate::check::ErrorPage;
use crate::diagnostic::{Diagnostic, ErrorCode, File, sanitize};
use crate::lock::collect::Problem;
use crate::lock::command::word;
use crate::lock::diff::{Change, PinnedTo};
use crate::lock::verify::Finding;

/// Home of the rules' descriptions.
const TOOL: &str = "rdf";

/// One thing that is wrong.
#[derive(Clone, Debug)]
struct Item {
    file: String,
    line: Option<u32>,
    end: Option<u32>,
    code: String,
    subject: String,
    message: String,
    hint: String,
    exit: Exit,
}

impl Item {
    /// The file and the line, as far as they are known.
    fn place(&self) -> String {
        match self.line {
            Some(line) if !self.file.is_empty() => format!("{}:{line}", self.file),
            _ => self.file.clone(),
        }
    }

    fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.code.clone(), self.message.as_str());
        match self.hint.as_str() {
            "" => diagnostic,
            hint => diagnostic.hint(hint),
        }
    }

    fn tell(&self, shell: &mut Shell) {
        shell.diagnostic(&self.diagnostic(), &File::new(&self.place(), b""));
    }

    fn json(&self) -> Value {
        Told {
            diagnostic: &self.diagnostic(),
            file: &File::new(&self.file, &[]),
            lines: self.line.map(|line| (line, self.end.unwrap_or(line))),
            fix: None,
            subject: Some(self.subject.as_str()).filter(|subject| !subject.is_empty()),
        }
        .to_json()
    }
}

/// Everything that a command has to tell.
#[derive(Debug)]
pub(super) struct Report {
    /// Progress may be drawn, where there is a terminal.
    pub(super) is_watched: bool,
    format: Format,
    items: Vec<Item>,
    /// Remarks for people.
    notes: Vec<String>,
    /// More of them, for those who want to know.
    details: Vec<String>,
    /// The result, on stdout.
    output: String,
    /// Pins that moved.
    changes: Vec<Change>,
    /// Pins beside what there is now.
    states: Vec<PinState>,
}

impl Report {
    pub(super) fn new(format: Format) -> Self {
        Report {
            is_watched: false,
            format,
            items: Vec::new(),
            notes: Vec::new(),
            details: Vec::new(),
            output: String::new(),
            changes: Vec::new(),
            states: Vec::new(),
        }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Adds all that `other` has to tell.
    pub(super) fn append(&mut self, other: Report) {
        self.items.extend(other.items);
        self.notes.extend(other.notes);
        self.details.extend(other.details);
        self.output.push_str(&other.output);
        self.changes.extend(other.changes);
        self.states.extend(other.states);
    }

    /// The worst of what was reported.
    pub(super) fn worst(&self) -> Exit {
        self.items
            .iter()
            .map(|item| item.exit)
            .max()
            .unwrap_or_default()
    }

    /// Bad input.
    pub(super) fn problem(
        &mut self,
        file: &str,
        line: Option<u32>,
        code: &str,
        message: &str,
        hint: &str,
    ) {
        self.item(file, line, code, "", message, hint, Exit::Usage);
    }

    /// Arguments with which there is nothing to do.
    pub(super) fn usage(&mut self, file: &str, message: &str) {
        self.problem(file, None, "usage", message, "see `rdf lock --help`");
    }

    /// Flags, certificates or credentials with which nobody can be asked.
    pub(super) fn unusable(&mut self, error: &crate::registry::Error) {
        let hint = error.hint.clone().unwrap_or_default();
        self.problem("", None, error.kind.code(), &error.message, &hint);
    }

    /// A source that could not be resolved.
    pub(super) fn failure(
        &mut self,
        file: &str,
        line: Option<u32>,
        subject: &str,
        error: &crate::registry::Error,
    ) {
        let exit = match error.kind {
            crate::registry::ErrorKind::Integrity => Exit::Integrity,
            _ => Exit::Unresolved,
        };
        let hint = error.hint.clone().unwrap_or_default();
        self.item(
            file,
            line,
            error.kind.code(),
            subject,
            &error.message,
            &hint,
            exit,
        );
    }

    /// Why a file does not compile. Its lines are not shown: they may hold credentials.
    pub(super) fn not_compiled(&mut self, file: &str, problem: &Problem) {
        let hint = match ErrorPage::of(problem.code).hint {
            "" if Path::new(file).is_file() => format!(
                "fix the Dockerfile (`rdf check {}` shows the place), or give other inputs",
                word(file)
            ),
            "" => "fix the Dockerfile, or give other inputs".to_owned(),
            _ if problem.code == ErrorCode::TargetNotFound && Path::new(file).is_file() => {
                format!("run `rdf targets {}` to list the stages", word(file))
            }
            hint if problem.code == ErrorCode::InvalidUtf8 && Path::new(file).is_file() => {
                format!("{hint}; `rdf check {}` shows the place", word(file))
            }
            hint => hint.to_owned(),
        };
        let line = problem.location.map(|lines| lines.start);
        self.problem(file, line, problem.code.as_str(), &problem.message, &hint);
        if let (Some(item), Some(lines)) = (self.items.last_mut(), problem.location) {
            item.end = Some(lines.end);
        }
    }

    /// A disagreement of lock and Dockerfile.
    pub(super) fn finding(&mut self, file: &str, finding: &Finding) {
        let line = finding.location.map(|lines| lines.start);
        self.item(
            file,
            line,
            finding.kind.code(),
            &finding.subject,
            &finding.message,
            &finding.hint,
            Exit::Findings,
        );
        if let (Some(item), Some(lines)) = (self.items.last_mut(), finding.location) {
            item.end = Some(lines.end);
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn item(
        &mut self,
        file: &str,
        line: Option<u32>,
        code: &str,
        subject: &str,
        message: &str,
        hint: &str,
        exit: Exit,
    ) {
        self.items.push(Item {
            file: file.to_owned(),
            line,
            end: line,
            code: code.to_owned(),
            subject: masked(subject),
            message: masked(message),
            hint: masked(hint),
            exit,
        });
    }

    /// A remark.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(masked(&text.into()));
    }

    /// A remark for those who want to know.
    pub(super) fn detail(&mut self, text: impl Into<String>) {
        self.details.push(masked(&text.into()));
    }

    /// A pin that moved, for programs that read.
    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// A pin beside what there is now, for programs that read.
    pub(super) fn state(&mut self, state: PinState) {
        self.states.push(state);
    }

    /// Adds to the result.
    pub(super) fn write(&mut self, text: &str) {
        self.output.push_str(text);
    }

    /// Prints all.
    pub(super) fn print(&self, shell: &mut Shell) -> Result<(), Failure> {
        for note in &self.notes {
            shell.note(note);
        }
        for detail in &self.details {
            shell.detail(detail);
        }
        let is_answer = self.output.is_empty();
        let report = match self.format {
            Format::Json if is_answer => format!("{}\n", self.json()),
            Format::Markdown if is_answer => self.markdown(),
            Format::Sarif => format!("{}\n", self.sarif()),
            Format::Github => self.github(),
            Format::Text | Format::Json | Format::Markdown => {
                self.items.iter().for_each(|item| item.tell(shell));
                String::new()
            }
        };
        shell.data(format!("{}{report}", self.output).as_bytes())
    }

    fn json(&self) -> Value {
        let items = self.items.iter().map(Item::json);
        let changes = self.changes.iter().map(change_to_json);
        json!({
            "version": finding::VERSION,
            "findings": items.collect::<Vec<_>>(),
            "changes": changes.collect::<Vec<_>>(),
            "pins": self.states,
        })
    }

    fn sarif(&self) -> Value {
        let results = self.items.iter().map(|item| {
            let mut location =
                json!({ "artifactLocation": { "uri": item.file.replace('\\', "/") } });
            if let (Some(start), Some(end)) = (item.line, item.end)
                && let Some(location) = location.as_object_mut()
            {
                location.insert(
                    "region".to_owned(),
                    json!({ "startLine": start.max(1), "endLine": end.max(1) }),
                );
            }
            let text = if item.hint.is_empty() {
                item.message.clone()
            } else {
                format!("{} ({})", item.message, item.hint)
            };
            json!({
                "ruleId": item.code, "level": "error", "message": { "text": text },
                "locations": [{ "physicalLocation": location }],
            })
        });
        let mut codes: Vec<&str> = self.items.iter().map(|item| item.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        let rules: Vec<Value> = codes
            .into_iter()
            .map(|code| json!({ "id": code }))
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": TOOL, "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
                "results": results.collect::<Vec<_>>(),
            }],
        })
    }

    fn github(&self) -> String {
        let mut out = String::new();
        for item in &self.items {
            let mut place = github::file(&item.file);
            if let (Some(line), Some(end)) = (item.line, item.end) {
                place.push_str(&format!(",line={line},endLine={end}"));
            }
            let text = if item.hint.is_empty() {
                item.message.clone()
            } else {
                format!("{}\nhint: {}", item.message, item.hint)
            };
            out.push_str(&github::command("error", &place, &item.code, &text));
        }
        out
    }

    fn markdown(&self) -> String {
        if self.items.is_empty() {
            return "The lock is complete.\n".to_owned();
        }
        let mut out = "| place | what | hint |\n|---|---|---|\n".to_owned();
        let cell = |text: &str| {
            let text = sanitize(text).replace('\n', " ");
            text.replace('|', "\\|")
        };
        for item in &self.items {
            let (place, what, hint) = (item.place(), &item.message, &item.hint);
            out.push_str(&format!(
                "| {} | {} | {} |\n",
                cell(&place),
                cell(what),
                cell(hint)
            ));
        }
        out
    }
}

/// Text without the user names and passwords of the URLs in it.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let ends = |c: char| matches!(c, '/' | '?' | '#' | '`' | '\'' | '"') || c.is_whitespace();
        let authority = after.split(ends).next().unwrap_or_default();
        out.push_str(before);
        out.push_str("://");
        rest = after;
        if let Some((user, _)) = authority.rsplit_once('@') {
            // The user alone that ssh needs is not a secret, and a digest is none at all.
            let secret = match before.rsplit(|c: char| !c.is_ascii_alphabetic()).next() {
                Some("http" | "https") => true,
                Some("ssh" | "git") => user.contains(':'),
                _ => false,
            };
            if secret {
                out.push_str("***");
                rest = after.get(user.len()..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// A change as tools read it: pins in full.
fn change_to_json(change: &Change) -> Value {
    let text = |pin: &Option<PinnedTo>| pin.as_ref().map(PinnedTo::to_string);
    json!({
        "subject": change.subject, "before": text(&change.before), "after": text(&change.after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_masked() {
        for (text, shown) in [
            ("`https://u:p@h/x#y`", "`https://***@h/x#y`"),
            ("https://token@h", "https://***@h"),
            (
                "a ssh://git@h/r b https://h/@x",
                "a ssh://git@h/r b https://h/@x",
            ),
            ("ssh://git:p@h/r", "ssh://***@h/r"),
            (
                "https://u:a@b@h/x https://v:w@i",
                "https://***@h/x https://***@i",
            ),
            ("no url, u:p@h", "no url, u:p@h"),
            ("oci-layout://x@sha256:1", "oci-layout://x@sha256:1"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
