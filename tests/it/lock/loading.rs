//! Which lock a build finds, against a daemon in memory: only a name that does not exist means no lock.

use dockerfile_llb::gateway::{Method, Result, SolveResult};
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::{Lock, Mode};
use dockerfile_llb::internals::pb::gateway::WarnRequest;
use dockerfile_llb::internals::pb::ops::op::Op;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::llb::NetMode;
use dockerfile_llb::testing::{FakeDaemon, Files};

use super::frontend::{build, daemon, lock, refused};

const DOCKERFILE: &str = "FROM alpine:3\nRUN true\n";

/// A lock for [`DOCKERFILE`].
pub(super) fn small(mode: Mode) -> Lock {
    let mut lock = lock();
    lock.git.clear();
    lock.http.clear();
    lock.mode = mode;
    lock
}

/// A daemon with these files beside the Dockerfile.
fn with(files: Files) -> FakeDaemon {
    let daemon = daemon(DOCKERFILE, None);
    daemon.set_files("local://dockerfile", files);
    daemon
}

/// What the build was warned of.
pub(super) fn warnings(daemon: &FakeDaemon) -> Vec<String> {
    let warnings: Vec<WarnRequest> = daemon.requests(Method::Warn);
    let texts = warnings.into_iter().map(|warning| warning.short);
    texts.map(|text| String::from_utf8(text).unwrap()).collect()
}

pub(super) fn text(result: &SolveResult, key: &str) -> Option<String> {
    let value = result.metadata.get(key)?;
    Some(String::from_utf8(value.clone()).unwrap())
}

/// The build ends with an error that has a place, in every mode but `off`.
async fn fails(files: Files, words: &str) {
    for mode in ["", "auto", "locked", "hermetic"] {
        let daemon = with(files.clone());
        daemon.set_opt("build-arg:RDF_LOCK", mode);
        let error = refused(build(&daemon).await);
        let said = format!("{mode}: {error:?}");
        assert!(error.message().contains(words), "{said}");
        assert!(error.message().contains("cannot read"), "{said}");
        assert!(!error.sources().is_empty(), "no place: {said}");
    }
    let daemon = with(files);
    daemon.set_opt("build-arg:RDF_LOCK", "off");
    let result = build(&daemon).await.unwrap();
    assert_eq!(
        text(&result, "frontend.rdf.lock.mode").as_deref(),
        Some("off")
    );
    assert_eq!(
        text(&result, "frontend.rdf.lock.weakened-from").as_deref(),
        Some("unreadable")
    );
    assert!(
        warnings(&daemon)
            .iter()
            .any(|text| text.contains("RDF_LOCK=off ignores Dockerfile.lock")),
        "{:?}",
        warnings(&daemon)
    );
}

fn dockerfile() -> Files {
    [("Dockerfile", DOCKERFILE)].into_iter().collect()
}

#[tokio::test]
async fn a_lock_that_is_there_and_out_of_reach_is_no_missing_lock() {
    for target in [
        "../locks/x",
        "/etc/locks/x",
        "nowhere",
        "Dockerfile.lock",
        "a/../../b",
    ] {
        let mut files = dockerfile();
        files.insert_link("Dockerfile.lock", target);
        fails(files, &format!("link to `{target}`")).await;
    }
    let mut files = dockerfile();
    files.insert("Dockerfile.lock/x", "y");
    fails(files, "directory").await;
    let mut files = dockerfile();
    files.insert("locks/x", "y");
    files.insert_link("Dockerfile.lock", "locks");
    fails(files, "directory").await;
    let mut files = dockerfile();
    files.insert_pipe("Dockerfile.lock");
    fails(files, "not a regular file").await;
    let mut files = dockerfile();
    files.insert_pipe("pipe");
    files.insert_link("Dockerfile.lock", "pipe");
    fails(files, "not a regular file").await;
    let mut files = dockerfile();
    files.insert("Dockerfile.lock", vec![b'#'; 16 << 20]);
    fails(files, "larger than").await;
}

#[tokio::test]
async fn a_link_within_the_directory_is_a_lock() {
    let mut files = dockerfile();
    files.insert("locks/x", file::print(&small(Mode::Locked)));
    files.insert_link("Dockerfile.lock", "locks/x");
    let daemon = with(files);
    let result = build(&daemon).await.unwrap();
    assert!(result.metadata.contains_key("frontend.rdf.lock.digest"));
}

#[tokio::test]
async fn the_lock_beside_the_file_that_a_dockerfile_links_to_is_not_passed_over() {
    let mut files = Files::default();
    files.insert("docker/app", DOCKERFILE);
    files.insert("docker/app.lock", file::print(&small(Mode::Locked)));
    files.insert_link("mid", "docker/app");
    files.insert_link("Dockerfile", "mid");
    fails(files.clone(), "`docker/app.lock`").await;
    // A lock of the link's own counts.
    files.insert_link("Dockerfile.lock", "docker/app.lock");
    let daemon = with(files.clone());
    let result = build(&daemon).await.unwrap();
    assert!(result.metadata.contains_key("frontend.rdf.lock.digest"));
    // Without any lock a link is a Dockerfile like others.
    let mut files = Files::default();
    files.insert("docker/app", DOCKERFILE);
    files.insert_link("Dockerfile", "docker/app");
    build(&with(files)).await.unwrap();
}

#[tokio::test]
async fn a_directory_that_cannot_be_listed_is_no_missing_lock() {
    let daemon = with(dockerfile());
    daemon.fail(
        Method::ReadDir,
        dockerfile_llb::gateway::Error::new("the daemon is ill"),
    );
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("the daemon is ill"), "{error:?}");
}

#[tokio::test]
async fn the_other_spelling_of_a_dockerfile() {
    let locked = file::print(&small(Mode::Locked));
    // The client finds `dockerfile`, and the lock was made for `Dockerfile`.
    let mut files = Files::default();
    files.insert("dockerfile", DOCKERFILE);
    files.insert("Dockerfile.lock", locked.clone());
    let daemon = with(files.clone());
    daemon.set_opt("filename", "dockerfile");
    let error = refused(build(&daemon).await);
    assert!(
        error.message().contains("cannot read Dockerfile.lock")
            && error.message().contains("rename")
            && !error.sources().is_empty(),
        "{error:?}"
    );
    // Where both are, each has its own.
    let mut both = files.clone();
    both.insert("Dockerfile", DOCKERFILE);
    let daemon = with(both);
    daemon.set_opt("filename", "dockerfile");
    let result = build(&daemon).await.unwrap();
    assert!(!result.metadata.contains_key("frontend.rdf.lock.mode"));
    // A client that leaves the choice to the frontend gets the lock of the file that is read.
    let mut files = Files::default();
    files.insert("dockerfile", DOCKERFILE);
    files.insert("dockerfile.lock", locked);
    let result = build(&with(files)).await.unwrap();
    assert!(result.metadata.contains_key("frontend.rdf.lock.digest"));
}

#[tokio::test]
async fn a_lock_in_the_context_of_a_dockerfile_from_elsewhere_is_told() {
    let daemon = daemon(DOCKERFILE, None);
    daemon.set_opt("dockerfilekey", "dockerfile");
    daemon.add_file(
        "local://context",
        "Dockerfile.lock",
        file::print(&small(Mode::Locked)),
    );
    build(&daemon).await.unwrap();
    assert!(
        warnings(&daemon)
            .iter()
            .any(|text| text.contains("the context has a Dockerfile.lock")),
        "{:?}",
        warnings(&daemon)
    );
}

#[tokio::test]
async fn a_dockerfile_of_a_url_is_locked_where_it_is_downloaded_to() {
    let url = "https://h.test/app";
    let daemon = with(Files::default());
    daemon.set_opt("context", url);
    daemon.add_file(url, "context", DOCKERFILE);
    daemon.set_opt("build-arg:RDF_LOCK", "locked");
    let error = build(&daemon).await.unwrap_err();
    let told = error.message();
    assert!(
        told.contains("--build-context rdf-lock=DIR") && !told.contains("rdf lock context"),
        "{told}"
    );
}

#[tokio::test]
async fn an_argument_makes_a_lock_stricter_and_says_when_it_makes_it_weaker() {
    let modes = [Mode::Off, Mode::Auto, Mode::Locked, Mode::Hermetic];
    for file in modes {
        for asked in modes {
            let daemon = daemon(DOCKERFILE, Some(&small(file)));
            daemon.set_opt("build-arg:RDF_LOCK", asked.as_str());
            daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
            let result: Result<SolveResult> = build(&daemon).await;
            let result = result.unwrap_or_else(|error| panic!("{file} {asked}: {error:?}"));
            let counts = match asked {
                Mode::Locked | Mode::Hermetic => asked.max(file),
                _ => asked,
            };
            let weakened = asked < file && asked <= Mode::Auto;
            let said = format!("{file} {asked}");
            let mode = text(&result, "frontend.rdf.lock.mode");
            if weakened || counts != Mode::Off {
                assert_eq!(mode.as_deref(), Some(counts.as_str()), "{said}");
            } else {
                assert_eq!(mode, None, "{said}");
            }
            let from = text(&result, "frontend.rdf.lock.weakened-from");
            assert_eq!(from.as_deref(), weakened.then_some(file.as_str()), "{said}");
            let warned = warnings(&daemon)
                .iter()
                .any(|text| text.contains(&format!("RDF_LOCK={asked} is weaker than")));
            assert_eq!(warned, weakened, "{said}");
            // Hermetic shows in the graph: steps have no network.
            let solves: Vec<dockerfile_llb::internals::pb::gateway::SolveRequest> =
                daemon.requests(Method::Solve);
            let definition = solves.last().unwrap().definition.clone().unwrap();
            let definition = dockerfile_llb::internals::from_pb(definition);
            let ops = dockerfile_llb::internals::messages(&definition)
                .unwrap()
                .into_iter();
            let networks = ops.filter_map(|op| match op.op {
                Some(Op::Exec(exec)) => NetMode::try_from(exec.network).ok(),
                _ => None,
            });
            let is_closed = networks.into_iter().all(|mode| mode == NetMode::None);
            assert_eq!(is_closed, counts == Mode::Hermetic, "{said}");
        }
    }
}

#[tokio::test]
async fn of_two_locks_that_differ_one_is_told_not_to_count() {
    for (mode, is_told) in [(Mode::Auto, true), (Mode::Locked, false)] {
        let daemon = daemon(DOCKERFILE, Some(&small(Mode::Locked)));
        daemon.set_opt("context:rdf-lock", "local:rdf-lock");
        daemon.add_file(
            "local://rdf-lock",
            "Dockerfile.lock",
            file::print(&small(mode)),
        );
        build(&daemon).await.unwrap();
        let told = warnings(&daemon);
        let words = "uses the Dockerfile.lock of `--build-context rdf-lock=…`, and not the one beside the Dockerfile";
        assert_eq!(
            told.iter().any(|text| text.contains(words)),
            is_told,
            "{told:?}"
        );
    }
}
