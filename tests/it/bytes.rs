//! Dockerfiles that are not UTF-8: what becomes of their bytes in texts.

use dockerfile_llb::frontend::Dockerfile;
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
