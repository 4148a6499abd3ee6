//! One session for each capability.

use serde_json::{Value, json};

use super::client::{Editor, behind, edited, everything, place};

const SMALL: &str = "\
# syntax=docker/dockerfile:1
ARG VERSION=3.20
# build makes it
FROM alpine:${VERSION} as build
RUN apk add make \\
    && make
ENV A=1 B=2
COPY <<EOF /etc/motd
hello
EOF

# what is
# delivered
FROM scratch
COPY --from=build /a /b
MAINTAINER me
";

/// The edits of a code action in a document.
fn edits_of<'v>(editor: &Editor, name: &str, action: &'v Value) -> &'v Value {
    &action["edit"]["changes"][editor.uri(name)]
}

#[test]
fn initialize_offers_what_there_is() {
    let mut editor = Editor::start(&[]);
    let params = json!({ "processId": null, "rootUri": null, "capabilities": {} });
    let answer = editor.ask("initialize", params);
    let mut result = answer["result"].clone();
    result["serverInfo"]["version"] = json!("[VERSION]");
    editor.record("initialize", &result);
    editor.compare("initialize");
}

#[test]
fn position_encodings_are_negotiated() {
    for (offered, taken) in [
        (json!(["utf-16", "utf-8"]), "utf-8"),
        (json!(["utf-32", "utf-16"]), "utf-16"),
        (json!(["utf-32"]), "utf-32"),
        (json!([]), "utf-16"),
    ] {
        let mut editor = Editor::start(&[]);
        let general = json!({ "general": { "positionEncodings": offered } });
        let params = json!({ "processId": null, "rootUri": null, "capabilities": general });
        let answer = editor.ask("initialize", params);
        assert_eq!(
            answer["result"]["capabilities"]["positionEncoding"], taken,
            "{offered}"
        );
    }
    // The same place in each unit: a character of four bytes, two units, one character.
    let text = "FROM scratch\nCOPY \u{1f600} --chown=x /\nRUM x\n";
    for (encoding, column) in [("utf-8", 10), ("utf-16", 8), ("utf-32", 7)] {
        let general = json!({ "general": { "positionEncodings": [encoding] } });
        let mut editor = Editor::with(&[], &general);
        editor.open("Dockerfile", text);
        let edit = json!([{ "range": { "start": { "line": 1, "character": column },
            "end": { "line": 1, "character": column + 9 } }, "text": "b" }]);
        let document = json!({ "uri": editor.uri("Dockerfile"), "version": 2 });
        editor.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": edit }),
        );
        editor.findings("Dockerfile");
        let symbols = editor.about("textDocument/documentSymbol", "Dockerfile", json!({}));
        assert_eq!(
            symbols[0]["children"][0]["detail"], "\u{1f600} b /",
            "{encoding}"
        );
    }
}

#[test]
fn findings_come_while_one_types() {
    let mut editor = Editor::new(&[]);
    let found = editor.open("Dockerfile", SMALL);
    editor.record("opened", &found);
    let range = json!({ "start": place(SMALL, "as build"), "end": behind(SMALL, "as") });
    let change = |text: &str| json!([{ "range": range, "text": text }]);
    for (version, word) in [(2, "A"), (3, "AS")] {
        let document = json!({ "uri": editor.uri("Dockerfile"), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": change(word) });
        editor.tell("textDocument/didChange", params);
        let found = editor.findings("Dockerfile");
        editor.record(word, &found);
        // Back to what it was, for the next word.
        let document = json!({ "uri": editor.uri("Dockerfile"), "version": version + 10 });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": SMALL }] });
        editor.tell("textDocument/didChange", params);
        editor.findings("Dockerfile");
    }
    let document = editor.document("Dockerfile");
    editor.tell("textDocument/didClose", json!({ "textDocument": document }));
    let found = editor.findings("Dockerfile");
    editor.record("closed", &found);
    editor.compare("diagnostics");
}

#[test]
fn the_config_beside_a_file_counts() {
    let config = "[check]\nselect = ['LatestTag']\n";
    let mut editor = Editor::new(&[("rdf.toml", config)]);
    let text = "FROM alpine:latest as a\n";
    let found = editor.open("Dockerfile", text);
    assert_eq!(found["diagnostics"][0]["code"], "LatestTag");
    assert_eq!(found["diagnostics"].as_array().unwrap().len(), 1);
    // What cannot be read is told, and the usual rules count.
    editor.dir.write("rdf.toml", "[check]\nselct = []\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    let told = editor.next().unwrap();
    assert_eq!(told["method"], "window/showMessage", "{told}");
    assert!(
        told["params"]["message"]
            .as_str()
            .unwrap()
            .contains("selct")
    );
    let found = editor.findings("Dockerfile");
    assert_eq!(found["diagnostics"][0]["code"], "FromAsCasing");
    assert_eq!(editor.end(), 0);
}

/// Messages and codes of findings up to the next findings.
fn heard(editor: &mut Editor) -> (Vec<String>, Vec<String>) {
    let mut messages = Vec::new();
    loop {
        let told = editor.next().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        match told["method"].as_str() {
            Some("window/showMessage") => messages.push(text(&told["params"]["message"])),
            Some("textDocument/publishDiagnostics") => {
                let found = told["params"]["diagnostics"].as_array().unwrap();
                return (messages, found.iter().map(|it| text(&it["code"])).collect());
            }
            _ => {}
        }
    }
}

/// A wrong platform is told once; the config, the other settings and all findings count.
#[test]
fn findings_come_where_the_platform_is_wrong() {
    let config = "[check]\nselect = ['LatestTag']\n";
    let text = "FROM alpine:latest AS a\nFROM scratch AS b\nCOPY x /\n";
    let wrong = "`a/b/c/d` is not a valid platform\nwrite OS/ARCHITECTURE, such as `linux/amd64` or `linux/arm64`";
    for environment in [&[][..], &[("DOCKER_DEFAULT_PLATFORM", "a/b/c/d")]] {
        let mut editor = Editor::start_with(&[("rdf.toml", config)], environment);
        let (settings, told) = match environment {
            [] => (json!({ "platform": "a/b/c/d" }), wrong.to_owned()),
            _ => (json!({}), format!("DOCKER_DEFAULT_PLATFORM: {wrong}")),
        };
        let params = json!({ "processId": null, "rootUri": null, "capabilities": {}, "initializationOptions": settings });
        editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        editor.open_as("Dockerfile", text, "dockerfile");
        let codes = || vec!["LatestTag".to_owned(), "unneeded-stage".to_owned()];
        assert_eq!(heard(&mut editor), (vec![told], codes()));
        // Also for another stage, and without another message.
        let mut settings = settings;
        settings["target"] = json!("a");
        let settings = json!({ "settings": settings });
        editor.tell("workspace/didChangeConfiguration", settings);
        assert_eq!(heard(&mut editor), (vec![], codes()));
        let asked = json!({ "position": place(text, "alpine") });
        let hover = editor.about("textDocument/hover", "Dockerfile", asked);
        assert!(!hover.is_null());
        assert_eq!(editor.end(), 0);
    }
}

/// A setting that is wrong is named, and the others hold.
#[test]
fn settings_hold_beside_wrong_ones() {
    let mut editor = Editor::new(&[]);
    let text = "FROM alpine:3 AS a\nFROM a AS b\n";
    editor.open("Dockerfile", text);
    let settings =
        json!({ "settings": { "rdf": { "nope": 1, "registryTags": 1, "target": "a" } } });
    editor.tell("workspace/didChangeConfiguration", settings);
    let told =
        "the settings of rdf: unknown setting `nope`; `registryTags` must be `true` or `false`";
    let found = (vec![told.to_owned()], vec!["unneeded-stage".to_owned()]);
    assert_eq!(heard(&mut editor), found);
    assert_eq!(editor.end(), 0);
}

#[test]
fn quick_fixes_and_all_fixes_keep_what_is_built() {
    let resolve = json!({
        "general": { "positionEncodings": ["utf-8"] },
        "textDocument": { "codeAction": { "resolveSupport": { "properties": ["edit"] } } },
    });
    let mut editor = Editor::with(&[], &resolve);
    editor.open("Dockerfile", SMALL);
    let range = json!({ "start": place(SMALL, "as build"), "end": place(SMALL, "as build") });
    let context = json!({ "diagnostics": [] });
    let asked = json!({ "range": range, "context": context });
    let actions = editor.about("textDocument/codeAction", "Dockerfile", asked);
    editor.record("at `as`", &actions);
    let fixed = edited(SMALL, edits_of(&editor, "Dockerfile", &actions[0]));
    assert!(fixed.contains("} AS build"), "{fixed}");
    let context = json!({ "diagnostics": [], "only": ["source.fixAll"] });
    let asked = json!({ "range": everything(SMALL), "context": context });
    let actions = editor.about("textDocument/codeAction", "Dockerfile", asked);
    assert_eq!(actions.as_array().unwrap().len(), 1, "{actions}");
    let action = editor.ask("codeAction/resolve", actions[0].clone())["result"].clone();
    let fixed = edited(SMALL, edits_of(&editor, "Dockerfile", &action));
    editor.note("all fixes", &fixed);
    // The same as the program makes of the file.
    editor.dir.write("Dockerfile", SMALL);
    let run = editor
        .dir
        .rdf()
        .args(["check", "--fix", "--exit-zero", "Dockerfile"])
        .output()
        .unwrap();
    assert!(run.status.success());
    let file = std::fs::read_to_string(editor.dir.0.join("Dockerfile")).unwrap();
    assert_eq!(file, fixed);
    editor.compare("code_actions");
}

#[test]
fn symbols_are_the_stages_and_what_is_in_them() {
    let mut editor = Editor::new(&[]);
    editor.open("Dockerfile", SMALL);
    let symbols = editor.about("textDocument/documentSymbol", "Dockerfile", json!({}));
    editor.record("symbols", &symbols);
    editor.compare("symbols");
}

#[test]
fn stages_instructions_heredocs_and_comments_fold() {
    let mut editor = Editor::new(&[]);
    editor.open("Dockerfile", SMALL);
    let folds = editor.about("textDocument/foldingRange", "Dockerfile", json!({}));
    let folds: Vec<String> = folds
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{}-{} {}", it["startLine"], it["endLine"], it["kind"]))
        .collect();
    editor.note("folds, lines from zero", &folds.join("\n"));
    editor.compare("folding");
}

#[test]
fn formatting_is_that_of_the_program() {
    let text = "from  alpine   as a\nrun  x\n\n\n\n\ncopy a\tb\nENV  a=b\n";
    let mut editor = Editor::new(&[("Dockerfile", text)]);
    editor.open("Dockerfile", text);
    let options = json!({ "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = editor.about("textDocument/formatting", "Dockerfile", options.clone());
    let formatted = edited(text, &edits);
    editor.note("all of it", &formatted);
    let run = editor
        .dir
        .rdf()
        .args(["fmt", "Dockerfile"])
        .output()
        .unwrap();
    assert!(run.status.success());
    let file = std::fs::read_to_string(editor.dir.0.join("Dockerfile")).unwrap();
    assert_eq!(file, formatted);
    let mut asked = options;
    asked["range"] = json!({ "start": place(text, "run"), "end": behind(text, "run  x") });
    let edits = editor.about("textDocument/rangeFormatting", "Dockerfile", asked);
    editor.note("the line with RUN", &edited(text, &edits));
    editor.compare("formatting");
}

#[test]
fn formatting_has_the_style_of_the_config() {
    let text = "FROM a\nRUN x &&\\\n  y\nENV a b\n";
    let config = "[fmt]\nstyle = \"tidy\"\n";
    let mut editor = Editor::new(&[("Dockerfile", text), ("rdf.toml", config)]);
    editor.open("Dockerfile", text);
    let options = json!({ "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = editor.about("textDocument/formatting", "Dockerfile", options);
    assert_eq!(
        edited(text, &edits),
        "FROM a\nRUN x \\\n    && y\nENV a=b\n"
    );
}
