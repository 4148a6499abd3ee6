//! `docker build --check` and `--call`: the answers recorded from the reference, for every directory of
//! `testdata/e2e/call`. Its README says how they were recorded.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::engine::{Feature, engine};
use crate::process::{Program, Said};

/// How an answer of a frontend ends that is written in Go and came to an unexpected end.
const CRASH: &str = "ERROR: failed to build: failed to solve: exit code: 2\n";
/// What is recorded of it.
const CRASHED: &str = "the reference crashes\n";

#[test]
#[ignore = "needs an engine: scripts/test"]
fn check_says_what_the_reference_says() {
    all_answers("check");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn outline_says_what_the_reference_says() {
    all_answers("outline");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn targets_says_what_the_reference_says() {
    all_answers("targets");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn describe_says_what_the_reference_says() {
    all_answers("subrequests.describe");
}

/// Compares the answers to one request for all Dockerfiles, and fails with all that differ.
fn all_answers(request: &str) {
    if engine().lacks(&[Feature::Call]) {
        return;
    }
    let record = std::env::var("RDF_E2E_RECORD_CALLS").ok();
    let frontend = record.as_deref().unwrap_or(&engine().frontend);
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    // Most of the time is spent waiting for containers to start, so several Dockerfiles are asked about at once.
    let next = AtomicUsize::new(0);
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = answers(case, request, frontend, record.is_some());
                    differences.lock().expect("differences").extend(found);
                }
            });
        }
    });
    let mut differences = differences.into_inner().expect("differences");
    differences.sort();
    assert!(differences.is_empty(), "\n{}", differences.concat());
}

/// Compares the two forms of the answer for one Dockerfile; or records them.
fn answers(case: &Path, request: &str, frontend: &str, record: bool) -> Vec<String> {
    let mut differences = Vec::new();
    for form in ["txt", "json"] {
        let mut answer = shown(&ask(case, request, form == "json", frontend));
        let file = case.join(format!("expected/{request}.{form}"));
        if record {
            if answer.ends_with(CRASH) {
                answer = CRASHED.to_owned();
            }
            fs::create_dir_all(case.join("expected")).expect("folder of answers");
            fs::write(&file, &answer).expect("file of an answer");
        }
        let wanted = fs::read_to_string(&file).unwrap_or_default();
        // Any answer at all is better than the reference's there.
        let better = wanted == CRASHED && answer.starts_with("status 0\n");
        let more = request == "subrequests.describe" && continues(&wanted, &answer);
        if answer != wanted && !better && !more {
            differences.push(format!(
                "=== {}\n{}\n",
                file.display(),
                difference(&wanted, &answer)
            ));
        }
    }
    differences
}

/// Whether an answer is the wanted one with requests of our own after the reference's.
fn continues(wanted: &str, answer: &str) -> bool {
    let parts = |text: &str| {
        let (out, err) = text.split_once("\n--- stderr").unwrap_or((text, ""));
        (
            out.trim_end().trim_end_matches(']').trim_end().to_owned(),
            err.to_owned(),
        )
    };
    let ((wanted, wanted_err), (answer, answer_err)) = (parts(wanted), parts(answer));
    wanted_err == answer_err && answer.starts_with(&wanted)
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/e2e/call");
    let entries = fs::read_dir(&root).unwrap_or_else(|why| panic!("{}: {why}", root.display()));
    let mut cases: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn ask(case: &Path, request: &str, json: bool, frontend: &str) -> Said {
    let registry = &engine().registry;
    let options = fs::read_to_string(case.join("options")).unwrap_or_default();
    let program = Program::docker()
        .args([
            "buildx",
            "build",
            "--progress=plain",
            "--build-arg",
            &format!("BUILDKIT_SYNTAX={frontend}"),
        ])
        .args([
            "--build-context",
            &format!("busybox=docker-image://{registry}/busybox:latest"),
        ])
        .args([
            "--build-context",
            &format!("multi=docker-image://{registry}/busybox:multi"),
        ])
        .args(options.lines());
    let program = match (request, json) {
        ("check", false) => program.arg("--check"),
        (_, false) => program.arg(format!("--call={request}")),
        (_, true) => program.arg(format!("--call={request},format=json")),
    };
    program.arg(".").dir(case).run()
}

/// An answer as it is recorded.
fn shown(said: &Said) -> String {
    let stdout = without_definitions(&said.text());
    let stderr = without_progress(&said.stderr);
    let text = format!(
        "status {}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
        said.status
    );
    text.replace(&engine().registry, "REGISTRY")
}

/// What the client says besides the progress, without colours. It lists warnings as they arrive, which is in any order.
fn without_progress(stderr: &str) -> String {
    let plain = stderr.replace("\u{1b}[33m", "").replace("\u{1b}[0m", "");
    let (mut warnings, others): (Vec<_>, Vec<_>) = plain
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .partition(|line| line.starts_with(" - "));
    warnings.sort_unstable();
    others
        .into_iter()
        .chain(warnings)
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// JSON text whose `definition` objects, which differ from session to session, are reduced to what does not.
fn without_definitions(text: &str) -> String {
    let mut result = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.find("\"definition\": {") else {
            result.push_str(line);
            result.push('\n');
            continue;
        };
        let end = format!("{:indent$}}}", "");
        let mut object = "{".to_owned();
        for inner in lines.by_ref() {
            if let Some(rest) = inner.strip_prefix(&end) {
                writeln!(
                    result,
                    "{:indent$}\"definition\": {}{rest}",
                    "",
                    reduced(&format!("{object}}}"))
                )
                .ok();
                break;
            }
            object.push_str(inner);
        }
    }
    result
}

fn reduced(definition: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(definition) else {
        return definition.to_owned();
    };
    let entries = |value: &Value| -> Vec<String> {
        let mut entries: Vec<_> = value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, value)| in_order(value))
            .collect();
        entries.sort();
        entries
    };
    let operations = value["def"].as_array().map_or(0, Vec::len);
    let (metadata, locations) = (
        entries(&value["metadata"]),
        entries(&value["Source"]["locations"]),
    );
    format!("{operations} operations, metadata {metadata:?}, locations {locations:?}")
}

/// JSON with sorted keys, whatever order the library keeps.
fn in_order(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let mut parts: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{key}:{}", in_order(value)))
                .collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(in_order).collect::<Vec<_>>().join(",")
        ),
        other => other.to_string(),
    }
}

/// The lines around the first difference.
fn difference(wanted: &str, got: &str) -> String {
    let (wanted, got): (Vec<_>, Vec<_>) = (wanted.lines().collect(), got.lines().collect());
    let same = wanted
        .iter()
        .zip(&got)
        .take_while(|(one, other)| one == other)
        .count();
    let part = |lines: &[&str]| {
        lines
            .iter()
            .skip(same.saturating_sub(2))
            .take(8)
            .flat_map(|line| ["    ", line, "\n"])
            .collect::<String>()
    };
    format!(
        "from line {}, wanted:\n{}  got:\n{}",
        same + 1,
        part(&wanted),
        part(&got)
    )
}
