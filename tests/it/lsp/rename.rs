//! Other names for stages and variables.

use serde_json::{Value, json};

use super::client::{Editor, edited, place};
use super::language::{STAGES, at, open};

#[test]
fn renaming_changes_every_place_and_no_other() {
    let mut editor = open();
    for (needle, name) in [
        ("build AS test", "make"),
        ("MODE=fast", "SPEED"),
        ("VERSION=3.20", "TAG"),
    ] {
        let mut asked = at(STAGES, needle);
        let old = editor.about("textDocument/prepareRename", "Dockerfile", asked.clone());
        assert!(
            needle.starts_with(old["placeholder"].as_str().unwrap()),
            "{old}"
        );
        asked["newName"] = json!(name);
        let edit = editor.about("textDocument/rename", "Dockerfile", asked);
        let renamed = edited(STAGES, &edit["changes"][editor.uri("Dockerfile")]);
        let changed = renamed.lines().zip(STAGES.lines()).filter(|(a, b)| a != b);
        let changed: Vec<&str> = changed.map(|(new, _)| new).collect();
        editor.note(&format!("{needle:?} is {name}"), &changed.join("\n"));
    }
    for (needle, name) in [
        ("build AS test", "1x"),
        ("build AS test", "TEST"),
        ("build AS test", "Make"),
        ("build AS test", "scratch"),
        ("MODE=fast", "A B"),
        ("MODE=fast", "VERSION"),
        ("BUILDPLATFORM", "X"),
        ("1 /c", "x"),
        ("busybox", "x"),
    ] {
        let params = json!({ "textDocument": editor.document("Dockerfile"), "position": place(STAGES, needle), "newName": name });
        let answer = editor.ask("textDocument/rename", params);
        let text = answer["error"]["message"].as_str().unwrap().to_owned();
        editor.note(&format!("{needle:?} is not {name:?}"), &text);
    }
    editor.compare("rename");
}

/// A stage that has the name of an image is taken in its place.
#[test]
fn a_stage_is_not_renamed_to_an_image_of_the_file() {
    let mut editor = Editor::new(&[]);
    let text = "FROM debian AS a\nFROM a AS b\nCOPY --from=busybox /x /\nRUN --mount=from=alpine,target=/m x\nONBUILD COPY --from=nginx /y /\nFROM fedora\n";
    editor.open("Dockerfile", text);
    for name in ["debian", "busybox", "alpine", "nginx", "fedora", "scratch"] {
        let position = place(text, "a AS b");
        let document = editor.document("Dockerfile");
        let params = json!({ "textDocument": document, "position": position, "newName": name });
        let answer = editor.ask("textDocument/rename", params);
        let told = format!("an image is named `{name}`");
        assert_eq!(answer["error"]["message"], told, "{answer}");
    }
    let mut asked = at(text, "a AS b");
    asked["newName"] = json!("ubuntu");
    let edit = editor.about("textDocument/rename", "Dockerfile", asked);
    let renamed = edited(text, &edit["changes"][editor.uri("Dockerfile")]);
    assert!(renamed.starts_with("FROM debian AS ubuntu\nFROM ubuntu AS b\n"));
}

/// Names of stages and images may come out of variables.
#[test]
fn a_stage_that_a_variable_names_keeps_its_name() {
    let mut editor = Editor::new(&[]);
    let text = "ARG BASE=a OTHER=busybox\nFROM debian AS a\nFROM ${BASE} AS b\nFROM $OTHER AS c\nCOPY --from=b /x /\n";
    editor.open("Dockerfile", text);
    for (needle, name, told) in [
        (
            "a\nFROM $",
            "x",
            "a variable names the stage: line 3 would take the image `docker.io/library/a:latest`",
        ),
        (
            "b\nFROM $",
            "busybox",
            "a variable names an image like this: line 4 would take the stage in place of `docker.io/library/busybox:latest`",
        ),
    ] {
        let position = place(text, needle);
        let document = editor.document("Dockerfile");
        let params = json!({ "textDocument": document, "position": position, "newName": name });
        let answer = editor.ask("textDocument/rename", params);
        assert_eq!(answer["error"]["message"], told, "{answer}");
    }
    let mut asked = at(text, "b\nFROM $");
    asked["newName"] = json!("x");
    let edit = editor.about("textDocument/rename", "Dockerfile", asked);
    let renamed = edited(text, &edit["changes"][editor.uri("Dockerfile")]);
    assert!(
        renamed.contains("${BASE} AS x\n") && renamed.contains("--from=x "),
        "{renamed}"
    );
}

#[test]
fn renamed_files_build_the_same() {
    // What a build does is the same: only names in the file are others.
    let mut editor = Editor::new(&[]);
    let text = "ARG TAG=1\nFROM alpine:$TAG AS a\nENV DIR=/x\nWORKDIR $DIR/y\nFROM a\nCOPY --from=A /x/y ${DIR}z\n";
    editor.open("Dockerfile", text);
    let graph = |editor: &Editor, text: &str| {
        editor.dir.write("Dockerfile", text);
        let run = editor
            .dir
            .rdf()
            .args(["graph", "--format", "json", "Dockerfile"])
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        let graph: Value = serde_json::from_slice(&run.stdout).unwrap();
        graph["edges"].clone()
    };
    let before = graph(&editor, text);
    for (needle, name) in [
        ("a\nENV", "other"),
        ("DIR=/x", "PLACE"),
        ("TAG=1", "NUMBER"),
    ] {
        let mut asked = at(text, needle);
        asked["newName"] = json!(name);
        let edit = editor.about("textDocument/rename", "Dockerfile", asked);
        let renamed = edited(text, &edit["changes"][editor.uri("Dockerfile")]);
        assert!(renamed.contains(name));
        assert_eq!(graph(&editor, &renamed), before, "{renamed}");
    }
}
