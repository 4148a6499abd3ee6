//! What lies beside a Dockerfile: its lock, its history, the files that build it.

use std::process::Command;

use serde_json::{Value, json};

use super::client::{Dir, Editor, edited, everything, place};
use crate::lock::world::{Fault, World};

const LOCKED: &str = "\
FROM example.com/base:1 AS base
ADD ${DOWNLOAD} /tool
FROM alpine:3.22
COPY --from=base /tool /
";

const LOCK: &str = r#"# Made by `rdf lock`. Of what is here, only `mode` is meant to be edited by hand.
version = 1
mode = "locked"

[inputs]
targets = [""]
platforms = ["linux/amd64"]
build-args = [{}]

[[image]]
ref = "docker.io/library/alpine:3.22"
digest = "sha256:5c47b8c19bf499f91f40c420e714de869b67b467192604c455091b7da6ba3bb3"
platforms = { "linux/amd64" = "sha256:b1b3566668056de84fc32e5d3989be58130e5c077b21dedff42a37e83f92151c" }
used-by = ["from"]
locked = 2026-11-22

[[image]]
ref = "example.com/base:1"
digest = "sha256:83817a45fb9b705c548984e2156ade482429ad6e40863af42d1bed93ff2acc7f"
platforms = { "linux/amd64" = "sha256:1ca024f5505d3d998a2f59782e5859de94f5dce83903f11d2ca9f81ed04f19c6" }
config = { "linux/amd64" = { env = ["DOWNLOAD=https://example.com/tool"] } }
used-by = ["from"]
locked = 2026-11-22

[[http]]
url = "https://example.com/tool"
digest = "sha256:47d8543a418b31f488af60d4787e49db20b3361238d47c7189ec5fcd946eccf6"
size = 42
locked = 2026-11-22
"#;

fn locked() -> Editor {
    Editor::new(&[("Dockerfile", LOCKED), ("Dockerfile.lock", LOCK)])
}

/// Codes of what is found.
fn codes(found: &Value) -> Vec<&str> {
    let found = found["diagnostics"].as_array().unwrap().iter();
    found.map(|it| it["code"].as_str().unwrap()).collect()
}

/// Codes of what is found about the lock, sorted.
fn about_lock(found: &Value) -> Vec<&str> {
    let mut codes = codes(found);
    codes.retain(|code| code.starts_with("lock-"));
    codes.sort_unstable();
    codes
}

/// Days pass.
fn ageless(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split("taken ").enumerate() {
        if at == 0 {
            out.push_str(part);
            continue;
        }
        let end = part.find([',', '.', '\n']).unwrap_or(part.len());
        out.push_str(&format!("taken [AGE]{}", &part[end..]));
    }
    out
}

#[test]
fn pins_are_hints_and_hovers() {
    let mut editor = locked();
    let found = editor.open("Dockerfile", LOCKED);
    assert_eq!(
        about_lock(&found),
        [""; 0],
        "the lock is what the file needs"
    );
    let range = json!({ "range": everything(LOCKED) });
    let hints = editor.about("textDocument/inlayHint", "Dockerfile", range);
    let hints: Vec<String> = hints
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let position = &it["position"];
            let label = it["label"].as_str().unwrap();
            format!("{}:{} {label}", position["line"], position["character"])
        })
        .collect();
    let hints = ageless(&hints.join("\n"));
    let expected = [
        "0:23 83817a45fb9b, taken [AGE]",
        "0:23 sets DOWNLOAD=https://example.com/tool",
        "2:16 5c47b8c19bf4, taken [AGE]",
    ];
    assert_eq!(hints, expected.join("\n"));
    let hover = |editor: &mut Editor, needle: &str| {
        let asked = json!({ "position": place(LOCKED, needle) });
        let hover = editor.about("textDocument/hover", "Dockerfile", asked);
        hover["contents"]["value"].as_str().unwrap().to_owned()
    };
    let text = hover(&mut editor, "example.com");
    for part in [
        "`example.com/base:1`",
        "Locked to `sha256:83817a45fb9b705c548984e2156ade482429ad6e40863af42d1bed93ff2acc7f`",
        "DOWNLOAD=https://example.com/tool",
        "`linux/amd64`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = hover(&mut editor, "alpine");
    assert!(text.contains("hub.docker.com/_/alpine"), "{text}");
    // What the base image sets, and the lock remembers.
    let text = hover(&mut editor, "DOWNLOAD");
    assert_eq!(text, "`DOWNLOAD` = `https://example.com/tool`");
    assert_eq!(editor.end(), 0);
}

#[test]
fn images_of_the_lock_are_offered() {
    let mut editor = locked();
    let text = "FROM ";
    editor.open("Dockerfile", text);
    let asked = json!({ "position": { "line": 0, "character": 5 } });
    let items = editor.about("textDocument/completion", "Dockerfile", asked);
    let items: Vec<&str> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["label"].as_str().unwrap())
        .collect();
    assert!(
        items.contains(&"alpine:3.22") && items.contains(&"example.com/base:1"),
        "{items:?}"
    );
}

#[test]
fn a_lock_that_is_stale_is_told() {
    let mut editor = locked();
    let text = LOCKED.replace("3.22", "3.21");
    let found = editor.open("Dockerfile", &text);
    assert_eq!(
        about_lock(&found),
        ["lock-missing", "lock-unused"],
        "{found}"
    );
    let all = found["diagnostics"].as_array().unwrap().iter();
    let mut missing = all.filter(|it| it["code"] == "lock-missing");
    assert_eq!(missing.next().unwrap()["range"]["start"]["line"], 2);
    editor
        .dir
        .write("Dockerfile.lock", "version = 1\n<<<<<<< ours\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    let found = editor.findings("Dockerfile");
    assert_eq!(about_lock(&found), ["lock-unreadable"]);
    std::fs::remove_file(editor.dir.0.join("Dockerfile.lock")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    assert_eq!(about_lock(&editor.findings("Dockerfile")), [""; 0]);
}

/// The code action with a title that begins so.
fn action(editor: &mut Editor, text: &str, needle: &str, title: &str) -> Value {
    let range = json!({ "start": place(text, needle), "end": place(text, needle) });
    let asked = json!({ "range": range, "context": { "diagnostics": [] } });
    let actions = editor.about("textDocument/codeAction", "Dockerfile", asked);
    let found = actions.as_array().unwrap().iter();
    let mut found = found.filter(|it| it["title"].as_str().unwrap().starts_with(title));
    found
        .next()
        .cloned()
        .unwrap_or_else(|| panic!("no {title}: {actions}"))
}

#[test]
fn pins_are_written_and_taken_out() {
    let mut editor = locked();
    editor.open("Dockerfile", LOCKED);
    let write = action(&mut editor, LOCKED, "alpine", "write the pins");
    let uri = editor.uri("Dockerfile");
    let pinned = edited(LOCKED, &write["edit"]["changes"][&uri]);
    assert!(pinned.contains("alpine:3.22@sha256:5c47b8"), "{pinned}");
    let lock_uri = editor.uri("Dockerfile.lock");
    let lock = edited(LOCK, &write["edit"]["changes"][&lock_uri]);
    assert!(lock.contains("pinned"), "{lock}");
    // As the program writes both.
    let run = editor.dir.rdf().arg("pin").output().unwrap();
    assert!(run.status.success(), "{run:?}");
    let read = |name: &str| std::fs::read_to_string(editor.dir.0.join(name)).unwrap();
    assert_eq!(
        (read("Dockerfile"), read("Dockerfile.lock")),
        (pinned.clone(), lock)
    );
    editor.open("Dockerfile", &pinned);
    let out = action(&mut editor, &pinned, "alpine", "take the pins");
    assert_eq!(edited(&pinned, &out["edit"]["changes"][&uri]), LOCKED);
}

#[test]
fn locking_is_a_command() {
    let text = "FROM scratch\nCOPY --from=alpine:3.22 / /\n";
    let mut editor = Editor::new(&[("Dockerfile", text)]);
    editor.open("Dockerfile", text);
    let lock = action(&mut editor, text, "alpine", "lock what");
    assert_eq!(lock["command"]["command"], "rdf.lock");
    // A text that is not on disk is not locked.
    let changed = text.replace("3.22", "3.21");
    editor.open("Dockerfile", &changed);
    let params = json!({ "command": "rdf.lock", "arguments": lock["command"]["arguments"] });
    let refused = editor.ask("workspace/executeCommand", params.clone());
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("save the file"),
        "{refused}"
    );
    // Nothing is fetched here, and so no registry is asked.
    let plain = "FROM scratch\nCOPY a /\n";
    editor.dir.write("Dockerfile", plain);
    editor.open("Dockerfile", plain);
    let done = editor.ask("workspace/executeCommand", params);
    assert!(done.get("error").is_none(), "{done}");
    assert!(editor.dir.0.join("Dockerfile.lock").is_file());
    for params in [
        json!({ "command": "rm" }),
        json!({ "command": "rdf.lock", "arguments": [1, {}] }),
        json!({ "command": "rdf.lock" }),
    ] {
        let refused = editor.ask("workspace/executeCommand", params);
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
    assert_eq!(editor.end(), 0);
}

/// Has a command executed; the findings after it, which may come before its answer.
#[cfg(feature = "testing")]
fn executed(editor: &mut Editor, params: &Value) -> Value {
    editor.send(&json!({ "jsonrpc": "2.0", "id": 901, "method": "workspace/executeCommand", "params": params }));
    editor.findings("Dockerfile")
}

#[cfg(feature = "testing")]
#[test]
fn outdated_pins_are_told_once_registries_were_asked() {
    let world = World::start();
    let host = world.host();
    world.image("app", "1", "first", "");
    world.image("other", "latest", "other", "");
    let text = format!("FROM {host}/app:1\nCOPY --from={host}/other / /\n");
    let mut editor = Editor::new(&[("Dockerfile", &text)]);
    assert!(
        editor
            .dir
            .rdf()
            .arg("lock")
            .output()
            .unwrap()
            .status
            .success()
    );
    world.image("app", "1", "second", "");
    world.image("app", "2", "newer", "");
    world.requests();
    let found = editor.open("Dockerfile", &text);
    assert_eq!(about_lock(&found), [""; 0]);
    assert_eq!(world.requests(), [""; 0], "nobody is asked by itself");
    let look = action(&mut editor, &text, "app:1", "look for newer");
    assert_eq!(look["command"]["command"], "rdf.outdated");
    let params = json!({ "command": "rdf.outdated", "arguments": look["command"]["arguments"] });
    let found = executed(&mut editor, &params);
    assert_eq!(about_lock(&found), ["lock-outdated"], "{found}");
    let told = &found["diagnostics"][0];
    let message = told["message"].as_str().unwrap();
    let expected = format!("the pin of `{host}/app:1` is outdated: moved, 2 is newer\n");
    assert!(message.starts_with(&expected), "{message}");
    assert_eq!(
        (&told["severity"], &told["range"]["start"]),
        (&json!(3), &place(&text, &host))
    );
    let range = json!({ "range": everything(&text) });
    let hints = editor.about("textDocument/inlayHint", "Dockerfile", range.clone());
    let label = hints[0]["label"].as_str().unwrap();
    assert!(label.ends_with(", moved, 2 is newer"), "{hints}");
    let hovered = json!({ "position": place(&text, "app:1") });
    let hover = editor.about("textDocument/hover", "Dockerfile", hovered);
    assert!(
        hover.to_string().contains("Outdated: moved, 2 is newer."),
        "{hover}"
    );
    let at = json!({ "position": { "line": 0, "character": 5 } });
    let items = editor.about("textDocument/completion", "Dockerfile", at);
    assert!(
        items.to_string().contains(&format!("{host}/app:2")),
        "{items}"
    );
    // An update makes it current, without asking again.
    let update = json!({ "command": "rdf.update", "arguments": look["command"]["arguments"] });
    assert_eq!(about_lock(&executed(&mut editor, &update)), [""; 0]);
    let hints = editor.about("textDocument/inlayHint", "Dockerfile", range);
    assert!(!hints.to_string().contains("newer"), "{hints}");
    // What is asked is about what is on disk.
    editor.dir.write("Dockerfile", "FROM scratch\n");
    let refused = editor.ask("workspace/executeCommand", params);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("save the file first")
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn tags_of_a_registry_are_offered_where_that_is_allowed() {
    let world = World::start();
    world.image("app", "1", "first", "");
    world.image("app", "2", "second", "");
    let host = world.host();
    let text = format!("FROM {host}/app:");
    let mut editor = Editor::new(&[]);
    let items = |editor: &mut Editor, text: &str| {
        let document = json!({ "uri": editor.uri("Dockerfile"), "version": 7 });
        let changes = json!([{ "text": text }]);
        let params = json!({ "textDocument": document, "contentChanges": changes });
        editor.tell("textDocument/didChange", params);
        let at = json!({ "position": { "line": 0, "character": text.len() } });
        let items = editor.about("textDocument/completion", "Dockerfile", at);
        let items = items.as_array().unwrap().iter();
        let labels = items.map(|item| item["label"].as_str().unwrap().to_owned());
        labels.filter(|it| it.contains(':')).collect::<Vec<_>>()
    };
    editor.open("Dockerfile", &text);
    assert_eq!(items(&mut editor, &text), [""; 0]);
    assert_eq!(world.requests(), [""; 0], "nobody is asked by itself");
    let settings = json!({ "settings": { "registryTags": true } });
    editor.tell("workspace/didChangeConfiguration", settings);
    assert_eq!(items(&mut editor, "FROM scratch"), [""; 0]);
    assert_eq!(items(&mut editor, &format!("FROM {host}/a")), [""; 0]);
    assert_eq!(world.requests(), [""; 0], "no tag is typed");
    let tags = [format!("{host}/app:1"), format!("{host}/app:2")];
    assert_eq!(items(&mut editor, &text), tags);
    let asked = ["GET /v2/app/tags/list?n=1000"];
    assert_eq!(world.requests(), asked);
    // They are kept, for other places as well.
    for place in ["FROM", "COPY --from=", "RUN --mount=type=bind,from="] {
        let text = format!(
            "{place}{}{host}/app:",
            if place == "FROM" { " " } else { "" }
        );
        assert_eq!(items(&mut editor, &text), tags, "{place}");
    }
    assert_eq!(world.requests(), [""; 0]);
    // A registry that fails is asked once, and told about in the log.
    world.fault("/v2/bad/", Fault::Status(500, ""));
    let bad = format!("FROM {host}/bad:");
    assert_eq!(items(&mut editor, &bad), [""; 0]);
    assert_eq!(world.requests().len(), 1);
    assert_eq!(items(&mut editor, &bad), [""; 0]);
    assert_eq!(world.requests(), [""; 0]);
    assert_eq!(editor.end(), 0);
}

fn git(dir: &Dir, arguments: &[&str]) {
    let run = Command::new("git")
        .current_dir(&dir.0)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
}

#[test]
fn lenses_tell_what_a_change_costs() {
    let text = "FROM alpine:3 AS build\nRUN one\nRUN two\nFROM alpine:3 AS other\nRUN three\nFROM scratch\nCOPY --from=build /a /\nCOPY --from=other /b /\n";
    let mut editor = Editor::new(&[("Dockerfile", text)]);
    git(&editor.dir, &["init", "-q"]);
    git(&editor.dir, &["add", "."]);
    git(&editor.dir, &["commit", "-q", "-m", "first"]);
    let titles = |editor: &mut Editor, text: &str| {
        editor.open("Dockerfile", text);
        let lenses = editor.about("textDocument/codeLens", "Dockerfile", json!({}));
        let lenses = lenses.as_array().unwrap().clone();
        let title = |it: &Value| it["command"]["title"].as_str().unwrap().to_owned();
        (lenses.iter().map(title).collect::<Vec<_>>(), lenses)
    };
    let (same, _) = titles(&mut editor, text);
    assert_eq!(same, ["keeps its cache since HEAD"; 3]);
    let (changed, lenses) = titles(&mut editor, &text.replace("two", "2"));
    assert!(changed[0].starts_with("1 of "), "{changed:?}");
    assert!(
        changed[0].ends_with("loses its cache since HEAD"),
        "{changed:?}"
    );
    assert_eq!(changed[1], "keeps its cache since HEAD");
    assert_eq!(
        changed[2],
        "keeps its cache since HEAD, as long as its files are the same"
    );
    // The command shows why, as `rdf explain HEAD` does.
    let told = lenses[0]["command"]["arguments"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(told.contains("two -> 2"), "{told}");
    let params = json!({ "command": "rdf.explain", "arguments": [told] });
    editor.send(&json!({ "jsonrpc": "2.0", "id": 900, "method": "workspace/executeCommand", "params": params }));
    let shown = editor.next().unwrap();
    assert_eq!(shown["params"]["message"], *told);
    // Outside of a repository there is nothing to compare with.
    let mut other = Editor::new(&[("Dockerfile", text)]);
    other.open("Dockerfile", text);
    assert_eq!(
        other.about("textDocument/codeLens", "Dockerfile", json!({})),
        Value::Null
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn stages_that_no_target_needs_are_greyed() {
    let text = "FROM scratch AS a\nCOPY x /\nFROM scratch AS b\nCOPY y /\nFROM scratch\nCOPY --from=b / /\n";
    let mut editor = Editor::new(&[]);
    let found = editor.open("Dockerfile", text);
    let one = &found["diagnostics"][0];
    assert_eq!(
        (&one["code"], &one["severity"], &one["tags"]),
        (&json!("unneeded-stage"), &json!(4), &json!([1]))
    );
    assert_eq!(
        one["range"],
        json!({ "start": place(text, "FROM scratch AS a"), "end": { "line": 1, "character": 8 } })
    );
    assert_eq!(codes(&found).len(), 1);
    editor.tell(
        "workspace/didChangeConfiguration",
        json!({ "settings": { "target": "a" } }),
    );
    let found = editor.findings("Dockerfile");
    let lines: Vec<&Value> = found["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["range"]["start"]["line"])
        .collect();
    assert_eq!(lines, [2, 4]);
    // What a bake file builds is needed.
    editor.dir.write(
        "docker-bake.hcl",
        "target \"a\" {\n  target = \"a\"\n}\ntarget \"all\" {}\n",
    );
    editor.tell(
        "workspace/didChangeConfiguration",
        json!({ "settings": {} }),
    );
    assert_eq!(codes(&editor.findings("Dockerfile")), [""; 0]);
}

const BAKE: &str = r#"variable "TAG" {
  default = "3.20"
}
target "app" {
  target    = "app"
  platforms = ["linux/arm64"]
  args      = { TAG = TAG }
  contexts  = { sources = "docker-image://busybox:1.36" }
}
target "last" {
  inherits = ["app"]
  target   = ""
}
"#;

const COMPOSE: &str = "services:\n  web:\n    build:\n      context: .\n      target: app\n";

const BAKED: &str = "ARG TAG=1\nFROM alpine:$TAG AS app\nARG TARGETARCH\nCOPY --from=sources /a /\nRUN echo $TARGETARCH\nFROM app\n";

fn baked() -> Editor {
    let mut editor = Editor::new(&[
        ("docker-bake.hcl", BAKE),
        ("compose.yaml", COMPOSE),
        ("Dockerfile", BAKED),
    ]);
    editor.open("Dockerfile", BAKED);
    editor
}

/// The files and lines that links lead to.
fn targets(editor: &Editor, links: &Value) -> Vec<String> {
    let dir = editor.uri("");
    let links = links.as_array().cloned().unwrap_or_default();
    let shown = links.iter().map(|it| {
        let uri = it.get("targetUri").unwrap_or(&it["uri"]).as_str().unwrap();
        let range = it.get("targetRange").unwrap_or(&it["range"]);
        format!("{}:{}", uri.replace(&dir, ""), range["start"]["line"])
    });
    shown.collect()
}

#[test]
fn stages_lead_to_their_targets_and_back() {
    let mut editor = baked();
    let asked = json!({ "position": place(BAKED, "app\nARG") });
    let links = editor.about("textDocument/definition", "Dockerfile", asked.clone());
    assert_eq!(
        targets(&editor, &links),
        ["Dockerfile:1", "docker-bake.hcl:3", "compose.yaml:2"]
    );
    let mut with = asked;
    with["context"] = json!({ "includeDeclaration": true });
    let found = editor.about("textDocument/references", "Dockerfile", with);
    assert_eq!(
        targets(&editor, &found),
        [
            "Dockerfile:1",
            "Dockerfile:5",
            "docker-bake.hcl:3",
            "compose.yaml:2"
        ]
    );
    // A named context leads to whoever gives it.
    let asked = json!({ "position": place(BAKED, "sources") });
    let links = editor.about("textDocument/definition", "Dockerfile", asked);
    assert_eq!(
        targets(&editor, &links),
        ["docker-bake.hcl:3", "docker-bake.hcl:9"]
    );
    editor.open_as("docker-bake.hcl", BAKE, "hcl");
    editor.open_as("compose.yaml", COMPOSE, "yaml");
    for (name, line, expected) in [
        ("docker-bake.hcl", 5, "Dockerfile:1"),
        ("docker-bake.hcl", 10, "Dockerfile:5"),
        ("compose.yaml", 1, "Dockerfile:1"),
        ("compose.yaml", 4, "Dockerfile:1"),
    ] {
        let asked = json!({ "position": { "line": line, "character": 0 } });
        let links = editor.about("textDocument/definition", name, asked);
        assert_eq!(targets(&editor, &links), [expected], "{name}:{line}");
    }
    let asked = json!({ "position": { "line": 0, "character": 0 } });
    let nothing = editor.about("textDocument/definition", "docker-bake.hcl", asked);
    assert_eq!(targets(&editor, &nothing), [""; 0]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_bake_target_is_a_build_to_look_at() {
    let mut editor = baked();
    let value = |editor: &mut Editor, needle: &str| {
        let hover = editor.about(
            "textDocument/hover",
            "Dockerfile",
            json!({ "position": place(BAKED, needle) }),
        );
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(value(&mut editor, "TAG AS"), "`TAG` = `1`");
    editor.tell(
        "workspace/didChangeConfiguration",
        json!({ "settings": { "bakeTarget": "app" } }),
    );
    assert_eq!(value(&mut editor, "TAG AS"), "`TAG` = `3.20` (app)");
    assert_eq!(
        value(&mut editor, "TARGETARCH\nFROM"),
        "`TARGETARCH` = `arm64` (app)"
    );
    let asked = json!({ "position": place(BAKED, "sources") });
    let items = editor.about("textDocument/completion", "Dockerfile", asked);
    assert!(items.to_string().contains("named context"), "{items}");
}
