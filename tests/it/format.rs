//! The formatter: what it makes of Dockerfiles, and what it never touches.
//!
//! A case is `testdata/format/<case>.Dockerfile` with a snapshot beside it; every file of testdata and `RDF_CORPUS` is held
//! to the promises.

use std::fs;
use std::path::{Path, PathBuf};

use dockerfile_llb::format::{FormatError, format};
use dockerfile_llb::source::apply;
use dockerfile_llb::syntax::*;
use proptest::prelude::*;

use crate::{parse, snapshot, tree};

/// Cases in testdata/format.
const CASES: usize = 9;

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(path)
}

fn check(file: &Path) {
    let formatted = format(&fs::read(file).unwrap()).unwrap();
    let name = file.file_stem().unwrap().to_str().unwrap();
    snapshot::bytes(file.parent().unwrap(), name, "formatted", formatted);
}

#[test]
fn cases_are_formatted_as_their_snapshots_show() {
    assert_eq!(snapshot::each("format", ".Dockerfile", check), CASES);
}

/// Comments and directives, without the blanks behind them.
fn comments(source: &[u8]) -> Vec<(TokenKind, Vec<u8>)> {
    let tokens = tokens(source).into_iter();
    let comments =
        tokens.filter(|token| matches!(token.kind, TokenKind::Comment | TokenKind::Directive));
    let text = |token: Token| token.span.of(source).trim_ascii_end().to_vec();
    comments.map(|token| (token.kind, text(token))).collect()
}

/// What holds for every file; `None` for one with errors.
pub(crate) fn promises(source: &[u8]) -> Option<Vec<u8>> {
    let formatted = match format(source) {
        Ok(formatted) => formatted,
        Err(FormatError::Rejected(errors)) => {
            assert_eq!(errors, dockerfile_llb::syntax::parse(source).errors);
            return None;
        }
        Err(error) => panic!("{error}: {:?}", Text::from_bytes(source)),
    };
    let shown = || (Text::from_bytes(source), Text::from_bytes(&formatted));
    assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "{:?}", shown());
    assert_eq!(comments(source), comments(&formatted), "{:?}", shown());
    assert_eq!(
        detect_syntax(source).map(|it| it.full),
        detect_syntax(&formatted).map(|it| it.full)
    );
    for kind in [
        DirectiveKind::Escape,
        DirectiveKind::Check,
        DirectiveKind::Syntax,
    ] {
        let value = |bytes: &[u8]| parse_directive(kind, bytes).map(|it| it.full);
        assert_eq!(value(source), value(&formatted), "{:?}", shown());
    }
    let edits = dockerfile_llb::format::edits(source);
    let applied = apply(source, edits);
    assert_eq!(
        (applied.bytes, applied.refused.len()),
        (formatted.clone(), 0)
    );
    Some(formatted)
}

fn check_files(root: &Path) -> usize {
    let mut files = Vec::new();
    tree::dockerfiles(root, &mut files);
    let changed = files.iter().filter(|file| {
        let source = fs::read(file).unwrap();
        promises(&source).is_some_and(|formatted| formatted != source)
    });
    let changed = changed.count();
    println!("{changed} of {} files have another layout", files.len());
    files.len()
}

#[test]
fn all_files_keep_their_comments_and_are_formatted_once() {
    assert!(check_files(&testdata("")) >= 900);
}

#[test]
fn other_files_keep_their_comments_and_are_formatted_once() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert_ne!(check_files(Path::new(&root)), 0, "no files in {root:?}"),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}

proptest! {
    #[test]
    fn any_pieces_are_formatted(source in parse::pieces()) {
        promises(&source);
        // most are rejected without a stage at the start
        promises(&[b"FROM a\n".to_vec(), source].concat());
    }
}

/// What is compiled, before and after.
#[cfg(all(feature = "testing", feature = "frontend"))]
pub(crate) mod compiled {
    use super::*;
    use crate::conformance::{bulk, in_parallel};

    /// The ops by the digest of the last one, which holds those of all others; config; error.
    const KEPT: &[&str] = &["ok", "n_ops", "head_digest", "image_config_sha256", "error"];

    /// What a build notices of another layout of its file: there should be nothing.
    pub(crate) fn noticed(source: &[u8], formatted: &[u8]) -> Option<String> {
        let before = bulk::record(source);
        let after = bulk::record(formatted);
        // with `# check=error=true` a finding stops the build, and formatting may take it away
        let error = before.get("error").map(|error| error.to_string());
        if error.is_some_and(|error| error.contains("lint violation found")) {
            return None;
        }
        let moved: Vec<&&str> = KEPT
            .iter()
            .filter(|key| before.get(**key) != after.get(**key))
            .collect();
        let warnings = |record: &serde_json::Map<String, serde_json::Value>| {
            let list = record["warnings"].as_array().unwrap().iter();
            // texts name words as they are written
            let list = list.map(|it| (it[0].to_string(), it[2].to_string().to_lowercase()));
            list.collect::<std::collections::BTreeSet<_>>()
        };
        let new: Vec<_> = warnings(&after)
            .difference(&warnings(&before))
            .cloned()
            .collect();
        (!moved.is_empty() || !new.is_empty()).then(|| format!("{moved:?} {new:?}"))
    }

    /// Gives how many files were compiled, and of how many the layout changed.
    fn check(files: &[PathBuf]) -> (usize, usize) {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let changed = std::sync::atomic::AtomicUsize::new(0);
        let wrong = in_parallel(files, |file| {
            let source = fs::read(file).unwrap();
            let formatted = format(&source).ok()?;
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if formatted == source {
                return None;
            }
            changed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let noticed = noticed(&source, &formatted)?;
            Some(format!("{}: {noticed}", file.display()))
        });
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        (count.into_inner(), changed.into_inner())
    }

    fn check_below(root: &Path) -> usize {
        let mut files = Vec::new();
        tree::dockerfiles(root, &mut files);
        let (count, changed) = check(&files);
        println!("{count} files compile to the same ops, {changed} with another layout");
        count
    }

    #[test]
    fn all_files_compile_to_the_same_ops() {
        assert!(check_below(&testdata("")) >= 800);
    }

    #[test]
    fn other_files_compile_to_the_same_ops() {
        match std::env::var_os("RDF_CORPUS") {
            Some(root) => assert_ne!(check_below(Path::new(&root)), 0, "no files in {root:?}"),
            None => println!("skipped: RDF_CORPUS is not set"),
        }
    }
}
