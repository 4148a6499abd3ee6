//! Errors: what each kind's page shows, and which bytes are marked.

use dockerfile_llb::compile::{CompileError, Options, Source};
use dockerfile_llb::internals::check::{
    CheckInput, ErrorPage, Images, Selection, Settings, build_problem, compile,
};
use dockerfile_llb::internals::diagnostic::{Diagnostic, ErrorCode, File};

/// Why `text` does not compile, for images of which nothing is known.
fn error(text: &str) -> Option<CompileError> {
    let input = CheckInput::new("Dockerfile", Selection::new(&[], &[]));
    let settings = Settings {
        options: Options::default(),
        images: Images::default(),
    };
    let source = Source::new(text.as_bytes());
    let compiled = compile(text.as_bytes(), &source, &settings, &input).result;
    match compiled {
        Ok(mut lowered) => {
            lowered.marshal.local_unique_id = Some("check".to_owned());
            lowered.definition().err()
        }
        Err(error) => Some(error),
    }
}

fn told(text: &str) -> Diagnostic {
    let error = error(text).unwrap_or_else(|| panic!("no error: {text}"));
    build_problem(&error, &File::new("Dockerfile", text.as_bytes()))
}

/// The Dockerfiles in a page.
fn examples(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("```dockerfile\n") {
        let (example, after) = after.split_once("```").expect("an end");
        found.push(example.to_owned());
        rest = after;
    }
    found
}

/// Errors of the whole file or of what is given beside it; all others mark bytes.
const HAVE_NO_PLACE: [ErrorCode; 3] = [
    ErrorCode::NoStages,
    ErrorCode::InvalidSourceDateEpoch,
    ErrorCode::InvalidGraph,
];

#[test]
fn pages_show_the_error_and_what_is_right() {
    let mut shown = 0;
    let mut failed = Vec::new();
    for code in ErrorCode::ALL {
        let page = ErrorPage::of(*code).page;
        let examples = examples(page);
        let wrong = page.contains("\n## Example\n\n```dockerfile\n");
        if let (Some(example), true) = (examples.first(), wrong) {
            let found = error(example).map(|error| error.code());
            if found != Some(*code) {
                failed.push(format!("{}: {found:?}", code.as_str()));
            } else if told(example).primary.is_none() != HAVE_NO_PLACE.contains(code) {
                failed.push(format!("{}: marked or not", code.as_str()));
            }
            shown += 1;
        }
        for right in examples.iter().skip(usize::from(wrong)) {
            if let Some(error) = error(right) {
                failed.push(format!("{}: not right: {error}", code.as_str()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(shown >= 38, "{shown} pages have an example");
}

#[test]
fn docs_have_no_pages_of_kinds_that_are_gone() {
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors")).unwrap();
    assert_eq!(pages.count(), ErrorCode::ALL.len());
}

/// The bytes at fault and those that explain it.
#[test]
fn the_word_at_fault_is_marked() {
    let mut failed = Vec::new();
    for (text, code, marked) in [
        (
            "FROM a AS x\nCOPY --from=y /a /b\nFROM b AS y\nFROM x\n",
            "stage-used-before-definition",
            &["y", "x", "y"][..],
        ),
        (
            "FROM a AS x\nRUN --mount=from=y,target=/y true\nFROM b AS y\nFROM x\n",
            "stage-used-before-definition",
            &["from=y,target=/y", "x", "y"],
        ),
        (
            "FROM a AS x\nCOPY --from=y / /\nFROM b AS y\nRUN --mount=from=x,target=/x true\n",
            "circular-dependency",
            &["y", "from=x,target=/x"],
        ),
        (
            "FROM a\nCOPY --from=$X /a /b\n",
            "variable-in-from",
            &["$X"],
        ),
        (
            "FROM a\nCOPY --from=3 /a /b\n",
            "invalid-stage-index",
            &["3"],
        ),
        (
            "FROM a AS x\nCOPY --from=B /a /b\n",
            "invalid-image-reference",
            &["B"],
        ),
        ("FROM A:1\n", "invalid-image-reference", &["A:1"]),
        ("ARG B\nFROM ${B}\n", "empty-base-name", &["${B}"]),
        (
            "FROM --platform=a/b/c/d a\n",
            "invalid-platform",
            &["a/b/c/d"],
        ),
        ("ARG A=${B\nFROM a\n", "invalid-substitution", &["${B"]),
        (
            "FROM a\nENV A=1 B=${C:?no}\n",
            "variable-not-set",
            &["${C:?no}"],
        ),
        ("FROM a\nUSER 'a\n", "unterminated-quote", &["'"]),
        ("FROM a\nEXPOSE 80 http 81\n", "invalid-port", &["http"]),
        ("FROM a\nSTOPSIGNAL NONE\n", "invalid-signal", &["NONE"]),
        (
            "FROM a\nARG X\nVOLUME /a ${X}\n",
            "blank-argument",
            &["${X}"],
        ),
        (
            "FROM a\nCOPY --link --chmod=rwx a b /\n",
            "invalid-chmod",
            &["rwx"],
        ),
        (
            "FROM a\nCOPY --link --chown=www:1 a /\n",
            "named-owner-with-link",
            &["www:1"],
        ),
        (
            "FROM a\nADD --checksum=sha256:1 a /\n",
            "invalid-checksum",
            &["sha256:1"],
        ),
        (
            "FROM a\nADD --checksum=md5:1 https://h/f /\n",
            "invalid-checksum",
            &["md5:1"],
        ),
        (
            "FROM a\nCOPY a https://h/f /\n",
            "remote-source-in-copy",
            &["https://h/f"],
        ),
        (
            "FROM a\nCOPY a git@github.com:a/b.git /\n",
            "remote-source-in-copy",
            &["git@github.com:a/b.git"],
        ),
        (
            "FROM a\nRUN --mount=type=cache,target=/ true\n",
            "invalid-mount",
            &["type=cache,target=/"],
        ),
        (
            "FROM a\nCOPY --chown=1 --link --chown=2 a b\n",
            "duplicate-flag",
            &["--chown=2", "--chown=1"],
        ),
        (
            "# check=error=true\n# check=skip=all\nFROM a\n",
            "duplicate-directive",
            &["# check=skip=all", "# check=error=true"],
        ),
        (
            "# check=skip\nFROM a\n",
            "invalid-check-directive",
            &["# check=skip"],
        ),
        (
            "# check=error=true\nFROM a as b\n",
            "check-failed",
            &["# check=error=true"],
        ),
        (
            "ARG SOURCE_DATE_EPOCH=x\nFROM scratch AS x\nADD https://h/f /\nRUN a\n",
            "invalid-source-date-epoch",
            &["RUN", "FROM scratch AS x"],
        ),
        // What a trigger has wrong is not in the file: the lines of the stage it fires in are.
        (
            "FROM a AS x\nONBUILD EXPOSE http\nFROM x\n",
            "invalid-port",
            &["FROM x"],
        ),
        (
            "FROM a AS x\nONBUILD COPY --from=$X a b\nFROM x\n",
            "variable-in-from",
            &["FROM x"],
        ),
    ] {
        let told = told(text);
        let labels = told.primary.iter().chain(&told.secondary);
        let found: Vec<&str> = labels.map(|label| &text[label.span.range()]).collect();
        if told.code != code || found != marked {
            failed.push(format!("{text}: {} {found:?}", told.code));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Hints are true where they stand.
#[test]
fn a_line_can_only_go_on_where_one_is_above() {
    let goes_on = |text: &str| {
        let hints = told(text).hints;
        hints.iter().any(|hint| hint.contains("the line above"))
    };
    assert!(goes_on("FROM a\nRUN apk add\n  git\n"));
    assert!(goes_on("FROM a\nRUN apk add \\\n  curl\n  git\n"));
    assert!(!goes_on("  git\nFROM a\n"), "the first line");
    assert!(!goes_on("# apk add\n  git\nFROM a\n"), "behind a comment");
    assert!(
        !goes_on("FROM a\nRUN apk add\n\n  git\n"),
        "behind a blank line"
    );
    assert!(!goes_on("FROM a\nRUN <<E\nE\n  git\n"), "behind a heredoc");
}

#[test]
fn suggestions_can_be_followed() {
    let hint = |text: &str| told(text).hints.concat();
    assert_eq!(
        hint("FROM a\nCOPY --form=b a b\n"),
        "did you mean `--from`?"
    );
    assert_eq!(hint("FROM a\nRUNN b\n"), "did you mean `RUN`?");
}

/// What the wire says and what people are told differ in nothing but prefix and suggestion.
#[test]
fn titles_are_messages_without_what_the_wire_adds() {
    let error = error("FROM a\nRUNN b\n").unwrap();
    assert_eq!(
        error.message(),
        "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"
    );
    assert_eq!(error.title(), "unknown instruction: RUNN");
    assert_eq!(error.suggestion(), Some("RUN"));
    let error = error.context("old");
    assert!(error.message().starts_with("old: dockerfile parse error"));
    assert_eq!(error.title(), "old: unknown instruction: RUNN");
}
