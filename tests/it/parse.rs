//! Parsing: our own cases, the conformance cases, real Dockerfiles, and arbitrary bytes.
//!
//! A case of our own is `testdata/parse/<topic>/<case>/Dockerfile` with a snapshot of its tree, `ast.snap`, or of its
//! errors, `errors.snap`.

use std::fs;
use std::path::Path;
#[cfg(feature = "llb")]
use std::path::PathBuf;

use dockerfile_llb::internals::syntax::heredoc::parse_heredoc;
use dockerfile_llb::source::{LineRange, Span};
use dockerfile_llb::syntax::*;
use proptest::prelude::*;

use crate::{parse_dump, snapshot};

#[cfg(feature = "llb")]
fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(path)
}

#[cfg(feature = "llb")]
fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn check(file: &Path) {
    let source = fs::read(file).unwrap();
    let parsed = parse(&source);
    check_spans(&source, &parsed);
    let (name, other, found) = if parsed.errors.is_empty() {
        let tree = parse_dump::tree(&source, &parsed.dockerfile);
        ("ast", "errors.snap", tree)
    } else {
        let errors = parse_dump::errors(&source, &parsed.errors);
        ("errors", "ast.snap", errors)
    };
    let case = file.parent().unwrap();
    assert!(!case.join(other).exists(), "{case:?} has {other}:\n{found}");
    snapshot::text(case, name, &found);
}

#[test]
fn cases_have_the_expected_trees_and_errors() {
    let count = snapshot::each("parse", "/Dockerfile", check);
    assert!(count >= 60, "only {count} cases found");
}

/// What holds for the spans of every file.
fn check_spans(source: &[u8], parsed: &Parsed) {
    let inside = |outer: Span, inner: Span| {
        assert!(
            outer.start <= inner.start && inner.start <= inner.end,
            "{outer:?} {inner:?}"
        );
        assert!(inner.end <= outer.end, "{outer:?} {inner:?}");
    };
    let file = Span::new(0, u32::try_from(source.len()).unwrap());
    let mut end = 0;
    let stages = &parsed.dockerfile.stages;
    let metas = parsed.dockerfile.meta_args.iter().map(|arg| &arg.meta);
    let metas = metas.chain(stages.iter().flat_map(|stage| {
        let instructions = stage.instructions.iter().map(Instruction::meta);
        std::iter::once(&stage.meta).chain(instructions)
    }));
    // an ARG behind a broken FROM is found out of order
    for meta in metas.filter(|_| parsed.errors.is_empty()) {
        inside(file, meta.span);
        assert!(
            meta.span.start >= end,
            "{:?} begins before {end}",
            meta.span
        );
        end = meta.span.end;
        inside(meta.span, meta.keyword.span);
        inside(meta.span, meta.args);
        for flag in &meta.flags {
            inside(meta.span, flag.span);
            assert!(flag.span.end <= meta.args.start);
        }
    }
    for error in &parsed.errors {
        inside(file, error.span.unwrap_or_default());
    }
}

#[test]
fn only_the_file_as_a_whole_can_be_empty() {
    let message = |source: &[u8]| parse(source).error().unwrap().message.clone();
    assert_eq!(message(b""), "the Dockerfile cannot be empty");
    assert_eq!(message(b"\n# a\n"), "file with no instructions");
    assert_eq!(parse(b"").error().unwrap().location, None);
    assert_eq!(
        parse(b"\n# a\n").error().unwrap().location,
        Some(LineRange::line(2))
    );
}

#[test]
fn a_line_longer_than_the_limit_ends_the_file() {
    let mut source = b"FROM a\nRUN ".to_vec();
    source.resize(7 + 65_535, b'x');
    assert_eq!(parse(&source).errors, []);
    source.extend(b"xx\nRUN b\n");
    let parsed = parse(&source);
    let error = parsed.error().unwrap();
    assert_eq!(
        error.message,
        "dockerfile line greater than max allowed size of 65535"
    );
    assert_eq!(error.location, Some(LineRange::line(1)));
    assert_eq!(parsed.dockerfile.stages.len(), 1);
}

#[test]
fn triggers_are_parsed_as_files_of_one_instruction() {
    let parse = |text: &str| parse_trigger(text.as_bytes(), LineRange::new(3, 4));
    let run = parse("RUN <<E\nhi\nE").unwrap();
    assert_eq!(run.meta().location, LineRange::new(3, 4));
    let Instruction::Run(run) = run else {
        panic!("not RUN");
    };
    assert_eq!(run.command.files[0].content, "hi\n");
    let message = |text: &str| parse(text).unwrap_err().message;
    let single = "onbuild trigger should be a single expression";
    assert_eq!(message("RUN a\nRUN b"), single);
    assert_eq!(message(""), "file with no instructions");
    assert_eq!(
        message("FROM a"),
        "*instructions.Stage is not a command type"
    );
    assert_eq!(
        message("COPY a"),
        "COPY requires at least two arguments, but only one was provided. Destination could not be determined"
    );
    assert_eq!(
        message("RUM a"),
        "unknown instruction: RUM (did you mean RUN?)"
    );
    // an error of the first phase comes first, wherever it stands
    assert_eq!(
        message("RUN a\nRUN b\nENV c"),
        "ENV must have two arguments"
    );
}

#[test]
fn invalid_utf8_is_kept_where_the_reference_keeps_it() {
    let parsed = parse(b"FROM a\nRUN \xff\nENV a=\xff b=\"\xe2\x82\"\nENV a \xff\n");
    let [run, env, legacy] = parsed.dockerfile.stages[0].instructions.as_slice() else {
        panic!("three instructions");
    };
    let (Instruction::Run(run), Instruction::Env(env), Instruction::Env(legacy)) =
        (run, env, legacy)
    else {
        panic!("RUN and ENV");
    };
    assert_eq!(run.command.args[0].as_bytes(), b"\xff");
    assert!(!run.meta.code.is_utf8());
    assert_eq!(env.pairs[0].value.as_bytes(), "\u{fffd}".as_bytes());
    assert_eq!(
        env.pairs[1].value.as_bytes(),
        "\"\u{fffd}\u{fffd}\"".as_bytes()
    );
    assert_eq!(legacy.pairs[0].value.as_bytes(), b"\xff");
}

#[test]
fn many_of_anything_take_linear_time() {
    // each would take a minute if it were quadratic
    let count = 20_000;
    let sources = [
        format!(
            "FROM a\nCOPY {}/\n{}",
            "<<A \\\n".repeat(count),
            "A\n".repeat(count)
        ),
        format!("FROM a\nRUN {}", "\\\na ".repeat(count)),
        format!("FROM a\nENV {}", "a=\"\\\nb\" ".repeat(count)),
        format!("FROM a\nRUN {}x", "--mount=a=b \\\n".repeat(count)),
        format!("FROM a\n{}", "ONBUILD \\\n".repeat(count)),
        format!("FROM a\nRUN <<A ${{a:-\\\n{}", "${a:-\\\n".repeat(count)),
        format!("FROM a\nCMD {}", "[\\\n".repeat(count)),
        "BAD\n".repeat(count),
        "# a\n".repeat(count),
    ];
    for source in sources {
        parse(source.as_bytes());
    }
}

/// Pieces of Dockerfiles that meet in odd ways.
const PIECES: &[&str] = &[
    "FROM a\n",
    "FROM ",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "LABEL ",
    "ARG ",
    "ONBUILD ",
    "CMD ",
    "HEALTHCHECK ",
    "VOLUME ",
    "SHELL ",
    "EXPOSE ",
    "\\\n",
    "\\",
    "`\n",
    "`",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\"",
    "'",
    "=",
    "#",
    "# escape=`\n",
    "# check=skip=all\n",
    "[",
    "]",
    "[\"a\", ",
    "\\u12",
    "<<EOF",
    "<<-'E'",
    "\nEOF\n",
    "\nE\n",
    "--from=a ",
    "--mount=type=cache,x ",
    "--x=",
    "--",
    "${a:-",
    "}",
    "$",
    ",",
    "a",
    "é",
    "\u{a0}",
    "\u{3000}",
    "\u{feff}",
    "\0",
    " AS ",
    "K",
    "ſ",
];

pub(crate) fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn never_fails(source: &[u8]) {
    check_spans(source, &parse(source));
    let _ = parse_trigger(source, LineRange::line(1));
    let _ = detect_syntax(source);
    let _ = parse_directive(DirectiveKind::Check, source);
    let text = String::from_utf8_lossy(source);
    let _ = parse_heredoc(&text);
    let _ = parse_mount(&text, |value| Ok::<_, ArgumentError>(value.to_owned()));
}

proptest! {
    #[test]
    fn any_bytes_are_parsed(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        never_fails(&source);
    }

    #[test]
    fn any_pieces_are_parsed(source in pieces()) {
        never_fails(&source);
    }
}

/// Needs a JSON reader.
#[cfg(feature = "llb")]
mod recorded {
    use super::*;
    use serde_json::Value;

    fn first_error(source: &[u8]) -> Option<ParseError> {
        parse(source).errors.into_iter().next()
    }

    /// The lines of an error, as the reference's clients see them.
    fn ranges(location: Option<LineRange>) -> Vec<String> {
        let lines = location.map(|lines| lines.start..=lines.end.max(lines.start));
        let lines = lines.into_iter().flatten();
        lines.map(|line| format!("{line}:0-{line}:0")).collect()
    }

    /// Compares a conformance case; returns what is wrong.
    fn check(case: &Path) -> Option<String> {
        let source = fs::read(case.join("Dockerfile")).ok()?;
        let name = case.file_name()?.to_string_lossy().into_owned();
        let expected: Value = match fs::read(case.join("expected.error.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Err(_) => Value::Null,
        };
        let expected = expected.get("build");
        let message = expected.and_then(|error| error["message"].as_str());
        let Some(error) = first_error(&source) else {
            let is_parse_error = message.is_some_and(|it| it.contains("dockerfile parse error"));
            return is_parse_error.then(|| format!("{name}: no error, expected {message:?}"));
        };
        if message != Some(&error.message) {
            return Some(format!("{name}: found {error}, expected {message:?}"));
        }
        let sources = expected.and_then(|error| error["sources"].as_array());
        let lines = sources.and_then(|sources| sources.first());
        let lines = lines.map(|source| source["ranges"].clone());
        let found = error.location.map(|_| Value::from(ranges(error.location)));
        (lines != found).then(|| format!("{name}: at {found:?}, expected {lines:?}"))
    }

    #[test]
    fn conformance_cases_fail_as_recorded() {
        let cases = directories(&testdata("conformance/cases"));
        assert!(cases.len() > 400, "only {} cases", cases.len());
        let wrong: Vec<_> = cases.iter().filter_map(|case| check(case)).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn real_files_fail_as_recorded() {
        let Some(root) = std::env::var_os("RDF_CORPUS").map(PathBuf::from) else {
            println!("skipped: RDF_CORPUS is not set");
            return;
        };
        let lines = fs::read_to_string(root.join("expected.jsonl")).unwrap();
        let mut wrong = Vec::new();
        let mut count = 0;
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let path = row["path"].as_str().unwrap();
            let source = fs::read(root.join(path)).unwrap();
            let error = first_error(&source).map(|error| error.message);
            let expected = row["error"].as_str();
            let is_parse_error = expected.is_some_and(|it| it.contains("dockerfile parse error"));
            if (error.is_some() || is_parse_error) && error.as_deref() != expected {
                wrong.push(format!("{path}: found {error:?}, expected {expected:?}"));
            }
            count += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count > 1000, "only {count} files");
    }
}
