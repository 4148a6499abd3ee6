//! Whole processes: from exec to the first call, the peak memory of a build of 30 stages, and the processor's time for
//! one of 18,000 lines.
//!
//! Cargo's own `rdf-frontend` is measured, or `RDF_FRONTEND_BIN`, and the one of `RDF_REF_BIN` beside it, in turns.
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

use std::io::{self, Read, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dockerfile_llb::gateway::{BoxFuture, Method, Result};
use dockerfile_llb::internals::gateway::rpc::{ExecStream, Rpc};
use dockerfile_llb::internals::pb::gateway::ExecMessage;
use dockerfile_llb::internals::testing::serve::serve;
use dockerfile_llb::testing::{FakeDaemon, Image};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

#[path = "compile/shapes.rs"]
#[allow(dead_code, reason = "the others are for the other benchmarks")]
mod shapes;

/// Starts of each program.
const STARTS: usize = 50;

/// Lines of the large build.
const LARGE: usize = 18_000;

/// Length of what an HTTP/2 client says first.
const PREFACE: usize = 24;

/// Empty settings, which a server says first; some clients wait for them.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// Type of the frame that begins a call.
const HEADERS: u8 = 1;

struct Program {
    name: &'static str,
    path: PathBuf,
}

fn programs() -> Vec<Program> {
    let ours = std::env::var_os("RDF_FRONTEND_BIN")
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_rdf-frontend").into());
    let ours = Program {
        name: "rdf-frontend",
        path: ours.into(),
    };
    let reference = std::env::var_os("RDF_REF_BIN").map(|path| Program {
        name: "reference",
        path: path.into(),
    });
    std::iter::once(ours).chain(reference).collect()
}

/// A process as a daemon starts it, on pipes.
fn spawn(program: &Program) -> io::Result<Child> {
    let workers = r#"[{"id":"w","platforms":[{"architecture":"amd64","os":"linux"}]}]"#;
    Command::new(&program.path)
        .env_clear()
        .env("BUILDKIT_FRONTEND_OPT_0", "filename=Dockerfile")
        .env("BUILDKIT_SESSION_ID", "session")
        .env("BUILDKIT_WORKERS", workers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

fn first_call(program: &Program) -> io::Result<Duration> {
    let begin = Instant::now();
    let mut child = spawn(program)?;
    let seen = wait_for_call(&mut child);
    let time = begin.elapsed();
    child.kill()?;
    child.wait()?;
    seen.map(|()| time)
}

fn wait_for_call(child: &mut Child) -> io::Result<()> {
    let (Some(stdin), Some(stdout)) = (&mut child.stdin, &mut child.stdout) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    stdin.write_all(&SETTINGS)?;
    stdout.read_exact(&mut [0; PREFACE])?;
    loop {
        let mut head = [0; 9];
        stdout.read_exact(&mut head)?;
        let [a, b, c, kind, ..] = head;
        if kind == HEADERS {
            return Ok(());
        }
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
        io::copy(&mut stdout.by_ref().take(length), &mut io::sink())?;
    }
}

/// What a process has used so far.
#[derive(Clone, Default)]
struct Used {
    /// The most memory at one time, as the kernel writes it: `5120 kB`.
    memory: String,
    /// Hundredths of a second on a processor.
    ticks: u64,
}

/// What a process has used so far; nothing where the kernel does not say.
fn used_by(pid: u32) -> Used {
    let read = |file| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let (status, stat) = (read("status"), read("stat"));
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    // After the name, which ends with the last bracket: user's time is the 12th field, the kernel's the 13th.
    let times = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2);
    Used {
        memory: peak.unwrap_or("unknown").trim().to_owned(),
        ticks: times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum(),
    }
}

/// A daemon that looks at the frontend's process when the result comes, which is when all work is done.
struct Watching {
    daemon: FakeDaemon,
    pid: u32,
    used: Mutex<Option<Used>>,
}

impl Rpc for Watching {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        if method == Method::Return {
            *self.used.lock().unwrap() = Some(used_by(self.pid));
        }
        self.daemon.unary(method, request)
    }

    fn exec(&self, messages: mpsc::Receiver<ExecMessage>) -> ExecStream {
        self.daemon.exec(messages)
    }
}

fn thirty_stages() -> String {
    let stages = (0..30).map(|stage| {
        let from = match stage {
            0 => "scratch".to_owned(),
            _ => format!("s{}", stage - 1),
        };
        let steps = "RUN make all\nENV A=b\nWORKDIR /w\n".repeat(5);
        format!("FROM {from} AS s{stage}\nCOPY . /src\n{steps}")
    });
    stages.collect()
}

/// What a program uses for the build of a file; nothing when it returned no result.
fn build(program: &Program, dockerfile: &str) -> io::Result<Option<Used>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let daemon = FakeDaemon::new();
        for source in ["local://context", "local://dockerfile"] {
            daemon.add_file(source, "Dockerfile", dockerfile.to_owned());
        }
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = Image::new(digest, r#"{"config":{}}"#);
        daemon.add_image("docker.io/library/debian:latest", image);
        let mut child = spawn(program)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let io = tokio::io::join(
            pipe::Receiver::from_owned_fd(OwnedFd::from(stdout))?,
            pipe::Sender::from_owned_fd(OwnedFd::from(stdin))?,
        );
        let watching = Arc::new(Watching {
            daemon,
            pid: child.id(),
            used: Mutex::default(),
        });
        let served = serve(io, watching.clone());
        // A program that does not end does not hold up the others.
        let _ = tokio::time::timeout(Duration::from_secs(60), served).await;
        child.kill()?;
        child.wait()?;
        if let Some(Err(error)) = watching.daemon.returned() {
            return Err(io::Error::other(error));
        }
        let used = watching.used.lock().unwrap().take();
        Ok(used)
    })
}

/// The first half of a generated file: all of it would be a definition larger than a message may be. Its syntax line,
/// which would hand the build over, is made a comment.
fn large() -> String {
    let text = shapes::generated().replacen("# syntax=", "# ", 1);
    text.split_inclusive('\n').take(LARGE).collect()
}

fn main() -> io::Result<()> {
    let programs = programs();
    let mut times = vec![Vec::new(); programs.len()];
    for _ in 0..STARTS {
        for (program, times) in programs.iter().zip(&mut times) {
            times.push(first_call(program)?);
        }
    }
    for (program, times) in programs.iter().zip(&mut times) {
        times.sort_unstable();
        let at = |index: usize| times.get(index).copied().unwrap_or_default().as_micros();
        println!(
            "{} start-us min {} median {}",
            program.name,
            at(0),
            at(STARTS / 2)
        );
        let small = build(program, &thirty_stages())?.unwrap_or_default();
        println!("{} peak-memory {}", program.name, small.memory);
        let large = build(program, &large())?.unwrap_or_default();
        println!("{} large-build-ms {}", program.name, large.ticks * 10);
    }
    Ok(())
}
