//! The frontend with a lock, against a daemon in memory.

use std::collections::{BTreeMap, BTreeSet};

use dockerfile_llb::frontend::Dockerfile;
use dockerfile_llb::gateway::{Error, Result, SolveResult};
use dockerfile_llb::llb::Definition;
use dockerfile_llb::lock::{GitKey, GitPin, HttpPin, ImagePin, Inputs, Lock, Mode, file};
use dockerfile_llb::pb;
use dockerfile_llb::testing::{FakeDaemon, Image};

pub(super) const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;
const DOCKERFILE: &str =
    "FROM alpine:3\nADD https://h.example/f /f\nADD https://h.example/r.git#v1 /r\nRUN true\n";

pub(super) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

pub(super) fn lock() -> Lock {
    let day = "2026-01-01".to_owned();
    let image = ImagePin {
        tag: None,
        digest: digest('a'),
        platforms: BTreeMap::from([("linux/amd64".to_owned(), digest('b'))]),
        config: BTreeMap::new(),
        used_by: BTreeSet::from(["from".to_owned()]),
        locked: day.clone(),
    };
    let git = GitPin {
        commit: "c".repeat(40),
        tag_object: None,
        locked: day.clone(),
    };
    Lock {
        pinned: BTreeMap::new(),
        mode: Mode::Locked,
        inputs: Inputs {
            platforms: BTreeSet::from(["linux/amd64".to_owned()]),
            ..Inputs::default()
        },
        images: BTreeMap::from([("docker.io/library/alpine:3".to_owned(), image)]),
        git: BTreeMap::from([(
            GitKey {
                remote: "https://h.example/r.git".into(),
                reference: "v1".into(),
            },
            git,
        )]),
        http: BTreeMap::from([(
            "https://h.example/f".to_owned(),
            HttpPin {
                digest: digest('d'),
                size: None,
                given: false,
                locked: day,
            },
        )]),
    }
}

pub(super) fn daemon(dockerfile: &str, lock: Option<&Lock>) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_owned());
    if let Some(lock) = lock {
        daemon.add_file("local://dockerfile", "Dockerfile.lock", file::print(lock));
    }
    daemon.add_image(
        "docker.io/library/alpine:3",
        Image::new(digest('e'), CONFIG),
    );
    daemon.add_image(
        &format!("docker.io/library/alpine:3@{}", digest('a')),
        Image::new(digest('a'), CONFIG),
    );
    daemon.add_image(
        "docker.io/library/busybox:latest",
        Image::new(digest('f'), CONFIG),
    );
    daemon
}

pub(super) async fn build(daemon: &FakeDaemon) -> Result<SolveResult> {
    daemon.build(&Dockerfile).await
}

/// Identifiers and attributes of the sources of the last solve.
pub(super) fn sources(daemon: &FakeDaemon) -> Vec<(String, BTreeMap<String, String>)> {
    let solves: Vec<pb::gateway::SolveRequest> =
        daemon.requests(dockerfile_llb::gateway::Method::Solve);
    let definition = solves
        .last()
        .and_then(|solve| solve.definition.clone())
        .expect("a definition");
    Definition::from_pb(definition).sources().expect("sources")
}

pub(super) fn refused(result: Result<SolveResult>) -> Error {
    match result {
        Ok(_) => panic!("the build was let through"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn every_source_is_held_to_its_pin() {
    let daemon = daemon(DOCKERFILE, Some(&lock()));
    let result = build(&daemon).await.unwrap();
    assert!(result.metadata.contains_key("frontend.rdf.lock.digest"));
    let sources = sources(&daemon);
    let find = |start: &str| {
        sources
            .iter()
            .find(|(id, _)| id.starts_with(start))
            .unwrap_or_else(|| panic!("{sources:?}"))
    };
    assert_eq!(
        find("docker-image:").0,
        format!("docker-image://docker.io/library/alpine:3@{}", digest('a'))
    );
    assert_eq!(
        find("git:").0,
        format!("git://h.example/r.git#{}", "c".repeat(40))
    );
    assert_eq!(find("https:").1["http.checksum"], digest('d'));
}

#[tokio::test]
async fn an_unlocked_source_has_no_way_in() {
    for (line, added) in [
        (5, "COPY --from=busybox /a /b\n"),
        (5, "RUN --mount=from=busybox,target=/m true\n"),
        (5, "FROM busybox\nCOPY --from=0 / /\n"),
        (5, "ADD https://h.example/other /o\n"),
        (5, "ADD https://h.example/r.git#v2 /o\n"),
    ] {
        let daemon = daemon(&format!("{DOCKERFILE}{added}"), Some(&lock()));
        let error = refused(build(&daemon).await);
        assert!(
            error.message().contains("is not in the lock"),
            "{added}: {error:?}"
        );
        let sources = error.sources();
        let range = sources
            .first()
            .and_then(|source| source.ranges.first())
            .and_then(|range| range.start);
        assert_eq!(range.map(|start| start.line), Some(line), "{added}");
        assert!(
            daemon
                .requests::<pb::gateway::ResolveImageConfigRequest>(
                    dockerfile_llb::gateway::Method::ResolveImageConfig
                )
                .is_empty(),
            "{added}: asked before it was checked"
        );
    }
}

#[tokio::test]
async fn arguments_contexts_targets_and_platforms_are_checked() {
    let text = format!("ARG V=3\n{}", DOCKERFILE.replace("alpine:3", "alpine:${V}"));
    for (key, value, words) in [
        ("build-arg:V", "4", "alpine:4"),
        ("context:alpine:3", "docker-image://busybox", "busybox"),
        ("platform", "linux/arm64", "linux/arm64"),
        (
            "context:alpine:3",
            "https://h.example/context.git",
            "context.git",
        ),
    ] {
        let daemon = daemon(&text, Some(&lock()));
        daemon.set_opt(key, value);
        let error = refused(build(&daemon).await);
        assert!(error.message().contains(words), "{key}={value}: {error:?}");
        assert!(
            !error.sources().is_empty(),
            "{key}={value}: no place: {error:?}"
        );
    }
    let daemon = daemon(
        &format!("FROM alpine:3 AS early\nRUN true\n{DOCKERFILE}"),
        Some(&lock()),
    );
    daemon.set_opt("target", "early");
    assert!(
        refused(build(&daemon).await)
            .message()
            .contains("target `early`")
    );
}

#[tokio::test]
async fn off_is_off_and_no_lock_is_no_lock() {
    let with = daemon(DOCKERFILE, Some(&lock()));
    with.set_opt("build-arg:RDF_LOCK", "off");
    build(&with).await.unwrap();
    let without = daemon(DOCKERFILE, None);
    build(&without).await.unwrap();
    assert_eq!(sources(&with), sources(&without));
    assert!(
        sources(&with)
            .iter()
            .all(|(_, attrs)| !attrs.contains_key("http.checksum"))
    );
    without.set_opt("build-arg:RDF_LOCK", "locked");
    assert!(
        refused(build(&without).await)
            .message()
            .contains("there is no Dockerfile.lock")
    );
    without.set_opt("build-arg:RDF_LOCK", "strict");
    assert!(
        refused(build(&without).await)
            .message()
            .contains("off, auto, locked, hermetic, write")
    );
}

#[tokio::test]
async fn auto_uses_pins_and_lets_the_rest_through() {
    let daemon = daemon(
        &format!("{DOCKERFILE}COPY --from=busybox /a /b\n"),
        Some(&lock()),
    );
    daemon.set_opt("build-arg:RDF_LOCK", "auto");
    build(&daemon).await.unwrap();
    let sources = sources(&daemon);
    assert!(
        sources.iter().any(|(id, _)| id.contains(&digest('a'))),
        "{sources:?}"
    );
    assert!(
        sources.iter().any(|(id, _)| id.contains("busybox")),
        "{sources:?}"
    );
}

#[tokio::test]
async fn broken_locks_are_named() {
    for (text, words) in [
        ("", "the lock is empty"),
        ("FROM x\n", "tern"),
        ("version = 9\n", "version 9"),
        ("<<<<<<< a\n", "merge"),
    ] {
        let daemon = daemon(DOCKERFILE, None);
        daemon.add_file("local://dockerfile", "Dockerfile.lock", text);
        let error = refused(build(&daemon).await);
        assert!(error.message().contains(words), "{text:?}: {error:?}");
    }
}

#[tokio::test]
async fn hermetic_builds_have_no_network() {
    let daemon1 = daemon(DOCKERFILE, Some(&lock()));
    daemon1.set_opt("build-arg:RDF_LOCK", "hermetic");
    assert!(
        refused(build(&daemon1).await)
            .message()
            .contains("SOURCE_DATE_EPOCH")
    );
    daemon1.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
    build(&daemon1).await.unwrap();
    let daemon2 = daemon(
        &format!("{DOCKERFILE}RUN --network=host true\n"),
        Some(&lock()),
    );
    daemon2.set_opt("build-arg:RDF_LOCK", "hermetic");
    daemon2.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
    let error = refused(build(&daemon2).await);
    assert!(
        error.message().contains("--network=host") && !error.sources().is_empty(),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_lock_is_written_and_checked_by_request() {
    let daemon = daemon("FROM alpine:3\n", Some(&lock()));
    daemon.set_opt("requestid", "frontend.lock-check");
    let result = build(&daemon).await.unwrap();
    assert_eq!(result.metadata["result.statuscode"], b"1");
    let text = String::from_utf8_lossy(&result.metadata["result.txt"]).into_owned();
    assert!(text.contains("lock-unused"), "{text}");
    daemon.set_opt("requestid", "frontend.lock");
    let result = build(&daemon).await.unwrap();
    let text = String::from_utf8_lossy(&result.metadata["result.txt"]).into_owned();
    let written = file::read(text.as_bytes()).unwrap();
    assert_eq!(
        written.images.values().next().map(|pin| pin.digest.clone()),
        Some(digest('a'))
    );
    assert_eq!((written.len(), written.mode), (1, Mode::Locked));
}
