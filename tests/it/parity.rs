//! PARITY.md stays complete, and every test that it names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows that the page must have: a group, and its ids or the range of their numbers.
const ROWS: &[(&str, &str)] = &[
    ("SYN", "01..18"),
    (
        "INS",
        "FROM RUN RUN-h RUN-m RUN-m2 RUN-m3 RUN-m4 RUN-m5 RUN-n RUN-s RUN-d COPY COPY-2 \
         COPY-3 COPY-4 ADD ADD-2 ENV ARG LABEL USER VOLUME STOPSIGNAL SHELL MAINTAINER \
         EXPOSE WORKDIR CMD ENTRYPOINT HEALTHCHECK ONBUILD",
    ),
    ("VAR", "01..06"),
    ("ARG", "01..05"),
    ("PLT", "01..05"),
    ("OPT", "01..11"),
    ("CTX", "01..08"),
    ("NCX", "01..05"),
    ("IGN", "01..03"),
    ("SUB", "01..08"),
    ("LNT", "01..25"),
    ("RES", "01..06"),
    ("IMG", "01..07"),
    ("GW", "01..06"),
    ("RPC", "01..07"),
    ("ERR", "01..07"),
    ("LLB", "01..10"),
    ("STG", "01..04"),
    ("WIN", "01..01"),
    ("CLI", "01..04"),
];

/// How many that are.
const COUNT: usize = 177;

/// Group of the rows about versions after the recordings. They have a version, and instead of a state where they are
/// known from.
const NEW: &str = "NEW-";

struct Row {
    id: String,
    behaviour: String,
    tests: Vec<String>,
    state: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rows about the yardstick.
fn rows() -> Vec<Row> {
    let is_new = |row: &Row| row.id.starts_with(NEW);
    all_rows().into_iter().filter(|row| !is_new(row)).collect()
}

fn new_rows() -> Vec<Row> {
    let is_new = |row: &Row| row.id.starts_with(NEW);
    all_rows().into_iter().filter(is_new).collect()
}

fn all_rows() -> Vec<Row> {
    let page = fs::read_to_string(root().join("PARITY.md")).expect("PARITY.md");
    let lines = page.lines().filter_map(|line| line.strip_prefix("| "));
    let rows = lines.filter(|line| !line.starts_with("id |") && !line.starts_with("---"));
    rows.map(|line| {
        let line = line.strip_suffix(" |").expect("a whole row");
        let mut cells: Vec<&str> = line.split(" | ").collect();
        if line.starts_with(NEW) {
            let version = cells.remove(1);
            assert!(version.contains('.'), "no version: {line}");
        }
        let [id, behaviour, tests, state] = cells.as_slice() else {
            panic!("not four cells: {line}");
        };
        Row {
            id: (*id).to_owned(),
            behaviour: (*behaviour).to_owned(),
            tests: tests
                .split(", ")
                .map(|test| test.trim_matches('`').to_owned())
                .collect(),
            state: (*state).to_owned(),
        }
    })
    .collect()
}

fn required() -> Vec<String> {
    let mut ids = Vec::new();
    for (group, members) in ROWS {
        match members.split_once("..") {
            Some((first, last)) => {
                let number = |text: &str| text.parse::<u32>().expect("a number");
                let numbers = number(first)..=number(last);
                ids.extend(numbers.map(|number| format!("{group}-{number:02}")));
            }
            None => ids.extend(members.split(' ').map(|member| format!("{group}-{member}"))),
        }
    }
    ids
}

/// The file in which `test` is to be found.
fn home(test: &str) -> PathBuf {
    let path = match test.split_once("::") {
        Some((file, _)) if file.starts_with("src/") => format!("{file}.rs"),
        Some((file, _)) => format!("tests/{file}.rs"),
        None => match test.split_once('/') {
            Some(("call", case)) => format!("testdata/e2e/call/{case}"),
            Some(("lint", rule)) => format!("testdata/lint/{rule}.Dockerfile"),
            Some(("expand", table)) => format!("testdata/expand/{table}.table"),
            Some(_) => format!("testdata/{test}"),
            None => format!("testdata/conformance/cases/{test}"),
        },
    };
    root().join(path)
}

fn exists(test: &str) -> bool {
    let home = home(test);
    let Some((_, name)) = test.split_once("::") else {
        let superseded = root().join("testdata/superseded/cases").join(test);
        return home.exists() || superseded.exists();
    };
    let Ok(text) = fs::read_to_string(&home) else {
        return false;
    };
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(rest) = line.trim_start_matches("async ").strip_prefix("fn ") {
            if is_test && rest.split('(').next() == Some(name) {
                return true;
            }
            is_test = false;
        }
    }
    // Tests that a macro makes have no attribute of their own.
    text.contains("proptest!") && text.contains(&format!("fn {name}("))
}

#[test]
fn every_behaviour_has_one_row() {
    let required = required();
    assert_eq!(required.len(), COUNT);
    let found: Vec<String> = rows().into_iter().map(|row| row.id).collect();
    let once: BTreeSet<&String> = found.iter().collect();
    assert_eq!(once.len(), found.len(), "a row is there twice");
    let wanted: BTreeSet<&String> = required.iter().collect();
    let missing: Vec<_> = wanted.difference(&once).collect();
    let unknown: Vec<_> = once.difference(&wanted).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    assert!(unknown.is_empty(), "nobody asked for {unknown:?}");
}

#[test]
fn every_row_names_tests_that_exist() {
    let mut lost = Vec::new();
    for row in all_rows() {
        assert!(!row.tests.is_empty(), "{}: no test", row.id);
        if row.tests == ["none"] {
            assert!(row.state.starts_with("open: "), "{}: no test", row.id);
            continue;
        }
        for test in row.tests.iter().filter(|test| !exists(test)) {
            lost.push(format!("{}: {test}", row.id));
        }
    }
    assert!(lost.is_empty(), "no such tests:\n{}", lost.join("\n"));
}

#[test]
fn every_row_says_what_and_how_far() {
    for row in rows() {
        let id = &row.id;
        assert!(row.behaviour.ends_with('.'), "{id}: not a sentence");
        let known = [
            "same",
            "same; ",
            "same for ",
            "differs on purpose: ",
            "partly: ",
        ];
        let (same, reasons) = known.split_first().expect("states");
        assert!(
            row.state == **same || reasons.iter().any(|start| row.state.starts_with(start)),
            "{id}: no such state: {}",
            row.state
        );
    }
}

#[test]
fn every_change_since_says_where_it_is_known_from() {
    let rows = new_rows();
    let ids: BTreeSet<&String> = rows.iter().map(|row| &row.id).collect();
    assert!(ids.len() >= 12 && ids.len() == rows.len(), "{ids:?}");
    for row in &rows {
        assert!(row.behaviour.ends_with('.'), "{}: not a sentence", row.id);
        let known = ["read in source", "reported", "open: "];
        let known = known.iter().any(|start| row.state.starts_with(start));
        assert!(known, "{}: known from where: {}", row.id, row.state);
    }
    // What is superseded names its reason.
    let table = fs::read(root().join("testdata/superseded/table.json")).expect("the table");
    let table: serde_json::Value = serde_json::from_slice(&table).expect("JSON");
    for row in table.as_object().expect("an object").keys() {
        assert!(ids.contains(row), "no such row: {row}");
    }
}
