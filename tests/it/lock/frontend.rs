//! The frontend with a lock, against a daemon in memory.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::{BTreeMap, BTreeSet};

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{Error, Method, Result, SolveResult};
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::{
    GitKey, GitPin, HttpPin, ImagePin, ImageRole, Inputs, Lock, Mode,
};
use dockerfile_llb::internals::pb;
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
        used_by: BTreeSet::from([ImageRole::From]),
        locked: day.clone(),
    };
    let git = GitPin {
        commit: "c".repeat(40),
        tag_object: None,
        locked: day.clone(),
    };
    Lock {
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
        ..Lock::default()
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
    let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
    let definition = solves
        .last()
        .and_then(|solve| solve.definition.clone())
        .expect("a definition");
    let sources = dockerfile_llb::internals::from_pb(definition)
        .sources()
        .expect("sources");
    let sources = sources.into_iter();
    sources
        .map(|source| (source.identifier, source.attrs))
        .collect()
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
        let range = sources.first().and_then(|source| source.ranges.first());
        assert_eq!(range.map(|range| range.start.line), Some(line), "{added}");
        assert_eq!(asked(&daemon), 0, "{added}: asked before it was checked");
    }
}

/// How many images and other sources the daemon was asked about.
fn asked(daemon: &FakeDaemon) -> usize {
    let images: Vec<pb::gateway::ResolveImageConfigRequest> =
        daemon.requests(Method::ResolveImageConfig);
    let sources: Vec<pb::gateway::ResolveSourceMetaRequest> =
        daemon.requests(Method::ResolveSourceMeta);
    images.len() + sources.len()
}

#[tokio::test]
async fn all_that_is_missing_is_told_at_once() {
    let text = format!(
        "{DOCKERFILE}ARG V=2\nADD https://h.example/r.git#v$V /v\nADD https://h.example/other$V /o\n\
         COPY --from=busybox /a /b\nADD https://h.example/literal /l\n"
    );
    let daemon = daemon(&text, Some(&lock()));
    let error = refused(build(&daemon).await);
    assert_eq!(
        error.message(),
        "Dockerfile.lock: the git source `https://h.example/r.git#v2` is not in the lock; \
         the file `https://h.example/other2` is not in the lock; \
         the image `docker.io/library/busybox:latest` is not in the lock; \
         the file `https://h.example/literal` is not in the lock \
         (run `rdf lock Dockerfile`; RDF_LOCK=off builds without the lock)"
    );
    assert_eq!(lines(&error), [6]);
    assert_eq!(asked(&daemon), 0);
}

/// Lines of the first place of an error.
fn lines(error: &Error) -> Vec<i32> {
    let places = error.sources().into_iter().take(1);
    let ranges = places.flat_map(|place| place.ranges);
    ranges.map(|range| range.start.line).collect()
}

#[tokio::test]
async fn an_address_that_an_image_completes_is_held_as_well() {
    let config = CONFIG.replace(r#""config":{}"#, r#""config":{"Env":["V=2"]}"#);
    let pinned = format!("docker.io/library/alpine:3@{}", digest('a'));
    for (missing, line) in [("r.git#v$V", "git source"), ("file$V", "file")] {
        let text = format!("{DOCKERFILE}ADD \\\n  https://h.example/{missing} /o\n");
        let daemon = daemon(&text, Some(&lock()));
        daemon.add_image(&pinned, Image::new(digest('a'), config.clone()));
        let error = refused(build(&daemon).await);
        let missing = missing.replace("$V", "2");
        let wanted = format!("the {line} `https://h.example/{missing}` is not in the lock");
        assert!(error.message().contains(&wanted), "{error:?}");
        assert_eq!(lines(&error), [5, 6]);
        let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
        let solved = solves.into_iter().filter_map(|solve| solve.definition);
        let mut solved = solved.flat_map(|definition| {
            dockerfile_llb::internals::from_pb(definition)
                .sources()
                .expect("sources")
        });
        assert!(solved.all(|source| source.identifier.starts_with("local://")));
    }
}

#[tokio::test]
async fn every_use_of_a_source_has_to_agree_with_the_lock() {
    for (checksum, agrees) in [("cccc", true), ("dddd", false)] {
        let text = format!("{DOCKERFILE}ADD --checksum={checksum} https://h.example/r.git#v1 /v\n");
        let daemon = daemon(&text, Some(&lock()));
        match agrees {
            true => drop(build(&daemon).await.unwrap()),
            false => {
                let error = refused(build(&daemon).await);
                let wanted = "the checksum of `https://h.example/r.git#v1` is not";
                assert!(error.message().contains(wanted), "{error:?}");
                assert_eq!(lines(&error), [5]);
            }
        }
    }
}

#[tokio::test]
async fn a_source_whose_time_is_taken_is_held_before_it_is_asked() {
    let text = format!("FROM scratch AS time\nADD https://h.example/r.git#v2 /\n{DOCKERFILE}");
    let daemon = daemon(&text, Some(&lock()));
    daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "time");
    let error = refused(build(&daemon).await);
    let wanted = "the git source `https://h.example/r.git#v2` is not in the lock";
    assert!(error.message().contains(wanted), "{error:?}");
    assert_eq!((lines(&error), asked(&daemon)), (vec![2], 0));
}

#[tokio::test]
async fn a_daemon_that_gives_another_image_is_refused() {
    let daemon = daemon(DOCKERFILE, Some(&lock()));
    let pinned = format!("docker.io/library/alpine:3@{}", digest('a'));
    daemon.add_image(&pinned, Image::new(digest('f'), CONFIG));
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("in the place of"), "{error:?}");
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
    // A context that nothing uses changes nothing.
    let unused = daemon(&text, Some(&lock()));
    unused.set_opt("context:other", "local:other");
    build(&unused).await.unwrap();
}

#[tokio::test]
async fn a_target_whose_sources_are_all_locked_is_built() {
    let text = format!("FROM alpine:3 AS early\nRUN true\nFROM busybox AS other\n{DOCKERFILE}");
    for target in ["early", "EARLY", ""] {
        let daemon = daemon(&text, Some(&lock()));
        daemon.set_opt("target", target);
        build(&daemon)
            .await
            .unwrap_or_else(|error| panic!("{target}: {error:?}"));
    }
    for (target, words) in [
        ("other", "busybox:latest` is not in the lock"),
        // The error is that of a build without a lock.
        ("2", "target stage \"2\" could not be found"),
    ] {
        let daemon = daemon(&text, Some(&lock()));
        daemon.set_opt("target", target);
        let error = refused(build(&daemon).await);
        assert!(error.message().contains(words), "{target}: {error:?}");
    }
    // Without an image a platform makes no difference.
    let mut lock = lock();
    lock.images.clear();
    let daemon = daemon("FROM scratch\nADD https://h.example/f /f\n", Some(&lock));
    daemon.set_opt("platform", "linux/arm64");
    build(&daemon).await.unwrap();
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
            .contains("Dockerfile.lock does not exist")
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
