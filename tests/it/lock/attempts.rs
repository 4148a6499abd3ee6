//! Attempts to get something past a lock, each with the message and the place that it fails with.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::BTreeMap;

use dockerfile_llb::gateway::{Error, Method};
use dockerfile_llb::internals::lock::{ConfigFacts, Lock};
use dockerfile_llb::internals::pb::gateway::{
    ResolveImageConfigRequest, ResolveSourceMetaRequest, SolveRequest,
};
use dockerfile_llb::testing::{FakeDaemon, Image};

use super::frontend::{CONFIG, build, daemon, digest, lock, refused, sources};

const DOCKERFILE: &str = "\
ARG V=3
FROM alpine:${V} AS early
RUN true
FROM early
ADD https://h.example/f /f
ADD https://h.example/r.git#v1 /r
";
const OFF: &str = "RDF_LOCK=off builds without the lock";
const HINT: &str = "run `rdf lock Dockerfile`";

/// The line that an error is about.
fn line(error: &Error) -> Option<i32> {
    let source = error.sources().into_iter().next()?;
    Some(source.ranges.first()?.start.line)
}

/// A refusal: nothing was asked about before it but what the lock holds, by its digest, and nothing was built.
async fn attempt(daemon: &FakeDaemon) -> (String, Option<i32>) {
    let error = refused(build(daemon).await);
    let images: Vec<ResolveImageConfigRequest> = daemon.requests(Method::ResolveImageConfig);
    assert!(images.is_empty(), "{error:?}");
    let others: Vec<ResolveSourceMetaRequest> = daemon.requests(Method::ResolveSourceMeta);
    let pinned = format!("docker-image://docker.io/library/alpine:3@{}", digest('a'));
    let asked = others.into_iter().filter_map(|request| request.source);
    for source in asked {
        assert_eq!(source.identifier, pinned, "{error:?}");
    }
    let solves: Vec<SolveRequest> = daemon.requests(Method::Solve);
    let built = solves.into_iter().filter_map(|solve| solve.definition);
    for definition in built {
        let built = dockerfile_llb::internals::from_pb(definition)
            .sources()
            .expect("sources");
        assert!(
            built
                .iter()
                .all(|source| source.identifier.starts_with("local://")),
            "{built:?}"
        );
    }
    (error.message().to_owned(), line(&error))
}

#[tokio::test]
async fn with_another_dockerfile() {
    for (added, what) in [
        (
            "FROM busybox\nCOPY --from=early / /\n",
            "the image `docker.io/library/busybox:latest` is not in the lock",
        ),
        (
            "COPY --from=busybox /a /b\n",
            "the image `docker.io/library/busybox:latest` is not in the lock",
        ),
        (
            "RUN --mount=from=busybox,target=/m true\n",
            "the image `docker.io/library/busybox:latest` is not in the lock",
        ),
        (
            "RUN --mount=type=cache,from=busybox,target=/m true\n",
            "the image `docker.io/library/busybox:latest` is not in the lock",
        ),
        (
            "ADD https://h.example/other /o\n",
            "the file `https://h.example/other` is not in the lock",
        ),
        (
            "ADD https://h.example/r.git#v2 /o\n",
            "the git source `https://h.example/r.git#v2` is not in the lock",
        ),
        (
            "ADD https://h.example/r.git /o\n",
            "the git source `https://h.example/r.git` is not in the lock",
        ),
    ] {
        let daemon = daemon(&format!("{DOCKERFILE}{added}"), Some(&lock()));
        let wanted = format!("Dockerfile.lock: {what} ({HINT}; {OFF})");
        assert_eq!(attempt(&daemon).await, (wanted, Some(7)), "{added}");
    }
}

#[tokio::test]
async fn with_checksums_and_digests_of_ones_own() {
    let image = format!("alpine:3@{}", digest('9'));
    let (a, c, d) = (digest('a'), "c".repeat(40), digest('d'));
    for (from, to, message, at) in [
        (
            "alpine:${V}",
            image.as_str(),
            format!(
                "the digest of `docker.io/library/{image}` is not the one in the lock, which pins \
                 `docker.io/library/alpine:3` to {a} (take the digest out of the Dockerfile, or accept it: {HINT}; {OFF})"
            ),
            2,
        ),
        (
            "ADD https://h.example/f",
            &format!("ADD --checksum={} https://h.example/f", digest('9')),
            format!(
                "the checksum of `https://h.example/f` is not the one in the lock, {d} ({HINT}; {OFF})"
            ),
            5,
        ),
        (
            "ADD https://h.example/r.git",
            &format!("ADD --checksum={} https://h.example/r.git", "9".repeat(40)),
            format!(
                "the checksum of `https://h.example/r.git#v1` is not the commit in the lock, {c} ({HINT}; {OFF})"
            ),
            6,
        ),
    ] {
        let daemon = daemon(&DOCKERFILE.replace(from, to), Some(&lock()));
        let wanted = format!("Dockerfile.lock: {message}");
        assert_eq!(attempt(&daemon).await, (wanted, Some(at)), "{to}");
    }
}

#[tokio::test]
async fn with_other_flags() {
    let context = |shown: &str, value: &str| {
        let what = "and the lock was not made with that in its place";
        let run = format!("run `rdf lock --build-context {value} Dockerfile`");
        format!("the context `alpine:3` is {shown}, {what} ({run}; {OFF})")
    };
    let url = "https://h.example/context.git#main";
    for (key, value, message, at) in [
        (
            "build-arg:V",
            "4",
            format!(
                "the image `docker.io/library/alpine:4` is not in the lock (run `rdf lock --build-arg V=4 Dockerfile`; \
                 {OFF})"
            ),
            2,
        ),
        (
            "context:alpine:3",
            "docker-image://busybox",
            context("docker-image://busybox", "alpine:3=docker-image://busybox"),
            2,
        ),
        (
            "context:alpine:3",
            url,
            context(url, &format!("'alpine:3={url}'")),
            2,
        ),
        (
            "context:alpine:3",
            "docker-image://alpine:3",
            context(
                "docker-image://alpine:3",
                "alpine:3=docker-image://alpine:3",
            ),
            2,
        ),
        (
            "context:alpine:3",
            "local:elsewhere",
            context("a directory", "alpine:3=DIR"),
            2,
        ),
        (
            "context:alpine:3",
            "input:elsewhere",
            context("the result of another build", "alpine:3=target:NAME"),
            2,
        ),
        (
            "platform",
            "linux/arm64",
            format!(
                "the image `docker.io/library/alpine:3` is locked, but not for linux/arm64 (run `rdf lock --platform linux/amd64,linux/arm64 Dockerfile`; {OFF})"
            ),
            2,
        ),
    ] {
        let daemon = daemon(DOCKERFILE, Some(&lock()));
        daemon.set_opt(key, value);
        let wanted = format!("Dockerfile.lock: {message}");
        assert_eq!(attempt(&daemon).await, (wanted, Some(at)), "{key}={value}");
    }
}

#[tokio::test]
async fn by_a_builder_of_a_platform_that_the_lock_is_not_for() {
    let mut lock = lock();
    lock.inputs.platforms = ["linux/arm64".to_owned()].into();
    for pin in lock.images.values_mut() {
        pin.platforms = BTreeMap::from([("linux/arm64".to_owned(), digest('b'))]);
    }
    let dockerfile =
        "FROM --platform=$BUILDPLATFORM alpine:3 AS tools\nFROM alpine:3\nCOPY --from=tools /a /\n";
    let daemon = daemon(dockerfile, Some(&lock));
    daemon.set_opt("platform", "linux/arm64");
    let wanted = format!(
        "Dockerfile.lock: the image `docker.io/library/alpine:3` is locked, but not for linux/amd64 (run `rdf lock --platform linux/amd64,linux/arm64 Dockerfile`; {OFF})"
    );
    assert_eq!(attempt(&daemon).await, (wanted, Some(1)));
}

/// A config whose image fetches from elsewhere when it is built upon.
fn triggering() -> String {
    CONFIG.replace(
        r#""config":{}"#,
        r#""config":{"OnBuild":["COPY --from=busybox /a /b"]}"#,
    )
}

#[tokio::test]
async fn with_triggers_that_the_lock_does_not_know() {
    // The tag has moved to an image with a trigger: the pinned one has none.
    let moved = daemon(DOCKERFILE, Some(&lock()));
    let name = "docker.io/library/alpine:3";
    moved.add_image(name, Image::new(digest('e'), triggering().as_str()));
    build(&moved).await.unwrap();
    assert!(!sources(&moved).iter().any(|(id, _)| id.contains("busybox")));
    // The pinned image has one, and the lock does not tell.
    let pinned = format!("{name}@{}", digest('a'));
    let changed = daemon(DOCKERFILE, Some(&lock()));
    changed.add_image(&pinned, Image::new(digest('a'), triggering().as_str()));
    let message = "the image `docker.io/library/busybox:latest` is not in the lock";
    let wanted = format!("Dockerfile.lock: {message} ({HINT}; {OFF})");
    assert_eq!(attempt(&changed).await, (wanted.clone(), Some(2)));
    // The lock tells, and does not have the image of the trigger.
    let mut told = lock();
    let facts = ConfigFacts {
        onbuild: vec!["COPY --from=busybox /a /b".to_owned()],
        env: Vec::new(),
    };
    let pin = told.images.get_mut(name).expect("a pin");
    pin.config = BTreeMap::from([("linux/amd64".to_owned(), facts)]);
    let daemon = daemon(DOCKERFILE, Some(&told));
    daemon.add_image(&pinned, Image::new(digest('a'), triggering().as_str()));
    assert_eq!(attempt(&daemon).await, (wanted, Some(2)));
}

#[tokio::test]
async fn with_a_digest_that_nobody_has() {
    let mut tampered: Lock = lock();
    for pin in tampered.images.values_mut() {
        pin.digest = digest('7');
    }
    let daemon = daemon(DOCKERFILE, Some(&tampered));
    let error = refused(build(&daemon).await);
    let wanted = format!("docker.io/library/alpine:3@{}: not found", digest('7'));
    assert!(error.message().contains(&wanted), "{error:?}");
    assert_eq!(line(&error), Some(2));
}

#[tokio::test]
async fn without_a_lock_nothing_is_other_than_it_was() {
    // What is built is the same with a lock that is not obeyed, and with none; only the remark that it was not obeyed,
    // which takes a look at it, is more.
    let calls = |daemon: &FakeDaemon, left_out: &[Method]| {
        let calls = daemon.calls().into_iter();
        calls
            .filter(|call| !left_out.contains(&call.method))
            .map(|call| (call.method, call.request))
            .collect::<Vec<_>>()
    };
    let off = daemon(DOCKERFILE, Some(&lock()));
    off.set_opt("build-arg:RDF_LOCK", "off");
    build(&off).await.unwrap();
    let none = daemon(DOCKERFILE, None);
    none.set_opt("build-arg:RDF_LOCK", "off");
    build(&none).await.unwrap();
    let remark = [Method::ReadFile, Method::Warn, Method::Return];
    assert_eq!(calls(&off, &remark), calls(&none, &remark));
    // Looking for one costs one list of the directory, at the same time as the Dockerfile is read.
    let count = |daemon: &FakeDaemon, method: Method| {
        let calls = daemon.calls().into_iter();
        calls.filter(|call| call.method == method).count()
    };
    let looking = daemon(DOCKERFILE, None);
    build(&looking).await.unwrap();
    assert_eq!(count(&looking, Method::ReadDir), 1);
    assert_eq!(count(&looking, Method::StatFile), 0);
    assert_eq!(
        count(&off, Method::ReadFile),
        count(&looking, Method::ReadFile) + 1
    );
}
