//! Main contexts that are not directories, other builds' results, and locks that come from elsewhere.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::BTreeSet;

use dockerfile_llb::compile::Options;
use dockerfile_llb::frontend::ClientOptions;
use dockerfile_llb::gateway::Method;
use dockerfile_llb::image::Platform;
use dockerfile_llb::internals::lock::collect::{Document, Walk};
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::{GitKey, GitPin, HttpPin, Lock};
use dockerfile_llb::internals::pb::gateway as pb;
use dockerfile_llb::llb::{Constraints, HttpOptions, MarshalOptions, State, custom_source};
use dockerfile_llb::testing::FakeDaemon;

use super::frontend::{build, daemon, digest, lock, refused, sources};

const GIT: &str = "https://h.example/main.git";
const DOCKERFILE: &str = "FROM alpine:3\nCOPY a /a\n";

/// A daemon whose client builds a repository, and gives `lock` as the named context.
fn outside(dockerfile: &str, lock: Option<&Lock>) -> FakeDaemon {
    let daemon = daemon("unused", None);
    daemon.set_opt("context", &format!("{GIT}#main"));
    for reference in ["main", &"5".repeat(40)] {
        let id = format!("git://h.example/main.git#{reference}");
        daemon.add_file(&id, "Dockerfile", dockerfile.to_owned());
    }
    daemon.set_opt("context:rdf-lock", "local:rdf-lock");
    match lock {
        Some(lock) => daemon.add_file("local://rdf-lock", "Dockerfile.lock", file::print(lock)),
        None => daemon.add_file("local://rdf-lock", "other", ""),
    }
    daemon
}

/// The lock of the other tests, with the main context in it.
fn with_context() -> Lock {
    let mut lock = lock();
    lock.inputs.context = Some(format!("{GIT}#main"));
    let key = GitKey {
        remote: GIT.to_owned(),
        reference: "main".to_owned(),
    };
    let pin = GitPin {
        commit: "5".repeat(40),
        tag_object: None,
        locked: "2026-01-01".to_owned(),
    };
    lock.git.insert(key, pin);
    lock
}

/// Identifiers of the sources of all solves.
fn solved(daemon: &FakeDaemon) -> Vec<String> {
    let solves: Vec<pb::SolveRequest> = daemon.requests(Method::Solve);
    let definitions = solves.into_iter().filter_map(|solve| solve.definition);
    definitions
        .flat_map(|definition| {
            let definition = dockerfile_llb::internals::from_pb(definition);
            definition.sources().expect("sources")
        })
        .map(|source| source.identifier)
        .collect()
}

fn warnings(daemon: &FakeDaemon) -> Vec<String> {
    let warnings: Vec<pb::WarnRequest> = daemon.requests(Method::Warn);
    let texts = warnings.into_iter();
    texts
        .map(|warning| String::from_utf8_lossy(&warning.short).into_owned())
        .collect()
}

#[test]
fn an_image_without_a_platform_is_that_of_the_builder() {
    let document = Document::new("Dockerfile", *b"FROM scratch\nCOPY a /\n");
    let pair = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let client = ClientOptions {
        build_args: pair("SOURCE_DATE_EPOCH", "base"),
        contexts: pair("base", "docker-image://alpine:3"),
        build_platform: Platform::new("linux", "amd64"),
        ..ClientOptions::default()
    };
    let options = with!(
        Options::from(client),
        target_platform = Some(Platform::new("linux", "arm64"))
    );
    let questions = Walk::for_variants(&document, vec![options]).questions();
    let questions = questions.into_iter();
    let asked: Vec<_> = questions.map(|it| (it.reference, it.platform)).collect();
    let expected = (
        "docker.io/library/alpine:3".to_owned(),
        "linux/amd64".to_owned(),
    );
    assert_eq!(asked, [expected]);
}

#[tokio::test]
async fn a_repository_is_held_from_outside() {
    let daemon = outside(DOCKERFILE, Some(&with_context()));
    build(&daemon).await.unwrap();
    let git: Vec<String> = solved(&daemon);
    let git: Vec<&String> = git.iter().filter(|id| id.starts_with("git:")).collect();
    let pinned = format!("git://h.example/main.git#{}", "5".repeat(40));
    assert!(
        !git.is_empty() && git.iter().all(|id| **id == pinned),
        "{git:?}"
    );
    assert!(warnings(&daemon).is_empty(), "{:?}", warnings(&daemon));
}

#[tokio::test]
async fn a_repository_that_is_not_held_is_told() {
    let daemon = outside(DOCKERFILE, Some(&lock()));
    build(&daemon).await.unwrap();
    assert!(solved(&daemon).contains(&"git://h.example/main.git#main".to_owned()));
    let wanted = format!("Dockerfile.lock: the main context `{GIT}#main` is not in the lock");
    assert_eq!(warnings(&daemon), [wanted]);
    // A lock that names another one is for another build.
    let mut other = with_context();
    other.git.retain(|key, _| key.remote != GIT);
    let error = refused(build(&outside(DOCKERFILE, Some(&other))).await);
    let wanted = format!("the git source `{GIT}#main` is not in the lock");
    assert!(error.message().contains(&wanted), "{error:?}");
}

#[tokio::test]
async fn a_repository_cannot_hold_itself() {
    // A lock inside it, whatever it says.
    let daemon = daemon("unused", None);
    daemon.set_opt("context", &format!("{GIT}#main"));
    let id = "git://h.example/main.git#main";
    daemon.add_file(id, "Dockerfile", DOCKERFILE);
    daemon.add_file(id, "Dockerfile.lock", file::print(&with_context()));
    build(&daemon).await.unwrap();
    let git = solved(&daemon).into_iter();
    let git: Vec<String> = git.filter(|id| id.starts_with("git:")).collect();
    assert!(git.iter().all(|one| one == id), "{git:?}");
    assert_eq!(warnings(&daemon).len(), 1);
}

#[tokio::test]
async fn an_instruction_that_names_the_main_context_is_no_exception() {
    let text = format!("{DOCKERFILE}ADD {GIT}#main /m\n");
    let error = refused(build(&outside(&text, Some(&lock()))).await);
    let wanted = format!("the git source `{GIT}#main` is not in the lock");
    assert!(error.message().contains(&wanted), "{error:?}");
    assert!(!error.sources().is_empty(), "{error:?}");
}

#[tokio::test]
async fn only_the_op_of_the_main_context_is_exempt() {
    let mut held = with_context();
    held.inputs.context = None;
    let text = format!("{DOCKERFILE}ADD {GIT}#main /m\nADD {GIT}#main:dir /d\n");
    let daemon = outside(&text, Some(&held));
    build(&daemon).await.unwrap();
    let git = sources(&daemon).into_iter().map(|(id, _)| id);
    let git: Vec<String> = git.filter(|id| id.starts_with("git:")).collect();
    let commit = "5".repeat(40);
    let wanted = [
        "git://h.example/main.git#main".to_owned(),
        format!("git://h.example/main.git#{commit}"),
        format!("git://h.example/main.git#{commit}:dir"),
    ];
    assert_eq!(git, wanted);
}

#[tokio::test]
async fn an_archive_of_the_client_is_its_context() {
    let url = "http://buildkit-session/1234";
    let daemon = daemon("unused", None);
    daemon.set_opt("context", url);
    // Gzip, by its first bytes, and what is in it.
    daemon.add_file(url, "context", b"\x1f\x8b\x08\x00".to_vec());
    daemon.add_file(url, "Dockerfile", DOCKERFILE);
    daemon.add_file(url, "Dockerfile.lock", file::print(&lock()));
    let result = build(&daemon).await.unwrap();
    assert!(result.metadata.contains_key("frontend.rdf.lock.digest"));
    assert!(warnings(&daemon).is_empty(), "{:?}", warnings(&daemon));
}

#[tokio::test]
async fn an_archive_is_held_from_outside() {
    let url = "https://h.example/main.tar.gz";
    let mut lock = lock();
    lock.inputs.context = Some(url.to_owned());
    let pin = HttpPin {
        digest: digest('5'),
        size: None,
        given: false,
        locked: "2026-01-01".to_owned(),
    };
    lock.http.insert(url.to_owned(), pin);
    let daemon = daemon("unused", None);
    daemon.set_opt("context", url);
    daemon.add_file(url, "context", DOCKERFILE);
    daemon.set_opt("context:rdf-lock", "local:rdf-lock");
    daemon.add_file("local://rdf-lock", "context.lock", file::print(&lock));
    build(&daemon).await.unwrap();
    let found = sources(&daemon);
    let (_, attrs) = found.iter().find(|(id, _)| id == url).expect("the archive");
    assert_eq!(attrs.get("http.checksum"), Some(&digest('5')));
}

#[tokio::test]
async fn a_lock_for_a_context_on_the_web_is_for_no_directory() {
    let daemon = outside(DOCKERFILE, Some(&with_context()));
    daemon.set_opt("context", "");
    daemon.add_file("local://dockerfile", "Dockerfile", DOCKERFILE);
    let error = refused(build(&daemon).await);
    let words =
        format!("the main context is of the client, and the lock was made for `{GIT}#main`");
    assert!(error.message().contains(&words), "{error:?}");
}

#[tokio::test]
async fn a_first_lock_outside() {
    let daemon = outside(DOCKERFILE, None);
    let meta = pb::ResolveSourceMetaResponse {
        git: Some(pb::ResolveSourceGitResponse {
            checksum: "6".repeat(40),
            ..Default::default()
        }),
        ..Default::default()
    };
    daemon.set_source_meta("git://h.example/main.git#main", meta);
    daemon.set_opt("requestid", "frontend.lock");
    let result = build(&daemon).await.unwrap();
    let written = file::read(&result.metadata["result.txt"]).unwrap();
    assert_eq!(written.inputs.context, Some(format!("{GIT}#main")));
    let commits: Vec<String> = written.git.into_values().map(|pin| pin.commit).collect();
    assert_eq!(commits, ["6".repeat(40)]);
    // A build needs one.
    let daemon = outside(DOCKERFILE, None);
    let error = refused(build(&daemon).await);
    assert!(
        error.message().contains("has no Dockerfile.lock"),
        "{error:?}"
    );
}

#[tokio::test]
async fn results_of_other_builds_are_in_their_own_locks() {
    let mut held = lock();
    let context = ("other".to_owned(), "input:a-target".to_owned());
    held.inputs.contexts.extend([context]);
    let daemon = daemon("FROM alpine:3\nCOPY --from=other /a /a\n", Some(&held));
    daemon.set_opt("context:other", "input:other");
    let source = "docker-image://docker.io/library/busybox:latest";
    let state: State = custom_source(source, Default::default(), Constraints::new());
    let definition = state.marshal(&MarshalOptions::default()).unwrap();
    daemon.add_input("other", definition);
    build(&daemon).await.unwrap();
    assert!(sources(&daemon).iter().any(|(id, _)| id == source));
    // Named in the Dockerfile itself, the same image is not let in.
    let text = "FROM alpine:3\nCOPY --from=busybox /a /a\n";
    daemon.add_file("local://dockerfile", "Dockerfile", text);
    refused(build(&daemon).await);
}

#[tokio::test]
async fn what_a_linked_target_reads_exempts_nothing_here() {
    let text = "FROM alpine:3\nADD https://h.example/f /f\nCOPY --from=other /f /g\n";
    let url = "https://h.example/f";
    let options = with!(HttpOptions::default(), filename = "f".to_owned());
    let linked = State::http(url, options).marshal(&MarshalOptions::default());
    let linked = linked.unwrap();
    let mut held = lock();
    let context = ("other".to_owned(), "input:other".to_owned());
    held.inputs.contexts.extend([context]);
    let daemon = daemon(text, Some(&held));
    daemon.set_opt("context:other", "input:other");
    daemon.add_input("other", linked.clone());
    build(&daemon).await.unwrap();
    let found = sources(&daemon).into_iter().filter(|(id, _)| id == url);
    let held = found.map(|(_, attrs)| attrs.get("http.checksum").cloned());
    let held: BTreeSet<Option<String>> = held.collect();
    // The one of the other build is as that build has it, ours is held.
    assert_eq!(held, BTreeSet::from([None, Some(digest('d'))]));
    // One that is not in the lock is not let in for its sake.
    let mut without = lock();
    without.http.clear();
    let daemon = super::frontend::daemon(text, Some(&without));
    daemon.set_opt("context:other", "input:other");
    daemon.add_input("other", linked);
    let error = refused(build(&daemon).await);
    let wanted = format!("the file `{url}` is not in the lock");
    assert!(error.message().contains(&wanted), "{error:?}");
}

#[tokio::test]
async fn a_layout_of_the_client_is_held_by_its_digest() {
    let text = "FROM alpine:3\nADD https://h.example/f /f\nADD https://h.example/r.git#v1 /r\nCOPY --from=layout /a /a\n";
    let given = |letter| format!("oci-layout://store@{}", digest(letter));
    for (held, refusal) in [
        (Some(given('1')), None),
        (Some(given('2')), Some("and the lock pins it to")),
        (None, Some("a layout that is not in the lock")),
    ] {
        let mut lock = lock();
        lock.inputs
            .contexts
            .extend(held.map(|spec| ("layout".to_owned(), spec)));
        let daemon = daemon(text, Some(&lock));
        daemon.set_opt("context:layout", &given('1'));
        let name = format!("docker.io/library/layout@{}", digest('1'));
        let image = dockerfile_llb::testing::Image::new(digest('1'), super::frontend::CONFIG);
        daemon.add_image(&name, image);
        match refusal {
            None => drop(build(&daemon).await.unwrap()),
            Some(words) => {
                let error = refused(build(&daemon).await);
                assert!(error.message().contains(words), "{error:?}");
            }
        }
    }
}
