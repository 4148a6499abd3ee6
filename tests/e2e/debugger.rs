//! What debuggers need of a frontend: the lines of each step. The reference answers the same.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::engine::{Feature, engine};
use crate::project::Project;

/// How long one answer may take; a busy machine is slow.
const LIMIT: Duration = Duration::from_secs(120);

const DOCKERFILE: &str = r"
FROM @REGISTRY@/busybox:latest AS base
RUN echo first >/first
RUN echo second >/second && \
    echo @NONCE@ >/nonce && \
    echo third >/third
FROM base
COPY here /here
RUN <<EOT
cat /nonce
EOT
";

/// A program that is talked to.
struct Conversation {
    child: Child,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
    /// What was said and not yet looked at.
    heard: Vec<u8>,
}

impl Conversation {
    fn with(project: &Project, program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(args)
            .env("BUILDX_EXPERIMENTAL", "1")
            .current_dir(project.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a program to talk to");
        let mut pipe = child.stdout.take().expect("stdout");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take().expect("stdin"),
            child,
            output,
            heard: Vec::new(),
        }
    }

    fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.input.write_all(bytes.as_ref()).expect("a listener");
        self.input.flush().expect("a listener");
    }

    /// Listens until `found` makes something of what was heard: the value, and how many bytes it has used.
    #[track_caller]
    fn hear<T>(&mut self, found: impl Fn(&[u8]) -> Option<(T, usize)>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some((value, used)) = found(&self.heard) {
                self.heard.drain(..used);
                return value;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.heard.extend(bytes),
                Err(why) => panic!("{why} after {}", String::from_utf8_lossy(&self.heard)),
            }
        }
    }

    #[track_caller]
    fn hear_text(&mut self, text: &str) -> String {
        self.hear(|heard| {
            let end = find(heard, text)? + text.len();
            Some((String::from_utf8_lossy(&heard[..end]).into_owned(), end))
        })
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let kill = ["-KILL", "--", &group].map(OsStr::new);
        Command::new("kill").args(kill).status().ok();
        self.child.wait().ok();
    }
}

fn find(heard: &[u8], text: &str) -> Option<usize> {
    heard
        .windows(text.len())
        .position(|it| it == text.as_bytes())
}

/// A message of the debug adapter protocol.
fn message(heard: &[u8]) -> Option<(Value, usize)> {
    let body = find(heard, "\r\n\r\n")? + 4;
    let header = String::from_utf8_lossy(&heard[..body]);
    let length = header.trim().strip_prefix("Content-Length: ");
    let length: usize = length.expect("a length").parse().expect("a length");
    let text = heard.get(body..body + length)?;
    Some((serde_json::from_slice(text).expect("JSON"), body + length))
}

/// The side of the editor.
struct Editor {
    adapter: Conversation,
    sequence: u64,
}

impl Editor {
    fn request(&mut self, command: &str, arguments: &Value) {
        self.sequence += 1;
        let request = json!({
            "seq": self.sequence, "type": "request", "command": command, "arguments": arguments,
        })
        .to_string();
        let length = request.len();
        self.adapter
            .say(format!("Content-Length: {length}\r\n\r\n{request}"));
    }

    /// The next message with this value under this key; what comes before it is of no interest.
    #[track_caller]
    fn next(&mut self, key: &str, value: &str) -> Value {
        loop {
            let message = self.adapter.hear(message);
            if message[key] == value {
                return message;
            }
            assert_ne!(message["event"], "terminated", "no {value}");
        }
    }

    /// A request, and the body of its answer.
    #[track_caller]
    fn ask(&mut self, command: &str, arguments: &Value) -> Value {
        self.request(command, arguments);
        let answer = self.next("command", command);
        assert_eq!(answer["success"], true, "{answer}");
        answer["body"].clone()
    }

    /// Waits for the build to stop; why it did, and the step at hand: its name, and its last line.
    #[track_caller]
    fn stopped(&mut self) -> (String, String, u64) {
        let event = self.next("event", "stopped");
        let thread = json!({ "threadId": event["body"]["threadId"] });
        let stack = self.ask("stackTrace", &thread);
        let step = &stack["stackFrames"][0];
        assert_eq!(step["source"]["name"], "Dockerfile", "{stack}");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let line = step["endLine"].as_u64().expect("a line");
        (text(&event["body"]["reason"]), text(&step["name"]), line)
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn breakpoints_stop_at_their_lines() {
    if engine().lacks(&[Feature::Debugger]) {
        return;
    }
    let project = Project::new(DOCKERFILE).file("here", "here\n");
    let file = project.folder.join("Dockerfile");
    let mut editor = Editor {
        adapter: Conversation::with(
            &project,
            "docker",
            &["buildx", "dap", "build", "--output=type=cacheonly"],
        ),
        sequence: 0,
    };
    let client = json!({ "clientID": "test", "adapterID": "buildx", "linesStartAt1": true });
    editor.ask("initialize", &client);
    let build = json!({ "dockerfile": file, "contextPath": project.folder.path() });
    editor.request("launch", &build);
    editor.next("event", "initialized");
    let breakpoints = json!({
        "source": { "name": "Dockerfile", "path": file },
        "breakpoints": [{ "line": 4 }, { "line": 8 }],
    });
    editor.ask("setBreakpoints", &breakpoints);
    editor.request("configurationDone", &json!({}));

    let second = format!(
        "[base 3/3] RUN echo second >/second &&     echo {} >/nonce &&     echo third >/third",
        project.nonce
    );
    assert_eq!(editor.stopped(), ("breakpoint".into(), second, 6));
    editor.ask("continue", &json!({ "threadId": 1 }));
    let copy = "[stage-1 1/2] COPY here /here".to_owned();
    assert_eq!(editor.stopped(), ("breakpoint".into(), copy, 8));
    editor.ask("next", &json!({ "threadId": 1 }));
    let last = "[stage-1 2/2] RUN <<EOT (cat /nonce)".to_owned();
    assert_eq!(editor.stopped(), ("step".into(), last, 9));
    editor.request("continue", &json!({ "threadId": 1 }));
    editor.next("event", "terminated");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_shell_is_opened_in_the_step_that_failed() {
    if engine().lacks(&[Feature::Debugger]) {
        return;
    }
    let project = Project::new(
        "FROM @REGISTRY@/busybox:latest\nRUN echo before-@NONCE@ >/before\nRUN echo half >/half; false\n",
    );
    // It wants a terminal.
    let build = "docker buildx debug --on=error --invoke=/bin/sh build --progress=plain .";
    let mut debugger = Conversation::with(&project, "script", &["-qec", build, "/dev/null"]);
    let told = debugger.hear_text("Launching interactive container");
    assert!(told.contains(&engine().frontend), "{told}");
    assert!(told.contains(">>> RUN echo half >/half; false"), "{told}");
    debugger.hear_text("/ # ");
    debugger.say("cat /before; ls /half; echo $((40 + 2)) answers\n");
    let told = debugger.hear_text("42 answers");
    assert!(
        told.contains(&format!("before-{}", project.nonce)),
        "{told}"
    );
    debugger.say("exit\n");
    debugger.hear_text("(buildx)");
    debugger.say("exit\n");
    debugger.hear_text("did not complete successfully: exit code: 1");
}
