//! The gateway against the fake daemon, in memory and as gRPC over a byte stream.

use dockerfile_llb::internals::gateway::caps::gateway_cap;
use dockerfile_llb::internals::gateway::channel::KeepAlive;
use dockerfile_llb::internals::gateway::resolve::Resolve as _;
use dockerfile_llb::internals::gateway::run::Limits;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::sync::Arc;
use std::time::Duration;

use dockerfile_llb::gateway::{
    Bridge, CapList, CapSet, Code, Error, FileRange, Frontend, GATEWAY_FRONTEND, Method,
    NewContainer, NewProcess, Ref, Refs, Result, SolveRequest, SolveResult, SourceDetail,
    WarnRequest, forward, type_url,
};
use dockerfile_llb::internals::gateway::channel::Channel;
use dockerfile_llb::internals::gateway::client::Client;
use dockerfile_llb::internals::gateway::run::run_on;
use dockerfile_llb::internals::llb::caps as llb_cap;
use dockerfile_llb::internals::pb::gateway as pb;
use dockerfile_llb::internals::pb::gateway::{ResolveImageConfigRequest, ResolveSourceMetaRequest};
use dockerfile_llb::internals::pb::map::entries;
use dockerfile_llb::internals::pb::ops::{Definition, Input, Op, OpMetadata, SourceOp, op};
use dockerfile_llb::internals::testing::serve::serve;
use dockerfile_llb::llb::{Position, Range, SourceInfo};
use dockerfile_llb::testing::{FakeDaemon, Image, ProcessAnswer};
use prost::Message;
use sha2::{Digest, Sha256};

const ALPINE: &str = "docker.io/library/alpine:3.20";
const CONTEXT: &str = "local://context";

/// A definition of one source, with capabilities in its metadata.
pub fn source(identifier: &str, caps: &[&str]) -> dockerfile_llb::llb::Definition {
    dockerfile_llb::internals::from_pb(source_message(identifier, caps))
}

fn source_message(identifier: &str, caps: &[&str]) -> Definition {
    let op = Op {
        op: Some(op::Op::Source(SourceOp {
            identifier: identifier.to_owned(),
            ..SourceOp::default()
        })),
        ..Op::default()
    };
    let bytes = op.encode_to_vec();
    let digest = format!("sha256:{:x}", Sha256::digest(&bytes));
    let metadata = with!(
        OpMetadata::default(),
        caps = entries(caps.iter().map(|cap| (*cap, true)))
    );
    let last = Op {
        inputs: vec![Input {
            digest: digest.clone(),
            index: 0,
        }],
        ..Op::default()
    };
    Definition {
        def: vec![bytes, last.encode_to_vec()],
        metadata: entries([(digest, metadata)]),
        source: None,
    }
}

/// A daemon with an image and a context.
pub fn daemon() -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_image(ALPINE, Image::new("sha256:aa", r#"{"config":{}}"#));
    daemon.add_file(CONTEXT, "Dockerfile", "FROM alpine:3.20\n");
    daemon.add_file(CONTEXT, "src/main.rs", "fn main() {}\n");
    daemon
}

/// One build over gRPC on an in-memory stream.
pub async fn build_over_grpc(daemon: &FakeDaemon, frontend: &impl Frontend) -> Result<SolveResult> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let server = tokio::spawn(serve(theirs, Arc::new(daemon.clone())));
    let environment = daemon.environment();
    run_on(
        ours,
        async |bridge: &dyn Bridge| frontend.build(bridge).await,
        environment,
        Limits::default(),
    )
    .await?;
    server.abort();
    daemon.returned().expect("nothing was returned")
}

async fn grpc_client(daemon: &FakeDaemon) -> Client {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(serve(theirs, Arc::new(daemon.clone())));
    let channel = Channel::connect(ours, KeepAlive::default()).await.unwrap();
    Client::connect(Arc::new(channel), daemon.environment())
        .await
        .unwrap()
}

/// Both ways to reach a daemon.
async fn clients(daemon: &FakeDaemon) -> [Client; 2] {
    [daemon.client().await.unwrap(), grpc_client(daemon).await]
}

fn image_request(reference: &str) -> ResolveImageConfigRequest {
    ResolveImageConfigRequest {
        r#ref: reference.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_build_resolves_reads_and_returns() {
    let frontend = async |bridge: &dyn Bridge| -> Result<SolveResult> {
        let image = bridge.resolve_image(ALPINE, None).await?;
        assert_eq!((&*image.digest, &*image.reference), ("sha256:aa", ALPINE));
        let identifier = format!("docker-image://{ALPINE}");
        let source_of_it = bridge
            .resolve_source(&identifier, &Default::default(), None)
            .await?;
        assert_eq!(source_of_it.identifier, identifier);
        assert_eq!(source_of_it.checksum, "sha256:aa");
        assert_eq!(source_of_it.image_config, Some(image.config.clone()));
        let solved = bridge
            .solve(SolveRequest::definition(source(CONTEXT, &[])))
            .await?;
        let context = solved.single()?.cloned().expect("a ref");
        let text = bridge.read_file(&context, "Dockerfile", None).await?;
        assert_eq!(text, b"FROM alpine:3.20\n");
        let range = FileRange {
            offset: 5,
            length: 6,
        };
        let part = bridge
            .read_file(&context, "Dockerfile", Some(range))
            .await?;
        assert_eq!(part, b"alpine");
        let names = bridge.read_dir(&context, "/", "").await?;
        let names: Vec<_> = names.iter().map(|stat| &*stat.path).collect();
        assert_eq!(names, ["Dockerfile", "src"]);
        assert_eq!(bridge.stat_file(&context, "src/main.rs").await?.size, 13);
        bridge.evaluate(&context).await?;
        assert_eq!(context.definition().expect("a graph"), source(CONTEXT, &[]));
        let mut result = SolveResult::of(Some(context));
        result
            .metadata
            .insert("containerimage.config".to_owned(), image.config);
        Ok(result)
    };
    let in_memory = daemon().build(&frontend).await.unwrap();
    let over_grpc = build_over_grpc(&daemon(), &frontend).await.unwrap();
    assert_eq!(in_memory, over_grpc);
    let config = String::from_utf8(over_grpc.metadata["containerimage.config"].clone()).unwrap();
    assert!(config.contains(r#""architecture":"amd64""#), "{config}");
}

#[tokio::test]
async fn an_unknown_image_is_told_as_a_daemon_tells_it() {
    for client in clients(&daemon()).await {
        let error = client
            .resolve_image_config(image_request("docker.io/library/ghost:latest"))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
        assert_eq!(
            error.to_string(),
            "failed to resolve source metadata for docker.io/library/ghost:latest: docker.io/library/ghost:latest: not found"
        );
    }
}

#[tokio::test]
async fn an_image_error_gets_the_words_that_daemons_lose() {
    for cap in ["", gateway_cap::SOURCE_META_RESOLVER] {
        let daemon = daemon();
        daemon.set_environment(|environment| {
            environment.caps = environment.caps.clone().without(cap);
        });
        let gone = Error::with_code(Code::NotFound, "localhost:5000/x:1: not found");
        daemon.fail(Method::ResolveSourceMeta, gone.clone());
        daemon.fail(Method::ResolveImageConfig, gone);
        let client = daemon.client().await.unwrap();
        let request = image_request("localhost:5000/x:1");
        let error = client.resolve_image_config(request).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to resolve source metadata for localhost:5000/x:1: localhost:5000/x:1: not found"
        );
        assert_eq!(error.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn daemons_without_the_source_resolver_are_asked_for_image_configs() {
    let daemon = daemon();
    daemon.set_environment(|environment| {
        environment.caps = environment
            .caps
            .clone()
            .without(gateway_cap::SOURCE_META_RESOLVER);
    });
    let client = grpc_client(&daemon).await;
    let request = |identifier: &str| ResolveSourceMetaRequest {
        source: Some(SourceOp {
            identifier: identifier.to_owned(),
            ..SourceOp::default()
        }),
        resolve_mode: "pull".to_owned(),
        ..Default::default()
    };
    let image = format!("docker-image://{ALPINE}");
    let answer = client.resolve_source_meta(request(&image)).await.unwrap();
    assert_eq!(answer.source.unwrap().identifier, image);
    assert_eq!(answer.image.unwrap().digest, "sha256:aa");
    let asked: Vec<pb::ResolveImageConfigRequest> = daemon.requests(Method::ResolveImageConfig);
    assert_eq!(asked[0].resolve_mode, "pull");

    let git = client
        .resolve_source_meta(request("git://x/y"))
        .await
        .unwrap();
    assert_eq!(git.source.unwrap().identifier, "git://x/y");
    assert!(git.git.is_none());

    let mut chain = request(&image);
    chain.image = Some(pb::ResolveSourceImageRequest {
        attestation_chain: true,
        ..Default::default()
    });
    let error = client.resolve_source_meta(chain).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "image attestation resolution requires source metadata resolver support"
    );
}

#[tokio::test]
async fn image_configs_come_through_the_source_resolver_where_there_is_one() {
    let daemon = daemon();
    let client = daemon.client().await.unwrap();
    client
        .resolve_image_config(image_request(ALPINE))
        .await
        .unwrap();
    let mut layout = image_request("docker.io/library/base@sha256:bb");
    layout.resolver_type = 1;
    layout.store_id = "store".to_owned();
    layout.session_id = "s".to_owned();
    client.resolve_image_config(layout).await.unwrap_err();
    let asked: Vec<ResolveSourceMetaRequest> = daemon.requests(Method::ResolveSourceMeta);
    let sources: Vec<SourceOp> = asked
        .into_iter()
        .filter_map(|request| request.source)
        .collect();
    assert_eq!(sources[0].identifier, format!("docker-image://{ALPINE}"));
    assert_eq!(
        sources[1].identifier,
        "oci-layout://docker.io/library/base@sha256:bb"
    );
    let attrs: Vec<_> = sources[1]
        .attrs
        .iter()
        .map(|e| (&*e.key, &*e.value))
        .collect();
    assert_eq!(attrs, [("oci.session", "s"), ("oci.store", "store")]);
}

#[tokio::test]
async fn a_graph_the_daemon_cannot_build_is_not_sent() {
    let daemon = daemon();
    daemon.set_environment(|environment| {
        environment.llb_caps = CapSet::of(CapList::Llb, [llb_cap::SOURCE_LOCAL]);
    });
    let client = daemon.client().await.unwrap();
    let request = SolveRequest::definition(source(CONTEXT, &[llb_cap::MERGE_OP]));
    let error = client.solve(request).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "requested experimental feature mergeop  is not supported by build server, please update "
    );
    assert!(
        daemon
            .requests::<pb::SolveRequest>(Method::Solve)
            .is_empty()
    );
}

#[tokio::test]
async fn cache_options_of_the_build_reach_nested_solves() {
    let daemon = daemon();
    daemon.set_opt("cache-imports", "[]");
    daemon.set_opt("cache-from", "a");
    let client = daemon.client().await.unwrap();
    let mut request = SolveRequest::definition(source(CONTEXT, &[]));
    request
        .frontend_opt
        .insert("cache-from".to_owned(), "own".to_owned());
    client.solve(request).await.unwrap();
    let sent = &daemon.requests::<pb::SolveRequest>(Method::Solve)[0];
    let opts: Vec<_> = sent
        .frontend_opt
        .iter()
        .map(|(k, v)| (&**k, &**v))
        .collect();
    assert_eq!(opts, [("cache-from", "own"), ("cache-imports", "[]")]);
    assert!(sent.allow_result_return && sent.allow_result_array_ref);
}

#[tokio::test]
async fn eager_solves_fall_back_to_a_stat_of_the_root() {
    let daemon = daemon();
    let mut request = SolveRequest::definition(source(CONTEXT, &[]));
    request.evaluate = true;
    let client = daemon.client().await.unwrap();
    client.solve(request.clone()).await.unwrap();
    assert!(daemon.requests::<pb::SolveRequest>(Method::Solve)[0].evaluate);
    assert!(
        daemon
            .requests::<pb::StatFileRequest>(Method::StatFile)
            .is_empty()
    );

    daemon.set_environment(|environment| {
        environment.caps = environment
            .caps
            .clone()
            .without(gateway_cap::EVALUATE_SOLVE);
    });
    let client = daemon.client().await.unwrap();
    client.solve(request).await.unwrap();
    assert!(!daemon.requests::<pb::SolveRequest>(Method::Solve)[1].evaluate);
    assert_eq!(
        daemon.requests::<pb::StatFileRequest>(Method::StatFile)[0].path,
        "."
    );
}

/// Returns two refs, for as many platforms.
async fn two_platforms(bridge: &dyn Bridge) -> Result<SolveResult> {
    let mut refs = std::collections::BTreeMap::new();
    for platform in ["linux/amd64", "linux/arm64"] {
        let solved = bridge
            .solve(SolveRequest::definition(source(CONTEXT, &[])))
            .await?;
        refs.insert(platform.to_owned(), solved.single()?.cloned());
    }
    Ok(SolveResult {
        refs: Refs::Map(refs),
        ..SolveResult::default()
    })
}

#[tokio::test]
async fn results_are_returned_in_the_wire_form_the_daemon_reads() {
    let daemon = daemon();
    daemon.build(&two_platforms).await.unwrap();
    daemon.set_environment(|environment| {
        let caps = environment.caps.clone();
        environment.caps = caps.without(gateway_cap::PROTO_REF_ARRAY);
    });
    daemon.build(&two_platforms).await.unwrap();
    let returned: Vec<pb::ReturnRequest> = daemon.requests(Method::Return);
    let forms: Vec<_> = returned
        .into_iter()
        .map(|request| request.result.unwrap().result.unwrap())
        .collect();
    assert!(matches!(&forms[0], pb::result::Result::Refs(map) if map.refs.len() == 2));
    assert!(matches!(&forms[1], pb::result::Result::RefsDeprecated(map) if map.refs.len() == 2));
}

#[tokio::test]
async fn several_refs_need_a_daemon_that_takes_them() {
    let daemon = daemon();
    daemon.set_environment(|environment| {
        environment.caps = environment.caps.clone().without(gateway_cap::RETURN_MAP);
    });
    let error = daemon.build(&two_platforms).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "requested experimental feature returnmap (return reference map) is not supported by build server, please update "
    );
    let told = daemon.returned().unwrap().unwrap_err();
    assert_eq!(told.message(), error.message());
}

#[tokio::test]
async fn the_oldest_daemons_learn_the_result_by_a_final_solve() {
    let daemon = daemon();
    daemon.set_environment(|environment| {
        environment.caps = CapSet::of(CapList::Gateway, CapList::Gateway.frozen().iter().copied());
    });
    let client = grpc_client(&daemon).await;
    let solved = client
        .solve(SolveRequest::definition(source(CONTEXT, &[])))
        .await
        .unwrap();
    let mut result = SolveResult::of(solved.single().unwrap().cloned());
    result
        .metadata
        .insert("containerimage.config".to_owned(), b"{}".to_vec());
    client.finish(Ok(result)).await.unwrap();
    let sent: Vec<pb::SolveRequest> = daemon.requests(Method::Solve);
    assert_eq!(sent[0].exporter_attr, b"{}");
    assert!(sent[1].r#final);
    assert_eq!(sent[1].definition, sent[0].definition);
    assert_eq!(
        sent[1].exporter_attr,
        br#"{"containerimage.config":"e30="}"#
    );
    assert!(
        daemon
            .requests::<pb::ReturnRequest>(Method::Return)
            .is_empty()
    );
}

fn place(filename: &str, line: i32) -> SourceDetail {
    let start = Position { line, character: 0 };
    with!(
        SourceDetail::default(),
        info = Some(SourceInfo {
            filename: filename.to_owned(),
            ..SourceInfo::default()
        }),
        ranges = vec![Range { start, end: start }]
    )
}

fn file_names(error: &Error) -> Vec<String> {
    let sources = error.sources().into_iter();
    sources
        .map(|source| source.info.unwrap().filename)
        .collect()
}

#[tokio::test]
async fn an_error_reaches_the_daemon_with_its_places_outermost_first() {
    let frontend = async |_: &dyn Bridge| -> Result<SolveResult> {
        Err(
            Error::with_code(Code::InvalidArgument, "bad flag: 100 %\n\u{e9}")
                .with_source(&place("inner", 3))
                .context("in stage")
                .with_source(&place("outer", 1)),
        )
    };
    let daemon = daemon();
    let error = build_over_grpc(&daemon, &frontend).await.unwrap_err();
    assert_eq!(error.to_string(), "in stage: bad flag: 100 %\n\u{e9}");
    let sent: Vec<pb::ReturnRequest> = daemon.requests(Method::Return);
    let status = sent[0].error.clone().unwrap();
    assert_eq!(status.code, 3);
    assert!(
        status
            .details
            .iter()
            .all(|any| any.type_url == type_url::SOURCE)
    );
    // The reader takes the first detail as the innermost.
    assert_eq!(
        file_names(&dockerfile_llb::internals::from_status(status)),
        ["outer", "inner"]
    );
    assert_eq!(file_names(&error), ["inner", "outer"]);
}

#[tokio::test]
async fn details_of_a_failed_solve_go_back_unchanged() {
    let daemon = daemon();
    let odd = r#"{"unknown":[1,2],"op":{"x":"y"}}"#;
    let failure = Error::with_code(Code::Aborted, "process failed")
        .with_detail(type_url::VERTEX, br#"{"digest":"sha256:1"}"#.to_vec())
        .with_detail(type_url::SOLVE, odd.into())
        .with_source(&place("Dockerfile", 7));
    daemon.fail(Method::Solve, failure);
    let frontend = async |bridge: &dyn Bridge| {
        bridge
            .solve(SolveRequest::definition(source(CONTEXT, &[])))
            .await
    };
    build_over_grpc(&daemon, &frontend).await.unwrap_err();
    let sent: Vec<pb::ReturnRequest> = daemon.requests(Method::Return);
    let status = sent[0].error.clone().unwrap();
    assert_eq!((status.code, &*status.message), (10, "process failed"));
    let mut details: Vec<_> = status
        .details
        .into_iter()
        .map(|any| (any.type_url, String::from_utf8(any.value).unwrap()))
        .collect();
    details.sort();
    let source =
        r#"{"info":{"filename":"Dockerfile"},"ranges":[{"start":{"line":7},"end":{"line":7}}]}"#;
    let expected = [
        (type_url::SOLVE, odd),
        (type_url::SOURCE, source),
        (type_url::VERTEX, r#"{"digest":"sha256:1"}"#),
    ];
    let details: Vec<_> = details
        .iter()
        .map(|(url, json)| (&**url, &**json))
        .collect();
    assert_eq!(details, expected);
}

#[tokio::test]
async fn large_messages_pass_both_ways_and_too_large_ones_are_refused() {
    let daemon = daemon();
    let large = vec![7_u8; 12 << 20];
    daemon.add_file(CONTEXT, "large", large.clone());
    daemon.add_file(CONTEXT, "too-large", vec![0_u8; 17 << 20]);
    let client = grpc_client(&daemon).await;
    let mut definition = source_message(CONTEXT, &[]);
    definition.source = Some(dockerfile_llb::internals::pb::ops::Source {
        infos: vec![dockerfile_llb::internals::pb::ops::SourceInfo {
            data: large.clone(),
            ..Default::default()
        }],
        ..Default::default()
    });
    let definition = dockerfile_llb::internals::from_pb(definition);
    let solved = client
        .solve(SolveRequest::definition(definition.clone()))
        .await
        .unwrap();
    let context = solved.single().unwrap().cloned().unwrap();
    assert_eq!(daemon.definition(&context.id), Some(definition));
    let read = client.read_file(&context, "large", None).await.unwrap();
    assert!(read == large);
    let error = client
        .read_file(&context, "too-large", None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::OutOfRange, "{error}");
    // The connection is still good.
    client.evaluate(&context).await.unwrap();
}

#[tokio::test]
async fn an_error_may_carry_a_large_file() {
    let daemon = daemon();
    let mut source = place("Dockerfile", 1);
    if let Some(info) = &mut source.info {
        info.data = vec![b'x'; 2 << 20].into();
    }
    daemon.fail(Method::Solve, Error::new("m").with_source(&source));
    let client = grpc_client(&daemon).await;
    let solve = client.solve(SolveRequest::default());
    let error = solve.await.unwrap_err();
    assert_eq!(error.to_string(), "m");
    assert!(error.sources() == [source]);
    // And back: within a message this time.
    client.finish(Err(error)).await.unwrap_err();
    let told = daemon.returned().unwrap().unwrap_err();
    assert_eq!(told.sources().len(), 1);
}

#[tokio::test]
async fn a_hundred_calls_run_at_once() {
    let daemon = daemon();
    let client = grpc_client(&daemon).await;
    let calls = (0..100).map(|_| client.resolve_image_config(image_request(ALPINE)));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.is_ok()));
}

#[tokio::test]
async fn a_build_is_forwarded_with_options_and_inputs() {
    let daemon = daemon();
    daemon.set_opt("target", "app");
    daemon.set_opt("secret", "x");
    daemon.add_input("base", source("docker-image://base", &[]));
    daemon.set_forward(async |bridge: &dyn Bridge| -> Result<SolveResult> {
        let opts = &bridge.environment().opts;
        let opts: Vec<_> = opts.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(opts, ["cmdline=img:1 -x", "source=img:1", "target=app"]);
        let inputs = bridge.inputs().await?;
        assert_eq!(inputs["base"], source("docker-image://base", &[]));
        let mut result = SolveResult::of(Ref::from_id("ref-of-inner"));
        result.metadata.insert("inner".to_owned(), b"1".to_vec());
        Ok(result)
    });
    let frontend = async |bridge: &dyn Bridge| {
        let mut opts = bridge.environment().opts.clone();
        opts.remove("secret");
        forward(bridge, "img:1", "img:1 -x", opts).await
    };
    let result = build_over_grpc(&daemon, &frontend).await.unwrap();
    assert_eq!(result.metadata["inner"], b"1");
    let sent: Vec<pb::SolveRequest> = daemon.requests(Method::Solve);
    assert_eq!(sent[0].frontend, GATEWAY_FRONTEND);
    assert_eq!(sent[0].definition, None);
}

#[tokio::test]
async fn an_input_that_holds_nothing_is_refused() {
    let daemon = daemon();
    daemon.add_input("base", source("docker-image://base", &[]));
    daemon.add_input("context", Default::default());
    let client = grpc_client(&daemon).await;
    let error = client.inputs().await.unwrap_err();
    assert_eq!(
        error.message(),
        "invalid nil input definition to definition op"
    );
}

#[tokio::test]
async fn warnings_reach_daemons_that_show_them() {
    let daemon = daemon();
    let warning = with!(WarnRequest::new("careful"), digest = "sha256:1".to_owned());
    let client = grpc_client(&daemon).await;
    client.warn(warning.clone()).await.unwrap();
    let shown: Vec<pb::WarnRequest> = daemon.requests(Method::Warn);
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (&*shown[0].digest, shown[0].level, &*shown[0].short),
        ("sha256:1", 1, &b"careful"[..])
    );
    daemon.set_environment(|environment| {
        environment.caps = environment.caps.clone().without(gateway_cap::WARNINGS);
    });
    let client = grpc_client(&daemon).await;
    client.warn(warning).await.unwrap();
    assert_eq!(daemon.requests::<pb::WarnRequest>(Method::Warn).len(), 1);
}

#[tokio::test]
async fn processes_share_one_stream_and_keep_their_output_apart() {
    let daemon = daemon();
    daemon.set_processes(|process, stdin| {
        let args = &process.args;
        ProcessAnswer {
            stdout: stdin.to_vec(),
            stderr: args.join(" ").into_bytes(),
            code: u32::from(args[0] == "false"),
        }
    });
    let client = grpc_client(&daemon).await;
    let solved = client
        .solve(SolveRequest::definition(source(CONTEXT, &[])))
        .await
        .unwrap();
    let root = solved.single().unwrap().unwrap();
    let container = client.new_container(NewContainer::on(root)).await.unwrap();
    let start = |name: &str| with!(NewProcess::args([name, "x"]), stdin = true);
    let first = container.start(start("cat")).await.unwrap();
    let second = container.start(start("false")).await.unwrap();
    let input = vec![b'a'; 300_000];
    for part in input.chunks(50_000) {
        first.write_stdin(part).await.unwrap();
    }
    second.close_stdin().await.unwrap();
    let second = second.finish().await.unwrap();
    first.close_stdin().await.unwrap();
    let first = first.finish().await.unwrap();
    assert!(first.stdout == input);
    assert_eq!(first.stderr, b"cat x");
    assert_eq!(first.exit.code, 0);
    first.exit.into_result().unwrap();
    assert_eq!((second.stdout.len(), second.exit.code), (0, 1));
    let error = second.exit.into_result().unwrap_err();
    assert!(error.has_detail(type_url::EXIT), "{error:?}");

    let read = container.read_file(0, "Dockerfile", None).await.unwrap();
    assert_eq!(read, b"FROM alpine:3.20\n");
    assert_eq!(container.read_dir(0, "/src", "").await.unwrap().len(), 1);
    assert_eq!(container.stat_file(0, "src").await.unwrap().path, "src");
    assert!(container.read_file(1, "x", None).await.is_err());
    container.release().await.unwrap();
    assert_eq!(
        daemon
            .requests::<pb::ReleaseContainerRequest>(Method::ReleaseContainer)
            .len(),
        1
    );
}

#[tokio::test]
async fn a_call_may_be_given_up() {
    let daemon = daemon();
    daemon.hang(Method::Solve);
    let client = grpc_client(&daemon).await;
    let solve = client.solve(SolveRequest::definition(source(CONTEXT, &[])));
    tokio::time::timeout(Duration::from_millis(50), solve)
        .await
        .unwrap_err();
    client
        .resolve_image_config(image_request(ALPINE))
        .await
        .unwrap();
}
