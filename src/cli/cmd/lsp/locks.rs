//! The lock in the editor: what in it is stale, and the actions that make, move, write and take out pins.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use gen_lsp_types::{CodeAction, CodeActionKind, Command as Action, Range, Uri, WorkspaceEdit};
use serde::Deserialize;
use serde_json::json;

use super::session::Open;
use super::uri;
use crate::check::Problem;
use crate::cli::cmd::lock::{self, PinDirection, PinState};
use crate::cli::files::read_file;
use crate::cli::lockfile::{self, LockPlace};
use crate::cli::variant::host;
use crate::diagnostic::{Diagnostic, File};
use crate::limits::{MAX_FILE_BYTES, MAX_LOCK_BYTES};
use crate::lock::collect::Document as Locked;
use crate::lock::{file, verify};
use crate::lsp::{self, Finding, News};
use crate::source::Span;

/// Commands that the server executes.
pub(super) const LOCK: &str = "rdf.lock";
pub(super) const UPDATE: &str = "rdf.update";
pub(super) const OUTDATED: &str = "rdf.outdated";

/// What is wrong with the lock beside a Dockerfile, or with the Dockerfile for the lock. Without a lock, nothing is.
pub(super) fn findings(path: &Path, bytes: &[u8]) -> Vec<Finding> {
    let found = match lockfile::find(path) {
        LockPlace::Missing => return Vec::new(),
        LockPlace::OutOfReach { why, .. } => Err(why),
        LockPlace::File(path) => read_file(&path, MAX_LOCK_BYTES as u64)
            .map_err(|error| error.to_string())
            .and_then(|bytes| file::read(&bytes).map_err(|error| error.to_string())),
    };
    let shown = path.file_name().unwrap_or_default().to_string_lossy();
    let lines = File::new(&shown, bytes);
    let lock = match found {
        Ok(lock) => lock,
        Err(why) => {
            let message = format!("the lock of this file cannot be read: {why}");
            let told = Diagnostic::warning("lock-unreadable", message).at(Span::default(), "");
            return vec![Problem::bare(told, None).into()];
        }
    };
    let document = Locked::new(shown.clone(), bytes);
    let findings = verify::check(&document, &lock, &host())
        .findings
        .into_iter();
    let problem = |finding: verify::Finding| {
        let span = finding.location.map(|at| lines.span_of_lines(at));
        let told = Diagnostic::warning(finding.kind.code(), finding.message);
        let told = told.at(span.unwrap_or_default(), "").hint(finding.hint);
        Finding::from(Problem::bare(told, finding.location))
    };
    findings.map(problem).collect()
}

/// What can be done about the lock at a range.
pub(super) fn actions(open: &Open, range: Range) -> Vec<CodeAction> {
    let Some(path) = &open.path else {
        return Vec::new();
    };
    let at = lsp::image_at(&open.document, range);
    let Some(image) = at else {
        return Vec::new();
    };
    let command = |title: String, command: &str, words: Vec<serde_json::Value>| CodeAction {
        title: title.clone(),
        kind: Some(CodeActionKind::Source),
        command: Some(Action {
            title,
            command: command.to_owned(),
            arguments: Some(words),
            ..Action::default()
        }),
        ..CodeAction::default()
    };
    let address = json!(open.uri);
    let mut actions = vec![command(
        "lock what this file fetches".to_owned(),
        LOCK,
        vec![address.clone()],
    )];
    let Some(lock) = &open.workspace.lock else {
        return actions;
    };
    if let Some(image) = image {
        let words = vec![address.clone(), json!(image)];
        actions.push(command(format!("update the pin of {image}"), UPDATE, words));
    }
    actions.push(command(
        "update all pins".to_owned(),
        UPDATE,
        vec![address.clone()],
    ));
    actions.push(command(
        "look for newer versions of the pins".to_owned(),
        OUTDATED,
        vec![address],
    ));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let document = Locked::new(name, open.document.bytes());
    for (direction, title) in [
        (
            PinDirection::In,
            "write the pins of the lock into this file",
        ),
        (
            PinDirection::Out,
            "take the pins of the lock out of this file",
        ),
    ] {
        if let Some((bytes, lock)) = lock::pins(&document, lock, direction)
            && let Some(edit) = edit(open, path, &bytes, &file::print(&lock))
        {
            actions.push(CodeAction {
                title: title.to_owned(),
                kind: Some(CodeActionKind::RefactorRewrite),
                edit: Some(edit),
                ..CodeAction::default()
            });
        }
    }
    actions
}

/// Both files at once; none where the lock is not where it is looked for.
fn edit(open: &Open, path: &Path, bytes: &[u8], printed: &str) -> Option<WorkspaceEdit> {
    let LockPlace::File(lock) = lockfile::find(path) else {
        return None;
    };
    let old = String::from_utf8(read_file(&lock, MAX_LOCK_BYTES as u64).ok()?).ok()?;
    let mut edit = lsp::fix_all(&open.document, &open.uri, bytes)?;
    if old != printed {
        let encoding = open.document.text().encoding();
        let old = lsp::Document::new(old, 0, encoding);
        let address = Uri::from(uri::of(&lock));
        let other = lsp::fix_all(&old, &address, printed.as_bytes())?;
        let changes = edit.changes.get_or_insert_default();
        changes.extend(other.changes.unwrap_or_default());
    }
    Some(edit)
}

/// Locks a file, or updates one pin of its lock or all of them.
///
/// # Errors
/// What the program says, or why it cannot be run.
pub(super) fn run(
    path: &Path,
    bytes: &[u8],
    update: Option<Option<String>>,
) -> Result<String, String> {
    let update = update.map(|image| match image {
        None => "--update".to_owned(),
        Some(image) => format!("--update={image}"),
    });
    let output = lock(path, bytes, update.as_slice())?;
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).trim().to_owned();
    match output.status.success() {
        true => Ok(told),
        false => Err(told),
    }
}

/// Asks registries what the pins of a file are beside what there is now.
///
/// # Errors
/// What the program says, or why it cannot be run.
pub(super) fn outdated(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, News>, String> {
    let words = ["--outdated", "--format", "json"].map(str::to_owned);
    let output = lock(path, bytes, &words)?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
    if let (Some(finding), true) = (report.findings.first(), report.pins.is_empty()) {
        return Err(finding.message.clone());
    }
    let news = report.pins.into_iter().map(|pin| {
        let news = News {
            has_moved: pin.has_moved(),
            locked: pin.locked,
            newest: pin.newest,
        };
        (pin.subject, news)
    });
    Ok(news.collect())
}

/// What `rdf lock --format json` prints.
#[derive(Deserialize)]
struct Report {
    findings: Vec<Told>,
    pins: Vec<PinState>,
}

#[derive(Deserialize)]
struct Told {
    message: String,
}

/// Runs `rdf lock` for a file, which asks registries.
fn lock(path: &Path, bytes: &[u8], words: &[String]) -> Result<Output, String> {
    // What is locked is what is on disk.
    let on_disk = read_file(path, MAX_FILE_BYTES);
    if on_disk.ok().as_deref() != Some(bytes) {
        return Err("save the file first: what is locked is the file on disk".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let directory = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default();
    Command::new(program)
        .current_dir(directory)
        .args(["lock", "--color", "never"])
        .args(words)
        .arg("--")
        .arg(name)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())
}
