//! Running a program: with a time limit, its output captured, and its children ended with it.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any single step of a test takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(400);

/// What a program said, and how it ended.
#[derive(Debug, Clone)]
pub struct Said {
    pub command: String,
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Said {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|why| panic!("not JSON ({why}) from {}", self.whole()))
    }

    /// Everything, for the message of a failed assertion.
    pub fn whole(&self) -> String {
        format!(
            "{}\nstatus {}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.status,
            self.text(),
            self.stderr
        )
    }

    #[track_caller]
    pub fn must_succeed(self) -> Self {
        assert_eq!(self.status, 0, "should succeed: {}", self.whole());
        self
    }

    #[track_caller]
    pub fn must_fail(self) -> Self {
        assert_ne!(self.status, 0, "should fail: {}", self.whole());
        self
    }

    /// Asserts that stdout or stderr holds `part`.
    #[track_caller]
    pub fn says(&self, part: &str) -> &Self {
        let found = self.stderr.contains(part) || self.text().contains(part);
        assert!(found, "nothing says {part:?}: {}", self.whole());
        self
    }
}

/// A program to run: arguments and settings are those of [`Command`], plus what it reads on stdin.
pub struct Program {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Program {
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        Self {
            command: Command::new(name),
            stdin: None,
        }
    }

    pub fn docker() -> Self {
        Self::new("docker")
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub fn dir(mut self, dir: impl AsRef<std::path::Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Runs to the end. A program over the time limit fails the test with what it had said so far.
    #[track_caller]
    pub fn run(mut self) -> Said {
        let command = format!("{:?}", self.command);
        self.command.stdin(if self.stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        });
        self.command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = match self.command.spawn() {
            Ok(child) => child,
            Err(why) => panic!("cannot run {command}: {why}"),
        };
        let writer = self.stdin.zip(child.stdin.take()).map(|(bytes, mut pipe)| {
            // A program may well end without reading all of it.
            thread::spawn(move || drop(pipe.write_all(&bytes)))
        });
        let stdout = read_all(child.stdout.take());
        let stderr = read_all(child.stderr.take());
        let status = wait(&mut child, LIMIT);
        let said = Said {
            command,
            status: status.unwrap_or(-1),
            stdout: stdout.join().expect("reader of stdout"),
            stderr: String::from_utf8_lossy(&stderr.join().expect("reader of stderr")).into_owned(),
        };
        if let Some(writer) = writer {
            writer.join().expect("writer of stdin");
        }
        assert!(
            status.is_some(),
            "not done after {LIMIT:?}: {}",
            said.whole()
        );
        said
    }

    /// Runs and must succeed.
    #[track_caller]
    pub fn ok(self) -> Said {
        self.run().must_succeed()
    }
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).ok();
        }
        bytes
    })
}

/// The exit status, or nothing when the time was up and the whole process group had to be killed.
fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status.code().unwrap_or(-1));
        }
        if start.elapsed() > limit {
            let group = format!("-{}", child.id());
            Command::new("kill")
                .args(["-KILL", "--", &group])
                .status()
                .ok();
            child.wait().ok();
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
