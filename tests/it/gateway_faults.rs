//! What a frontend does when its daemon dies, hangs, talks nonsense or says no: an error with a reason, soon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dockerfile_llb::gateway::{
    Bridge, Code, Error, Frontend, Method, Result, SolveRequest, SolveResult,
};
use dockerfile_llb::internals::gateway::channel::KeepAlive;
use dockerfile_llb::internals::gateway::run::Limits;
use dockerfile_llb::internals::gateway::run::run_on;
use dockerfile_llb::internals::testing::serve::serve;
use dockerfile_llb::testing::FakeDaemon;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::gateway::{build_over_grpc, daemon, source};

/// Limits short enough for a test.
const LIMITS: Limits = Limits {
    connect: Duration::from_millis(300),
    finish: Duration::from_millis(300),
    keep_alive: KeepAlive {
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(200),
    },
};

async fn solve(bridge: &dyn Bridge) -> Result<SolveResult> {
    let definition = source("local://context", &[]);
    bridge.solve(SolveRequest::definition(definition)).await
}

/// Runs a frontend against whatever `daemon` does with its end, and gives the error, which must come soon.
async fn error_of<F, Fut>(frontend: impl Frontend, daemon: F) -> Error
where
    F: FnOnce(DuplexStream) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let server = tokio::spawn(daemon(theirs));
    let begin = Instant::now();
    let environment = FakeDaemon::new().environment();
    let error = run_on(ours, frontend, environment, LIMITS)
        .await
        .unwrap_err();
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    server.abort();
    error
}

#[tokio::test]
async fn a_closed_stdin_ends_the_frontend() {
    let error = error_of(solve, async |io| drop(io)).await;
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        error
            .message()
            .starts_with("lost the connection to the build daemon: "),
        "{error}"
    );
}

#[tokio::test]
async fn a_silent_daemon_is_given_up() {
    let error = error_of(solve, async |io| {
        let _open = io;
        std::future::pending().await
    })
    .await;
    assert_eq!(
        error.to_string(),
        "the build daemon did not answer within 300ms"
    );
}

#[tokio::test]
async fn garbage_is_no_daemon() {
    for garbage in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        &[0xff; 4000],
        &[0; 4000],
    ] {
        let error = error_of(solve, async |mut io: DuplexStream| {
            io.write_all(garbage).await.unwrap();
            let mut rest = Vec::new();
            let _ = io.read_to_end(&mut rest).await;
        })
        .await;
        assert_eq!(error.code(), Code::Unavailable, "{error}");
    }
}

#[tokio::test]
async fn a_daemon_that_dies_in_a_call_ends_it() {
    let error = error_of(solve, async |io| {
        let daemon = daemon();
        daemon.hang(Method::Solve);
        let serving = serve(io, Arc::new(daemon.clone()));
        let until_asked = async {
            while daemon
                .calls()
                .iter()
                .all(|call| call.method != Method::Solve)
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = serving => {}
            () = until_asked => {}
        }
    })
    .await;
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("lost the connection"), "{error}");
}

/// Passes bytes on for a while, then keeps the stream open and does nothing.
async fn stall(io: DuplexStream, after: Duration) {
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    let fake = daemon();
    fake.hang(Method::Solve);
    tokio::spawn(serve(far, Arc::new(fake)));
    let mut io = io;
    let copy = tokio::io::copy_bidirectional(&mut io, &mut near);
    let _ = tokio::time::timeout(after, copy).await;
    std::future::pending().await
}

#[tokio::test]
async fn a_daemon_that_freezes_in_a_call_is_noticed() {
    let error = error_of(solve, async |io| {
        stall(io, Duration::from_millis(150)).await
    })
    .await;
    let text = "lost the connection to the build daemon: no sign of life for 200ms";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_slow_call_of_a_live_daemon_is_waited_for() {
    let slow = async |_: &dyn Bridge| -> Result<SolveResult> {
        tokio::time::sleep(Duration::from_millis(900)).await;
        Ok(SolveResult::default())
    };
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let daemon = daemon();
    tokio::spawn(serve(theirs, Arc::new(daemon.clone())));
    run_on(ours, slow, daemon.environment(), LIMITS)
        .await
        .unwrap();
    daemon.returned().unwrap().unwrap();
}

#[tokio::test]
async fn a_refused_result_is_an_error() {
    let daemon = daemon();
    daemon.fail(
        Method::Return,
        Error::with_code(Code::FailedPrecondition, "too late"),
    );
    let error = build_over_grpc(&daemon, &solve).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert_eq!(error.to_string(), "cannot return the result: too late");
}

#[tokio::test]
async fn a_refused_error_is_still_the_first_error() {
    let daemon = daemon();
    daemon.fail(Method::Return, Error::new("too late"));
    daemon.fail(Method::Solve, Error::new("no space left"));
    let error = build_over_grpc(&daemon, &solve).await.unwrap_err();
    assert_eq!(error.to_string(), "no space left");
}

#[tokio::test]
async fn a_result_that_nobody_takes_is_given_up() {
    let error = error_of(solve, async |io| {
        let daemon = daemon();
        daemon.hang(Method::Return);
        let _ = serve(io, Arc::new(daemon)).await;
    })
    .await;
    assert_eq!(
        error.to_string(),
        "the build daemon did not take the result within 300ms"
    );
}

#[tokio::test]
async fn a_refused_first_call_is_told() {
    let daemon = daemon();
    daemon.fail(
        Method::Ping,
        Error::with_code(Code::PermissionDenied, "not for you"),
    );
    let error = build_over_grpc(&daemon, &solve).await.unwrap_err();
    assert_eq!(error.to_string(), "not for you");
    assert!(daemon.returned().is_none());
}
