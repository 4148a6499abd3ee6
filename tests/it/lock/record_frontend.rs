//! The frontend that records, against a daemon in memory.

use dockerfile_llb::gateway::{Method, Result, SolveResult};
use dockerfile_llb::internals::lock::{Lock, print, read};
use dockerfile_llb::internals::pb;
use dockerfile_llb::internals::pb::ops::file_action::Action;
use dockerfile_llb::internals::pb::ops::op::Op;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};
use prost::Message as _;

use super::frontend::{CONFIG, build, daemon, digest, refused};
use super::loading::warnings;

const DOCKERFILE: &str = "FROM alpine:3 AS app\nCOPY . /src\nRUN wget http://h.example/x \\\n    && id\n\
    RUN --network=none id\nRUN last\n";

/// A daemon for a recording in which no step has fetched anything.
fn recording(dockerfile: &str, args: &[(&str, &str)]) -> FakeDaemon {
    let daemon = daemon(dockerfile, None);
    let base = format!("docker.io/library/alpine:3@{}", digest('e'));
    daemon.add_image(&base, Image::new(digest('e'), CONFIG));
    for step in 0..4 {
        daemon.add_file(
            &format!("docker-image://{base}"),
            &format!("steps/{step}"),
            "",
        );
    }
    daemon.add_image("run.test/run:1", Image::new(digest('c'), CONFIG));
    let program = format!("docker-image://run.test/run:1@{}", digest('c'));
    daemon.add_file(&program, "bin/rdf-run", "the program");
    daemon.set_opt("build-arg:RDF_LOCK", "record");
    daemon.set_opt("build-arg:RDF_RUN", "run.test/run:1");
    for (name, value) in args {
        daemon.set_opt(&format!("build-arg:{name}"), value);
    }
    daemon
}

/// The lock that a recording gave.
fn recorded(daemon: &FakeDaemon, result: Result<SolveResult>) -> Lock {
    result.unwrap();
    let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
    let definition = solves.last().and_then(|solve| solve.definition.clone());
    let ops = definition.unwrap().def.into_iter();
    let ops = ops.filter_map(|op| pb::ops::Op::decode(op.as_slice()).unwrap().op);
    let files = ops.filter_map(|op| match op {
        Op::File(file) => Some(file.actions),
        _ => None,
    });
    let mut texts = files.flatten().filter_map(|action| match action.action {
        Some(Action::Mkfile(file)) if file.path == "/Dockerfile.lock" => Some(file.data),
        _ => None,
    });
    read(&texts.next().expect("a lock")).unwrap()
}

#[tokio::test]
async fn a_line_that_is_to_keep_its_network_must_be_that_of_a_run() {
    for (line, told) in [
        (
            "2",
            "line 2 has no RUN that could keep its network (name a RUN that has a network to keep: lines 3 to 4 and 6)",
        ),
        ("3,5", "line 5 has no RUN"),
        ("99", "line 99 has no RUN"),
    ] {
        let daemon = recording(DOCKERFILE, &[("RDF_NETWORK", line)]);
        let error = refused(build(&daemon).await);
        assert!(
            error.message().starts_with("Dockerfile: line "),
            "{error:?}"
        );
        assert!(error.message().contains(told), "{error:?}");
        assert!(!error.sources().is_empty());
    }
    for (line, count) in [("4", 1), ("3,4,6", 2), ("none", 0)] {
        let daemon = recording(DOCKERFILE, &[("RDF_NETWORK", line)]);
        let result = build(&daemon).await;
        let lock = recorded(&daemon, result);
        let runs = lock.recordings.unwrap().runs;
        assert_eq!(
            runs.values().filter(|run| run.network).count(),
            count,
            "{line}"
        );
    }
    let daemon = recording("FROM alpine:3\n", &[("RDF_NETWORK", "1")]);
    let error = refused(build(&daemon).await);
    assert!(
        error
            .message()
            .contains("no RUN of this build has a network to keep"),
        "{error:?}"
    );
}

#[tokio::test]
async fn stages_on_the_platform_of_the_builder_need_it_in_the_lock() {
    let dockerfile = "FROM --platform=$BUILDPLATFORM alpine:3 AS tools\nRUN id\nFROM alpine:3\nCOPY --from=tools /a /\n";
    let daemon = recording(dockerfile, &[]);
    daemon.set_opt("platform", "linux/arm64");
    let error = refused(build(&daemon).await);
    assert_eq!(
        error.message(),
        "Dockerfile.lock: the image `docker.io/library/alpine:3` is locked, but not for linux/amd64 (run `rdf lock --record \
         --platform linux/amd64,linux/arm64 Dockerfile`)"
    );
    let places = error.sources();
    assert_eq!(places[0].ranges[0].start.line, 1);

    let two =
        format!("{dockerfile}FROM --platform=$BUILDPLATFORM debian:1\nCOPY --from=tools /a /\n");
    let daemon = recording(&two, &[]);
    daemon.add_image(
        "docker.io/library/debian:1",
        Image::new(digest('d'), CONFIG),
    );
    daemon.set_opt("platform", "linux/arm64");
    let error = refused(build(&daemon).await);
    assert_eq!(
        error.message(),
        "Dockerfile.lock: the image `docker.io/library/alpine:3` is locked, but not for linux/amd64; the image \
         `docker.io/library/debian:1` is locked, but not for linux/amd64 (run `rdf lock --record --platform \
         linux/amd64,linux/arm64 Dockerfile`)"
    );

    let daemon = recording(dockerfile, &[]);
    daemon.set_opt("platform", "linux/amd64,linux/arm64");
    let result = build(&daemon).await;
    let lock = recorded(&daemon, result);
    assert_eq!(lock.inputs.platforms.len(), 2);
}

#[tokio::test]
async fn builds_from_a_recording_may_have_its_build_arguments() {
    let dockerfile = DOCKERFILE.replace("COPY", "ARG NPM_TOKEN LEVEL\nCOPY");
    let given = [
        ("NPM_TOKEN", "npm_0123456789"),
        ("LEVEL", "2"),
        ("UNDECLARED", "3"),
    ];
    let daemon = recording(&dockerfile, &given);
    let result = build(&daemon).await;
    let lock = recorded(&daemon, result);
    for (name, value) in given {
        assert!(lock.knows_arg(name, value), "{name}");
        assert!(!lock.knows_arg(name, "other"), "{name}");
    }
    assert!(!print(&lock).contains("npm_0123456789"));
}

#[tokio::test]
async fn recorded_steps_know_their_place_and_keep_the_proxies_of_the_client() {
    let daemon = recording(DOCKERFILE, &[("http_proxy", "http://p.example:3128")]);
    build(&daemon).await.unwrap();
    let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
    let definitions = solves.iter().filter_map(|solve| solve.definition.as_ref());
    let ops = definitions.flat_map(|definition| &definition.def);
    let execs = ops.filter_map(|op| match pb::ops::Op::decode(op.as_slice()).unwrap().op {
        Some(Op::Exec(exec)) => exec.meta,
        _ => None,
    });
    let mut places: Vec<String> = execs
        .filter(|meta| meta.args[0] == "/dev/.rdf/rdf-run")
        .map(|meta| {
            let proxies = meta.proxy_env.unwrap();
            assert_eq!(proxies.http_proxy, "http://p.example:3128");
            proxies.ftp_proxy
        })
        .collect();
    places.sort();
    places.dedup();
    assert_eq!(
        places,
        ["rdf-place:RUN, Dockerfile:3", "rdf-place:RUN, Dockerfile:6"]
    );
}

#[tokio::test]
async fn groups_to_keep_that_are_unknown_are_told() {
    let dockerfile = DOCKERFILE.replace("RUN last", "# rdf: keep=loggs\nRUN last");
    let daemon = recording(&dockerfile, &[]);
    build(&daemon).await.unwrap();
    let told = "`# rdf: keep=loggs`, column 8: unknown group `loggs`, expected `all`, `caches`, `ids`, `logs` or `pyc`";
    assert!(
        warnings(&daemon).contains(&told.to_owned()),
        "{:?}",
        warnings(&daemon)
    );
    let warned: Vec<pb::gateway::WarnRequest> = daemon.requests(Method::Warn);
    let own = warned
        .iter()
        .find(|it| it.short == told.as_bytes())
        .unwrap();
    assert_eq!(own.ranges[0].start.as_ref().unwrap().line, 6);
}

#[tokio::test]
async fn the_lock_names_the_secrets_of_recorded_steps() {
    let secret = "RUN --mount=type=secret,id=token cat /run/secrets/token";
    let dockerfile = DOCKERFILE.replace("RUN last", secret);
    let daemon = recording(&dockerfile, &[]);
    let result = build(&daemon).await;
    let lock = recorded(&daemon, result);
    assert_eq!(lock.secrets, ["token".to_owned()].into());
    let told = warnings(&daemon);
    assert!(
        told.iter()
            .any(|text| text.contains("may have the secret `token`")),
        "{told:?}"
    );
    let daemon = recording(DOCKERFILE, &[]);
    let result = build(&daemon).await;
    assert!(recorded(&daemon, result).secrets.is_empty());
}
