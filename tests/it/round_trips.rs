//! How many times a frontend waits for the daemon, one wait after the other. The table is in ARCHITECTURE.md.
//!
//! A daemon in between holds every call back until the frontend has nothing left to do, then answers all that have
//! come at once. What goes out together costs one trip, however many calls it is.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{BoxFuture, Frontend, Method, Result};
use dockerfile_llb::internals::gateway::client::Client;
use dockerfile_llb::internals::gateway::rpc::{ExecStream, Rpc};
use dockerfile_llb::internals::pb::gateway::ExecMessage;
use dockerfile_llb::testing::{FakeDaemon, Image};
use tokio::sync::{mpsc, oneshot};

/// How often the frontend may go on before it counts as waiting.
const PATIENCE: usize = 1_000;

#[derive(Default)]
struct Trips {
    /// Calls that wait.
    held: Vec<(Method, oneshot::Sender<()>)>,
    /// Calls of each trip, sorted.
    trips: Vec<Vec<&'static str>>,
}

struct Patient {
    daemon: FakeDaemon,
    trips: Arc<Mutex<Trips>>,
}

impl Rpc for Patient {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        let (answer, held) = oneshot::channel();
        Box::pin(async move {
            self.trips.lock().unwrap().held.push((method, answer));
            held.await.unwrap();
            self.daemon.unary(method, request).await
        })
    }

    fn exec(&self, messages: mpsc::Receiver<ExecMessage>) -> ExecStream {
        self.daemon.exec(messages)
    }
}

/// Answers what is held, whenever nothing more comes.
async fn answer(trips: Arc<Mutex<Trips>>) {
    loop {
        let mut held = trips.lock().unwrap().held.len();
        let mut idle = 0;
        while idle < PATIENCE {
            tokio::task::yield_now().await;
            let now = trips.lock().unwrap().held.len();
            idle = if now == held { idle + 1 } else { 0 };
            held = now;
        }
        let mut trips = trips.lock().unwrap();
        let held = std::mem::take(&mut trips.held);
        if held.is_empty() {
            continue;
        }
        let mut calls: Vec<&str> = held.iter().map(|(method, _)| method.name()).collect();
        calls.sort_unstable();
        trips.trips.push(calls);
        for (_, answer) in held {
            let _ = answer.send(());
        }
    }
}

/// The calls of a build, trip by trip.
fn trips(daemon: &FakeDaemon) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let trips = Arc::new(Mutex::new(Trips::default()));
    let patient = Patient {
        daemon: daemon.clone(),
        trips: Arc::clone(&trips),
    };
    let environment = daemon.environment();
    runtime.block_on(async {
        tokio::spawn(answer(Arc::clone(&trips)));
        let client = Client::connect(Arc::new(patient), environment)
            .await
            .unwrap();
        let outcome = Dockerfile.build(&client).await;
        client.finish(outcome).await.unwrap();
    });
    let trips = trips.lock().unwrap();
    trips.trips.iter().map(|calls| calls.join(" ")).collect()
}

fn daemon(dockerfile: &str, images: &[&str]) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_owned());
    for image in images {
        let config = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]}}"#;
        let digest = format!("sha256:{}", "a".repeat(64));
        daemon.add_image(image, Image::new(digest, config));
    }
    daemon
}

const ALPINE: &str = "docker.io/library/alpine:latest";
const DEBIAN: &str = "docker.io/library/debian:latest";

/// The way of every build that has a local Dockerfile.
const START: [&str; 3] = ["Ping", "Inputs Solve", "ReadDir ReadFile ReadFile"];

fn expect(daemon: &FakeDaemon, middle: &[&str]) {
    let end = ["Solve", "Return"];
    let expected: Vec<&str> = START.iter().chain(middle).chain(&end).copied().collect();
    assert_eq!(trips(daemon), expected);
}

#[test]
fn scratch_needs_nothing_but_the_dockerfile() {
    expect(
        &daemon("FROM scratch\nLABEL a=b\n", &[]),
        &["Solve", "ReadFile"],
    );
}

#[test]
fn an_image_and_the_ignore_file_are_asked_for_at_once() {
    let dockerfile = "FROM alpine\nCOPY . /src\nRUN make\n";
    expect(
        &daemon(dockerfile, &[ALPINE]),
        &["ResolveSourceMeta Solve", "ReadFile"],
    );
}

#[test]
fn more_images_and_stages_cost_no_more_trips() {
    let dockerfile = "FROM alpine AS a\nRUN make\nFROM debian AS b\nRUN make\nFROM alpine AS c\nRUN test\n\
        FROM debian AS d\nCOPY --from=a / /a\nCOPY --from=b / /b\nFROM alpine\nCOPY --from=c / /c\nCOPY --from=d / /d\n";
    expect(
        &daemon(dockerfile, &[ALPINE, DEBIAN]),
        &["ResolveSourceMeta ResolveSourceMeta Solve", "ReadFile"],
    );
}

#[test]
fn platforms_are_built_at_once() {
    let daemon = daemon("FROM alpine\nRUN make\n", &[ALPINE]);
    daemon.set_opt("platform", "linux/amd64,linux/arm64");
    assert_eq!(
        trips(&daemon),
        [
            START.as_slice(),
            &[
                "ResolveSourceMeta ResolveSourceMeta Solve",
                "ReadFile",
                "Solve Solve",
                "Return"
            ]
        ]
        .concat()
    );
}
