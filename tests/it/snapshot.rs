//! Snapshots of what the program prints, kept by insta beside the input: `<case>.snap`, or a directory's `<name>.snap`.
//!
//! One that is missing or differs fails. `cargo insta review`, or `INSTA_UPDATE=always` and a look at the diff, accepts a
//! change.

use std::fs;
use std::path::{Path, PathBuf};

use insta::Settings;

/// Settings that put snapshots into `dir`.
fn beside(dir: &Path) -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(dir);
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.set_omit_expression(true);
    settings
}

/// Compares a text with `<dir>/<name>.snap`.
pub(crate) fn text(dir: &Path, name: &str, text: &str) {
    // insta sees neither carriage returns nor blanks at the end.
    let end = text.trim_end();
    assert!(
        text.strip_prefix(end) == Some("\n") && !text.contains('\r'),
        "not a text of whole lines: {text:?}"
    );
    beside(dir).bind(|| insta::assert_snapshot!(name, text));
}

/// Compares bytes with `<dir>/<name>.snap.<extension>`, a file that shows what they look like.
pub(crate) fn bytes(dir: &Path, name: &str, extension: &str, bytes: Vec<u8>) {
    let file = format!("{name}.{extension}");
    beside(dir).bind(|| insta::assert_binary_snapshot!(&file, bytes));
}

/// Runs `check` for each file below `testdata/<dir>` whose name ends in `end`, and gives how many there are. All are looked
/// at before one that failed ends the test.
pub(crate) fn each(dir: &str, end: &str, check: fn(&Path)) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("testdata").join(dir)];
    let mut files = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|error| panic!("{dir:?}: {error}")) {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false if path.to_str().unwrap().ends_with(end) => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    let failed: Vec<&PathBuf> = files
        .iter()
        .filter(|path| {
            let run = || {
                let mut settings = Settings::clone_current();
                settings.set_input_file(path);
                settings.bind(|| check(path));
            };
            std::panic::catch_unwind(run).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    files.len()
}

#[test]
fn a_missing_snapshot_fails() {
    if std::env::var_os("INSTA_UPDATE").is_some() {
        return;
    }
    let dir = std::env::temp_dir().join(format!("rdf-snapshot-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let missing = std::panic::catch_unwind(|| text(&dir, "missing", "a\n"));
    let missing_bytes = std::panic::catch_unwind(|| bytes(&dir, "missing", "x", vec![0]));
    fs::remove_dir_all(&dir).unwrap();
    assert!(missing.is_err() && missing_bytes.is_err());
}
