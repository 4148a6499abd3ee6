//! The frontend against what the reference recorded: testdata, and more where it is at hand.
//!
//! Compiled from the same files as the conformance runner (examples/conformance), which produces;
//! here it is compared. testdata/corpus has Dockerfiles with a recorded line for each. `RDF_CONFORMANCE`
//! names a folder of other cases, `RDF_CORPUS` one of other Dockerfiles; both are skipped where they are
//! not set.

#[path = "../../examples/conformance/bulk.rs"]
#[allow(dead_code, reason = "the runner writes files, too")]
pub(crate) mod bulk;
#[path = "../../examples/conformance/case.rs"]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "only the command line asks for more")
)]
mod case;
#[path = "../../examples/conformance/format.rs"]
mod format;
#[path = "../../examples/conformance/run.rs"]
#[allow(dead_code, reason = "the runner writes files, too")]
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::Case;
use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Cases in testdata: fewer means that they were not found.
const CASES: usize = 448;

/// Cases in testdata/conformance-extra.
const EXTRA_CASES: usize = 226;

/// Dockerfiles in testdata/corpus.
const CORPUS: usize = 177;

#[test]
fn recorded_cases_compile_to_what_the_reference_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance/cases");
    assert_eq!(check_cases(&root), CASES);
}

#[test]
fn extra_cases_compile_to_what_the_reference_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance-extra/cases");
    assert_eq!(check_cases(&root), EXTRA_CASES);
}

#[test]
fn other_cases_compile_to_what_the_reference_recorded() {
    match std::env::var_os("RDF_CONFORMANCE") {
        Some(root) => assert_ne!(check_cases(Path::new(&root)), 0, "no cases in {root:?}"),
        None => println!("skipped: RDF_CONFORMANCE is not set"),
    }
}

#[test]
fn describe_lists_what_the_reference_lists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance");
    let expected: BTreeMap<String, String> =
        serde_json::from_slice(&fs::read(root.join("describe.json")).unwrap()).unwrap();
    let case = Case::read(&root.join("cases/from-scratch-only")).unwrap();
    let ours = run::describe(&case).unwrap();
    assert_eq!(ours["version"], expected["version"]);
    // Requests of our own come after the reference's.
    let theirs = expected["result.json"].trim_end_matches("\n]");
    assert!(
        ours["result.json"].starts_with(theirs),
        "{}",
        ours["result.json"]
    );
    assert!(
        ours["result.txt"].starts_with(&expected["result.txt"]),
        "{}",
        ours["result.txt"]
    );
}

#[test]
fn own_corpus_compiles_to_what_the_reference_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/corpus");
    assert_eq!(check_corpus(&root), CORPUS);
    let files = bulk::dockerfiles(&root).unwrap().len();
    assert_eq!(files, CORPUS, "a file has no recorded line");
}

#[test]
fn other_corpus_compiles_to_what_the_reference_recorded() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert_ne!(check_corpus(Path::new(&root)), 0, "no files in {root:?}"),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}

/// Compiles every file that has a recorded line below `root`; fails when anything differs. Gives
/// the number of lines.
fn check_corpus(root: &Path) -> usize {
    let lines = fs::read_to_string(root.join("expected.jsonl")).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let wrong = in_parallel(&lines, |line| {
        let mut expected: Value = serde_json::from_str(line).unwrap();
        let path = expected["path"].as_str().unwrap().to_owned();
        let mut actual = bulk::record(&fs::read(root.join(&path)).unwrap());
        actual.insert("path".to_owned(), Value::from(path.as_str()));
        sort_warnings(&mut expected["warnings"]);
        if let Some(warnings) = actual.get_mut("warnings") {
            sort_warnings(warnings);
        }
        (Value::Object(actual.clone()) != expected)
            .then(|| format!("{path}: {}", difference(&expected, &actual)))
    });
    println!(
        "corpus: {}/{} files agree",
        lines.len() - wrong.len(),
        lines.len()
    );
    assert!(
        wrong.is_empty(),
        "{} files differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    lines.len()
}

/// `rdf compile` gives the same bytes as the frontend, when it has the same session and images.
#[cfg(feature = "cli")]
#[test]
fn the_command_line_compiles_what_the_frontend_compiles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance/cases");
    let mut cases = Case::read_all(&root).unwrap();
    // What a daemon would have to answer, and contexts that are no directories, are not for a command line.
    cases.retain(|case| case.is_plain() && case.dir.join("expected.pb").exists());
    assert!(cases.len() > 250, "only {} cases", cases.len());
    let scratch = std::env::temp_dir().join(format!("rdf-cli-{}", std::process::id()));
    fs::create_dir_all(&scratch).unwrap();
    let wrong = in_parallel(&cases, |case| {
        command_line(case, &scratch)
            .err()
            .map(|why| format!("{}: {why}", case.name))
    });
    fs::remove_dir_all(&scratch).unwrap();
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[cfg(feature = "cli")]
fn command_line(case: &Case, scratch: &Path) -> Outcome {
    use dockerfile_llb::pb::ops::Definition;
    use prost::Message;

    let file = |kind: &str| scratch.join(format!("{}.{kind}", case.name));
    let images: BTreeMap<&String, Value> = case
        .settings
        .images
        .iter()
        .map(|(reference, image)| {
            (
                reference,
                serde_json::json!({ "digest": image.digest, "config": image.config }),
            )
        })
        .collect();
    fs::write(file("images"), serde_json::to_vec(&images)?)?;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rdf"));
    command
        .arg("compile")
        .arg(&case.dir)
        .args(["--session", "conformance-session", "--offline"]);
    command
        .arg("--metadata")
        .arg(file("images"))
        .arg("-o")
        .arg(file("pb"));
    command.arg("--image-config").arg(file("image"));
    for (key, value) in case.opts() {
        command.arg("--opt").arg(format!("{key}={value}"));
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let definition = Definition::decode(fs::read(file("pb"))?.as_slice())?;
    if format::definition_bytes(definition) != fs::read(case.dir.join("expected.pb"))? {
        return Err("the definition differs".into());
    }
    if fs::read(file("image"))? != fs::read(case.dir.join("expected.image.json"))? {
        return Err("the image config differs".into());
    }
    Ok(())
}

fn sort_warnings(warnings: &mut Value) {
    if let Value::Array(list) = warnings {
        list.sort_by_key(|warning| {
            (
                warning[1].as_u64(),
                warning[0].to_string(),
                warning[2].to_string(),
            )
        });
    }
}

/// Names of the fields that differ, and both texts of an error.
fn difference(expected: &Value, actual: &serde_json::Map<String, Value>) -> String {
    let expected = expected.as_object().unwrap();
    let keys: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    let differing = keys
        .into_iter()
        .filter(|key| expected.get(*key) != actual.get(*key))
        .map(|key| match key.as_str() {
            "error" | "warnings" => {
                format!("{key} {:?} is {:?}", expected.get(key), actual.get(key))
            }
            _ => key.clone(),
        });
    differing.collect::<Vec<_>>().join(", ")
}

/// Runs all cases below `root`; fails when anything differs. Gives the number of cases.
fn check_cases(root: &Path) -> usize {
    let cases = Case::read_all(root).unwrap();
    let wrong = in_parallel(&cases, |case| {
        let differences = differences(case);
        (!differences.is_empty()).then(|| {
            (
                area(case).to_owned(),
                format!("{}: {}", case.name, differences.join(", ")),
            )
        })
    });
    report(&cases, &wrong);
    let list: Vec<&str> = wrong.iter().map(|(_, text)| text.as_str()).collect();
    assert!(
        list.is_empty(),
        "{} of {} cases differ:\n{}",
        list.len(),
        cases.len(),
        list.join("\n")
    );
    cases.len()
}

/// The first word of a case's name.
fn area(case: &Case) -> &str {
    case.name.split('-').next().unwrap_or(&case.name)
}

fn report(cases: &[Case], wrong: &[(String, String)]) {
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        *totals.entry(area(case)).or_default() += 1;
    }
    for (area, total) in totals {
        let failed = wrong.iter().filter(|(name, _)| name == area).count();
        println!("{area}: {}/{total}", total - failed);
    }
}

/// Files of a case that are not as recorded.
fn differences(case: &Case) -> Vec<String> {
    let actual = match run::outputs(case) {
        Ok(actual) => actual,
        Err(error) => return vec![error.to_string()],
    };
    let mut expected = BTreeMap::new();
    for entry in fs::read_dir(&case.dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // The readable form of a definition says nothing that its bytes do not.
        if let Some(name) = name
            .strip_prefix("expected.")
            .filter(|name| !name.ends_with("llb.json") || *name == "convertllb.json")
        {
            expected.insert(name.to_owned(), fs::read(&path).unwrap());
        }
    }
    let crashed = crashes(expected.get("error.json"));
    let names: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    let differing = names.into_iter().filter(|name| {
        let (expected, actual) = (expected.get(*name), actual.get(*name));
        !same(name, expected, actual, &crashed)
    });
    differing.cloned().collect()
}

/// Requests on which the reference crashed: any answer is right there.
fn crashes(errors: Option<&Vec<u8>>) -> BTreeSet<String> {
    let errors: BTreeMap<String, Value> = errors
        .map(|errors| serde_json::from_slice(errors).unwrap())
        .unwrap_or_default();
    errors
        .into_iter()
        .filter(|(_, error)| error["reference_crash"] == true)
        .map(|(name, _)| name)
        .collect()
}

fn same(
    name: &str,
    expected: Option<&Vec<u8>>,
    actual: Option<&Vec<u8>>,
    crashed: &BTreeSet<String>,
) -> bool {
    if expected == actual || crashed.contains(name.trim_end_matches(".json")) {
        return true;
    }
    if !matches!(
        name,
        "warnings.json" | "extra.json" | "error.json" | "convertllb.json"
    ) {
        return false;
    }
    let read = |bytes: Option<&Vec<u8>>| -> Value {
        let empty = Value::Object(serde_json::Map::new());
        let mut value = bytes.map_or(empty, |bytes| serde_json::from_slice(bytes).unwrap());
        for request in crashed {
            forget(&mut value, request);
        }
        value
    };
    read(expected) == read(actual)
}

/// Removes everything about a request.
fn forget(value: &mut Value, request: &str) {
    if let Value::Object(object) = value {
        object.remove(request);
        if let Some(Value::Object(text)) = object.get_mut("text") {
            text.remove(request);
        }
    }
}

/// What `check` says about `items`, on a few threads, in their order.
pub(crate) fn in_parallel<I: Sync, T: Send>(
    items: &[I],
    check: impl Fn(&I) -> Option<T> + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    if let Some(result) = check(item) {
                        found.lock().unwrap().insert(index, result);
                    }
                }
            });
        }
    });
    found.into_inner().unwrap().into_values().collect()
}
