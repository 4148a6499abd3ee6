//! An editor that follows a script: it talks to the program over its standard input and output and writes down what is
//! said.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::snapshot;

/// How long an answer may take; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(120);

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A directory that is removed again.
pub(super) struct Dir(pub(super) PathBuf);

impl Dir {
    pub(super) fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rdf-lsp-{}-{number}", std::process::id());
        let path = std::env::temp_dir().canonicalize().unwrap().join(name);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    /// The program, with git and nothing else beside it: what is installed here does not count.
    pub(super) fn rdf(&self) -> Command {
        let bin = self.0.join(".bin");
        if fs::create_dir_all(&bin).is_ok() {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut git = std::env::split_paths(&path).map(|it| it.join("git"));
            if let Some(git) = git.find(|it| it.is_file()) {
                let _ = std::os::unix::fs::symlink(git, bin.join("git"));
            }
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
        command.current_dir(&self.0).env("PATH", bin);
        command
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A session, and what was said in it.
pub(super) struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    pub(super) dir: Dir,
    next: i64,
    record: String,
}

impl Editor {
    /// Starts the program in a directory with these files.
    pub(super) fn start(files: &[(&str, &str)]) -> Self {
        Editor::start_with(files, &[])
    }

    /// The same with variables of the environment.
    pub(super) fn start_with(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Self {
        let dir = Dir::new();
        files.iter().for_each(|(name, text)| dir.write(name, text));
        let mut child = dir
            .rdf()
            .args(["lsp", "--stdio"])
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = receive(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Editor {
            input: child.stdin.take(),
            child,
            messages,
            dir,
            next: 1,
            record: String::new(),
        }
    }

    /// A session of a client with these capabilities.
    pub(super) fn with(files: &[(&str, &str)], capabilities: &Value) -> Self {
        let mut editor = Editor::start(files);
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        editor
    }

    /// A session of a client that counts bytes.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let encodings = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
        Editor::with(files, &encodings)
    }

    pub(super) fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.dir.0.display())
    }

    pub(super) fn document(&self, name: &str) -> Value {
        json!({ "uri": self.uri(name) })
    }

    /// Sends bytes as they are; whether they were taken.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> bool {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).and_then(|()| input.flush()).is_ok()
    }

    pub(super) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(super) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message; none once the program has ended.
    pub(super) fn next(&mut self) -> Option<Value> {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(message) => Some(message),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Asks, and waits for the answer; what else comes before it is ignored.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.next().expect("an answer");
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    /// The result of a question about a document.
    pub(super) fn about(&mut self, method: &str, name: &str, more: Value) -> Value {
        let mut params = json!({ "textDocument": self.document(name) });
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Opens a Dockerfile, and waits for what is found in it.
    pub(super) fn open(&mut self, name: &str, text: &str) -> Value {
        self.open_as(name, text, "dockerfile");
        self.findings(name)
    }

    pub(super) fn open_as(&mut self, name: &str, text: &str, language: &str) {
        let item =
            json!({ "uri": self.uri(name), "languageId": language, "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    /// The next findings in a document.
    pub(super) fn findings(&mut self, name: &str) -> Value {
        let uri = self.uri(name);
        loop {
            let message = self.next().expect("findings");
            let is_meant = message["method"] == "textDocument/publishDiagnostics";
            if is_meant && message["params"]["uri"] == *uri {
                return message["params"].clone();
            }
        }
    }

    /// Ends the session as the protocol has it; the exit code.
    pub(super) fn end(&mut self) -> i32 {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.wait()
    }

    /// The exit code, once nothing more is sent.
    pub(super) fn wait(&mut self) -> i32 {
        self.input = None;
        while self.next().is_some() {}
        let mut told = String::new();
        let _ = self.child.stderr.take().unwrap().read_to_string(&mut told);
        assert!(!told.contains("panicked"), "{told}");
        self.child.wait().unwrap().code().expect("no signal")
    }

    /// Writes down a piece of the session.
    pub(super) fn record(&mut self, title: &str, value: &Value) {
        let dir = self.dir.0.display().to_string();
        let text = format!("{value:#}").replace(&dir, "[DIR]");
        self.record.push_str(&format!("## {title}\n{text}\n\n"));
    }

    /// Writes down a text.
    pub(super) fn note(&mut self, title: &str, text: &str) {
        self.record
            .push_str(&format!("## {title}\n{}\n\n", text.trim_end()));
    }

    /// Ends the session, and compares what was written down.
    pub(super) fn compare(mut self, name: &str) {
        assert_eq!(self.end(), 0);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lsp");
        snapshot::text(&root, name, &format!("{}\n", self.record.trim_end()));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn receive(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

/// The position of `needle` in a text, in bytes: where it begins.
pub(super) fn place(text: &str, needle: &str) -> Value {
    let at = text.find(needle).unwrap_or_else(|| panic!("no {needle:?}"));
    position(text, at)
}

/// The position behind `needle`.
pub(super) fn behind(text: &str, needle: &str) -> Value {
    let at = text.find(needle).unwrap_or_else(|| panic!("no {needle:?}"));
    position(text, at + needle.len())
}

pub(super) fn position(text: &str, at: usize) -> Value {
    let before = &text[..at];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |feed| feed + 1);
    json!({ "line": line, "character": at - start })
}

/// The range of a whole text.
pub(super) fn everything(text: &str) -> Value {
    json!({ "start": position(text, 0), "end": position(text, text.len()) })
}

/// A text with edits of the protocol applied; columns are bytes.
pub(super) fn edited(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + position["character"].as_u64().unwrap() as usize
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            let (start, end) = (
                offset(&edit["range"]["start"]),
                offset(&edit["range"]["end"]),
            );
            (start, end, edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_by_key(|edit| (edit.0, edit.1));
    let mut out = String::new();
    let mut at = 0;
    for (start, end, new) in edits {
        assert!(at <= start && start <= end, "edits overlap");
        out.push_str(&text[at..start]);
        out.push_str(new);
        at = end;
    }
    out.push_str(&text[at..]);
    out
}
