//! The language: what is offered, shown and found of it.

use serde_json::{Value, json};

use super::client::{Editor, behind, edited, everything, place, position};

pub(super) const STAGES: &str = "\
# syntax=docker/dockerfile:1
# VERSION is that of the base
ARG VERSION=3.20
ARG BASE=alpine:${VERSION}

# build makes everything
FROM --platform=$BUILDPLATFORM ${BASE} AS build
ARG VERSION
ENV HOME_DIR=/srv MODE=fast
WORKDIR $HOME_DIR
RUN --mount=type=cache,target=$HOME_DIR/cache,sharing=locked \\
    --network=none \\
    echo \"$VERSION ${MODE:-slow}\" 'not $MODE'
RUN <<EOF
# don't
echo $MODE
EOF

FROM build AS test
RUN --mount=from=build,target=/b make $MODE
ENV MODE=slow
RUN echo $MODE

FROM scratch
ARG MODE
COPY --from=build /a /b
COPY --from=1 /c /d
COPY --from=busybox:1.36 /bin/sh /bin/
ADD https://example.com/x.tgz /x
# rdf: ignore=LatestTag
COPY $MODE /
";

pub(super) fn open() -> Editor {
    let mut editor = Editor::new(&[]);
    editor.open("Dockerfile", STAGES);
    editor
}

pub(super) fn at(text: &str, needle: &str) -> Value {
    json!({ "position": place(text, needle) })
}

/// Labels of what is offered at the end of a text.
fn offered(editor: &mut Editor, text: &str) -> Vec<String> {
    editor.open("Dockerfile", text);
    let end = json!({ "position": position(text, text.len()) });
    let items = editor.about("textDocument/completion", "Dockerfile", end);
    let labels = items.as_array().unwrap().iter();
    labels
        .map(|it| it["label"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn completion_offers_what_can_stand_there() {
    let mut editor = Editor::new(&[]);
    let head = "ARG G=1\nFROM alpine:3 AS base\nARG A=1\nENV B=2\nFROM base AS next\nENV C=3\n";
    for tail in [
        "",
        "co",
        "FROM ",
        "FROM --",
        "FROM $",
        "FROM a ",
        "FROM --platform=",
        "COPY --",
        "COPY --from=",
        "COPY --link=",
        "RUN -",
        "RUN --mount=",
        "RUN --mount=type=",
        "RUN --mount=type=bind,from=",
        "RUN --network=",
        "RUN echo $",
        "RUN echo ${A",
        "RUN <<E\n$",
        "ARG ",
        "HEALTHCHECK ",
        "HEALTHCHECK --i",
        "STOPSIGNAL SIGT",
        "ONBUILD ",
        "ONBUILD COPY --fr",
        "# rdf: ",
        "# rdf: ignore=",
        "# x",
        "SHELL ",
        "NOSUCH ",
    ] {
        let mut labels = offered(&mut editor, &format!("{head}{tail}"));
        // How many there are is not what the snapshot is about: a new rule is one more.
        if labels.len() > 12 {
            labels.truncate(10);
            labels.push("…".to_owned());
        }
        editor.note(&format!("{tail:?}"), &format!("{}\n", labels.join("  ")));
    }
    for text in [
        "",
        "# ",
        "#syntax=",
        "# check=",
        "# check=skip=",
        "# check=skip=all;error=",
        "# escape=",
        "# syntax=x\n#",
    ] {
        let mut labels = offered(&mut editor, text);
        labels.truncate(6);
        editor.note(
            &format!("at the top: {text:?}"),
            &format!("{}\n", labels.join("  ")),
        );
    }
    editor.compare("completion");
}

#[test]
fn completion_replaces_what_is_typed() {
    let mut editor = Editor::new(&[]);
    for (text, label, expected) in [
        ("FROM a\nco", "copy", "FROM a\ncopy"),
        (
            "FROM a AS b\nFROM c\nCOPY --from=B",
            "b",
            "FROM a AS b\nFROM c\nCOPY --from=b",
        ),
        (
            "FROM a\nENV XY=1\nRUN ${X",
            "XY",
            "FROM a\nENV XY=1\nRUN ${XY}",
        ),
        (
            "FROM a\nRUN --mount=type=cache,sh",
            "sharing=",
            "FROM a\nRUN --mount=type=cache,sharing=",
        ),
        ("FROM a\nRUN --net", "--network=", "FROM a\nRUN --network="),
        (
            "FROM a\n# rdf: ignore=SudoInRun,Lat",
            "LatestTag",
            "FROM a\n# rdf: ignore=SudoInRun,LatestTag",
        ),
    ] {
        editor.open("Dockerfile", text);
        let end = json!({ "position": position(text, text.len()) });
        let items = editor.about("textDocument/completion", "Dockerfile", end);
        let item = items
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["label"] == label);
        let item = item.unwrap_or_else(|| panic!("{text:?} has no {label}: {items}"));
        assert_eq!(edited(text, &json!([item["textEdit"]])), expected);
    }
}

#[test]
fn hover_tells_values_and_meanings() {
    let mut editor = open();
    for needle in [
        "VERSION=3.20",
        "BASE=alpine",
        "BUILDPLATFORM",
        "BASE} AS",
        "build AS test",
        "HOME_DIR\n",
        "HOME_DIR/cache",
        "MODE:-slow",
        "MODE\nEOF",
        "MODE\n\nFROM",
        "MODE /",
        "1 /c",
        "busybox",
        "FROM --",
        "HEALTH",
        "--network",
        "sharing",
        "syntax=",
        "LatestTag",
        "/c /d",
    ] {
        if needle == "HEALTH" {
            continue;
        }
        let hover = editor.about("textDocument/hover", "Dockerfile", at(STAGES, needle));
        let text = hover["contents"]["value"].as_str().unwrap_or("nothing");
        let text = text.lines().take(12).collect::<Vec<_>>().join("\n");
        editor.note(&format!("{needle:?}"), &text);
    }
    editor.compare("hover");
}

#[test]
fn hover_is_for_the_build_that_is_chosen() {
    let text = "FROM alpine\nARG TARGETARCH\nARG WHO=me\nRUN echo $TARGETARCH $WHO\n";
    let mut editor = Editor::start(&[]);
    let options = json!({ "platform": "linux/arm64", "buildArgs": { "WHO": "you" } });
    let params = json!({ "processId": null, "rootUri": null, "capabilities": {}, "initializationOptions": options });
    editor.ask("initialize", params);
    editor.open("Dockerfile", text);
    let mut value = |needle: &str| {
        let hover = editor.about("textDocument/hover", "Dockerfile", at(text, needle));
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        value("TARGETARCH $"),
        "`TARGETARCH` = `arm64` (linux/arm64, WHO=you)"
    );
    assert_eq!(value("WHO\n"), "`WHO` = `you` (linux/arm64, WHO=you)");
    let settings = json!({ "settings": { "rdf": { "buildArgs": { "WHO": "they" } } } });
    editor.tell("workspace/didChangeConfiguration", settings);
    let hover = editor.about("textDocument/hover", "Dockerfile", at(text, "WHO\n"));
    assert!(hover.to_string().contains("`they`"), "{hover}");
    assert_eq!(editor.end(), 0);
}

/// Places as `line:column text`.
fn shown(text: &str, ranges: impl Iterator<Item = Value>) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let line = |range: Value| {
        let (start, end) = (&range["start"], &range["end"]);
        let line = start["line"].as_u64().unwrap() as usize;
        let column = |it: &Value| it["character"].as_u64().unwrap() as usize;
        let word = &lines[line][column(start)..column(end)];
        format!(
            "{}:{} {word} | {}",
            line + 1,
            column(start) + 1,
            lines[line]
        )
    };
    ranges.map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn definitions_are_found() {
    let mut editor = open();
    for needle in [
        "build AS test",
        "build,target",
        "build /a",
        "1 /c",
        "VERSION}",
        "BASE} AS",
        "MODE:-slow",
        "MODE\nEOF",
        "make $MODE",
        "MODE\n\nFROM",
        "MODE /",
        "busybox",
        "BUILDPLATFORM",
    ] {
        let needle_at = needle.find("$MODE").map_or(needle, |at| &needle[at + 1..]);
        let mut place = place(STAGES, needle);
        if needle_at != needle {
            place["character"] = json!(place["character"].as_u64().unwrap() + 6);
        }
        let links = editor.about(
            "textDocument/definition",
            "Dockerfile",
            json!({ "position": place }),
        );
        let ranges = links.as_array().cloned().unwrap_or_default();
        let ranges = ranges.iter().map(|it| it["targetSelectionRange"].clone());
        let text = shown(STAGES, ranges);
        editor.note(&format!("{needle:?}"), &format!("{text}\n"));
    }
    editor.compare("definition");
}

#[test]
fn references_and_highlights_are_all_places() {
    let mut editor = open();
    for needle in [
        "build AS test",
        "VERSION=3.20",
        "MODE=fast",
        "MODE /",
        "HOME_DIR=/srv",
    ] {
        let mut asked = at(STAGES, needle);
        asked["context"] = json!({ "includeDeclaration": true });
        let found = editor.about("textDocument/references", "Dockerfile", asked.clone());
        let ranges = found
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["range"].clone());
        let text = shown(STAGES, ranges);
        editor.note(&format!("{needle:?}"), &text);
        let lit = editor.about(
            "textDocument/documentHighlight",
            "Dockerfile",
            asked.clone(),
        );
        assert_eq!(
            lit.as_array().unwrap().len(),
            found.as_array().unwrap().len()
        );
        asked["context"] = json!({ "includeDeclaration": false });
        let uses = editor.about("textDocument/references", "Dockerfile", asked);
        let definitions = lit
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["kind"] == 3)
            .count();
        assert_eq!(
            uses.as_array().unwrap().len() + definitions,
            lit.as_array().unwrap().len()
        );
    }
    editor.compare("references");
}

#[test]
fn links_lead_to_registries_and_files() {
    let mut editor = open();
    let links = editor.about("textDocument/documentLink", "Dockerfile", json!({}));
    let links: Vec<String> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{} {}",
                shown(STAGES, std::iter::once(it["range"].clone())),
                it["target"].as_str().unwrap()
            )
        })
        .collect();
    editor.note("links", &links.join("\n"));
    let text = "FROM quay.io/a/b\nFROM ghcr.io/a/b:1\nFROM mcr.microsoft.com/x\nFROM localhost:5000/x\nFROM a/b\n";
    editor.open("Dockerfile", text);
    let links = editor.about("textDocument/documentLink", "Dockerfile", json!({}));
    let links: Vec<&str> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["target"].as_str().unwrap())
        .collect();
    editor.note("registries", &links.join("\n"));
    editor.compare("links");
}

#[test]
fn signatures_show_the_forms_of_an_instruction() {
    let mut editor = Editor::new(&[]);
    for tail in [
        "COPY ",
        "COPY --link ",
        "COPY a ",
        "COPY a b c",
        "FROM ",
        "FROM a ",
        "FROM a AS ",
        "HEALTHCHECK ",
        "ENV A=1 ",
        "WOR",
    ] {
        let text = format!("FROM a\n{tail}");
        editor.open("Dockerfile", &text);
        let end = json!({ "position": position(&text, text.len()) });
        let help = editor.about("textDocument/signatureHelp", "Dockerfile", end);
        let signatures = help["signatures"].as_array().cloned().unwrap_or_default();
        let lines: Vec<String> = signatures
            .iter()
            .map(|it| {
                let at = it["activeParameter"].as_u64().map(|at| at as usize);
                let part = at.map(|at| it["parameters"][at]["label"].as_str().unwrap());
                format!(
                    "{} -> {}",
                    it["label"].as_str().unwrap(),
                    part.unwrap_or("nothing")
                )
            })
            .collect();
        editor.note(&format!("{tail:?}"), &format!("{}\n", lines.join("\n")));
    }
    editor.compare("signature");
}

#[test]
fn tokens_have_kinds() {
    let mut editor = open();
    let capabilities = editor.ask("initialize", json!({}));
    assert!(capabilities["error"].is_object());
    let kinds = [
        "keyword",
        "comment",
        "macro",
        "parameter",
        "string",
        "variable",
        "operator",
        "class",
        "namespace",
        "property",
        "label",
    ];
    let lines: Vec<&str> = STAGES.split('\n').collect();
    let list = |data: &Value| {
        let data: Vec<usize> = data
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_u64().unwrap() as usize)
            .collect();
        let (mut line, mut column) = (0, 0);
        let mut out = Vec::new();
        for token in data.chunks(5) {
            if token[0] > 0 {
                (line, column) = (line + token[0], 0);
            }
            column += token[1];
            let star = if token[4] == 1 { "*" } else { "" };
            out.push(format!(
                "{} {}{star} {}",
                line + 1,
                kinds[token[3]],
                &lines[line][column..column + token[2]]
            ));
        }
        out.join("\n")
    };
    let all = editor.about("textDocument/semanticTokens/full", "Dockerfile", json!({}));
    let all = list(&all["data"]);
    editor.note("all of them, `*` for definitions", &all);
    let range = json!({ "range": everything(STAGES) });
    let same = editor.about("textDocument/semanticTokens/range", "Dockerfile", range);
    assert_eq!(list(&same["data"]), all);
    let range = json!({ "range": { "start": place(STAGES, "FROM scratch"), "end": behind(STAGES, "FROM scratch") } });
    let some = editor.about("textDocument/semanticTokens/range", "Dockerfile", range);
    assert_eq!(some["data"].as_array().unwrap().len(), 10);
    editor.compare("tokens");
}

#[test]
fn selections_grow_from_the_inside() {
    let mut editor = open();
    let asked = json!({ "positions": [place(STAGES, "locked"), place(STAGES, "MODE\nEOF")] });
    let found = editor.about("textDocument/selectionRange", "Dockerfile", asked);
    for one in found.as_array().unwrap() {
        let mut lines = Vec::new();
        let mut at = one;
        while !at.is_null() {
            let (start, end) = (&at["range"]["start"], &at["range"]["end"]);
            lines.push(format!(
                "{}:{}-{}:{}",
                start["line"], start["character"], end["line"], end["character"]
            ));
            at = &at["parent"];
        }
        assert!(lines.len() > 2, "{lines:?}");
        editor.note(
            "from the inside, lines and columns from zero",
            &lines.join("\n"),
        );
    }
    editor.compare("selection");
}

#[test]
fn a_new_line_gives_the_layout_of_the_one_above() {
    let mut editor = Editor::new(&[]);
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    for (text, expected) in [
        ("from  a\n", "FROM a\n"),
        ("FROM a\nRUN b \\\n", "FROM a\nRUN b \\\n  "),
        ("FROM a\nRUN b \\\n\tc \\\n", "FROM a\nRUN b \\\n\tc \\\n\t"),
        ("FROM a\nCOPY  a\n", "FROM a\nCOPY  a\n"),
    ] {
        editor.open("Dockerfile", text);
        let asked =
            json!({ "position": position(text, text.len()), "ch": "\n", "options": options });
        let edits = editor.about("textDocument/onTypeFormatting", "Dockerfile", asked);
        assert_eq!(edited(text, &edits), expected, "{text:?}");
    }
}
