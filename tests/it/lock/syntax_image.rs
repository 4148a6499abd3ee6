//! The frontend that runs against the one that the lock holds, and forwarding under a lock.

use std::collections::BTreeMap;

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{Bridge, Error, Frontend, Method, Result, SolveResult};
use dockerfile_llb::internals::lock::{FrontendPin, ImagePin, ImageRole, Lock, Mode};
use dockerfile_llb::internals::pb::gateway::{SolveRequest, WarnRequest};
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::FakeDaemon;

use super::frontend::{build, daemon, digest, refused};
use super::loading::{small, warnings};

const NAME: &str = "ghcr.io/org/ours";

fn file(tag: &str) -> String {
    format!("# syntax={NAME}:{tag}\nFROM alpine:3\nRUN true\n")
}

/// A lock that holds `NAME:tag` to the digest of ones.
fn lock(mode: Mode, tag: &str) -> Lock {
    let mut lock = small(mode);
    let image = lock.images.values().next().unwrap().clone();
    let frontend = ImagePin {
        digest: digest('1'),
        platforms: BTreeMap::new(),
        used_by: [ImageRole::Syntax].into(),
        ..image
    };
    lock.images.insert(format!("{NAME}:{tag}"), frontend);
    lock
}

/// A daemon that runs `own` because of the syntax line, and this frontend whenever it is asked for another.
fn started(lock: &Lock, tag: &str, own: Option<String>) -> FakeDaemon {
    let daemon = daemon(&file(tag), Some(lock));
    daemon.set_opt("cmdline", &format!("{NAME}:{tag}"));
    daemon.set_opt("source", &format!("{NAME}:{tag}"));
    daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
    daemon.set_environment(|environment| environment.frontend = own);
    daemon.set_forward(Dockerfile);
    daemon
}

fn runs(tag: &str, letter: char) -> Option<String> {
    Some(format!("{NAME}:{tag}@{}", digest(letter)))
}

/// Solves by another frontend: the image, its `cmdline`, and whether there was a policy.
fn forwards(daemon: &FakeDaemon) -> Vec<(String, String, bool)> {
    let solves: Vec<SolveRequest> = daemon.requests(Method::Solve);
    let forwarded = solves
        .into_iter()
        .filter(|solve| !solve.frontend.is_empty());
    let word = |solve: &SolveRequest, key: &str| solve.frontend_opt.get(key).cloned();
    forwarded
        .map(|solve| {
            let image = word(&solve, "source").unwrap_or_default();
            let cmdline = word(&solve, "cmdline").unwrap_or_default();
            (image, cmdline, !solve.source_policies.is_empty())
        })
        .collect()
}

fn line(error: &Error) -> Option<i32> {
    let sources = error.sources();
    let range = sources.first()?.ranges.first()?;
    Some(range.start.line)
}

#[tokio::test]
async fn the_locked_frontend_builds_without_a_word() {
    for mode in [Mode::Locked, Mode::Hermetic] {
        let daemon = started(&lock(mode, "1"), "1", runs("1", '1'));
        build(&daemon).await.unwrap();
        assert!(forwards(&daemon).is_empty());
        assert!(warnings(&daemon).is_empty(), "{:?}", warnings(&daemon));
    }
}

#[tokio::test]
async fn a_release_of_the_same_major_version_goes_on_with_a_warning() {
    for tag in ["1", "1.28", "v1.2.0", "1-labs", "latest"] {
        let daemon = started(&lock(Mode::Locked, tag), tag, runs(tag, '2'));
        build(&daemon).await.unwrap();
        assert!(forwards(&daemon).is_empty(), "{tag}");
        let told: Vec<WarnRequest> = daemon.requests(Method::Warn);
        let [warning] = told.as_slice() else {
            panic!("{tag}: {told:?}");
        };
        let short = String::from_utf8_lossy(&warning.short);
        assert!(
            short.contains(&format!("the frontend `{NAME}:{tag}` has moved"))
                && !short.contains('\n'),
            "{short}"
        );
        let detail = String::from_utf8_lossy(&warning.detail[0]);
        assert!(
            detail.contains(&format!("`rdf lock Dockerfile --update {NAME}:{tag}`")),
            "{detail}"
        );
    }
    // Of modes that are not strict nobody is told.
    let daemon = started(&lock(Mode::Auto, "1"), "1", runs("1", '2'));
    build(&daemon).await.unwrap();
    assert!(warnings(&daemon).is_empty());
}

#[tokio::test]
async fn another_major_version_or_another_image_is_refused() {
    for (tag, own, words) in [
        ("2", runs("2", '2'), "another major version"),
        ("0.9", runs("0.9", '2'), "another major version"),
        (
            "1",
            Some(format!("docker.io/other/frontend:1@{}", digest('2'))),
            "`docker.io/other/frontend:1@sha256:2222",
        ),
    ] {
        let daemon = started(&lock(Mode::Locked, tag), tag, own);
        let error = refused(build(&daemon).await);
        assert!(error.message().contains(words), "{error:?}");
        assert_eq!(line(&error), Some(1));
        assert!(forwards(&daemon).is_empty());
    }
}

#[tokio::test]
async fn where_only_the_locked_one_may_build_the_build_goes_to_it_once() {
    let mut exact = lock(Mode::Locked, "1");
    exact.frontend = FrontendPin::Exact;
    let pinned = format!("{NAME}:1@{}", digest('1'));
    for lock in [exact, lock(Mode::Hermetic, "1")] {
        // Another release, another image, another major version, and a daemon that does not tell.
        for own in [
            runs("1", '2'),
            Some(format!("docker.io/other/frontend:1@{}", digest('2'))),
            None,
        ] {
            let daemon = started(&lock, "1", own.clone());
            let result = build(&daemon).await.unwrap();
            // The call has no policy, since no daemon would hand it on.
            let wanted = (pinned.clone(), format!("{NAME}:1"), false);
            assert_eq!(forwards(&daemon), [wanted], "{own:?}");
            assert!(result.metadata.contains_key("frontend.rdf.lock.digest"));
            // The one that was called sets its own.
            let solves: Vec<SolveRequest> = daemon.requests(Method::Solve);
            let built = solves
                .iter()
                .filter(|solve| !solve.source_policies.is_empty());
            assert_eq!(built.count(), 1);
            assert!(warnings(&daemon).is_empty());
        }
    }
}

#[tokio::test]
async fn a_second_time_is_an_error() {
    let daemon = started(&lock(Mode::Hermetic, "1"), "1", runs("1", '2'));
    daemon.set_opt("rdf-lock-frontend", &digest('1'));
    let error = refused(build(&daemon).await);
    assert!(
        error
            .message()
            .contains("the daemon gives another image in its place"),
        "{error:?}"
    );
    assert!(forwards(&daemon).is_empty());
    // Handed to another frontend than the lock holds, it has not been handed over.
    let daemon = started(&lock(Mode::Hermetic, "1"), "1", runs("1", '2'));
    daemon.set_opt("rdf-lock-frontend", &digest('3'));
    build(&daemon).await.unwrap();
    assert_eq!(forwards(&daemon).len(), 1);
}

#[tokio::test]
async fn a_frontend_that_the_lock_does_not_hold_is_refused() {
    let without = small(Mode::Locked);
    let daemon = started(&without, "1", runs("1", '2'));
    let error = refused(build(&daemon).await);
    assert!(
        error.message().contains(&format!(
            "the frontend `{NAME}:1` is not in the lock (run `rdf lock Dockerfile`"
        )),
        "{error:?}"
    );
    assert_eq!(line(&error), Some(1));
    // By argument, where the lock holds another.
    let daemon = started(&lock(Mode::Locked, "1"), "1", None);
    daemon.set_opt("cmdline", "docker.io/other/frontend:1");
    let error = refused(build(&daemon).await);
    let hint = "`rdf lock --build-arg BUILDKIT_SYNTAX=docker.io/other/frontend:1 Dockerfile`";
    assert!(error.message().contains(hint), "{error:?}");
    // `exact` asks for one.
    let mut exact = small(Mode::Locked);
    exact.frontend = FrontendPin::Exact;
    let daemon = super::frontend::daemon("FROM alpine:3\n", Some(&exact));
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("holds none"), "{error:?}");
}

/// Says that it was called.
struct Other;

impl Frontend for Other {
    async fn build(&self, _: &dyn Bridge) -> Result<SolveResult> {
        Ok(SolveResult::default())
    }
}

#[tokio::test]
async fn forwarding_uses_the_pin() {
    // Called by its name, without a syntax line having been read by the daemon.
    let forward = |lock: &Lock, options: &[(&str, &str)]| {
        let daemon = daemon(&file("1").replace(":1\n", ":1 and words\n"), Some(lock));
        for (key, value) in options {
            daemon.set_opt(key, value);
        }
        daemon.set_forward(Other);
        daemon
    };
    let (plain, pinned) = (format!("{NAME}:1"), format!("{NAME}:1@{}", digest('1')));
    let cmdline = format!("{NAME}:1 and words");
    for (lock, options, image) in [
        (lock(Mode::Locked, "1"), &[][..], &pinned),
        (lock(Mode::Hermetic, "1"), &[], &pinned),
        (lock(Mode::Auto, "1"), &[], &pinned),
        (small(Mode::Auto), &[], &plain),
        (
            lock(Mode::Locked, "1"),
            &[("build-arg:RDF_LOCK", "off")],
            &plain,
        ),
        (
            lock(Mode::Locked, "1"),
            &[("build-arg:RDF_LOCK", "write")],
            &plain,
        ),
        (
            lock(Mode::Locked, "1"),
            &[("requestid", "frontend.outline")],
            &plain,
        ),
    ] {
        let daemon = forward(&lock, options);
        build(&daemon).await.unwrap();
        let wanted = (image.clone(), cmdline.clone(), false);
        assert_eq!(forwards(&daemon), [wanted], "{options:?}");
    }
    // A strict lock without it.
    let daemon = forward(&small(Mode::Locked), &[]);
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("is not in the lock"), "{error:?}");
    assert_eq!(line(&error), Some(1));
    assert!(forwards(&daemon).is_empty());
    let daemon = forward(
        &lock(Mode::Locked, "1"),
        &[("build-arg:BUILDKIT_SYNTAX", "other/frontend:2 x")],
    );
    let error = refused(build(&daemon).await);
    let hint = "`rdf lock --build-arg BUILDKIT_SYNTAX=other/frontend:2 Dockerfile`";
    assert!(error.message().contains(hint), "{error:?}");
    // A lock that cannot be read is none that is missing.
    let daemon = forward(&small(Mode::Locked), &[]);
    daemon.add_file("local://dockerfile", "Dockerfile.lock", "version = 9\n");
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("version 9"), "{error:?}");
    assert!(forwards(&daemon).is_empty());
}
