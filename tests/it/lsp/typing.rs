//! What stands there after the last keystroke is what `rdf check` finds in a file of that text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::client::Editor;

/// Files, edits of each, and how many of these are looked at.
const FILES: usize = 24;
const EDITS: usize = 12;
const LOOKED_AT: usize = 4;

/// What is typed, besides pieces of the file itself.
const PIECES: [&str; 16] = [
    "x",
    "\n",
    " \\\n",
    "#",
    "$A",
    "\"",
    "FROM scratch AS b\n",
    "FROM b\nRUN cd /x && curl http://a/b | sh\n",
    "\nCOPY --from=b /a /b\n",
    "\nRUN apt-get update\nRUN sudo make\n",
    "\nRUN --mount=type=cache,target=/c,id=c,sharing=locked <<E\na | b\nE\n",
    "\nENV TOKEN=AKIAABCDEFGHIJKLMNOP A=https://me:pw@h/x\n",
    "\n# rdf: ignore=SudoInRun\n",
    "\u{1f600}",
    "ARG A=1\n",
    "\nMAINTAINER me\n",
];

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % end.max(1)
    }
}

/// A place in a text as the protocol has it, in characters.
fn place(text: &str, at: usize) -> Value {
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap();
    json!({ "line": before.matches('\n').count(), "character": line.chars().count() })
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

type Told = BTreeSet<(String, u64, u64, String)>;

/// What an editor shows, but for what only editors are told.
fn shown(found: &Value) -> Told {
    let all = found["diagnostics"].as_array().unwrap().iter();
    let told = all.filter(|it| it["code"] != "unneeded-stage").map(|it| {
        let start = &it["range"]["start"];
        let message = it["message"].as_str().unwrap().lines().next();
        (
            it["code"].as_str().unwrap().to_owned(),
            start["line"].as_u64().unwrap() + 1,
            start["character"].as_u64().unwrap() + 1,
            message.unwrap_or_default().to_owned(),
        )
    });
    told.collect()
}

/// What the program finds.
fn fresh(editor: &Editor, text: &str) -> Told {
    editor.dir.write("Dockerfile", text);
    let mut command = editor.dir.rdf();
    let output = command
        .args(["check", "--format", "json", "Dockerfile"])
        .output()
        .unwrap();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {output:?}"));
    let all = report["findings"].as_array().unwrap().iter();
    let told = all.map(|it| {
        let start = |key: &str| it["primary"]["start"][key].as_u64().unwrap_or(1);
        let message = it["message"].as_str().unwrap().lines().next();
        (
            it["code"].as_str().unwrap().to_owned(),
            start("line"),
            start("column"),
            message.unwrap_or_default().to_owned(),
        )
    });
    told.collect()
}

#[test]
fn findings_after_the_last_keystroke_are_those_of_a_fresh_check() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/check");
    let mut files: Vec<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "Dockerfile"))
        .collect();
    files.sort();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let encodings = json!({ "general": { "positionEncodings": ["utf-32"] } });
    let config = "[check]\nselect = ['all']\nignore = ['ShellCheck']\n";
    let mut editor = Editor::with(&[("rdf.toml", config), ("Dockerfile", "")], &encodings);
    let uri = editor.uri("Dockerfile");
    let (mut version, mut seen) = (1, BTreeSet::new());
    let mut change = |editor: &mut Editor, changes: Value| {
        version += 1;
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        editor.tell("textDocument/didChange", params);
        version
    };
    editor.open("Dockerfile", "FROM scratch\n");
    let mut is_broken = BTreeSet::new();
    for file in 0..FILES {
        let path = &files[file * files.len() / FILES];
        let mut text = fs::read_to_string(path).unwrap();
        change(&mut editor, json!([{ "text": text }]));
        for edit in 1..=EDITS {
            let mut at = numbers.below(text.len() + 1);
            // Most edits are at the ends of lines, as those of people are.
            if edit % 3 > 0 {
                at += text[boundary(&text, at)..].find('\n').unwrap_or(0);
            }
            let at = boundary(&text, at.min(text.len()));
            let length = [0, 0, 1, 9][numbers.below(4)];
            let end = boundary(&text, (at + length).min(text.len())).max(at);
            let piece = PIECES[numbers.below(PIECES.len())];
            let range = json!({ "start": place(&text, at), "end": place(&text, end) });
            let last = change(&mut editor, json!([{ "range": range, "text": piece }]));
            text.replace_range(at..end, piece);
            // What is typed meanwhile is skipped by the program, and by us.
            if edit % (EDITS / LOOKED_AT) > 0 {
                continue;
            }
            let found = loop {
                let found = editor.findings("Dockerfile");
                if found["version"] == last {
                    break shown(&found);
                }
            };
            let expected = fresh(&editor, &text);
            assert_eq!(found, expected, "{}:\n{text}", path.display());
            is_broken.insert(expected.iter().any(|it| it.0.contains('-')));
            seen.extend(expected.into_iter().map(|it| it.0));
        }
    }
    // Both files that compile and files that do not were among them, and many rules.
    assert_eq!(is_broken.len(), 2);
    assert!(seen.len() > 40, "{seen:?}");
}
