//! Hermetic builds, against a daemon in memory: each way in is closed or bound to the lock.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::{BTreeMap, BTreeSet};

use dockerfile_llb::gateway::{Error, Method, Result, SolveResult};
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::{KnownValue, Lock, Mode};
use dockerfile_llb::internals::messages;
use dockerfile_llb::internals::pb::gateway::SolveRequest;
use dockerfile_llb::internals::pb::ops::file_action::Action;
use dockerfile_llb::internals::pb::ops::op::Op;
use dockerfile_llb::internals::pb::ops::{ExecOp, MountType};
use dockerfile_llb::testing::FakeDaemon;

use super::Dir;
use super::frontend::{build, daemon, refused};
use super::loading::{small, text, warnings};

fn hermetic(dockerfile: &str, lock: &Lock) -> FakeDaemon {
    let daemon = daemon(dockerfile, Some(lock));
    daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
    daemon
}

/// The ops of what was built.
fn ops(daemon: &FakeDaemon) -> Vec<Op> {
    let solves: Vec<SolveRequest> = daemon.requests(Method::Solve);
    let definition = solves.last().unwrap().definition.clone().unwrap();
    let ops = messages(&dockerfile_llb::internals::from_pb(definition)).unwrap();
    ops.into_iter().filter_map(|op| op.op).collect()
}

/// The steps of what was built.
fn steps(daemon: &FakeDaemon) -> Vec<ExecOp> {
    let steps = ops(daemon).into_iter().filter_map(|op| match op {
        Op::Exec(exec) => Some(exec),
        _ => None,
    });
    steps.collect()
}

/// One build of `dockerfile` under a hermetic lock with these options.
async fn run(dockerfile: &str, options: &[(&str, &str)]) -> (FakeDaemon, Result<SolveResult>) {
    let daemon = hermetic(dockerfile, &small(Mode::Hermetic));
    for (key, value) in options {
        daemon.set_opt(key, value);
    }
    let result = build(&daemon).await;
    (daemon, result)
}

/// The first line of the place of an error.
fn line(error: &Error) -> Option<i32> {
    let sources = error.sources();
    let range = sources.first()?.ranges.first()?;
    Some(range.start.line)
}

#[tokio::test]
async fn what_the_client_lets_in_is_refused() {
    let import = r#"[{"Type":"registry","Attrs":{"ref":"h.example/cache"}}]"#;
    for (key, value, words) in [
        ("cache-imports", import, "`h.example/cache`"),
        ("cache-from", "h.example/cache", "--cache-from"),
        ("add-hosts", "a=1.2.3.4", "--add-host"),
        ("hostname", "box", "hostname"),
        ("cgroup-parent", "/bytes", "--cgroup-parent"),
        (
            "build-arg:BUILDKIT_SANDBOX_HOSTNAME",
            "box",
            "BUILDKIT_SANDBOX_HOSTNAME",
        ),
        ("build-arg:X", "bytes", "the build argument `X`"),
        (
            "build-arg:RDF_UNKNOWN",
            "bytes",
            "the build argument `RDF_UNKNOWN`",
        ),
        (
            "build-arg:BUILDKIT_UNKNOWN",
            "bytes",
            "the build argument `BUILDKIT_UNKNOWN`",
        ),
        ("context:other", "local:other", "the context `other`"),
    ] {
        let dockerfile = "FROM alpine:3\nRUN true\nARG X\nRUN echo $X\n";
        let (daemon, result) = run(dockerfile, &[(key, value)]).await;
        let error = refused(result);
        assert!(error.message().contains(words), "{key}: {error:?}");
        let place = if key == "build-arg:X" { 3 } else { 1 };
        assert_eq!(line(&error), Some(place), "{key}: {error:?}");
        let asked = daemon.calls();
        assert!(
            asked
                .iter()
                .all(|call| call.method != Method::ResolveSourceMeta),
            "{key}: asked before it was checked"
        );
        // By argument the same, whatever the lock says.
        let daemon = hermetic(dockerfile, &small(Mode::Auto));
        daemon.set_opt("build-arg:RDF_LOCK", "hermetic");
        daemon.set_opt(key, value);
        assert!(
            refused(build(&daemon).await).message().contains(words),
            "{key}"
        );
    }
}

/// An argument without a value names no host, so that the option's name would count.
#[tokio::test]
async fn an_empty_host_name_lets_no_other_in() {
    let mut lock = small(Mode::Hermetic);
    lock.free_args
        .insert("BUILDKIT_SANDBOX_HOSTNAME".to_owned());
    let daemon = hermetic("FROM alpine:3\nRUN true\n", &lock);
    daemon.set_opt("build-arg:BUILDKIT_SANDBOX_HOSTNAME", "");
    daemon.set_opt("hostname", "box");
    let error = refused(build(&daemon).await);
    assert!(error.message().contains("hostname"), "{error:?}");
}

#[test]
fn contexts_of_the_client_are_found() {
    let dir = Dir::new();
    dir.write("Dockerfile", "FROM alpine:3\n");
    let mut lock = small(Mode::Hermetic);
    dir.write("Dockerfile.lock", &file::print(&lock));
    let (code, text) = dir.run(&["lock", "--check"]);
    assert_eq!(code, 0, "{text}");
    let found = |arguments: &[&str]| {
        let (code, text) = dir.run(arguments);
        assert_eq!(code, 1, "{text}");
        let words = "error[lock-not-hermetic]: a hermetic build takes nothing of the client but the context, and the \
                     context `other`";
        assert!(text.contains(words), "{text}");
    };
    found(&["lock", "--check", "--build-context", "other=."]);
    let other = ("other".to_owned(), "local:context".to_owned());
    lock.inputs.contexts.extend([other]);
    dir.write("Dockerfile.lock", &file::print(&lock));
    found(&["lock", "--check"]);
}

#[tokio::test]
async fn locked_warns_of_caches_to_import() {
    let daemon = daemon("FROM alpine:3\n", Some(&small(Mode::Locked)));
    daemon.set_opt("cache-from", "h.example/cache");
    build(&daemon).await.unwrap();
    let warnings = warnings(&daemon);
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("`h.example/cache`")
                && text.contains("not pinned by the lock")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn what_a_step_asks_for_is_refused_at_its_line() {
    for (flags, words) in [
        ("--mount=type=secret,id=npmrc", "the secret `npmrc`"),
        (
            "--mount=type=secret,id=npmrc,env=TOKEN",
            "the secret `npmrc`",
        ),
        (
            "--mount=type=secret,target=/run/npmrc",
            "the secret `npmrc`",
        ),
        ("--mount=type=secret,id=$ID", "the secret `from-a-variable`"),
        ("--mount=type=ssh", "SSH agent"),
        ("--security=insecure", "--security=insecure"),
        ("--device=vendor.com/gpu=0", "`vendor.com/gpu=0`"),
        ("--network=host", "--network=host"),
        ("--network=default", "--network=default"),
    ] {
        let dockerfile = format!("FROM alpine:3\nENV ID=from-a-variable\nRUN {flags} true\n");
        let (_, result) = run(&dockerfile, &[]).await;
        let error = refused(result);
        assert!(error.message().contains(words), "{flags}: {error:?}");
        assert_eq!(line(&error), Some(3), "{flags}: {error:?}");
        // Other modes let it be.
        let daemon = daemon(&dockerfile, Some(&small(Mode::Locked)));
        build(&daemon).await.unwrap();
        // So does `rdf lock --check`, and a lock of mode `hermetic` has the finding.
        let dir = Dir::new();
        dir.write("Dockerfile", &dockerfile);
        dir.write("Dockerfile.lock", &file::print(&small(Mode::Locked)));
        let (code, text) = dir.run(&["lock", "--check"]);
        assert_eq!(code, 0, "{flags}: {text}");
        dir.write("Dockerfile.lock", &file::print(&small(Mode::Hermetic)));
        let (code, text) = dir.run(&["lock", "--check"]);
        assert_eq!(code, 1, "{flags}: {text}");
        assert!(
            text.contains("lock-not-hermetic") && text.contains(words),
            "{flags}: {text}"
        );
    }
}

#[tokio::test]
async fn a_trigger_of_a_base_opens_nothing() {
    for (trigger, words) in [
        (
            "RUN --mount=type=secret,id=npmrc true",
            "the secret `npmrc`",
        ),
        ("RUN --mount=type=ssh true", "SSH agent"),
    ] {
        let daemon = hermetic("FROM alpine:3\n", &small(Mode::Hermetic));
        let config = super::frontend::CONFIG.replace(
            r#""config":{}"#,
            &format!(r#""config":{{"OnBuild":["{trigger}"]}}"#),
        );
        let digest = super::frontend::digest('a');
        daemon.add_image(
            &format!("docker.io/library/alpine:3@{digest}"),
            dockerfile_llb::testing::Image::new(digest, config),
        );
        let error = refused(build(&daemon).await);
        assert!(error.message().contains(words), "{error:?}");
    }
}

#[tokio::test]
async fn a_secret_that_the_lock_lists_is_given() {
    let mut lock = small(Mode::Hermetic);
    lock.secrets.insert("npmrc".to_owned());
    let daemon = hermetic(
        "FROM alpine:3\nRUN --mount=type=secret,id=npmrc true\n",
        &file::read(file::print(&lock).as_bytes()).unwrap(),
    );
    build(&daemon).await.unwrap();
}

#[tokio::test]
async fn a_cache_mount_is_empty_and_thrown_away() {
    let dockerfile = "FROM alpine:3\n\
        RUN --mount=type=cache,target=/a true\n\
        RUN --mount=type=cache,target=/b,uid=5,mode=0700,id=x,sharing=locked true\n\
        RUN --mount=type=cache,target=/c,from=alpine:3,source=/etc true\n\
        RUN --mount=type=cache,target=/d,ro true\n";
    let (daemon, result) = run(dockerfile, &[]).await;
    result.unwrap();
    let steps = steps(&daemon);
    let mut found = BTreeSet::new();
    for step in &steps {
        for mount in step.mounts.iter().filter(|mount| mount.dest != "/") {
            assert_eq!(mount.mount_type, i32::from(MountType::Bind), "{mount:?}");
            assert_eq!((mount.output, &mount.cache_opt), (-1, &None), "{mount:?}");
            // What it starts with stays as the Dockerfile has it.
            let start = (mount.input >= 0, mount.selector.as_str(), mount.readonly);
            let wanted = match mount.dest.as_str() {
                "/a" => (false, "", false),
                "/b" => (true, "/cache", false),
                "/c" => (true, "/etc", false),
                _ => (false, "", true),
            };
            assert_eq!(start, wanted, "{mount:?}");
            found.insert(mount.dest.clone());
        }
    }
    assert_eq!(found.len(), 4, "{found:?}");
    let daemon = self::daemon(dockerfile, Some(&small(Mode::Locked)));
    build(&daemon).await.unwrap();
    let kept = self::steps(&daemon);
    let caches = kept
        .iter()
        .flat_map(|step| &step.mounts)
        .filter(|mount| mount.mount_type == i32::from(MountType::Cache));
    assert_eq!(caches.count(), 4);
}

#[tokio::test]
async fn cached_steps_of_builds_with_proxies_are_not_taken() {
    let dockerfile = "FROM alpine:3\nRUN --network=none env >/x\n";
    let built = async |lock: Mode, cap: bool| {
        let daemon = hermetic(dockerfile, &small(lock));
        daemon.set_environment(|environment| {
            if !cap {
                let caps = environment.llb_caps.clone();
                environment.llb_caps = caps.without("exec.validexitcode");
            }
        });
        build(&daemon).await.unwrap();
        let solves: Vec<SolveRequest> = daemon.requests(Method::Solve);
        let definition = solves.last().unwrap().definition.clone().unwrap();
        let ignored = definition.metadata.iter().any(|it| it.value.ignore_cache);
        let meta = steps(&daemon)[0].meta.clone().unwrap();
        (meta.valid_exit_codes, ignored)
    };
    assert_eq!(built(Mode::Hermetic, true).await, (vec![0], false));
    assert_eq!(built(Mode::Hermetic, false).await, (vec![], true));
    assert_eq!(built(Mode::Locked, true).await, (vec![], false));
}

#[tokio::test]
async fn arguments_are_those_of_the_lock_or_told() {
    let dockerfile =
        "FROM alpine:3\nARG V\nARG TOKEN\nARG GIT_SHA\nARG RDF_GRAPH\nARG http_proxy\nRUN true\n";
    let mut lock = small(Mode::Hermetic);
    let given = [("V", "1"), ("TOKEN", "s3cret")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    lock.keep_args([&BTreeMap::from(given)], "salt");
    lock.free_args.insert("GIT_SHA".to_owned());
    let printed = file::print(&lock);
    assert!(!printed.contains("s3cret"), "{printed}");
    let lock = file::read(printed.as_bytes()).unwrap();
    assert!(matches!(
        lock.args["TOKEN"].first(),
        Some(KnownValue::Salted { .. })
    ));
    let build_with = async |args: &[(&str, &str)]| {
        let daemon = hermetic(dockerfile, &lock);
        for (name, value) in args {
            daemon.set_opt(&format!("build-arg:{name}"), value);
        }
        let result = build(&daemon).await;
        (daemon, result)
    };
    let all = [
        ("V", "1"),
        ("TOKEN", "s3cret"),
        ("GIT_SHA", "abc"),
        ("RDF_GRAPH", "bytes"),
        ("http_proxy", "http://bytes"),
    ];
    let (daemon, result) = build_with(&all).await;
    let result = result.unwrap();
    assert_eq!(
        text(&result, "frontend.rdf.lock.free-args").as_deref(),
        Some(r#"{"GIT_SHA":"abc"}"#)
    );
    // What only steers the build does not reach a step, though it is declared.
    let steps = steps(&daemon);
    let meta = steps[0].meta.as_ref().unwrap();
    let has = |start: &str| meta.env.iter().any(|entry| entry.starts_with(start));
    assert!(has("V=1") && has("GIT_SHA=abc"), "{:?}", meta.env);
    assert!(!has("RDF_GRAPH") && !has("http_proxy") && meta.proxy_env.is_none());
    let (_, result) = build_with(&[("V", "2")]).await;
    let error = refused(result);
    assert!(error.message().contains("--build-arg V=2"), "{error:?}");
    assert_eq!(line(&error), Some(2));
    let (_, result) = build_with(&[("TOKEN", "0ther-s3cret")]).await;
    let error = refused(result);
    assert!(!error.message().contains("0ther-s3cret"), "{error:?}");
    assert!(
        error.message().contains("--build-arg TOKEN Dockerfile"),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_context_that_brings_the_lock_brings_nothing_else() {
    for (mode, words) in [
        (Mode::Locked, "the context `rdf-lock` is a directory"),
        (
            Mode::Hermetic,
            "reads the context rdf-lock for its lock alone",
        ),
    ] {
        for (dockerfile, place) in [
            (
                "FROM alpine:3\nRUN true\nCOPY --from=rdf-lock /x /x\n",
                Some(3),
            ),
            (
                "FROM alpine:3\nRUN --mount=from=rdf-lock,target=/m cp /m/x /x\n",
                Some(2),
            ),
            ("FROM alpine:3\nRUN true\n", None),
        ] {
            let daemon = daemon(dockerfile, None);
            daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "0");
            daemon.set_opt("context:rdf-lock", "local:rdf-lock");
            let mut lock = small(mode);
            if mode == Mode::Hermetic {
                // The lock was even made with such a context.
                let inputs = &mut lock.inputs.contexts;
                inputs.insert("rdf-lock".to_owned(), "local:context".to_owned());
            }
            daemon.add_file("local://rdf-lock", "Dockerfile.lock", file::print(&lock));
            daemon.add_file("local://rdf-lock", "x", "bytes");
            match place {
                Some(place) => {
                    let error = refused(build(&daemon).await);
                    assert!(error.message().contains(words), "{dockerfile}: {error:?}");
                    assert_eq!(line(&error), Some(place), "{dockerfile}: {error:?}");
                }
                None => drop(build(&daemon).await.unwrap()),
            }
        }
    }
}

#[tokio::test]
async fn names_of_platforms_bring_nothing_in() {
    let dockerfile =
        "FROM --platform=linux/amd64 alpine:3\nARG TARGETVARIANT\nRUN echo $TARGETVARIANT >/x\n";
    for (platform, is_open) in [
        ("linux/amd64", false),
        ("linux/amd64/bytes", true),
        ("bytes/amd64", true),
    ] {
        let (_, result) = run(dockerfile, &[("platform", platform)]).await;
        match is_open {
            true => {
                let error = refused(result);
                let words = format!("the lock was not made for {platform}, and a hermetic build");
                assert!(error.message().contains(&words), "{error:?}");
                let hint = format!("`rdf lock --platform {platform},linux/amd64 Dockerfile`");
                let other = format!("`rdf lock --platform linux/amd64,{platform} Dockerfile`");
                assert!(
                    error.message().contains(&hint) || error.message().contains(&other),
                    "{error:?}"
                );
            }
            false => drop(result.unwrap()),
        }
        // Another mode builds what is locked.
        let daemon = daemon(dockerfile, Some(&small(Mode::Locked)));
        daemon.set_opt("platform", platform);
        build(&daemon).await.unwrap();
    }
}

#[tokio::test]
async fn a_lock_without_platforms_lets_no_names_in() {
    let dockerfile = "FROM scratch\nARG TARGETPLATFORM\nCOPY a /$TARGETPLATFORM\n";
    for (locked, platform) in [
        (BTreeSet::new(), "linux/amd64/bytes"),
        (
            BTreeSet::from(["linux/amd64".to_owned()]),
            "linux(bytes)/amd64",
        ),
    ] {
        let mut lock = small(Mode::Hermetic);
        lock.images.clear();
        lock.inputs.platforms = locked;
        let daemon = hermetic(dockerfile, &lock);
        daemon.set_opt("platform", platform);
        let error = refused(build(&daemon).await);
        let words = format!("the lock was not made for {platform}");
        assert!(error.message().contains(&words), "{error:?}");
    }
}

#[tokio::test]
async fn steps_read_one_spelling_of_the_target() {
    let dockerfile = "FROM alpine:3 AS Base\nARG TARGETSTAGE\nRUN true\n";
    for target in ["base", "bAsE"] {
        let (daemon, result) = run(dockerfile, &[("target", target)]).await;
        result.unwrap();
        let meta = steps(&daemon)[0].meta.clone().unwrap();
        let told = meta.env.iter().find(|it| it.starts_with("TARGETSTAGE="));
        assert_eq!(told.map(String::as_str), Some("TARGETSTAGE=base"));
    }
}

#[tokio::test]
async fn copied_files_have_the_date_of_the_build() {
    let dockerfile = "FROM scratch\nCOPY a /a\nADD https://h.example/f /f\n";
    for (mode, time) in [(Mode::Hermetic, 7_000_000_000), (Mode::Locked, -1)] {
        let daemon = daemon(
            dockerfile,
            Some(&Lock {
                mode,
                ..super::frontend::lock()
            }),
        );
        daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "7");
        build(&daemon).await.unwrap();
        let files = ops(&daemon).into_iter().filter_map(|op| match op {
            Op::File(file) => Some(file),
            _ => None,
        });
        let times: Vec<i64> = files
            .flat_map(|file| file.actions)
            .filter_map(|action| match action.action {
                Some(Action::Copy(copy)) => Some(copy.timestamp),
                _ => None,
            })
            .collect();
        assert_eq!(times, [time, time], "{mode:?}");
    }
}
