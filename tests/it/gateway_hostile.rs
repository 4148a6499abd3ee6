//! Answers that no honest daemon gives: errors, never a panic or a hang.

use dockerfile_llb::internals::gateway::channel::KeepAlive;
use dockerfile_llb::internals::gateway::resolve::Resolve as _;
use dockerfile_llb::internals::gateway::run::Limits;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dockerfile_llb::gateway::{
    BoxFuture, Bridge, Environment, Error, Method, NewContainer, NewProcess, Ref, Result,
    SolveRequest, SolveResult, WarnRequest, type_url,
};
use dockerfile_llb::internals::gateway::client::Client;
use dockerfile_llb::internals::gateway::rpc::{ExecStream, Rpc};
use dockerfile_llb::internals::gateway::run::run_on;
use dockerfile_llb::internals::pb::gateway::ExecMessage;
use dockerfile_llb::internals::pb::gateway::{ResolveImageConfigRequest, ResolveSourceMetaRequest};
use dockerfile_llb::internals::pb::status::{Any, Status};
use dockerfile_llb::internals::{from_status, to_status};
use dockerfile_llb::testing::FakeDaemon;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::gateway::{daemon, source};

/// Answers like a daemon, but for one method, which gets these bytes.
struct Liar {
    honest: FakeDaemon,
    method: Method,
    answer: Bytes,
}

impl Rpc for Liar {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        if method == self.method {
            return Box::pin(async { Ok(self.answer.clone()) });
        }
        self.honest.unary(method, request)
    }

    fn exec(&self, _: mpsc::Receiver<ExecMessage>) -> ExecStream {
        let (sender, receiver) = mpsc::channel(1);
        let message = dockerfile_llb::internals::decoded(self.answer.clone());
        let _ = sender.try_send(message);
        receiver
    }
}

/// Makes every call once. What comes back does not matter; that something does, does.
async fn use_everything(rpc: Liar) {
    let Ok(client) = Client::connect(Arc::new(rpc), Environment::default()).await else {
        return;
    };
    let image = ResolveImageConfigRequest::default();
    let _ = client.resolve_image_config(image).await;
    let meta = ResolveSourceMetaRequest::default();
    let _ = client.resolve_source_meta(meta).await;
    let request = SolveRequest::definition(source("local://context", &[]));
    let solved = client.solve(request).await.unwrap_or_default();
    let reference = solved.refs.iter().flatten().next().cloned();
    let reference = reference.unwrap_or_else(Ref::default);
    let _ = client.read_file(&reference, "Dockerfile", None).await;
    let _ = client.read_dir(&reference, "/", "").await;
    let _ = client.stat_file(&reference, "x").await;
    let _ = client.evaluate(&reference).await;
    let _ = client.inputs().await;
    let _ = client.warn(WarnRequest::default()).await;
    if let Ok(container) = client.new_container(NewContainer::default()).await {
        if let Ok(process) = container.start(NewProcess::default()).await {
            let _ = process.finish().await;
        }
        let _ = container.release().await;
    }
    let _ = client.finish(Ok(solved)).await;
}

/// Seeds for a fuzzer: the number of a method, then its answer in an ordinary build.
#[cfg(feature = "frontend")]
pub(crate) fn honest_replies() -> Vec<Vec<u8>> {
    struct Recorder {
        daemon: FakeDaemon,
        replies: std::sync::Mutex<Vec<Vec<u8>>>,
    }
    impl Rpc for Recorder {
        fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
            Box::pin(async move {
                let reply = self.daemon.unary(method, request).await?;
                let number = Method::ALL
                    .iter()
                    .position(|other| *other == method)
                    .unwrap_or(0);
                let seed = [&[number as u8], reply.as_ref()].concat();
                self.replies.lock().unwrap().push(seed);
                Ok(reply)
            })
        }

        fn exec(&self, messages: mpsc::Receiver<ExecMessage>) -> ExecStream {
            self.daemon.exec(messages)
        }
    }
    let recorder = Arc::new(Recorder {
        daemon: dockerfile_daemon(),
        replies: std::sync::Mutex::default(),
    });
    let rpc: Arc<dyn Rpc> = recorder.clone();
    block_on(build(rpc));
    std::mem::take(&mut recorder.replies.lock().unwrap())
}

/// Builds with a daemon that gives `answer` to the method of this number.
#[cfg(feature = "frontend")]
pub(crate) fn reply(number: u8, answer: &[u8]) {
    let method = Method::ALL[usize::from(number) % Method::ALL.len()];
    let answer = Bytes::copy_from_slice(answer);
    let liar = |honest: FakeDaemon| Liar {
        honest,
        method,
        answer: answer.clone(),
    };
    block_on(build(Arc::new(liar(dockerfile_daemon()))));
    block_on(use_everything(liar(daemon())));
}

#[cfg(feature = "frontend")]
fn dockerfile_daemon() -> FakeDaemon {
    let daemon = FakeDaemon::new();
    let text = "FROM alpine\nCOPY . /x\nADD https://h/x /\nRUN --mount=type=cache,target=/c make\n";
    daemon.add_file("local://dockerfile", "Dockerfile", text);
    daemon.add_file("local://context", ".dockerignore", "*.md\n");
    let config = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]}}"#;
    let digest = format!("sha256:{}", "a".repeat(64));
    let image = dockerfile_llb::testing::Image::new(digest, config);
    daemon.add_image("docker.io/library/alpine:latest", image);
    daemon
}

/// One build; whether it succeeds does not matter.
#[cfg(feature = "frontend")]
async fn build(rpc: Arc<dyn Rpc>) {
    let environment = dockerfile_daemon().environment();
    if let Ok(client) = Client::connect(rpc, environment).await {
        let frontend = dockerfile_llb::frontend::DockerfileFrontend;
        let outcome = dockerfile_llb::gateway::Frontend::build(&frontend, &client).await;
        let _ = client.finish(outcome).await;
    }
}

#[cfg(feature = "frontend")]
fn block_on(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(60), work)
            .await
            .expect("hangs");
    });
}

fn run(method: Method, answer: Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let honest = daemon();
        let answer = Bytes::from(answer);
        let rpc = Liar {
            honest,
            method,
            answer,
        };
        tokio::time::timeout(Duration::from_secs(60), use_everything(rpc))
            .await
            .expect("hangs");
    });
}

fn method() -> impl Strategy<Value = Method> {
    proptest::sample::select(Method::ALL)
}

/// Bytes that are often protobuf: a few fields of any kind and depth.
fn protobuf() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        (1_u8..16, any::<u64>()).prop_map(|(tag, value)| {
            let mut bytes = vec![tag << 3];
            prost::encoding::encode_varint(value, &mut bytes);
            bytes
        }),
        (1_u8..16, "[a-z./:=-]{0,12}").prop_map(|(tag, text)| wrap(tag, text.as_bytes())),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let fields = proptest::collection::vec((1_u8..16, inner), 0..4);
        fields.prop_map(|fields| {
            let fields = fields.iter().map(|(tag, field)| wrap(*tag, field));
            fields.flatten().collect()
        })
    })
}

/// A field that holds these bytes.
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_answer_is_survived(method in method(), answer in protobuf()) {
        run(method, answer);
    }

    #[test]
    fn any_detail_is_passed_on_unchanged(details in proptest::collection::vec(
        (prop_oneof![Just(type_url::SOURCE), Just(type_url::SOLVE), Just(type_url::STACK), Just("x.y/z"), Just("")],
         prop_oneof![proptest::collection::vec(any::<u8>(), 0..30), "[{}\\[\\]\",:a-z0-9]{0,40}".prop_map(String::into_bytes)]),
        0..6,
    )) {
        let details: Vec<Any> = details
            .into_iter()
            .map(|(url, value)| Any { type_url: url.to_owned(), value })
            .collect();
        let status = Status { code: 99, message: "m".to_owned(), details };
        let error = from_status(status.clone());
        let _ = error.sources();
        let back = to_status(&error);
        let sorted = |status: &Status| {
            let mut details = status.details.clone();
            details.sort_by(|a, b| (&a.type_url, &a.value).cmp(&(&b.type_url, &b.value)));
            details
        };
        prop_assert_eq!(sorted(&back), sorted(&status));
        // Two hops restore the order of the layers.
        let twice = to_status(&from_status(to_status(&from_status(back.clone()))));
        prop_assert_eq!(twice.details, back.details);
    }
}

#[test]
fn nesting_has_a_limit() {
    let mut deep = Vec::new();
    for _ in 0..10_000 {
        // Result -> refs -> value -> def -> source -> infos -> definition, and so on.
        deep = wrap(3, &deep);
        deep.truncate(1 << 16);
    }
    for method in Method::ALL {
        run(*method, deep.clone());
    }
    let json = vec![b'['; 100_000];
    let error = Error::new("m").with_detail(type_url::SOURCE, json);
    assert!(error.sources().is_empty());
}

/// HTTP/2 that starts well and goes on with nonsense.
#[tokio::test]
async fn nonsense_after_a_good_start_ends_the_frontend() {
    let mut seed = 7_u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    for round in 0..60 {
        // SETTINGS, then frames of any type, flags and stream whose lengths are right.
        let mut bytes = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
        for _ in 0..8 {
            let length = random() % 64;
            bytes.extend_from_slice(&[
                0,
                0,
                length,
                random() % 12,
                random(),
                0,
                0,
                0,
                random() % 4,
            ]);
            bytes.extend((0..length).map(|_| random()));
        }
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let frontend = async |_: &dyn Bridge| Ok(SolveResult::default());
        let limits = Limits {
            connect: Duration::from_millis(200),
            finish: Duration::from_millis(200),
            keep_alive: KeepAlive::default(),
        };
        let build = run_on(ours, frontend, Environment::default(), limits);
        let daemon = async {
            theirs.write_all(&bytes).await.unwrap();
            std::future::pending::<()>().await
        };
        let outcome = tokio::select! {
            outcome = build => outcome,
            () = daemon => unreachable!("the daemon never ends"),
        };
        assert!(outcome.is_err(), "round {round}");
    }
}
