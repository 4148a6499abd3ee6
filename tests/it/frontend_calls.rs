//! The frontend and the daemon it talks to: what it asks, how often, and what it forwards and returns.

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{Code, Error, Method, Refs, Result, SolveResult, type_url};
use dockerfile_llb::internals::pb::gateway::{ResolveImageConfigRequest, ResolveSourceMetaRequest};
use dockerfile_llb::internals::pb::gateway::{
    ResolveSourceHttpResponse, ResolveSourceMetaResponse, SolveRequest,
};
use dockerfile_llb::internals::pb::ops::{Definition, Op, op};
use dockerfile_llb::internals::pb::status::Timestamp;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};
use prost::Message;

const ALPINE: &str = "docker.io/library/alpine:3.20";
const FRONTEND: Dockerfile = Dockerfile;

fn daemon(dockerfile: &str) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_owned());
    let config = r#"{"config":{"Entrypoint":["/bin/scan"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;
    let digest = format!("sha256:{}", "a".repeat(64));
    daemon.add_image(ALPINE, Image::new(digest, config));
    daemon
}

fn build(daemon: &FakeDaemon) -> Result<SolveResult> {
    daemon.run(FRONTEND)
}

fn message(daemon: &FakeDaemon) -> String {
    build(daemon).unwrap_err().message().to_owned()
}

/// The request by which the build is handed on.
fn forwarded(daemon: &FakeDaemon) -> SolveRequest {
    let mut requests = daemon.requests::<SolveRequest>(Method::Solve).into_iter();
    requests
        .find(|request| request.frontend == "gateway.v0")
        .unwrap()
}

/// Ops of the only ref.
fn ops(daemon: &FakeDaemon, result: &SolveResult) -> Vec<Op> {
    let Refs::Single(Some(reference)) = &result.refs else {
        panic!("not a single ref")
    };
    let definition: Definition = daemon.sent(&reference.id).unwrap();
    definition
        .def
        .iter()
        .map(|op| Op::decode(op.as_slice()).unwrap())
        .collect()
}

fn identifiers(ops: &[Op]) -> Vec<&str> {
    let sources = ops.iter().filter_map(|op| match &op.op {
        Some(op::Op::Source(source)) => Some(source.identifier.as_str()),
        _ => None,
    });
    sources.collect()
}

#[test]
fn a_build_returns_config_platforms_and_a_ref() {
    let daemon = daemon("FROM alpine:3.20\nRUN make\n");
    let result = build(&daemon).unwrap();
    let keys: Vec<&str> = result.metadata.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "containerimage.base.config",
            "containerimage.config",
            "refs.platforms"
        ]
    );
    assert_eq!(ops(&daemon, &result).len(), 3);
}

#[test]
fn what_a_repository_says_in_an_add_counts_for_the_sources_after_it() {
    let one = "a".repeat(40);
    let two = "b".repeat(40);
    let added = |sources: &str| {
        let daemon = daemon(&format!("FROM scratch\nADD {sources} /d/\n"));
        let result = build(&daemon).map_err(|error| error.message().to_owned())?;
        let sources = ops(&daemon, &result).into_iter();
        let sources = sources.filter_map(|op| match op.op {
            Some(op::Op::Source(source)) => Some(source),
            _ => None,
        });
        let sources = sources.map(|source| {
            let attrs = source.attrs.into_iter();
            let attrs = attrs.filter(|it| ["git.checksum", "git.keepgitdir"].contains(&&*it.key));
            let attrs: Vec<String> = attrs.map(|it| it.value).collect();
            (source.identifier, attrs)
        });
        let mut sources: Vec<(String, Vec<String>)> = sources.collect();
        sources.sort();
        Ok::<_, String>(sources)
    };
    let source = |name: &str, attrs: &[&str]| {
        let attrs = attrs.iter().map(|&value| value.to_owned()).collect();
        (format!("git://h.test/{name}.git"), attrs)
    };
    let a = "https://h.test/a.git";
    let b = "https://h.test/b.git";
    assert_eq!(
        added(&format!("{b} {a}?checksum={one} https://h.test/c.git")),
        Ok(vec![
            source("a", &[&one]),
            source("b", &[]),
            source("c", &[&one])
        ])
    );
    assert_eq!(
        added(&format!("{a}?keep-git-dir=true {b}")),
        Ok(vec![source("a", &["true"]), source("b", &["true"])])
    );
    for (sources, error) in [
        (
            format!("{a}?checksum={one} {b}?checksum={two}"),
            format!("checksum mismatch \"{one}\" != \"{two}\""),
        ),
        (
            format!("{a}?keep-git-dir=false {b}?keep-git-dir=true"),
            "inconsistent keep-git-dir configuration".to_owned(),
        ),
        (
            format!("{a}?checksum={one} https://h.test/f"),
            "invalid checksum digest format".to_owned(),
        ),
    ] {
        assert_eq!(added(&sources), Err(error), "{sources}");
    }
}

#[test]
fn a_syntax_line_forwards_with_source_and_command_line() {
    let daemon = daemon("# syntax=acme/frontend:1 --flag\nFROM scratch\n");
    daemon.set_opt("target", "x");
    daemon.set_forward(FRONTEND);
    // Whatever the other frontend says about its own target does not concern this test.
    let _ = build(&daemon);
    let forwarded = forwarded(&daemon);
    assert_eq!(forwarded.frontend_opt["source"], "acme/frontend:1");
    assert_eq!(forwarded.frontend_opt["cmdline"], "acme/frontend:1 --flag");
    assert_eq!(forwarded.frontend_opt["target"], "x");
}

#[test]
fn a_build_that_was_forwarded_is_not_forwarded_again() {
    let daemon = daemon("# syntax=acme/frontend:1\nFROM scratch\n");
    daemon.set_opt("cmdline", "acme/frontend:1");
    assert!(build(&daemon).is_ok());
}

#[test]
fn failed_forwarding_points_at_the_syntax_line() {
    let error = build(&daemon(
        "#!/bin/x\n# syntax=acme/frontend:1\nFROM scratch\n",
    ))
    .unwrap_err();
    assert_eq!(error.message(), "failed to find frontend gateway.v0");
    let lines: Vec<i32> = error
        .sources()
        .iter()
        .map(|source| source.ranges[0].start.line)
        .collect();
    assert_eq!(lines, [2]);
}

#[test]
fn failed_forwarding_by_option_names_the_option() {
    let daemon = daemon("FROM scratch\n");
    daemon.set_opt("build-arg:BUILDKIT_SYNTAX", "acme/frontend:1");
    assert_eq!(
        message(&daemon),
        "failed with build-arg:BUILDKIT_SYNTAX = acme/frontend:1: failed to find frontend gateway.v0"
    );
}

#[test]
fn a_missing_capability_is_an_error_unless_it_may_be_forwarded() {
    let unsupported = "unsupported frontend capability moby.buildkit.frontend.new";
    let plain = daemon("FROM scratch\n");
    plain.set_opt(
        "frontend.caps",
        "moby.buildkit.frontend.inputs,moby.buildkit.frontend.new",
    );
    let error = build(&plain).unwrap_err();
    assert_eq!(
        (error.message(), error.code()),
        (unsupported, Code::Unimplemented)
    );
    assert!(error.has_detail(type_url::FRONTEND_CAP));
    assert_eq!(plain.requests::<SolveRequest>(Method::Solve).len(), 0);

    let forwardable = daemon("FROM scratch\n");
    forwardable.set_opt("frontend.caps", "moby.buildkit.frontend.new+forward");
    assert_eq!(message(&forwardable), unsupported);

    let forwarded = daemon("# syntax=acme/frontend:1\nFROM scratch\n");
    forwarded.set_opt("frontend.caps", "moby.buildkit.frontend.new+forward");
    assert_eq!(message(&forwarded), "failed to find frontend gateway.v0");
}

#[test]
fn an_unknown_subrequest_is_a_typed_error() {
    let daemon = daemon("FROM scratch\n");
    daemon.set_opt("requestid", "frontend.new");
    let error = build(&daemon).unwrap_err();
    assert_eq!(error.message(), "unsupported request frontend.new");
    assert!(error.has_detail(type_url::SUBREQUEST));
}

#[test]
fn comments_that_are_not_utf_8_are_escapes_in_json() {
    let daemon = daemon("");
    let dockerfile =
        b"# b describes \xff\xfe it\nFROM scratch AS b\n# A is \xff this\nARG A=1\nCOPY x /\n";
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_vec());
    for (request, parts) in [
        (
            "frontend.outline",
            &[r"describes \ufffd\ufffd it", r"is \ufffd this"][..],
        ),
        ("frontend.targets", &[r"describes \ufffd\ufffd it"]),
    ] {
        daemon.set_opt("requestid", request);
        let metadata = build(&daemon).unwrap().metadata;
        let json = String::from_utf8(metadata["result.json"].clone()).unwrap();
        let text = String::from_utf8(metadata["result.txt"].clone()).unwrap();
        for part in parts {
            assert!(json.contains(part), "{request}: {json}");
            let shown = part.replace(r"\ufffd", "\u{fffd}");
            assert!(text.contains(&shown), "{request}: {text}");
        }
    }
}

#[test]
fn a_daemon_without_file_ops_is_too_old() {
    let daemon = daemon("FROM scratch\n");
    daemon.set_environment(|environment| environment.llb_caps = Default::default());
    assert!(message(&daemon).starts_with("needs BuildKit 0.5 or later: "));
}

#[test]
fn the_dockerfile_may_be_written_in_lower_case() {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "sub/dockerfile", "FROM scratch\n");
    daemon.set_opt("filename", "sub/Dockerfile");
    assert!(build(&daemon).is_ok());
    daemon.set_opt("filename", "Other");
    assert!(message(&daemon).starts_with("failed to read dockerfile: "));
}

#[test]
fn an_http_context_that_is_no_archive_is_the_dockerfile() {
    let daemon = daemon("FROM nowhere\n");
    daemon.set_opt("context", "https://example.test/x");
    daemon.add_file(
        "https://example.test/x",
        "context",
        "FROM scratch\nCOPY context /d\n",
    );
    let result = build(&daemon).unwrap();
    assert_eq!(
        identifiers(&ops(&daemon, &result)),
        ["https://example.test/x"]
    );
}

#[test]
fn an_http_context_that_is_an_archive_is_unpacked() {
    let daemon = daemon("FROM scratch\nCOPY a /d\n");
    daemon.set_opt("context", "https://example.test/x.tgz");
    daemon.set_opt("dockerfilekey", "dockerfile");
    daemon.add_file(
        "https://example.test/x.tgz",
        "context",
        vec![0x1f, 0x8b, 0x08, 0],
    );
    let result = build(&daemon).unwrap();
    let ops = ops(&daemon, &result);
    let unpacks = ops.iter().any(|op| match &op.op {
        Some(op::Op::File(file)) => file.actions.iter().any(|action| {
            matches!(&action.action, Some(dockerfile_llb::internals::pb::ops::file_action::Action::Copy(copy)) if copy.attempt_unpack_docker_compatibility && copy.src == "/context")
        }),
        _ => false,
    });
    assert!(unpacks);
}

#[test]
fn the_time_of_an_http_source_is_its_epoch() {
    let daemon = daemon("FROM scratch\nCOPY context /d\n");
    daemon.set_opt("context", "https://example.test/x");
    daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "context");
    daemon.add_file("https://example.test/x", "context", "FROM scratch\n");
    let http = ResolveSourceHttpResponse {
        last_modified: Some(Timestamp {
            seconds: 1_600_000_000,
            nanos: 0,
        }),
        ..Default::default()
    };
    daemon.set_source_meta(
        "https://example.test/x",
        ResolveSourceMetaResponse {
            http: Some(http),
            ..Default::default()
        },
    );
    assert_eq!(
        build(&daemon).unwrap().metadata["source.date.epoch"],
        b"1600000000"
    );
}

#[test]
fn inputs_take_the_place_of_directories() {
    let other = daemon("FROM alpine:3.20\n");
    let result = build(&other).unwrap();
    let Refs::Single(Some(reference)) = &result.refs else {
        panic!("not a single ref")
    };
    let input = other.definition(&reference.id).unwrap();

    let daemon = daemon("FROM scratch\nCOPY a /b\n");
    daemon.add_input("context", input);
    let result = build(&daemon).unwrap();
    let ops = ops(&daemon, &result);
    assert_eq!(
        identifiers(&ops),
        [format!("docker-image://{ALPINE}@sha256:{}", "a".repeat(64))]
    );
}

#[test]
fn an_image_is_asked_for_once_for_all_stages() {
    let daemon = daemon("FROM alpine:3.20 AS a\nRUN x\nFROM alpine:3.20\nCOPY --from=a / /a\n");
    build(&daemon).unwrap();
    let asked = daemon
        .requests::<ResolveSourceMetaRequest>(Method::ResolveSourceMeta)
        .len()
        + daemon
            .requests::<ResolveImageConfigRequest>(Method::ResolveImageConfig)
            .len();
    assert_eq!(asked, 1);
}

#[test]
fn several_platforms_have_a_ref_each_and_warnings_once() {
    let daemon = daemon("FROM alpine:3.20 AS Base\nRUN x\n");
    daemon.set_opt("platform", "linux/amd64,linux/arm64");
    let result = build(&daemon).unwrap();
    let Refs::Map(refs) = &result.refs else {
        panic!("not a map")
    };
    assert_eq!(
        refs.keys().collect::<Vec<_>>(),
        ["linux/amd64", "linux/arm64"]
    );
    assert!(
        result
            .metadata
            .contains_key("containerimage.config/linux/arm64")
    );
    let warnings: Vec<dockerfile_llb::internals::pb::gateway::WarnRequest> =
        daemon.requests(Method::Warn);
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].short,
        b"StageNameCasing: Stage name 'Base' should be lowercase (line 1)"
    );
    assert!(warnings[0].digest.starts_with("sha256:"));
}

#[test]
fn cache_imports_go_with_the_solve() {
    let daemon = daemon("FROM alpine:3.20\nRUN x\n");
    daemon.set_opt("cache-from", "acme/cache");
    build(&daemon).unwrap();
    let requests: Vec<SolveRequest> = daemon.requests(Method::Solve);
    let imports = &requests.last().unwrap().cache_imports;
    assert_eq!(
        (imports[0].r#type.as_str(), imports[0].attrs["ref"].as_str()),
        ("registry", "acme/cache")
    );
}

#[test]
fn a_scan_is_attached_to_the_result() {
    let daemon = daemon("FROM alpine:3.20 AS app\nRUN x\n");
    daemon.set_opt("attest:sbom", "generator=alpine:3.20,LEVEL=2");
    let result = build(&daemon).unwrap();
    let attestations = &result.attestations["linux/amd64"];
    assert_eq!(attestations[0].predicate_type, "https://spdx.dev/Document");
    assert_eq!(attestations[0].metadata["reason"], b"sbom");
    let id = &attestations[0].reference.as_ref().unwrap().id;
    let definition = daemon.sent(id).unwrap();
    let exec =
        definition
            .def
            .iter()
            .rev()
            .find_map(|op| match Op::decode(op.as_slice()).unwrap().op {
                Some(op::Op::Exec(exec)) => Some(exec),
                _ => None,
            });
    let exec = exec.unwrap();
    let targets: Vec<&str> = exec
        .mounts
        .iter()
        .map(|mount| mount.dest.as_str())
        .collect();
    assert_eq!(targets, ["/", "/run/out/", "/run/src/core/sbom", "/tmp"]);
    let meta = exec.meta.unwrap();
    assert_eq!(meta.args, ["/bin/scan"]);
    assert!(meta.env.contains(&"BUILDKIT_SCAN_LEVEL=2".to_owned()));
    assert!(
        meta.env
            .contains(&"BUILDKIT_SCAN_DESTINATION=/run/out/".to_owned())
    );
}

#[test]
fn details_of_a_failed_answer_go_back_unchanged() {
    let daemon = daemon("FROM alpine:3.20\n");
    let failure = Error::with_code(Code::PermissionDenied, "denied")
        .with_detail(type_url::VERTEX, b"{\"digest\":\"x\"}".to_vec());
    daemon.fail(Method::ResolveSourceMeta, failure.clone());
    daemon.fail(Method::ResolveImageConfig, failure);
    let error = build(&daemon).unwrap_err();
    assert_eq!(
        error.message(),
        "alpine:3.20: failed to resolve source metadata for docker.io/library/alpine:3.20: denied"
    );
    assert_eq!(error.code(), Code::PermissionDenied);
    assert!(error.has_detail(type_url::VERTEX));
    assert_eq!(error.sources().len(), 1);
}

#[test]
fn a_local_build_makes_as_few_calls_as_it_can() {
    let daemon = daemon("FROM alpine:3.20\nRUN make\n");
    build(&daemon).unwrap();
    let methods: Vec<Method> = daemon.calls().iter().map(|call| call.method).collect();
    // Of these, the inputs and the Dockerfile, the two files and the directory (for a lock), and the image
    // and the ignore file are asked for at the same time.
    let expected = [
        Method::Ping,
        Method::Inputs,
        Method::Solve,
        Method::ReadFile,
        Method::ReadFile,
        Method::ReadDir,
        Method::ResolveSourceMeta,
        Method::Solve,
        Method::ReadFile,
        Method::Solve,
        Method::Return,
    ];
    assert_eq!(methods, expected);
}

#[test]
fn forwarding_passes_on_what_build_arguments_turned_on() {
    let daemon = daemon("# syntax=acme/frontend:1\nFROM scratch\n");
    daemon.set_opt("build-arg:BUILDKIT_MULTI_PLATFORM", "1");
    daemon.set_opt("build-arg:BUILDKIT_SANDBOX_HOSTNAME", "box");
    daemon.set_opt("hostname", "given");
    daemon.set_forward(FRONTEND);
    let _ = build(&daemon);
    let forwarded = forwarded(&daemon);
    let opts: Vec<String> = forwarded
        .frontend_opt
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        opts,
        [
            "build-arg:BUILDKIT_MULTI_PLATFORM=1",
            "build-arg:BUILDKIT_SANDBOX_HOSTNAME=box",
            "cmdline=acme/frontend:1",
            "hostname=box",
            "multi-platform=1",
            "source=acme/frontend:1",
        ]
    );
}

#[test]
fn the_time_of_the_context_is_asked_for_once_without_what_is_ignored() {
    for ignore_file in [Some("*.log\nout\n"), None] {
        let daemon = daemon("FROM alpine:3.20\nCOPY . /\n");
        daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "context");
        // What the daemon has to say about it is nothing.
        daemon.set_source_meta("local://context", ResolveSourceMetaResponse::default());
        let context = ignore_file.map(|text| (".dockerignore", text.to_owned()));
        daemon.set_files("local://context", context.into_iter().collect());
        build(&daemon).unwrap();
        let requests: Vec<ResolveSourceMetaRequest> = daemon.requests(Method::ResolveSourceMeta);
        let asked: Vec<_> = requests
            .iter()
            .filter_map(|request| request.source.as_ref())
            .filter(|source| source.identifier == "local://context")
            .map(|source| {
                let attrs = source.attrs.iter();
                attrs
                    .filter(|entry| entry.key.as_str() == "local.excludepatterns")
                    .map(|entry| entry.value.to_string())
                    .collect::<Vec<_>>()
            })
            .collect();
        let patterns = ignore_file.map(|_| r#"["*.log","out"]"#.to_owned());
        assert_eq!(asked, [Vec::from_iter(patterns)]);
    }
}

/// Name, value and line of each build argument.
fn outline(dockerfile: &str, opts: &[(&str, &str)]) -> Vec<String> {
    let daemon = daemon(dockerfile);
    daemon.set_opt("requestid", "frontend.outline");
    for (key, value) in opts {
        daemon.set_opt(key, value);
    }
    let result = build(&daemon).unwrap();
    let outline: serde_json::Value =
        serde_json::from_slice(&result.metadata["result.json"]).unwrap();
    let args = outline["args"].as_array().cloned().unwrap_or_default();
    let text = |arg: &serde_json::Value| {
        let line = &arg["location"]["ranges"][0]["start"]["line"];
        let (name, value) = (
            arg["name"].as_str().unwrap(),
            arg["value"].as_str().unwrap_or(""),
        );
        format!("{name}={value} at {line}")
    };
    args.iter().map(text).collect()
}

#[test]
fn an_outline_has_what_the_stage_below_used() {
    let one = "ARG V=3.20\nFROM alpine:$V AS b\nARG V=n\nFROM b\n";
    assert_eq!(outline(one, &[]), ["V=3.20 at 1"]);
    let three =
        "ARG V=3.20\nFROM alpine:$V AS b\nARG W=1\nENV X=$W\nFROM b AS c\nARG V=2\nFROM c\nARG W\n";
    assert_eq!(outline(three, &[]), ["V=3.20 at 1", "W= at 8"]);
    // A context that takes the place of the stage does not change that.
    let replaced = "ARG V=3.20\nFROM alpine:$V AS b\nFROM b AS c\nRUN x\n";
    let context = ("context:c", "docker-image://alpine:3.20");
    assert_eq!(outline(replaced, &[context]), ["V=3.20 at 1"]);
    let above = "ARG V=3.20\nARG U=1\nFROM alpine:$V AS b\nFROM b AS c\nFROM c\nARG U\n";
    assert_eq!(outline(above, &[context]), ["V=3.20 at 1", "U=1 at 2"]);
}
