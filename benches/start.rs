//! Whole processes: from exec to the first call, and the peak memory of a build of 30 stages.
//!
//! Cargo's own `rdf-frontend` is measured, or `RDF_FRONTEND_BIN`, and the one of `RDF_REF_BIN` beside it, in turns.

use std::io::{self, Read, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dockerfile_llb::gateway::{BoxFuture, ExecStream, Method, Result, Rpc};
use dockerfile_llb::pb::gateway::ExecMessage;
use dockerfile_llb::testing::{FakeDaemon, serve};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

/// Starts of each program.
const STARTS: usize = 50;

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

/// A daemon that looks at the frontend's memory when the result comes, which is when all work is done.
struct Watching {
    daemon: FakeDaemon,
    pid: u32,
    peak: Mutex<Option<String>>,
}

impl Rpc for Watching {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        if method == Method::Return {
            let status =
                std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            *self.peak.lock().unwrap() = peak.map(|peak| peak.trim().to_owned());
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

fn peak_memory(program: &Program) -> io::Result<Option<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let daemon = FakeDaemon::new();
        for source in ["local://context", "local://dockerfile"] {
            daemon.add_file(source, "Dockerfile", thirty_stages());
        }
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
            peak: Mutex::default(),
        });
        let served = serve(io, watching.clone());
        // A program that does not end does not hold up the others.
        let _ = tokio::time::timeout(Duration::from_secs(20), served).await;
        child.kill()?;
        child.wait()?;
        let peak = watching.peak.lock().unwrap().take();
        Ok(peak)
    })
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
        let peak = peak_memory(program)?.unwrap_or_else(|| "unknown".to_owned());
        println!("{} peak-memory {peak}", program.name);
    }
    Ok(())
}
