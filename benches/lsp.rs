//! `rdf lsp` while one types: how long until the findings of a keystroke are there, and until an answer.
//!
//! Cargo's own `rdf` is measured, or `RDF_BIN`. Lines of `NAME VALUE`, milliseconds, the median of many.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Keystrokes that are measured.
const KEYS: usize = 21;

/// How many lines the documents have.
const SIZES: [usize; 3] = [10, 300, 36_006];

/// A file of so many lines in stages of a few, each of which reads the one before.
fn dockerfile(lines: usize) -> String {
    let mut text = String::from("FROM alpine:3.20 AS s0\n");
    let mut stage = 0;
    for line in 1..lines - 1 {
        text.push_str(&match line % 21 {
            0 => {
                stage += 1;
                format!("FROM alpine:3.20 AS s{stage}\n")
            }
            1 => format!("ARG VERSION{line}=1.{line}\n"),
            2 => format!("ENV HOME{stage}=/srv/{stage} MODE=fast\n"),
            3 => format!("WORKDIR /srv/{line}\n"),
            4 if stage > 0 => format!("COPY --from=s{} /a /b\n", stage - 1),
            5 => "LABEL a=\"b c\" d=e\n".to_owned(),
            6 => format!("RUN --mount=type=cache,target=/c echo $MODE {line} && make\n"),
            7 => "RUN one \\\n".to_owned(),
            8 => "  && two\n".to_owned(),
            _ => format!("RUN echo {line} ${{MODE}}\n"),
        });
    }
    text.push_str("RUN x\n");
    text
}

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: i64,
    /// The version whose findings came last, perhaps before an answer.
    found: Option<u64>,
}

impl Server {
    fn start() -> Self {
        let program =
            std::env::var_os("RDF_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_rdf").into());
        let mut child = Command::new(program)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("rdf starts");
        let mut server = Server {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            next: 0,
            found: None,
        };
        let encodings = json!({ "general": { "positionEncodings": ["utf-8"] } });
        server.ask(
            "initialize",
            json!({ "processId": null, "rootUri": null, "capabilities": encodings }),
        );
        server.tell("initialized", json!({}));
        server
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            match line.trim().strip_prefix("Content-Length: ") {
                Some(value) => length = value.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        let message: Value = serde_json::from_slice(&body).unwrap();
        if message["method"] == "textDocument/publishDiagnostics" {
            self.found = message["params"]["version"].as_u64();
        }
        message
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Until the findings of a version are there.
    fn findings(&mut self, version: usize) {
        while self.found != Some(version as u64) {
            self.receive();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn main() {
    for lines in SIZES {
        let text = dockerfile(lines);
        let uri = "untitled:Dockerfile";
        let mut server = Server::start();
        let item = json!({ "uri": uri, "languageId": "dockerfile", "version": 0, "text": text });
        server.tell("textDocument/didOpen", json!({ "textDocument": item }));
        server.findings(0);
        let last = text.lines().count() - 1;
        let (mut found, mut completed, mut hovered, mut coloured) =
            (vec![], vec![], vec![], vec![]);
        for key in 1..=KEYS {
            let at = json!({ "line": last, "character": 5 + key - 1 });
            let change = json!([{ "range": { "start": at, "end": at }, "text": "y" }]);
            let change =
                json!({ "textDocument": { "uri": uri, "version": key }, "contentChanges": change });
            let about = |more: Value| {
                let mut params = json!({ "textDocument": { "uri": uri } });
                params
                    .as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                params
            };
            let start = Instant::now();
            server.tell("textDocument/didChange", change);
            server.findings(key);
            found.push(start.elapsed());
            // A text that was not asked about yet, as after a keystroke.
            let fresh = json!({ "textDocument": { "uri": uri, "version": key + 1000 }, "contentChanges": [] });
            server.tell("textDocument/didChange", fresh);
            let start = Instant::now();
            server.ask("textDocument/completion", about(json!({ "position": at })));
            completed.push(start.elapsed());
            let start = Instant::now();
            server.ask(
                "textDocument/hover",
                about(json!({ "position": { "line": last, "character": 1 } })),
            );
            hovered.push(start.elapsed());
            let range =
                json!({ "start": { "line": last.saturating_sub(60), "character": 0 }, "end": at });
            let start = Instant::now();
            server.ask(
                "textDocument/semanticTokens/range",
                about(json!({ "range": range })),
            );
            coloured.push(start.elapsed());
            server.findings(key + 1000);
        }
        println!("lsp-{lines}-findings-ms {:.1}", median(found));
        println!("lsp-{lines}-completion-ms {:.1}", median(completed));
        println!("lsp-{lines}-hover-ms {:.1}", median(hovered));
        println!("lsp-{lines}-colours-ms {:.1}", median(coloured));
    }
}
