//! The table of `docs/editors.md`: each feature of ours has a test, and each method that is offered has a row.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The features of the page with their tests.
fn rows() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/editors.md")).unwrap();
    let (_, table) = page.split_once("| feature |").expect("the table");
    let lines = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "{line}");
        let tests = cells[5].split(", ").filter(|test| !test.is_empty());
        let tests: Vec<String> = tests
            .map(|test| test.trim_matches('`').to_owned())
            .collect();
        assert_eq!(cells[4] == "yes", !tests.is_empty(), "{line}");
        (cells[0].to_owned(), tests)
    };
    lines.map(row).collect()
}

#[test]
fn every_feature_of_the_table_has_its_tests() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/lsp");
    let mut known = BTreeSet::new();
    for entry in fs::read_dir(dir).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for (at, _) in text.match_indices("#[test]\nfn ") {
            let name = text[at + "#[test]\nfn ".len()..].split('(').next().unwrap();
            known.insert(name.to_owned());
        }
    }
    let rows = rows();
    assert!(rows.len() > 25, "{} rows", rows.len());
    for (feature, tests) in &rows {
        for test in tests {
            assert!(known.contains(test), "{feature}: no test `{test}`");
        }
    }
    let named: BTreeSet<&String> = rows.iter().flat_map(|(_, tests)| tests).collect();
    assert!(named.len() > 15, "{named:?}");
}
