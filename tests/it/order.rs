//! Builds of several stages and platforms: whose findings count, and whose error is told.
//!
//! The reference reads base images at the same time, and platforms as well, and tells the error that comes first. That is
//! mostly the one that began last; here it always is.

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{Error, Method};
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;

fn daemon(dockerfile: &str, platforms: &str) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_owned());
    for name in ["alpine", "busybox"] {
        let digest = format!("sha256:{}", "a".repeat(64));
        let reference = format!("docker.io/library/{name}:latest");
        daemon.add_image(&reference, Image::new(digest, CONFIG));
    }
    if !platforms.is_empty() {
        daemon.set_opt("platform", platforms);
    }
    daemon
}

fn failure(daemon: &FakeDaemon) -> Error {
    daemon.run(Dockerfile).unwrap_err()
}

/// First lines of the code frames, the innermost first.
fn lines(error: &Error) -> Vec<i32> {
    let sources = error.sources();
    let first = sources.iter().map(|source| source.ranges[0].start);
    first.map(|position| position.line).collect()
}

fn warnings(daemon: &FakeDaemon) -> Vec<String> {
    let requests: Vec<dockerfile_llb::internals::pb::gateway::WarnRequest> =
        daemon.requests(Method::Warn);
    let short = requests.into_iter().map(|request| request.short);
    short.map(|text| String::from_utf8(text).unwrap()).collect()
}

#[test]
fn only_the_first_platform_is_linted() {
    // Windows sets no `PATH`.
    let dockerfile = "FROM alpine\nENV X=$PATH\n";
    let both = daemon(dockerfile, "linux/amd64,windows/amd64");
    both.set_opt("build-arg:BUILDKIT_DOCKERFILE_CHECK", "error=true");
    both.run(Dockerfile).unwrap();
    assert_eq!(warnings(&both), Vec::<String>::new());

    let by_directive = format!("# check=error=true;experimental=all\n{dockerfile}");
    let by_directive = daemon(&by_directive, "linux/amd64,windows/amd64");
    by_directive.run(Dockerfile).unwrap();

    let windows_first = daemon(dockerfile, "windows/amd64,linux/amd64");
    windows_first.set_opt("build-arg:BUILDKIT_DOCKERFILE_CHECK", "error=true");
    assert_eq!(
        failure(&windows_first).message(),
        "lint violation found for rules: InvalidBaseImagePlatform"
    );
}

#[test]
fn a_check_directive_that_cannot_be_read_fails_every_platform() {
    let daemon = daemon("# check=nothing\nFROM a:\n", "linux/amd64,linux/arm64");
    assert_eq!(
        failure(&daemon).message(),
        "failed to parse check options: invalid check option \"nothing\""
    );
}

#[test]
fn of_several_bases_the_last_that_fails_is_told() {
    let unreadable = daemon("FROM a:\nFROM b:\n", "");
    let error = failure(&unreadable);
    assert_eq!(
        error.message(),
        "failed to parse stage name \"b:\": invalid reference format"
    );
    assert_eq!(lines(&error), [2]);
    // What was found until then is still shown.
    assert_eq!(warnings(&unreadable).len(), 2);

    let needed =
        "FROM one AS a\nFROM two AS b\nFROM alpine\nCOPY --from=a / /\nCOPY --from=b / /\n";
    let error = failure(&daemon(needed, ""));
    assert!(error.message().starts_with("two: "), "{error}");
    assert_eq!(lines(&error), [2]);

    // An image that is asked for does not come after a name that cannot be read.
    let error = failure(&daemon("FROM a: AS a\nFROM two\nCOPY --from=a / /\n", ""));
    assert!(error.message().starts_with("two: "), "{error}");
    let error = failure(&daemon("FROM one AS a\nFROM b:\nCOPY --from=a / /\n", ""));
    assert_eq!(lines(&error), [2]);

    // Images that only instructions name come after all stages.
    let outside = "FROM alpine AS a\nCOPY --from=one / /\nFROM two\nCOPY --from=a / /\n";
    let error = failure(&daemon(outside, ""));
    assert!(error.message().starts_with("one: "), "{error}");
    assert_eq!(lines(&error), [2]);
}

#[test]
fn warnings_of_bases_before_and_after_the_one_that_fails_are_shown() {
    let dockerfile =
        "FROM alpine AS a\nFROM none AS b\nFROM busybox\nCOPY --from=a / /\nCOPY --from=b / /\n";
    let daemon = daemon(dockerfile, "linux/arm64");
    assert_eq!(lines(&failure(&daemon)), [2]);
    let warnings = warnings(&daemon);
    let of = |name: &str| {
        let start = format!("InvalidBaseImagePlatform: Base image {name} was pulled");
        warnings.iter().any(|warning| warning.starts_with(&start))
    };
    assert!(of("alpine") && of("busybox"), "{warnings:?}");
}

#[test]
fn what_is_read_one_after_the_other_tells_the_first() {
    let error = failure(&daemon("FROM ${\nFROM ${x\n", ""));
    assert_eq!(lines(&error), [1]);
    let error = failure(&daemon("FROM alpine\nEXPOSE x\nEXPOSE y\n", ""));
    assert_eq!(lines(&error), [2]);
}

#[test]
fn of_several_platforms_the_last_that_fails_is_told() {
    let dockerfile = "FROM alpine\nWORKDIR D:\\x\nRUN --mount=type=foo x\n";
    let drive = "normalizing workdir: normalizing working directory: removing drive letter: The specified path is not on the system drive (C:)";
    let relative = "WorkdirRelativePath: Relative workdir \"D:x\" can have unexpected results if the base image changes (line 2)";

    let windows_last = daemon(dockerfile, "linux/amd64,windows/amd64");
    let error = failure(&windows_last);
    assert_eq!((error.message(), lines(&error)), (drive, vec![2]));
    // The first platform's findings, though it is not the one that is told.
    assert_eq!(warnings(&windows_last), [relative]);

    let linux_last = daemon(dockerfile, "windows/amd64,linux/amd64");
    let error = failure(&linux_last);
    assert_eq!(
        (error.message(), lines(&error)),
        ("unsupported mount type \"foo\"", vec![3])
    );
}
