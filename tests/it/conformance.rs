//! The frontend against what the reference recorded: testdata, and more where it is at hand.
//!
//! Compiled from the same files as the conformance runner (examples/conformance), which produces;
//! here it is compared. testdata/corpus has Dockerfiles with a recorded line for each. `RDF_CONFORMANCE`
//! names a directory of other cases, `RDF_CORPUS` one of other Dockerfiles; both are skipped where they are
//! not set. What was recorded and is otherwise in the version that we follow now is in testdata/superseded: by
//! which row of PARITY.md, and in which files; all the rest must still agree.

#[path = "../../examples/conformance/bulk.rs"]
#[allow(dead_code, reason = "the runner writes files, too")]
pub(crate) mod bulk;
#[path = "../../examples/conformance/case.rs"]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "only the command line asks for more")
)]
pub(crate) mod case;
#[path = "../../examples/conformance/format.rs"]
mod format;
#[path = "../../examples/conformance/run.rs"]
#[allow(dead_code, reason = "the runner writes files, too")]
pub(crate) mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use case::Case;
use dockerfile_llb::expand::Env;
use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::expand::settings::{Escapes, Quotes, Unset};
use dockerfile_llb::internals::expander;
use dockerfile_llb::internals::pb::ops::{Definition, Op, op};
use dockerfile_llb::llb::CUSTOM_NAME;
use dockerfile_llb::syntax;
use prost::Message;
use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Cases in testdata: fewer means that they were not found.
const CASES: usize = 440;

/// Cases in testdata/conformance-extra.
const EXTRA_CASES: usize = 224;

/// Cases in testdata/superseded.
const SUPERSEDED_CASES: usize = 10;

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
fn superseded_cases_differ_where_the_page_says() {
    let root = superseded_root().join("cases");
    assert_eq!(check_cases(&root), SUPERSEDED_CASES);
    let moved: BTreeSet<String> = Case::read_all(&root)
        .unwrap()
        .into_iter()
        .map(|case| case.name)
        .collect();
    let listed: BTreeSet<String> = superseded().cases.keys().cloned().collect();
    assert_eq!(moved, listed);
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
    let moved = check_corpus(&root, &superseded_root().join("corpus.jsonl"));
    let kept = check_corpus(&root, &root.join("expected.jsonl"));
    assert_eq!(kept + moved, CORPUS);
    let files = bulk::dockerfiles(&root).unwrap().len();
    assert_eq!(files, CORPUS, "a file has no recorded line");
}

#[test]
fn other_corpus_compiles_to_what_the_reference_recorded() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => {
            let root = Path::new(&root);
            let count = check_corpus(root, &root.join("expected.jsonl"));
            assert_ne!(count, 0, "no files in {root:?}");
        }
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}

/// What was recorded from an older version than the one that we follow, and is otherwise now.
#[derive(Default)]
struct Superseded {
    /// Cases, and which of their files differ.
    cases: BTreeMap<String, Differences>,
    /// Dockerfiles of a corpus, and which fields of their lines differ.
    corpus: BTreeMap<String, Differences>,
}

/// The rows of PARITY.md that are the reason, and what differs.
#[derive(Default)]
struct Differences {
    rows: BTreeSet<String>,
    differs: BTreeSet<String>,
}

fn superseded_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/superseded")
}

/// `testdata/superseded/table.json`.
fn superseded() -> &'static Superseded {
    static TABLE: OnceLock<Superseded> = OnceLock::new();
    TABLE.get_or_init(|| {
        let text = fs::read(superseded_root().join("table.json")).unwrap();
        let table: BTreeMap<String, Vec<Entry>> = serde_json::from_slice(&text).unwrap();
        let mut superseded = Superseded::default();
        for (row, entries) in table {
            for entry in entries {
                let add = |all: &mut BTreeMap<String, Differences>, name: String| {
                    let known = all.entry(name).or_default();
                    known.rows.insert(row.clone());
                    known.differs.extend(entry.differs.iter().cloned());
                };
                for case in entry.cases {
                    add(&mut superseded.cases, case);
                }
                for file in entry.corpus {
                    add(&mut superseded.corpus, file);
                }
            }
        }
        superseded
    })
}

/// What the same files differ in for the same reason.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    differs: Vec<String>,
    #[serde(default)]
    cases: Vec<String>,
    #[serde(default)]
    corpus: Vec<String>,
}

/// `None` if `found` is what the table says of `name`, or nothing where it says nothing.
fn unexpected(
    table: &BTreeMap<String, Differences>,
    name: &str,
    found: &BTreeSet<String>,
) -> Option<String> {
    let none = Differences::default();
    let known = table.get(name).unwrap_or(&none);
    if known.differs == *found {
        return None;
    }
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let mut text = format!("{name}: {} differ", list(found));
    if !known.rows.is_empty() {
        let (rows, differs) = (list(&known.rows), list(&known.differs));
        text += &format!("; by {rows}, {differs} should");
    }
    Some(text)
}

/// Compiles the files below `root` that have a line in `recorded`; fails when anything differs but what the table of
/// what is superseded says. Gives the number of lines.
fn check_corpus(root: &Path, recorded: &Path) -> usize {
    let lines = fs::read_to_string(recorded).unwrap();
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
        let mut differing = differing_fields(&expected, &actual);
        if differing.contains(DIGEST) {
            let definition = bulk::definition(&fs::read(root.join(&path)).unwrap());
            let earlier =
                definition.map(|definition| format::sha256(&with_earlier_names(definition)));
            if earlier.is_some_and(|earlier| expected[DIGEST] == earlier.as_str()) {
                differing.remove(DIGEST);
                differing.insert(names_in(DIGEST));
            }
        }
        let text = unexpected(&superseded().corpus, &path, &differing)?;
        Some(format!("{text}{}", shown_fields(&expected, &actual)))
    });
    report_superseded(&superseded().corpus, |path| {
        lines
            .iter()
            .any(|line| line.contains(&format!("\"path\": \"{path}\"")))
    });
    println!(
        "corpus: {}/{} files are as recorded, or as the version after it has them",
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
    // What a daemon would have to answer, and contexts that are not directories, are not for a command line.
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

/// Names of the fields that differ.
fn differing_fields(expected: &Value, actual: &serde_json::Map<String, Value>) -> BTreeSet<String> {
    let expected = expected.as_object().unwrap();
    let keys: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    let differing = keys
        .into_iter()
        .filter(|key| expected.get(*key) != actual.get(*key));
    differing.cloned().collect()
}

/// Both texts of what says something to a person.
fn shown_fields(expected: &Value, actual: &serde_json::Map<String, Value>) -> String {
    ["error", "warnings"]
        .iter()
        .filter(|key| expected.get(*key) != actual.get(**key))
        .map(|key| format!("; {key} {:?} is {:?}", expected.get(key), actual.get(*key)))
        .collect()
}

/// Says which of what was checked is known to be otherwise now, by which row.
fn report_superseded(table: &BTreeMap<String, Differences>, is_there: impl Fn(&str) -> bool) {
    for (name, known) in table.iter().filter(|(name, _)| is_there(name)) {
        let rows = known.rows.iter().cloned().collect::<Vec<_>>().join(", ");
        println!("superseded: {name}, by {rows}");
    }
}

/// Runs all cases below `root`; fails when anything differs but what the table of what is superseded says. Gives the
/// number of cases.
fn check_cases(root: &Path) -> usize {
    let cases = Case::read_all(root).unwrap();
    let wrong = in_parallel(&cases, |case| {
        let differences = differences(case).into_iter().collect();
        let text = unexpected(&superseded().cases, &case.name, &differences)?;
        Some((area(case).to_owned(), text))
    });
    report(&cases, &wrong);
    report_superseded(&superseded().cases, |name| {
        cases.iter().any(|case| case.name == name)
    });
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
    differing(&expected, &actual)
}

/// Names of files that the reference and this compiler made differently of the same case.
pub(crate) fn differing(
    expected: &BTreeMap<String, Vec<u8>>,
    actual: &BTreeMap<String, Vec<u8>>,
) -> Vec<String> {
    let crashed = crashes(expected.get("error.json"));
    let names: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    let differing = names.into_iter().filter_map(|name| {
        let (expected, actual) = (expected.get(name), actual.get(name));
        if same(name, expected, actual, &crashed) {
            return None;
        }
        Some(match (expected, actual) {
            (Some(expected), Some(actual)) if differ_in_names(name, expected, actual) => {
                names_in(name)
            }
            _ => name.clone(),
        })
    });
    differing.collect()
}

/// Field of a corpus line: SHA-256 of a definition, names of steps included.
const DIGEST: &str = "pb_sha256";

/// What differs where a definition, or its digest, has the recorded bytes but for the names of `RUN` steps, and those
/// are what 1.26 made of the names that they have now.
fn names_in(what: &str) -> String {
    format!("names in {what}")
}

fn differ_in_names(name: &str, expected: &[u8], actual: &[u8]) -> bool {
    let is_definition = name == "pb" || name.ends_with(".pb");
    let decoded = || Definition::decode(actual).unwrap();
    is_definition && with_earlier_names(decoded()) == expected
}

/// The bytes of a definition whose `RUN` steps have their names as 1.26 wrote them: of what is in them now, escape
/// tokens were removed. That cannot be undone where the value of a variable has tokens, dollars or quotes of its own.
fn with_earlier_names(mut definition: Definition) -> Vec<u8> {
    let execs: BTreeSet<String> = definition
        .def
        .iter()
        .filter(|op| matches!(Op::decode(op.as_slice()).unwrap().op, Some(op::Op::Exec(_))))
        .map(|op| Digest::sha256(op).as_str().to_owned())
        .collect();
    let dockerfile = definition.source.iter().flat_map(|source| &source.infos);
    let dockerfile = dockerfile.map(|info| info.data.as_slice()).next();
    let escape = syntax::parse(dockerfile.unwrap_or_default())
        .dockerfile
        .escape;
    let expander = expander(escape, Quotes::Keep, Escapes::Remove, Unset::Keep);
    for entry in &mut definition.metadata {
        if execs.contains(&entry.key) {
            let names = entry.value.description.iter_mut();
            for name in names.filter(|entry| entry.key == CUSTOM_NAME) {
                if let Ok(earlier) = expander.expand_word(&name.value, &NoVariables) {
                    name.value = earlier.text.into_owned();
                }
            }
        }
    }
    format::definition_bytes(definition)
}

struct NoVariables;

impl Env for NoVariables {
    fn get(&self, _: &str) -> Option<&str> {
        None
    }

    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
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
