//! Locks made by a daemon: by one that tells what sources are, and by one that has to fetch them.

use dockerfile_llb::gateway::{Error, Method};
use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::{Lock, Mode};
use dockerfile_llb::internals::pb::gateway as pb;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};

use super::frontend::{CONFIG, build, daemon, digest, lock, refused};

const DOCKERFILE: &str = "\
FROM alpine:3
COPY --from=busybox /a /b
ADD https://h.example/f /f
ADD https://h.example/r.git#main /main
ADD https://h.example/r.git#v1 /v1
";

fn commit(letter: char) -> String {
    letter.to_string().repeat(40)
}

/// More than fits into one message.
fn large() -> Vec<u8> {
    b"a line\n".repeat(2 << 20)
}

fn asked(dockerfile: &str, old: Option<&Lock>) -> FakeDaemon {
    let daemon = daemon(dockerfile, old);
    daemon.set_opt("requestid", "frontend.lock");
    daemon.add_file("https://h.example/f", "download", large());
    for (reference, tag) in [("main", commit('1')), ("v1", commit('3'))] {
        let id = format!("git://h.example/r.git#{reference}");
        let head = if reference == "main" { '1' } else { '2' };
        daemon.add_file(&id, ".git/HEAD", format!("{}\n", commit(head)));
        // A daemon keeps what it has fetched of other refs as well.
        daemon.add_file(&id, ".git/refs/tags/other", format!("{}\n", commit('9')));
        let path = format!(".git/refs/tags/{reference}");
        daemon.add_file(&id, &path, format!("{tag}\n"));
    }
    daemon
}

/// Makes it tell what it is asked about.
fn telling(daemon: &FakeDaemon) {
    let meta =
        |git: Option<(String, String)>, http: Option<String>| pb::ResolveSourceMetaResponse {
            git: git.map(|(checksum, commit_checksum)| pb::ResolveSourceGitResponse {
                checksum,
                commit_checksum,
                ..Default::default()
            }),
            http: http.map(|checksum| pb::ResolveSourceHttpResponse {
                checksum,
                ..Default::default()
            }),
            ..Default::default()
        };
    let branch = meta(Some((commit('1'), String::new())), None);
    daemon.set_source_meta("git://h.example/r.git#main", branch);
    let tag = meta(Some((commit('3'), commit('2'))), None);
    daemon.set_source_meta("git://h.example/r.git#v1", tag);
    let file = meta(None, Some(Digest::sha256(&large()).to_string()));
    daemon.set_source_meta("https://h.example/f", file);
}

async fn written(daemon: &FakeDaemon) -> String {
    let result = build(daemon).await.unwrap();
    String::from_utf8(result.metadata["result.txt"].to_vec()).unwrap()
}

#[tokio::test]
async fn every_daemon_makes_the_same_lock() {
    let fetching = asked(DOCKERFILE, None);
    let told = asked(DOCKERFILE, None);
    telling(&told);
    let text = written(&fetching).await;
    assert_eq!(text, written(&told).await);
    let lock = file::read(text.as_bytes()).unwrap();
    let file = lock.http.values().next().expect("a file");
    assert_eq!(file.digest, Digest::sha256(&large()).to_string());
    assert_eq!(file.size, Some(large().len() as u64));
    let git: Vec<_> = lock.git.values().collect();
    assert_eq!((&git[0].commit, &git[0].tag_object), (&commit('1'), &None));
    assert_eq!(
        (&git[1].commit, &git[1].tag_object),
        (&commit('2'), &Some(commit('3')))
    );
    for pin in lock.images.values() {
        let config = Digest::sha256(CONFIG.as_bytes()).to_string();
        assert_eq!(pin.platforms.values().collect::<Vec<_>>(), [&config]);
    }
    // One question about each, and never what the daemon has lying about under the same name.
    let images: Vec<pb::ResolveSourceMetaRequest> = fetching.requests(Method::ResolveSourceMeta);
    let mut ids: Vec<String> = images
        .into_iter()
        .map(|request| request.source.unwrap_or_default().identifier)
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((all, ids.len()), (5, 5), "{ids:?}");
}

#[tokio::test]
async fn an_older_daemon_does_it_too() {
    let daemon = asked(DOCKERFILE, None);
    daemon.set_environment(|environment| {
        environment.caps = environment.caps.clone().without("source.metaresolver");
    });
    // Without a way to ask, only images can be told.
    daemon.add_file(
        "local://dockerfile",
        "Dockerfile",
        "FROM alpine:3\nCOPY --from=busybox /a /b\n",
    );
    let lock = file::read(written(&daemon).await.as_bytes()).unwrap();
    assert_eq!(lock.images.len(), 2);
    let asked: Vec<pb::ResolveImageConfigRequest> = daemon.requests(Method::ResolveImageConfig);
    assert!(
        asked.iter().all(|request| request.resolve_mode == "pull"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn pins_stay_though_their_images_are_gone() {
    let mut old = lock();
    old.mode = Mode::Auto;
    let name = "docker.io/library/alpine:3";
    // The tag is something else now, and what it was is gone.
    old.images.get_mut(name).expect("a pin").digest = digest('8');
    let daemon = asked(DOCKERFILE, Some(&old));
    let text = written(&daemon).await;
    let lock = file::read(text.as_bytes()).unwrap();
    assert_eq!(lock.images.get(name), old.images.get(name));
    assert_eq!(lock.mode, Mode::Auto);
    let (key, pin) = old.git.first_key_value().expect("a pin");
    assert_eq!(lock.git.get(key), Some(pin));
}

#[tokio::test]
async fn all_failures_are_told_at_once() {
    let dockerfile = "FROM nothing:1\nCOPY --from=nowhere:2 /a /b\nADD https://h.example/f /f\n";
    let daemon = asked(dockerfile, None);
    daemon.add_image(
        "docker.io/library/alpine:3",
        Image::new(digest('e'), CONFIG),
    );
    let error = refused(build(&daemon).await);
    let message = error.message();
    assert!(
        message.starts_with("Dockerfile.lock: nothing was written: "),
        "{message}"
    );
    for name in ["library/nothing:1", "library/nowhere:2"] {
        assert!(message.contains(name), "{name}: {message}");
    }
    assert!(!error.sources().is_empty(), "{error:?}");
}

#[tokio::test]
async fn a_failed_question_is_not_asked_twice() {
    let dockerfile =
        "FROM scratch\nADD https://h.example/r.git#v1 /a\nADD https://h.example/r.git#v1 /b\n";
    let daemon = asked(dockerfile, None);
    daemon.fail(Method::ResolveSourceMeta, Error::new("no such ref"));
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("no such ref"), "{error:?}");
    let asked: Vec<pb::ResolveSourceMetaRequest> = daemon.requests(Method::ResolveSourceMeta);
    let asked = asked.into_iter().filter_map(|request| request.source);
    let git = asked.filter(|source| source.identifier.starts_with("git:"));
    assert_eq!(git.count(), 1);
    let solves: Vec<pb::SolveRequest> = daemon.requests(Method::Solve);
    assert_eq!(solves.len(), 1, "only the Dockerfile is loaded");
}
