//! The frontend's binary on real pipes and sockets: exit codes, and nothing on stdout but the protocol.
//!
//! `RDF_FRONTEND_RUN`, a command line, puts another build of it in the place of Cargo's: the one of a release, or of
//! another architecture below an emulator. Its features must be those that the tests are compiled with.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dockerfile_llb::gateway::{Error, Method, Result, SolveResult};
use dockerfile_llb::image::Reference;
use dockerfile_llb::internals::testing::serve::serve;
use dockerfile_llb::testing::{Call, FakeDaemon, Image};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;

/// Longest time that an end may take, on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// The frontend that Cargo built.
const OWN: &str = env!("CARGO_BIN_EXE_rdf-frontend");

/// The command line of the frontend that is looked at.
fn program() -> String {
    std::env::var("RDF_FRONTEND_RUN").unwrap_or_else(|_| OWN.to_owned())
}

/// The frontend, as a daemon would start it.
fn command() -> Command {
    started(&program())
}

/// A command line, started as a daemon starts its frontend.
fn started(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command
        .args(words)
        .env_clear()
        .env("BUILDKIT_FRONTEND_OPT_0", "filename=Dockerfile")
        .env("BUILDKIT_FRONTEND_OPT_1", "build-arg:A=b=c")
        .env("BUILDKIT_SESSION_ID", "session")
        .env("BUILDKIT_EXPORTEDPRODUCT", "")
        .env(
            "BUILDKIT_WORKERS",
            r#"[{"id":"w","platforms":[{"architecture":"amd64","os":"linux"}]}]"#,
        )
        .stderr(Stdio::piped());
    command
}

fn daemon(dockerfile: &str) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    for source in ["local://context", "local://dockerfile"] {
        daemon.add_file(source, "Dockerfile", dockerfile.to_owned());
    }
    daemon
}

/// The frontend's end: its status and what it wrote to stderr.
async fn end_of(mut child: std::process::Child) -> (ExitStatus, String) {
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > SOON {
            child.kill().unwrap();
            panic!("the frontend hangs");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let output = child.wait_with_output().unwrap();
    (status, String::from_utf8(output.stderr).unwrap())
}

/// Runs the frontend against a daemon on pipes.
async fn build(daemon: &FakeDaemon) -> (ExitStatus, String) {
    build_with(command(), daemon).await
}

async fn build_with(mut command: Command, daemon: &FakeDaemon) -> (ExitStatus, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin: OwnedFd = child.stdin.take().unwrap().into();
    let stdout: OwnedFd = child.stdout.take().unwrap().into();
    let io = tokio::io::join(
        pipe::Receiver::from_owned_fd(stdout).unwrap(),
        pipe::Sender::from_owned_fd(stdin).unwrap(),
    );
    let served = tokio::spawn(serve(io, Arc::new(daemon.clone())));
    let end = end_of(child).await;
    // Had anything else been on stdout, HTTP/2 would have broken.
    let served: Result<()> = served.await.unwrap();
    served.unwrap();
    end
}

#[tokio::test]
async fn a_build_on_pipes_exits_with_zero_and_says_nothing() {
    let daemon = daemon("FROM scratch\nARG A\nLABEL a=$A\n");
    let (status, stderr) = build(&daemon).await;
    assert_eq!((status.code(), &*stderr), (Some(0), ""));
    let result = daemon.returned().unwrap().unwrap();
    let config = String::from_utf8(result.metadata["containerimage.config"].clone()).unwrap();
    assert!(config.contains(r#""a":"b=c""#), "{config}");
}

#[tokio::test]
async fn a_failed_build_tells_the_daemon_and_exits_with_one() {
    let daemon = daemon("FROM scratch\nCOPPY a b\n");
    let (status, stderr) = build(&daemon).await;
    assert_eq!(status.code(), Some(1));
    let error = daemon.returned().unwrap().unwrap_err();
    assert!(
        error.message().contains("unknown instruction: COPPY"),
        "{error}"
    );
    assert_eq!(stderr, format!("error: {error}\n"));
    assert_eq!(error.sources().len(), 1);
}

#[tokio::test]
async fn a_refused_result_exits_with_one() {
    let daemon = daemon("FROM scratch\n");
    daemon.fail(Method::Return, Error::new("too late"));
    let (status, stderr) = build(&daemon).await;
    assert_eq!(status.code(), Some(1));
    assert_eq!(stderr, "error: cannot return the result: too late\n");
}

#[tokio::test]
async fn a_socket_serves_as_well_as_pipes() {
    let daemon = daemon("FROM scratch\n");
    let (ours, theirs) = UnixStream::pair().unwrap();
    let child = command()
        .stdin(OwnedFd::from(ours.try_clone().unwrap()))
        .stdout(OwnedFd::from(ours))
        .spawn()
        .unwrap();
    theirs.set_nonblocking(true).unwrap();
    let io = tokio::net::UnixStream::from_std(theirs).unwrap();
    tokio::spawn(serve(io, Arc::new(daemon.clone())));
    let (status, stderr) = end_of(child).await;
    assert_eq!((status.code(), &*stderr), (Some(0), ""));
    daemon.returned().unwrap().unwrap();
}

#[tokio::test]
async fn no_daemon_at_all_is_an_error_with_a_reason() {
    let null = || {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .unwrap()
    };
    let starts: [(Stdio, Stdio); 3] = [
        (null().into(), null().into()),
        (null().into(), Stdio::piped()),
        (
            File::open("/proc/self/cmdline").unwrap().into(),
            Stdio::piped(),
        ),
    ];
    for (stdin, stdout) in starts {
        let child = command().stdin(stdin).stdout(stdout).spawn().unwrap();
        let (status, stderr) = end_of(child).await;
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert!(
            stderr.starts_with("error: lost the connection to the build daemon: "),
            "{stderr}"
        );
    }
}

#[tokio::test]
async fn garbage_and_a_closed_pipe_end_the_frontend() {
    for garbage in [&b""[..], b"garbage, and more of it than a frame's head"] {
        let mut child = command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin: OwnedFd = child.stdin.take().unwrap().into();
        let mut stdin = pipe::Sender::from_owned_fd(stdin).unwrap();
        stdin.write_all(garbage).await.unwrap();
        drop(stdin);
        let (status, stderr) = end_of(child).await;
        assert_eq!(status.code(), Some(1));
        assert!(
            stderr.starts_with("error: lost the connection to the build daemon: "),
            "{stderr}"
        );
    }
}

#[tokio::test]
async fn a_daemon_that_dies_in_a_build_ends_the_frontend() {
    let daemon = daemon("FROM scratch\n");
    daemon.hang(Method::Solve);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let child = command()
        .stdin(OwnedFd::from(ours.try_clone().unwrap()))
        .stdout(OwnedFd::from(ours))
        .spawn()
        .unwrap();
    theirs.set_nonblocking(true).unwrap();
    let io = tokio::net::UnixStream::from_std(theirs).unwrap();
    let served = tokio::spawn(serve(io, Arc::new(daemon.clone())));
    while daemon
        .calls()
        .iter()
        .all(|call| call.method != Method::Solve)
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    served.abort();
    let (status, stderr) = end_of(child).await;
    assert_eq!(status.code(), Some(1));
    assert!(
        stderr.contains("lost the connection to the build daemon"),
        "{stderr}"
    );
}

/// All that a daemon sees of a frontend.
struct Seen {
    stderr: String,
    calls: Vec<(String, Call)>,
    returned: Option<Result<SolveResult>>,
}

/// A build of a file whose images are all there.
async fn seen_of(line: &str, dockerfile: &str) -> Seen {
    let daemon = daemon(dockerfile);
    for word in dockerfile.split_whitespace() {
        let reference = Reference::parse_normalized(word.trim_start_matches("--from="));
        if let Ok(reference) = reference.map(Reference::tag_name_only) {
            let digest = format!("sha256:{}", "a".repeat(64));
            let config = r#"{"config":{"Env":["PATH=/bin"]}}"#;
            daemon.add_image(&reference.to_string(), Image::new(digest, config));
        }
    }
    // Where no platform is asked for, the result names the one of the frontend's own machine.
    let mut command = started(line);
    command.env("BUILDKIT_FRONTEND_OPT_2", "platform=linux/amd64");
    let (_, stderr) = build_with(command, &daemon).await;
    // What does not wait for each other comes in any order.
    let mut calls: Vec<(String, Call)> = daemon.calls().into_iter().map(named).collect();
    calls.sort_by(|a, b| (&a.0, &a.1.request).cmp(&(&b.0, &b.1.request)));
    Seen {
        stderr,
        calls,
        returned: daemon.returned(),
    }
}

fn named(call: Call) -> (String, Call) {
    (format!("{:?}", call.method), call)
}

#[tokio::test]
async fn every_build_of_the_frontend_says_the_same_bytes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/corpus/files");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    files.sort_by_key(fs::DirEntry::path);
    // Cargo's own is compared with itself: the same input gives the same bytes.
    let step = if program() == OWN { 16 } else { 1 };
    let mut built = 0;
    for file in files.iter().step_by(step) {
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        let own = seen_of(OWN, &text).await;
        let other = seen_of(&program(), &text).await;
        let name = file.path();
        assert_eq!(own.calls, other.calls, "{}", name.display());
        assert_eq!(own.stderr, other.stderr, "{}", name.display());
        match (own.returned.unwrap(), other.returned.unwrap()) {
            (Ok(own), Ok(other)) => {
                assert_eq!(own.metadata, other.metadata, "{}", name.display());
                built += 1;
            }
            (own, other) => assert_eq!(own.is_ok(), other.is_ok(), "{}", name.display()),
        }
    }
    println!("{built} of {} files were built", files.len().div_ceil(step));
    assert_ne!(built, 0);
}
