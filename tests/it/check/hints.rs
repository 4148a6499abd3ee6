//! What people get wrong: testdata/check/hints/*.cases, as testdata/check has them, with `#! line:column [bytes] hint` for
//! each error; each hint is one that works.

use std::fs;

use dockerfile_llb::internals::check::{Problem, check};
use dockerfile_llb::internals::diagnostic::File;

use super::{files, input, settings};

fn shown(problem: &Problem, bytes: &[u8]) -> String {
    let label = problem.diagnostic.primary.as_ref().unwrap();
    let place = File::new("", bytes).place(label.span.start);
    let marked = String::from_utf8_lossy(label.span.of(bytes)).into_owned();
    let hints = problem.diagnostic.hints.join("; ");
    format!("{}:{} {marked:?} {hints}", place.line, place.column)
}

fn told(bytes: &[u8]) -> Vec<String> {
    let checked = check(bytes, &settings(true), &input(&[]));
    let errors = checked.problems.iter().filter(|problem| problem.is_error());
    errors.map(|problem| shown(problem, bytes)).collect()
}

#[test]
fn mistakes_have_hints() {
    let mut wrong = Vec::new();
    for path in files("testdata/check/hints", "cases") {
        for case in super::cases(&fs::read_to_string(&path).unwrap()) {
            let found = told(case.dockerfile.as_bytes());
            if found != case.expected || found.is_empty() {
                wrong.push(format!("#= {}\n#! {}", case.name, found.join("\n#! ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What cannot stand in a file of cases.
#[test]
fn encodings_have_hints() {
    let utf16 = |mark: &[u8], text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    for bytes in [
        utf16(b"\xff\xfe", "FROM a:1\nRUN b\n"),
        utf16(b"", "FROM a:1\nRUN b\n"),
        b"\xfe\xff\0F\0R\0O\0M\0 \0a\0\n\0R\0U\0N\0 \0b\0\n".to_vec(),
    ] {
        let told = told(&bytes);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("save the file as UTF-8: it is UTF-16"),
            "{told:?}"
        );
    }
    let found = told(b"FROM a:1\rRUN b\rRUN c\r");
    assert!(found[0].contains("end lines with LF or CRLF"), "{found:?}");
    assert!(!told(b"FROM a:1 b\r").concat().contains("LF"));
}

/// The build fails when its graph is marshalled, which knows no place.
#[test]
fn commands_that_are_not_utf8_are_errors_with_a_place() {
    let found = told(b"FROM a:1\nRUN b \\\n  caf\xe9 d\nRUN b\n");
    assert_eq!(found, ["3:6 \"\u{fffd}\" save the file as UTF-8"]);
    let found = told(b"FROM a:1\nRUN <<EOF\nb\n\xe9\nEOF\n");
    assert!(found.concat().starts_with("4:1"), "{found:?}");
    // These reach the daemon, or nothing does.
    let fine = b"FROM a:1\n# \xe9\nLABEL a=\xe9\nCOPY <<EOF /f\n\xe9\nEOF\n";
    assert_eq!(told(fine), [""; 0]);
}
