//! `rdf check --baseline`: findings that are known are not reported, and stay known until they are gone.

use std::fs;

use crate::cli::{folder, rdf_in, told};

/// `--baseline`: written, obeyed, and made shorter when something was fixed.
#[test]
fn known_findings_are_not_shown() {
    let old = "FROM scratch as a\nFROM scratch as b\n";
    let root = folder("baseline", &[("Dockerfile", old), ("b.Dockerfile", old)]);
    let run = |arguments: &[&str]| {
        let all = [
            &[
                "check",
                "--select",
                "FromAsCasing",
                "--baseline",
                "known.json",
            ],
            arguments,
        ]
        .concat();
        told(&rdf_in(&root, &all))
    };
    let (text, code) = run(&[]);
    assert!(text.contains("Wrote known.json with 4 findings."), "{text}");
    assert_eq!(code, Some(0));
    let written = fs::read_to_string(root.join("known.json")).unwrap();
    // Lines move, and one is new.
    let new = "# moved\nFROM scratch as a\nFROM scratch as b\nFROM scratch as c\n";
    fs::write(root.join("Dockerfile"), new).unwrap();
    let (text, code) = run(&["--format", "gnu"]);
    assert_eq!(text.matches("FromAsCasing").count(), 1, "{text}");
    assert_eq!(code, Some(1));
    assert_eq!(
        fs::read_to_string(root.join("known.json")).unwrap(),
        written
    );
    // Of a file that is fixed nothing is left, and others are not touched.
    fs::write(root.join("Dockerfile"), "FROM scratch AS a\n").unwrap();
    assert_eq!(run(&["Dockerfile"]).1, Some(0));
    let left = fs::read_to_string(root.join("known.json")).unwrap();
    assert!(
        !left.contains("\"Dockerfile\"") && left.contains("\"b.Dockerfile\""),
        "{left}"
    );
    // A file that is not understood is an error.
    fs::write(root.join("known.json"), "{}").unwrap();
    assert_eq!(run(&[]).1, Some(2));
    fs::remove_dir_all(&root).unwrap();
}

/// What was not looked for stays in the file.
#[test]
fn known_findings_of_other_rules_and_files_stay() {
    let text = "FROM debian:12 as a\nRUN sudo a; apt-get install -y b; pip install c\n";
    let root = folder(
        "baseline-rules",
        &[("Dockerfile", text), ("b/Dockerfile", text)],
    );
    let run = |arguments: &[&str]| {
        let all = [&["check", "--baseline", "known.json"], arguments].concat();
        let (text, code) = told(&rdf_in(&root, &all));
        assert_eq!(code, Some(0), "{text}");
        fs::read_to_string(root.join("known.json")).unwrap()
    };
    let hadolint = ["--select", "docker,recommended,hadolint"];
    run(&hadolint);
    // As if ShellCheck had been there, and a version that has one more rule.
    let file = root.join("known.json");
    let written = fs::read_to_string(&file).unwrap().replace(
        "\"FromAsCasing:",
        "\"SC2086: quote\": 1,\n      \"LaterRule: x\": 1,\n      \"FromAsCasing:",
    );
    let mut all: serde_json::Value = serde_json::from_str(&written).unwrap();
    fs::write(&file, &written).unwrap();
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    for arguments in [
        &hadolint[..],
        &["--select", "FromAsCasing"],
        &["--ignore", "SudoInRun,FromAsCasing"],
        &["--select", "hadolint", "--ignore", "DL3008"],
        &["--ignore", "ShellCheck"],
        &["--select", "SudoInRun", "b"],
        &["--target", "a"],
    ] {
        assert_eq!(parsed(&run(arguments)), all, "{arguments:?}");
    }
    // Behind an error not everything is found.
    fs::write(root.join("Dockerfile"), "FROM debian:12 as a\nRUM\n").unwrap();
    let broken = rdf_in(&root, &["check", "--baseline", "known.json"]);
    assert_eq!(broken.status.code(), Some(2));
    assert_eq!(parsed(&fs::read_to_string(&file).unwrap()), all);
    // What was looked for and is gone is taken out.
    fs::write(
        root.join("Dockerfile"),
        text.replace("as a", "AS a").replace("sudo ", ""),
    )
    .unwrap();
    let left = parsed(&run(&["--select", "FromAsCasing"]));
    let of_file = all["findings"]["Dockerfile"].as_object_mut().unwrap();
    of_file.retain(|key, _| !key.starts_with("FromAsCasing: "));
    assert_eq!(left, all);
    assert!(left.to_string().contains("SudoInRun"), "{left:#}");
    let left = parsed(&run(&[]));
    let of_file = left["findings"]["Dockerfile"].as_object().unwrap();
    assert!(!of_file.keys().any(|key| key.starts_with("SudoInRun")));
    assert!(
        of_file
            .keys()
            .any(|key| key.starts_with("UnversionedPackage"))
    );
    fs::remove_dir_all(&root).unwrap();
}

/// Names in the file start from its directory, wherever `rdf` runs and however it is told of a Dockerfile.
#[test]
fn known_findings_belong_to_a_file_and_not_to_its_spelling() {
    let text = "FROM scratch as a\n";
    let files = [("Dockerfile", text), ("b/Dockerfile", text), ("c/x", "")];
    let root = folder("baseline-names", &files);
    let whole = root.join("b/Dockerfile");
    let whole = whole.to_str().unwrap();
    let run = |folder: &str, baseline: &str, names: &[&str]| {
        let all = [&["check", "--baseline", baseline], names].concat();
        let (text, code) = told(&rdf_in(&root.join(folder), &all));
        assert_eq!(code, Some(0), "{folder} {names:?}: {text}");
    };
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    run("", "known.json", &["."]);
    let written = read("known.json");
    assert!(written.contains("\"b/Dockerfile\": {"), "{written}");
    for (folder, baseline, names) in [
        ("", "known.json", &["Dockerfile", "b/Dockerfile"][..]),
        ("", "./c/../known.json", &["./Dockerfile", whole]),
        ("b", "../known.json", &["..", "Dockerfile"]),
        ("c", "../b/../known.json", &["../Dockerfile", "../b"]),
    ] {
        run(folder, baseline, names);
        assert_eq!(read("known.json"), written, "{folder} {names:?}");
    }
    // Other spellings that are in a file count.
    let other = written
        .replace("\"Dockerfile\"", "\"./Dockerfile\"")
        .replace("b/Dockerfile", whole);
    fs::write(root.join("known.json"), other).unwrap();
    run("", "known.json", &[]);
    assert_eq!(read("known.json"), written);
    // Files outside.
    run("", "c/known.json", &["Dockerfile"]);
    assert!(read("c/known.json").contains("\"../Dockerfile\": {"));
    run("c", "known.json", &["../Dockerfile"]);
    fs::remove_dir_all(&root).unwrap();
}
