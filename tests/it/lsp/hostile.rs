//! Clients that follow no protocol: each gets an answer or an end, and never a crash.

use serde_json::{Value, json};

use super::client::Editor;

#[test]
fn what_is_no_message_is_answered() {
    let mut editor = Editor::new(&[]);
    for body in [
        "{",
        "null",
        "[]",
        "{}",
        "\"x\"",
        "{\"id\":1}",
        "{\"id\":{},\"method\":1}",
    ] {
        let framed = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        assert!(editor.raw(framed.as_bytes()));
        let answer = editor.next().unwrap();
        assert_eq!(answer["error"]["code"], -32700, "{body}: {answer}");
        assert_eq!(answer["id"], Value::Null);
    }
    assert!(editor.raw(b"Content-Length: 3\r\n\r\n\xff\xfe{"));
    assert_eq!(editor.next().unwrap()["error"]["code"], -32700);
    // After all that it still serves.
    let found = editor.open("Dockerfile", "FROM a as b\n");
    assert_eq!(found["diagnostics"].as_array().unwrap().len(), 1);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_header_that_cannot_be_read_ends_the_session() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 99999999999999999999999\r\n\r\n",
        b"\r\n\r\n",
    ] {
        let mut editor = Editor::new(&[]);
        editor.raw(bytes);
        assert_eq!(editor.wait(), 2);
    }
    let mut editor = Editor::new(&[]);
    editor.raw(&b"x".repeat(1 << 20));
    assert_eq!(editor.wait(), 2);
    // More than there will ever be: the client goes before it is there.
    let mut editor = Editor::new(&[]);
    editor.raw(format!("Content-Length: {}\r\n\r\nx", u64::MAX).as_bytes());
    assert_ne!(editor.wait(), 0);
}

#[test]
fn the_order_of_a_session_is_kept() {
    let mut editor = Editor::start(&[]);
    let early = editor.ask("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002);
    let params = json!({ "processId": null, "rootUri": null, "capabilities": {} });
    editor.ask("initialize", params.clone());
    let again = editor.ask("initialize", params);
    assert_eq!(again["error"]["code"], -32600);
    let unknown = editor.ask("no/such", json!(null));
    assert_eq!(unknown["error"]["code"], -32601);
    editor.ask("shutdown", Value::Null);
    let late = editor.ask("textDocument/documentSymbol", json!({}));
    assert_eq!(late["error"]["code"], -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.wait(), 0);
}

#[test]
fn an_end_without_a_shutdown_is_told_by_the_exit_code() {
    let mut editor = Editor::new(&[]);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.wait(), 1);
    // Gone without a word.
    assert_eq!(Editor::new(&[]).wait(), 1);
    let mut editor = Editor::new(&[]);
    editor.ask("shutdown", Value::Null);
    assert_eq!(editor.wait(), 0, "shutdown without exit");
}

/// Every method that is about a document.
pub(super) const METHODS: &[&str] = &[
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/formatting",
    "textDocument/rangeFormatting",
    "textDocument/codeAction",
    "textDocument/completion",
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
    "textDocument/signatureHelp",
    "textDocument/documentLink",
    "textDocument/selectionRange",
    "textDocument/semanticTokens/full",
    "textDocument/semanticTokens/range",
    "textDocument/inlayHint",
    "textDocument/onTypeFormatting",
    "textDocument/codeLens",
];

/// Parameters that fit every method, at a position.
fn about(uri: &str, line: u64, character: u64) -> Value {
    let position = json!({ "line": line, "character": character });
    json!({
        "textDocument": { "uri": uri },
        "position": position,
        "positions": [position],
        "range": { "start": position, "end": { "line": 0, "character": 0 } },
        "options": { "tabSize": 4, "insertSpaces": true },
        "context": { "diagnostics": [], "includeDeclaration": true, "triggerKind": 1, "isRetrigger": false },
        "newName": "x",
        "ch": "\n",
    })
}

#[test]
fn unknown_documents_and_positions_outside_are_answered() {
    let mut editor = Editor::new(&[]);
    let text = "# check=skip=x\nFROM a\u{e9}\u{1f600}\nRUN <<E\nx\nE\n\tCOPY $A ${B\n";
    editor.open("Dockerfile", text);
    let uri = editor.uri("Dockerfile");
    for method in METHODS {
        for other in ["file:///no/such", "", "untitled:x", "\u{0}", "file:///%zz"] {
            let answer = editor.ask(method, about(other, 0, 0));
            assert_eq!(
                answer["error"]["code"], -32602,
                "{method} {other}: {answer}"
            );
        }
        for params in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "textDocument": { "uri": uri }, "range": 1, "position": "x", "options": 2, "context": 3 }),
        ] {
            let answer = editor.ask(method, params.clone());
            let is_plain = answer.get("error").is_none();
            assert!(
                is_plain || answer["error"]["code"] == -32602,
                "{method} {params}: {answer}"
            );
        }
        for line in 0..8 {
            for character in [0, 1, 3, 4, 5, 7, 9, 4_294_967_295] {
                let answer = editor.ask(method, about(&uri, line, character));
                assert!(
                    answer.get("error").is_none(),
                    "{method} {line}:{character}: {answer}"
                );
            }
        }
        let answer = editor.ask(method, about(&uri, 4_294_967_295, 4_294_967_295));
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        // Beyond what the protocol can say.
        editor.ask(method, about(&uri, 4_294_967_296, 0));
    }
    assert_eq!(editor.end(), 0);
}

#[test]
fn changes_that_cannot_be_leave_a_text() {
    let mut editor = Editor::new(&[]);
    editor.open("Dockerfile", "FROM a\nRUN b\n");
    let at = |line: u64, character: u64| json!({ "line": line, "character": character });
    let uri = editor.uri("Dockerfile");
    let changes = [
        json!([{ "range": { "start": at(9, 9), "end": at(99, 99) }, "text": "RUN c\n" }]),
        json!([{ "range": { "start": at(1, 0), "end": at(0, 0) }, "text": "ENV d=e\n" }]),
        json!([{ "range": { "start": at(0, 0), "end": at(0, 0) }, "text": "# \u{feff}\u{0}\r\r\n" }]),
        json!([]),
    ];
    for (version, change) in (2..).zip(changes) {
        let document = json!({ "uri": uri, "version": version });
        editor.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": change }),
        );
        editor.findings("Dockerfile");
    }
    // Nothing of this is a change.
    for params in [
        json!(null),
        json!({ "textDocument": { "uri": "x", "version": 1 }, "contentChanges": [] }),
        json!({ "textDocument": { "uri": uri, "version": "x" }, "contentChanges": 1 }),
    ] {
        editor.tell("textDocument/didChange", params.clone());
        editor.tell("textDocument/didOpen", params);
    }
    for params in [
        json!(null),
        json!({ "textDocument": { "uri": "x" } }),
        json!([]),
    ] {
        editor.tell("textDocument/didClose", params);
    }
    let symbols = editor.about("textDocument/documentSymbol", "Dockerfile", json!({}));
    assert_eq!(symbols[0]["name"], "0", "{symbols}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_is_cancelled_is_answered() {
    let mut editor = Editor::new(&[]);
    let text = format!("FROM a\n{}", "RUN b\n".repeat(20_000));
    editor.open("Dockerfile", &text);
    // Both are there before the first is begun, behind one that takes its time.
    let uri = editor.uri("Dockerfile");
    let slow = json!({ "jsonrpc": "2.0", "id": 70, "method": "textDocument/formatting", "params": about(&uri, 0, 0) });
    let other = json!({ "jsonrpc": "2.0", "id": 71, "method": "textDocument/documentSymbol", "params": about(&uri, 0, 0) });
    let cancel = json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": 71 } });
    let framed = |message: &Value| {
        let text = message.to_string();
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    };
    let all: String = [&slow, &other, &cancel].map(framed).concat();
    editor.raw(all.as_bytes());
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let message = editor.next().unwrap();
        if message["id"].is_number() {
            answers.push(message);
        }
    }
    answers.sort_by_key(|answer| answer["id"].as_i64());
    assert!(answers[0].get("error").is_none(), "{}", answers[0]);
    // A machine that is quick may have answered before the cancellation came.
    let code = &answers[1]["error"]["code"];
    assert!(*code == -32800 || code.is_null(), "{}", answers[1]);
    assert_eq!(editor.end(), 0);
}
