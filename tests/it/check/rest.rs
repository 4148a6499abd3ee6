//! Files with errors: what is said about the rest of them.

use dockerfile_llb::internals::check::{Selector, check};

use super::{input, settings, shown};

fn found(text: &str) -> Vec<String> {
    let checked = check(text.as_bytes(), &settings(true), &input(&[Selector::All]));
    // Short files have no health check.
    let found = checked.problems.iter().map(shown);
    let found = found.filter(|line| !line.contains(" MissingHealthcheck: "));
    found
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect()
}

/// What an error adds to the findings is the error.
#[test]
fn an_error_hides_nothing() {
    let stage =
        "FROM alpine:3.20 as a\nMAINTAINER me\nENV A b\nRUN apk update\nRUN sudo a\nCMD a b\n";
    let without = found(stage);
    assert!(without.len() >= 6, "{without:?}");
    for (error, code) in [
        ("COPY --from=nope:: / /\n", "invalid-image-reference"),
        ("COPY --from=9 / /\n", "invalid-stage-index"),
        ("EXPOSE http\n", "invalid-port"),
        ("RUM a\n", "unknown-instruction"),
        ("COPY --bogus a /\n", "unknown-flag"),
        ("RUN --mount=type=bogus a\n", "invalid-mount"),
    ] {
        let found = found(&format!("{stage}{error}"));
        let mut expected = without.clone();
        expected.push(format!("7 {code}"));
        assert_eq!(found, expected, "{error}");
        // The same before everything else of the stage.
        let first = stage.replacen('\n', &format!("\n{error}"), 1);
        let count = self::found(&first).len();
        assert_eq!(count, expected.len(), "{first}");
    }
}

/// Errors of the build do not hide each other, nor do those of the syntax hide them.
#[test]
fn every_error_is_told() {
    let text = "FROM a\nCOPY --from=9 / /\nRUM x\nEXPOSE http\nSTOPSIGNAL no\n";
    let errors: Vec<String> = found(text);
    for code in [
        "2 invalid-stage-index",
        "3 unknown-instruction",
        "4 invalid-port",
        "5 invalid-signal",
    ] {
        assert!(
            errors.iter().any(|error| error == code),
            "{code}: {errors:?}"
        );
    }
}

/// What follows from a blanked instruction is not told.
#[test]
fn consequences_of_an_error_are_not_told() {
    for (text, expected) in [
        (
            "FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000\nENV A=${B\nRUN echo $A\nWORKDIR /$A\n",
            &["2 invalid-substitution"][..],
        ),
        (
            "ARG V=${\nFROM alpine:$V@sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
            &["1 invalid-substitution"],
        ),
        (
            "FROM A:1 AS base\nRUN a\nFROM base\nCOPY --from=base /a /\n",
            &["1 invalid-image-reference", "1 InvalidDefaultArgInFrom"],
        ),
        (
            "FROM x y AS base\nRUN a\nFROM base\nCOPY --from=base /a /\n",
            &["1 argument-count", "1 FromAsCasing"],
        ),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}
