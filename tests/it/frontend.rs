//! The Dockerfile frontend on a daemon in memory: what needs more than one frontend, an odd daemon or an
//! odd client, so that no recorded case has it.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::BTreeMap;

use dockerfile_llb::frontend::{DockerfileFrontend as Dockerfile, version_line};
use dockerfile_llb::gateway::{Bridge, Frontend, Result, SolveResult};
use dockerfile_llb::internals::llb::caps;
use dockerfile_llb::internals::pb::gateway as pb;
use dockerfile_llb::internals::pb::ops;
use dockerfile_llb::internals::pb::ops::{Op, file_action, op};
use dockerfile_llb::llb::{CapSupport, Definition, LocalOptions, MarshalOptions, State};
use dockerfile_llb::testing::{FakeDaemon, Image};
use prost::Message;

const ALPINE: &str = "docker.io/library/alpine:latest";
const CONFIG: &str = r#"{"config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1111111111111111111111111111111111111111111111111111111111111111"]}}"#;

/// A daemon with an image, and `dockerfile` in the client's directory.
fn daemon(dockerfile: &str) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_image(ALPINE, Image::new(digest("a"), CONFIG));
    for local in ["local://context", "local://dockerfile"] {
        daemon.add_file(local, "Dockerfile", dockerfile.to_owned());
    }
    daemon
}

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

async fn build(daemon: &FakeDaemon) -> Result<SolveResult> {
    daemon.build(&Dockerfile).await
}

/// The ops of a result with one ref, the last pointer left out.
fn ops_of(daemon: &FakeDaemon, result: &SolveResult) -> Vec<op::Op> {
    let reference = result.single().unwrap().expect("a ref");
    ops(&daemon.sent(&reference.id).expect("a definition"))
}

fn ops(definition: &ops::Definition) -> Vec<op::Op> {
    let decoded = definition.def.iter().map(|bytes| Op::decode(&**bytes));
    decoded.filter_map(|op| op.unwrap().op).collect()
}

fn sources(ops: &[op::Op]) -> Vec<&str> {
    let identifiers = ops.iter().filter_map(|op| match op {
        op::Op::Source(source) => Some(source.identifier.as_str()),
        _ => None,
    });
    identifiers.collect()
}

/// Sources and destinations of copies.
fn copies(ops: &[op::Op]) -> Vec<(&str, &str)> {
    let files = ops.iter().filter_map(|op| match op {
        op::Op::File(file) => Some(&file.actions),
        _ => None,
    });
    let copies = files.flatten().filter_map(|action| match &action.action {
        Some(file_action::Action::Copy(copy)) => Some((copy.src.as_str(), copy.dest.as_str())),
        _ => None,
    });
    copies.collect()
}

/// A frontend of someone else: says which request reached it.
struct Other;

impl Frontend for Other {
    async fn build(&self, bridge: &dyn Bridge) -> Result<SolveResult> {
        let opts = &bridge.environment().opts;
        let mut result = SolveResult::default();
        if let Some(value) = opts.get("requestid") {
            let value = value.clone().into_bytes();
            result.metadata.insert("requestid".to_owned(), value);
        }
        Ok(result)
    }
}

fn text(metadata: &BTreeMap<String, Vec<u8>>, key: &str) -> Option<String> {
    let value = metadata.get(key)?;
    Some(String::from_utf8(value.clone()).unwrap())
}

#[tokio::test]
async fn proxies_reach_steps_and_nothing_else() {
    let plain = daemon("FROM alpine\nRUN true\n");
    let without = build(&plain).await.unwrap();
    let proxied = daemon("FROM alpine\nRUN true\n");
    proxied.set_opt("build-arg:HTTP_PROXY", "http://a");
    proxied.set_opt("build-arg:no_proxy", "b");
    let with = build(&proxied).await.unwrap();

    let exec = ops_of(&proxied, &with).into_iter().find_map(|op| match op {
        op::Op::Exec(exec) => exec.meta,
        _ => None,
    });
    let meta = exec.expect("a step");
    let proxy = meta.proxy_env.expect("proxies");
    assert_eq!((&*proxy.http_proxy, &*proxy.no_proxy), ("http://a", "b"));
    assert!(
        meta.env
            .iter()
            .all(|entry| !entry.to_lowercase().contains("proxy"))
    );
    assert_eq!(
        text(&with.metadata, "containerimage.config"),
        text(&without.metadata, "containerimage.config")
    );
}

#[tokio::test]
async fn contextsubdir_scopes_a_context_that_is_not_local() {
    let git = "https://example.test/x.git";
    let daemon = daemon("FROM alpine\nCOPY a /a\n");
    daemon.add_file(
        "git://example.test/x.git",
        "Dockerfile",
        "FROM alpine\nCOPY a /a\n",
    );
    daemon.set_opt("context", git);
    daemon.set_opt("contextsubdir", "sub/dir");
    let result = build(&daemon).await.unwrap();
    let ops = ops_of(&daemon, &result);
    assert!(
        copies(&ops).contains(&("/sub/dir", "/")),
        "{:?}",
        copies(&ops)
    );
    assert!(copies(&ops).contains(&("/a", "/a")), "{:?}", copies(&ops));

    // A local context is the client's own choice of a directory.
    let local = self::daemon("FROM alpine\nCOPY a /a\n");
    local.set_opt("contextsubdir", "sub/dir");
    let result = build(&local).await.unwrap();
    assert_eq!(copies(&ops_of(&local, &result)), [("/a", "/a")]);
}

#[tokio::test]
async fn a_request_is_forwarded_before_it_is_answered() {
    let daemon = daemon("# syntax=docker.io/other/frontend:1\nFROM alpine\n");
    daemon.set_forward(Other);
    for request in [
        "frontend.outline",
        "frontend.subrequests.describe",
        "unknown",
    ] {
        daemon.set_opt("requestid", request);
        let metadata = build(&daemon).await.unwrap().metadata;
        assert_eq!(text(&metadata, "requestid").as_deref(), Some(request));
    }
}

#[tokio::test]
async fn options_of_others_do_no_harm() {
    let plain = daemon("FROM alpine\nRUN true\n");
    let without = build(&plain).await.unwrap();
    let odd = daemon("FROM alpine\nRUN true\n");
    for (key, value) in [
        ("build-arg:BUILDKIT_INLINE_CACHE", "1"),
        ("build-arg:BUILDKIT_BUILD_NAME", "name"),
        ("build-arg:BUILDKIT_INLINE_BUILDINFO_ATTRS", "true"),
        ("vcs:source", "https://example.test/x.git"),
        ("vcs:revision", "0123"),
        ("vcs:localdir:context", "."),
        ("input:base", "https://example.test/y"),
        ("attest:provenance", "mode=max"),
        ("never heard of", "\u{0}=\n"),
    ] {
        odd.set_opt(key, value);
    }
    let with = build(&odd).await.unwrap();
    assert_eq!(ops_of(&odd, &with), ops_of(&plain, &without));
    assert_eq!(with.metadata, without.metadata);
}

#[tokio::test]
async fn what_was_removed_is_refused() {
    for (key, value, said) in [
        (
            "override-copy-image",
            "x",
            "support for \"override-copy-image\" was removed",
        ),
        (
            "build-arg:BUILDKIT_DISABLE_FILEOP",
            "true",
            "support for \"BUILDKIT_DISABLE_FILEOP\" build-arg was removed",
        ),
    ] {
        let daemon = daemon("FROM alpine\n");
        daemon.set_opt(key, value);
        let error = build(&daemon).await.unwrap_err();
        assert!(error.message().starts_with(said), "{error}");
    }
    let daemon = daemon("FROM alpine\n");
    daemon.set_environment(|environment| {
        environment.llb_caps = environment.llb_caps.clone().without(caps::FILE_BASE);
    });
    let error = build(&daemon).await.unwrap_err();
    assert!(
        error.message().starts_with("needs BuildKit 0.5 or later"),
        "{error}"
    );
}

/// A definition of a client, as one build hands its result to the next.
fn input(local: &str) -> Definition {
    let options = with!(LocalOptions::default(), session_id = "another".to_owned());
    let state = State::local(local, options);
    let options = with!(MarshalOptions::default(), caps = CapSupport::All);
    state.marshal(&options).unwrap()
}

#[tokio::test]
async fn an_input_with_metadata_is_a_base_image() {
    let daemon = daemon("FROM alpine\nRUN not this one\n");
    daemon.add_file("local://other", "Dockerfile", "FROM base\nCOPY a /a\n");
    daemon.add_input("context", input("other"));
    daemon.add_input("dockerfile", input("other"));
    daemon.add_input("linked", input("linked"));
    daemon.set_opt("context:base", "input:linked");
    let config = r#"{"containerimage.config":"eyJjb25maWciOnsiVXNlciI6InUifX0="}"#;
    daemon.set_opt("input-metadata:linked", config);
    let result = build(&daemon).await.unwrap();
    let ops = ops_of(&daemon, &result);
    let mut found = sources(&ops);
    found.sort_unstable();
    assert_eq!(found, ["local://linked", "local://other"]);
    let image = text(&result.metadata, "containerimage.config").unwrap();
    assert!(image.contains(r#""User":"u""#), "{image}");
}

#[tokio::test]
async fn an_image_turned_into_something_else_is_followed() {
    let to = |target: &str| {
        let daemon = daemon("FROM scratch\nCOPY --from=files context /a\n");
        daemon.set_opt("context:files", "docker-image://docker.io/library/other");
        for name in ["other", "again"] {
            let identifier = format!("docker-image://docker.io/library/{name}:latest");
            let updated = pb::ResolveSourceMetaResponse {
                source: Some(ops::SourceOp {
                    identifier: target.to_owned(),
                    ..ops::SourceOp::default()
                }),
                ..pb::ResolveSourceMetaResponse::default()
            };
            daemon.set_source_meta(&identifier, updated);
        }
        daemon
    };
    let daemon = to("https://example.test/file");
    let result = build(&daemon).await.unwrap();
    let ops = ops_of(&daemon, &result);
    // Parity: the slashes get lost on the way.
    assert_eq!(sources(&ops), ["https:example.test/file"]);

    let daemon = to("docker-image://docker.io/library/again:latest");
    let error = build(&daemon).await.unwrap_err();
    assert!(
        error.message().contains("context recursion limit exceeded"),
        "{error}"
    );
}

#[test]
fn the_version_is_told() {
    let line = version_line("dockerfile-rs");
    let words: Vec<&str> = line.split(' ').collect();
    let [program, package, version, revision] = words.as_slice() else {
        panic!("{line}");
    };
    assert_eq!((*program, *package), ("dockerfile-rs", "dockerfile-llb"));
    assert!(version.starts_with("1.28.0-rdf."), "{version}");
    assert!(!revision.is_empty());
}

/// A daemon whose client has a Dockerfile that is not UTF-8.
fn daemon_of_bytes(dockerfile: &[u8]) -> FakeDaemon {
    let daemon = daemon("");
    for local in ["local://context", "local://dockerfile"] {
        daemon.add_file(local, "Dockerfile", dockerfile.to_vec());
    }
    daemon
}

#[tokio::test]
async fn bytes_that_are_no_text_are_escaped_in_the_config() {
    let daemon = daemon_of_bytes(
        b"FROM scratch\nMAINTAINER Jos\xe9\nCMD caf\xe9 \xe9\nHEALTHCHECK CMD x \xe9\nONBUILD RUN \xe9\nUSER \xe9\n",
    );
    let result = build(&daemon).await.unwrap();
    let config = String::from_utf8(result.metadata["containerimage.config"].clone()).unwrap();
    for part in [
        r#""author":"Jos\ufffd""#,
        r#""created_by":"MAINTAINER Jos\ufffd""#,
        r#""created_by":"HEALTHCHECK {Test:[CMD-SHELL x \ufffd] "#,
        r#""Cmd":["/bin/sh","-c","caf\ufffd \ufffd"]"#,
        r#""Test":["CMD-SHELL","x \ufffd"]"#,
        r#""OnBuild":["RUN \ufffd"]"#,
        // What went through expansion is a character.
        "\"User\":\"\u{fffd}\"",
    ] {
        assert!(config.contains(part), "{part} in {config}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_escaped_in_the_list_of_targets() {
    let daemon = daemon_of_bytes(b"# one caf\xe9\nFROM a\xe9 AS one\n");
    daemon.set_opt("requestid", "frontend.targets");
    let result = build(&daemon).await.unwrap();
    let targets = String::from_utf8(result.metadata["result.json"].clone()).unwrap();
    for part in [r#""description": "caf\ufffd""#, r#""base": "a\ufffd""#] {
        assert!(targets.contains(part), "{part} in {targets}");
    }
}
