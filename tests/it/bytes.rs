//! Dockerfiles that are not UTF-8: what becomes of their bytes in texts.

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::Method;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};

fn daemon(dockerfile: &[u8]) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_vec());
    let config = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;
    let digest = format!("sha256:{}", "a".repeat(64));
    daemon.add_image(
        "docker.io/library/alpine:latest",
        Image::new(digest, config),
    );
    daemon
}

fn message(daemon: &FakeDaemon) -> String {
    let error = daemon.run(Dockerfile).unwrap_err();
    error.message().to_owned()
}

#[test]
fn words_that_cannot_be_read_are_quoted_as_they_were_written() {
    let missing = |word: &str| format!("failed to process \"{word}\": syntax error: missing '}}'");
    let cases: [(&[u8], String); 13] = [
        (b"FROM a\xc3${\n", missing(r"a\xc3${")),
        (
            b"FROM \"\xc3\n",
            r#"failed to process "\"\xc3": unexpected end of statement while looking for matching double-quote"#.to_owned(),
        ),
        // What an operator says is text already.
        (b"FROM ${y?\xc3}\n", "failed to process \"${y?\\xc3}\": y: \u{FFFD}".to_owned()),
        // So is an expanded word.
        (
            b"FROM a\xc3\n",
            "failed to parse stage name \"a\u{FFFD}\": invalid reference format".to_owned(),
        ),
        // So are pairs, which are words before they are values.
        (
            b"ARG A=\xc3${\nFROM alpine\n",
            missing("\u{FFFD}${"),
        ),
        (b"FROM alpine\nENV A \xc3${\n", missing(r"\xc3${")),
        (b"FROM alpine\nLABEL A \xc3${\n", missing(r"\xc3${")),
        (b"FROM alpine\nWORKDIR /\xc3${\n", missing(r"/\xc3${")),
        (b"FROM alpine\nUSER \xc3${\n", missing(r"\xc3${")),
        (b"FROM alpine\nVOLUME \xc3${\n", missing(r"\xc3${")),
        (b"FROM alpine\nCOPY \xc3${ /\n", missing(r"\xc3${")),
        (b"FROM alpine\nADD a \xc3${\n", missing(r"\xc3${")),
        (
            b"FROM alpine\nCOPY <<A /x\n${x!\xc3}\nA\n",
            r#"failed to process "${x!\xc3}\n": unsupported modifier (!) in substitution"#.to_owned(),
        ),
    ];
    for (dockerfile, expected) in cases {
        assert_eq!(message(&daemon(dockerfile)), expected, "{dockerfile:?}");
    }
}

#[test]
fn so_are_those_of_the_stage_whose_time_counts() {
    for (dockerfile, expected) in [
        (
            b"FROM \xc3${ AS s\nADD http://x/y /\nFROM alpine\n".as_slice(),
            r#"failed to process source stage base name "\xc3${": failed to process "\xc3${": syntax error: missing '}'"#,
        ),
        (
            b"FROM scratch AS s\nARG A=\xc3${\nADD http://x/y /\nFROM alpine\n",
            "failed to process \"\u{FFFD}${\": syntax error: missing '}'",
        ),
        (
            b"FROM scratch AS s\nADD \xc3${ /\nFROM alpine\n",
            r#"failed to process "\xc3${": syntax error: missing '}'"#,
        ),
    ] {
        let daemon = daemon(dockerfile);
        daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "s");
        assert_eq!(message(&daemon), expected, "{dockerfile:?}");
    }
}

/// A Dockerfile; details in `frontend.lint`, as JSON has them; the message of its error in the same JSON.
type LintCase = (&'static [u8], &'static [&'static str], &'static str);

/// What the reference (73ed6825) prints for these files.
const LINT_CASES: [LintCase; 9] = [
    (
        b"FROM alpine AS \xc3B\nRUN x\n",
        &[r"Stage name '\ufffdB' should be lowercase"],
        r#"dockerfile parse error on line 1: invalid name for build stage: \"\\xc3B\", name can't start with a number or contain symbols"#,
    ),
    (
        b"FROM alpine \xc3s b\n",
        &[r"'\ufffds' and 'FROM' keywords' casing do not match"],
        "dockerfile parse error on line 1: FROM requires either one or three arguments",
    ),
    (
        b"ARG V\nFROM a\xc3$V:\n",
        &[r"Default value for ARG a\ufffd$V: results in empty or invalid base image name"],
        "failed to parse stage name \\\"a\u{FFFD}:\\\": invalid reference format",
    ),
    (
        b"FROM ${X:+\xc3}\n",
        &[
            r"Default value for ARG ${X:+\ufffd} results in empty or invalid base image name",
            "FROM argument 'X' is not declared",
        ],
        r"base name (${X:+\ufffd}) should not be blank",
    ),
    (
        b"FROM alpine\n\xc3FOO x\n",
        &[],
        r"dockerfile parse error on line 2: unknown instruction: \ufffdFOO",
    ),
    // A word with such bytes is in no case, and neither is what is offered for it.
    (
        b"FROM alpine\nRU\xc3 x\n",
        &[],
        r"dockerfile parse error on line 2: unknown instruction: RU\ufffd (did you mean run?)",
    ),
    (
        "FROM alpine\nRU\u{FFFD} x\n".as_bytes(),
        &[],
        "dockerfile parse error on line 2: unknown instruction: RU\u{FFFD} (did you mean RUN?)",
    ),
    (
        b"FROM alpine AS a\nONBUILD \xc3FOO\nFROM a\nRUN x\n",
        &[],
        r"unknown instruction: \ufffdFOO",
    ),
    (
        b"# escape=\xc3\nFROM alpine\n",
        &[],
        r"invalid escape token '\ufffd' does not match ` or \\",
    ),
];

#[test]
fn warnings_and_lint_keep_what_they_quote() {
    for (dockerfile, details, message) in LINT_CASES {
        let daemon = daemon(dockerfile);
        daemon.set_opt("requestid", "frontend.lint");
        let metadata = daemon.run(Dockerfile).unwrap().metadata;
        let json = std::str::from_utf8(&metadata["result.json"]).unwrap();
        let member = |name: &str| -> Vec<&str> {
            let key = format!("\"{name}\": \"");
            let values = json.split(&key).skip(1);
            values
                .map(|rest| {
                    rest.split_once('\n')
                        .unwrap()
                        .0
                        .trim_end_matches(',')
                        .trim_end_matches('"')
                })
                .collect()
        };
        assert_eq!(member("detail"), details, "{dockerfile:?}");
        assert_eq!(member("message"), [message], "{dockerfile:?}");
    }

    let daemon = daemon(b"#\xc3\nFROM alpine AS \xc3B\n");
    daemon.set_opt("requestid", "frontend.lint");
    let text = &daemon.run(Dockerfile).unwrap().metadata["result.txt"];
    let expected = [
        "\nWARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/\n".as_bytes(),
        "Stage name '\u{FFFD}B' should be lowercase\nDockerfile:2\n--------------------\n".as_bytes(),
        b"   1 |     #\xc3\n   2 | >>> FROM alpine AS \xc3B\n   3 |     \n--------------------\n",
    ];
    assert_eq!(
        text.escape_ascii().to_string(),
        expected.concat().escape_ascii().to_string()
    );
}

#[test]
fn a_warning_has_the_bytes() {
    let daemon = daemon(b"FROM alpine AS \xc3B\n");
    daemon.run(Dockerfile).unwrap_err();
    let warnings: Vec<dockerfile_llb::internals::pb::gateway::WarnRequest> =
        daemon.requests(Method::Warn);
    let shown: Vec<_> = warnings
        .iter()
        .map(|it| it.short.escape_ascii().to_string())
        .collect();
    assert_eq!(
        shown,
        [r"StageNameCasing: Stage name \'\xc3B\' should be lowercase (line 1)"]
    );
}

#[test]
fn an_error_tells_bytes_as_characters_and_has_its_place() {
    let error = daemon(b"FROM alpine\n\xe2\x82FOO x\n")
        .run(Dockerfile)
        .unwrap_err();
    assert_eq!(
        error.message(),
        "dockerfile parse error on line 2: unknown instruction: \u{FFFD}\u{FFFD}FOO"
    );
    let sources = error.sources();
    assert_eq!(sources.len(), 1);
    assert_eq!(
        &*sources[0].info.as_ref().unwrap().data,
        b"FROM alpine\n\xe2\x82FOO x\n"
    );
}

#[test]
fn a_step_needs_text_in_its_arguments_only() {
    let works: [&[u8]; 5] = [
        // JSON has characters for what is none, and flags have one for each byte.
        b"RUN [\"echo\", \"\xc3\"]\n",
        b"RUN --mount=type=cache,target=/\xc3 x\n",
        b"RUN --mount=type=secret,id=\xc3 x\n",
        // A script is a file.
        b"RUN <<E\n#!/bin/sh\n\xc3\nE\n",
        b"ONBUILD RUN [\"\xc3\"]\n",
    ];
    for step in works {
        let daemon = daemon(&[b"FROM alpine\n", step].concat());
        let result = daemon.run(Dockerfile);
        assert!(result.is_ok(), "{}: {result:?}", step.escape_ascii());
    }
    let fails: [&[u8]; 4] = [
        b"RUN echo \xc3\n",
        b"RUN [\"x\"] \xc3\n",
        b"RUN <<E\n\xc3\nE\n",
        b"RUN cat <<E\n\xc3\nE\n",
    ];
    for step in fails {
        assert_eq!(
            message(&daemon(&[b"FROM alpine\n", step].concat())),
            "failed to marshal LLB definition: string field contains invalid UTF-8",
            "{}",
            step.escape_ascii()
        );
    }
}
