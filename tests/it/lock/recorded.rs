//! The frontend with a lock that says what `RUN` steps fetch, against a daemon in memory.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::{BTreeMap, BTreeSet};

use dockerfile_llb::gateway::Method;
use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::lock::{
    LayoutName, Lock, Mode, RecordedRun, RecordingStore, Recordings,
};
use dockerfile_llb::internals::pb;
use dockerfile_llb::internals::pb::ops::op::Op;
use dockerfile_llb::internals::pb::ops::{ExecOp, SourceOp};
use dockerfile_llb::internals::recording::{Fetch, StepKey};
use dockerfile_llb::llb::NetMode;
use dockerfile_llb::testing::FakeDaemon;
use prost::Message as _;

use super::frontend::{build, daemon, lock, refused};
use super::loading::warnings;

const PROGRAM: &[u8] = b"the program";
const FETCHING: &str = "wget http://h.example/x";

fn key(command: &str) -> StepKey {
    StepKey {
        stage: "app".to_owned(),
        platform: "linux/amd64".to_owned(),
        command: ["/bin/sh", "-c", command].map(str::to_owned).to_vec(),
        ordinal: 1,
        ..StepKey::default()
    }
}

/// A hermetic lock in which one step has fetched something.
fn recorded() -> Lock {
    let body = Fetch {
        url: "http://h.example/x".to_owned(),
        digest: Digest::sha256(b"body"),
        size: 4,
    };
    let run = RecordedRun {
        recording: Some(Digest::sha256(b"recording")),
        fetches: BTreeSet::from([body]),
        network: false,
    };
    let programs = BTreeMap::from([("linux/amd64".to_owned(), Digest::sha256(PROGRAM))]);
    Lock {
        mode: Mode::Hermetic,
        recordings: Some(Recordings {
            store: RecordingStore::Folder,
            epoch: 1_700_000_000,
            programs,
            runs: BTreeMap::from([(key(FETCHING), run)]),
        }),
        ..lock()
    }
}

fn daemon_with(dockerfile: &str, lock: &Lock) -> FakeDaemon {
    let daemon = daemon(dockerfile, Some(lock));
    daemon.add_file("local://dockerfile", "rdf-run", PROGRAM.to_vec());
    daemon
}

/// The ops of the last solve.
fn ops(daemon: &FakeDaemon) -> Vec<Op> {
    let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
    let definition = solves.last().and_then(|solve| solve.definition.clone());
    let definition = definition.expect("a definition");
    let ops = definition
        .def
        .iter()
        .map(|op| pb::ops::Op::decode(op.as_slice()).unwrap());
    ops.filter_map(|op| op.op).collect()
}

fn runs(daemon: &FakeDaemon) -> Vec<ExecOp> {
    let ops = ops(daemon).into_iter();
    ops.filter_map(|op| match op {
        Op::Exec(exec) => Some(exec),
        _ => None,
    })
    .collect()
}

fn locals(daemon: &FakeDaemon) -> Vec<SourceOp> {
    let ops = ops(daemon).into_iter();
    ops.filter_map(|op| match op {
        Op::Source(source) if source.identifier.starts_with("local://") => Some(source),
        _ => None,
    })
    .collect()
}

fn attr(source: &SourceOp, name: &str) -> String {
    let found = source.attrs.iter().find(|entry| entry.key == name);
    found.map(|entry| entry.value.clone()).unwrap_or_default()
}

fn blob(bytes: &[u8]) -> String {
    format!(
        "Dockerfile.store/sha256/{}",
        Digest::sha256(bytes).encoded()
    )
}

const DOCKERFILE: &str = "FROM alpine:3 AS app\nCOPY . /src\nRUN --mount=type=cache,target=/c --network=none id\n\
    RUN wget http://h.example/x\nRUN wget http://h.example/x\n";

#[tokio::test]
async fn the_time_of_a_recording_is_that_of_the_whole_result_of_several_platforms() {
    let epochs = async |lock: &Lock| {
        let daemon = daemon_with(DOCKERFILE, lock);
        daemon.set_opt("multi-platform", "true");
        daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "1600000000");
        let result = build(&daemon).await.unwrap();
        let keys = result.metadata.into_iter();
        let epochs = keys.filter(|(key, _)| key.starts_with("source.date.epoch"));
        epochs
            .map(|(key, epoch)| format!("{key}={}", String::from_utf8_lossy(&epoch)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        epochs(&recorded()).await,
        [
            "source.date.epoch=1600000000",
            "source.date.epoch/linux/amd64=1600000000"
        ]
    );
    // As the reference does, without a recording.
    let plain = Lock {
        mode: Mode::Locked,
        ..recorded()
    };
    assert_eq!(
        epochs(&plain).await,
        ["source.date.epoch/linux/amd64=1600000000"]
    );
}

#[tokio::test]
async fn a_hermetic_build_replays_what_was_recorded() {
    let daemon = daemon_with(DOCKERFILE, &recorded());
    let result = build(&daemon).await.unwrap();
    let metadata = String::from_utf8_lossy(&result.metadata["source.date.epoch"]).into_owned();
    assert_eq!(metadata, "1700000000");

    let runs = runs(&daemon);
    assert_eq!(runs.len(), 3);
    assert!(runs.iter().all(|run| run.network == NetMode::None as i32));
    let args = |run: &ExecOp| run.meta.clone().unwrap().args.join(" ");
    let recording = Digest::sha256(b"recording");
    let listed = &recorded().recordings.unwrap().runs[&key(FETCHING)].fetches;
    let fetches = Fetch::digest_of(listed);
    let end = format!("--epoch 1700000000 --settle / -- /bin/sh -c {FETCHING}");
    // A step that asks for no network is as it was, but for its cache: that is empty, as when it was recorded.
    assert_eq!(args(&runs[0]), "/bin/sh -c id");
    let cache = runs[0]
        .mounts
        .iter()
        .find(|mount| mount.dest == "/c")
        .unwrap();
    assert_eq!((cache.mount_type, cache.output), (0, -1));
    assert_eq!(
        args(&runs[1]),
        format!(
            "/dev/.rdf/rdf-run replay --store /dev/.rdf/store --recording {recording} --fetches {fetches} {end}"
        )
    );
    // The second of two equal steps has fetched nothing.
    assert_eq!(args(&runs[2]), format!("/dev/.rdf/rdf-run replay {end}"));
    for (run, line) in [(&runs[1], 4), (&runs[2], 5)] {
        let proxy = run.meta.clone().unwrap().proxy_env.unwrap();
        assert_eq!(proxy.ftp_proxy, format!("rdf-place:RUN, Dockerfile:{line}"));
        let program = run
            .mounts
            .iter()
            .find(|mount| mount.dest == "/dev/.rdf/rdf-run");
        assert!(program.unwrap().readonly);
    }
    let store = runs[1]
        .mounts
        .iter()
        .find(|mount| mount.dest == "/dev/.rdf/store");
    let store = store.unwrap();
    assert_eq!(
        (store.readonly, store.selector.as_str()),
        (true, "/Dockerfile.store")
    );

    let locals = locals(&daemon);
    let includes: Vec<String> = locals
        .iter()
        .map(|local| attr(local, "local.includepattern"))
        .filter(|patterns| !patterns.is_empty())
        .collect();
    let list = |blobs: &[&[u8]]| {
        let blobs: Vec<String> = blobs.iter().map(|bytes| blob(bytes)).collect();
        serde_json::to_string(&blobs).unwrap()
    };
    assert_eq!(includes.len(), 2, "{locals:?}");
    assert!(includes.contains(&list(&[PROGRAM])), "{includes:?}");
    assert!(
        includes.contains(&list(&[b"body", b"recording"])),
        "{includes:?}"
    );
    let context = locals
        .iter()
        .find(|local| local.identifier == "local://context")
        .unwrap();
    assert_eq!(
        attr(context, "local.excludepatterns"),
        r#"["**/Dockerfile.lock","**/Dockerfile.store"]"#
    );
}

#[tokio::test]
async fn a_layout_is_a_store_like_any_directory() {
    let mut lock = recorded();
    let name = LayoutName::parse("oci-layout://app.store").unwrap();
    let recordings = lock.recordings.as_mut().unwrap();
    recordings.store = RecordingStore::Layout(name.unwrap());
    let daemon = daemon_with(DOCKERFILE, &lock);
    build(&daemon).await.unwrap();
    let runs = runs(&daemon);
    let store = runs[1]
        .mounts
        .iter()
        .find(|mount| mount.dest == "/dev/.rdf/store");
    assert_eq!(store.unwrap().selector, "/app.store/blobs");
    let locals = locals(&daemon);
    let bodies = [b"body".as_slice(), b"recording"]
        .map(|bytes| blob(bytes).replace("Dockerfile.store", "app.store/blobs"));
    let bodies = serde_json::to_string(&bodies).unwrap();
    assert!(
        locals
            .iter()
            .any(|local| attr(local, "local.includepattern") == bodies),
        "{locals:?}"
    );
    let context = locals
        .iter()
        .find(|local| local.identifier == "local://context");
    let excluded = attr(context.unwrap(), "local.excludepatterns");
    assert_eq!(excluded, r#"["**/Dockerfile.lock","**/app.store"]"#);
}

#[tokio::test]
async fn copies_have_the_time_of_the_recording_and_comments_keep_files() {
    let dockerfile = DOCKERFILE.replacen("RUN wget", "# rdf: keep=logs,pyc\nRUN wget", 1);
    let daemon = daemon_with(&dockerfile, &recorded());
    build(&daemon).await.unwrap();
    let args = runs(&daemon)[1].meta.clone().unwrap().args.join(" ");
    assert!(args.contains(" --keep logs --keep pyc --epoch "), "{args}");
    let times: Vec<i64> = ops(&daemon)
        .into_iter()
        .filter_map(|op| match op {
            Op::File(file) => Some(file.actions),
            _ => None,
        })
        .flatten()
        .filter_map(|action| match action.action {
            Some(pb::ops::file_action::Action::Copy(copy)) if copy.dest.starts_with("/src") => {
                Some(copy.timestamp)
            }
            _ => None,
        })
        .collect();
    assert_eq!(times, [1_700_000_000_000_000_000]);
}

#[tokio::test]
async fn a_step_that_the_lock_lets_out_has_a_network_and_is_told() {
    let mut lock = recorded();
    let mut open = key(FETCHING);
    open.ordinal = 2;
    let network = RecordedRun {
        network: true,
        ..RecordedRun::default()
    };
    let recordings = lock.recordings.as_mut().unwrap();
    recordings.runs.insert(open, network);
    let daemon = daemon_with(DOCKERFILE, &lock);
    build(&daemon).await.unwrap();
    let networks: Vec<i32> = runs(&daemon).iter().map(|run| run.network).collect();
    let (none, unset) = (i32::from(NetMode::None), i32::from(NetMode::Unset));
    assert_eq!(networks, [none, none, unset]);
    let open = runs(&daemon).pop().unwrap();
    assert_eq!(open.meta.unwrap().args, ["/bin/sh", "-c", FETCHING]);
    assert_eq!(open.mounts.len(), 1);
    let warned: Vec<pb::gateway::WarnRequest> = daemon.requests(Method::Warn);
    let texts = warned
        .iter()
        .map(|it| String::from_utf8_lossy(&it.short).into_owned());
    let texts: Vec<String> = texts
        .filter(|text| text.contains("has a network"))
        .collect();
    assert_eq!(
        texts,
        [
            "Dockerfile.lock: this RUN has a network, as the lock allows: what it fetches is not held"
        ]
    );
}

#[tokio::test]
async fn the_ignore_file_brings_neither_lock_nor_store_back() {
    let daemon = daemon_with(DOCKERFILE, &recorded());
    daemon.add_file("local://context", ".dockerignore", "x\n!Dockerfile.store\n");
    build(&daemon).await.unwrap();
    let context = locals(&daemon)
        .into_iter()
        .find(|local| local.identifier == "local://context");
    assert_eq!(
        attr(&context.unwrap(), "local.excludepatterns"),
        r#"["x","!Dockerfile.store","**/Dockerfile.lock","**/Dockerfile.store"]"#
    );
}

#[tokio::test]
async fn the_time_of_the_client_counts_before_that_of_the_lock() {
    let daemon = daemon_with(DOCKERFILE, &recorded());
    daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "5");
    let result = build(&daemon).await.unwrap();
    assert_eq!(&result.metadata["source.date.epoch"][..], b"5");
    let args = runs(&daemon)[1].meta.clone().unwrap().args.join(" ");
    assert!(args.contains("--epoch 5 "), "{args}");
}

#[tokio::test]
async fn builds_that_replay_nothing_are_as_they_were() {
    for (mode, recordings) in [("auto", true), ("off", true), ("hermetic", false)] {
        let mut with = recorded();
        if !recordings {
            with.recordings = None;
        }
        let without = Lock {
            recordings: None,
            ..with.clone()
        };
        let ops_of = async |lock: &Lock| {
            let daemon = daemon_with(DOCKERFILE, lock);
            daemon.set_opt("build-arg:RDF_LOCK", mode);
            daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
            build(&daemon).await.unwrap();
            let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
            solves.last().and_then(|solve| solve.definition.clone())
        };
        let definition = ops_of(&with).await;
        assert!(definition.is_some());
        assert_eq!(definition, ops_of(&without).await, "{mode}");
    }
}

#[tokio::test]
async fn a_program_that_is_not_the_recorded_one_is_never_started() {
    for program in [None, Some(&b"another program"[..])] {
        let daemon = daemon(DOCKERFILE, Some(&recorded()));
        if let Some(program) = program {
            daemon.add_file("local://dockerfile", "rdf-run", program.to_vec());
        }
        let error = refused(build(&daemon).await);
        let told =
            "Dockerfile.lock: [lock-damaged] the store has no intact rdf-run for linux/amd64";
        assert!(error.message().starts_with(told), "{error:?}");
        assert!(runs(&daemon).is_empty());
    }
}

#[tokio::test]
async fn a_step_on_a_platform_without_a_program_is_told() {
    let dockerfile = "FROM --platform=linux/arm64 alpine:3 AS app\nRUN id\n";
    let mut lock = recorded();
    for pin in lock.images.values_mut() {
        pin.platforms.clear();
    }
    let daemon = daemon_with(dockerfile, &lock);
    let error = refused(build(&daemon).await);
    let told = "rdf-run is not available for linux/arm64, so this RUN can be neither recorded nor replayed";
    assert_eq!(error.message(), told);
    assert!(!error.sources().is_empty());
}

#[tokio::test]
async fn the_program_of_the_builder_is_checked_as_well() {
    let dockerfile =
        "FROM --platform=$BUILDPLATFORM alpine:3 AS app\nRUN wget http://h.example/x\n";
    let mut lock = recorded();
    for pin in lock.images.values_mut() {
        pin.platforms.clear();
    }
    lock.inputs.platforms.insert("linux/arm64".to_owned());
    for (program, passes) in [(PROGRAM, true), (b"another program", false)] {
        let daemon = daemon(dockerfile, Some(&lock));
        daemon.set_opt("platform", "linux/arm64");
        daemon.add_file("local://dockerfile", "rdf-run", program.to_vec());
        let result = build(&daemon).await;
        assert_eq!(result.is_ok(), passes, "{result:?}");
        assert_eq!(runs(&daemon).is_empty(), !passes);
    }
}

#[test]
fn a_recording_needs_a_frontend_and_a_client() {
    let dir = super::Dir::new();
    let record = || {
        let mut command = dir.command(&["lock", "--record"]);
        command.env("PATH", "/nowhere");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    dir.write("Dockerfile", "FROM alpine:3\nRUN id\n");
    let (code, said) = record();
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("a Dockerfile that names no frontend cannot be recorded"),
        "{said}"
    );
    dir.write(
        "Dockerfile",
        "# syntax=frontend.test/x:1\nFROM alpine:3\nRUN id\n",
    );
    let (code, said) = record();
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("`docker buildx version` does not run"),
        "{said}"
    );
    assert!(
        said.contains("docker build --build-arg RDF_LOCK=record -o . ."),
        "{said}"
    );
    let left = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 1, "only the Dockerfile");
}

#[tokio::test]
async fn recordings_that_a_lock_does_not_use_are_told() {
    for (mode, is_told) in [(Mode::Locked, true), (Mode::Hermetic, false)] {
        let lock = Lock { mode, ..recorded() };
        let daemon = daemon_with("FROM alpine:3\n", &lock);
        build(&daemon).await.unwrap();
        let told = warnings(&daemon);
        let found = told
            .iter()
            .any(|text| text.contains("its recordings are not replayed"));
        assert_eq!(found, is_told, "{told:?}");
    }
}
