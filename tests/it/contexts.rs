//! How named contexts are resolved: what the daemon is asked, and what is said of what a source policy does to them.

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{Error, Method};
use dockerfile_llb::internals::gateway::caps::gateway_cap;
use dockerfile_llb::internals::pb::gateway::ResolveSourceMetaResponse;
use dockerfile_llb::internals::pb::gateway::{ResolveImageConfigRequest, ResolveSourceMetaRequest};
use dockerfile_llb::internals::pb::ops::SourceOp;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};

const CONFIG: &str =
    r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;

/// A daemon with the images `alpine`, `own` and `other`.
fn daemon(dockerfile: &str) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_owned());
    for name in ["alpine", "own", "other"] {
        let digest = format!("sha256:{}", "a".repeat(64));
        let reference = format!("docker.io/library/{name}:latest");
        daemon.add_image(&reference, Image::new(digest, CONFIG));
    }
    daemon
}

/// A daemon that answers image configs only, and says by which mode they are asked for.
fn old_daemon(dockerfile: &str) -> FakeDaemon {
    let daemon = daemon(dockerfile);
    daemon.set_environment(|environment| {
        let caps = environment.caps.clone();
        environment.caps = caps.without(gateway_cap::SOURCE_META_RESOLVER);
    });
    daemon
}

fn message(daemon: &FakeDaemon) -> String {
    daemon.run(Dockerfile).unwrap_err().message().to_owned()
}

/// Log name, resolve mode and architecture of each question about an image config.
fn configs(daemon: &FakeDaemon) -> Vec<(String, String, Option<String>)> {
    let asked: Vec<ResolveImageConfigRequest> = daemon.requests(Method::ResolveImageConfig);
    let asked = asked.into_iter();
    asked
        .map(|it| {
            let architecture = it.platform.map(|platform| platform.architecture);
            (it.log_name, it.resolve_mode, architecture)
        })
        .collect()
}

fn layout() -> (String, String) {
    let digest = format!("sha256:{}", "b".repeat(64));
    let spec = format!("oci-layout://store@{digest}");
    (spec, format!("docker.io/library/base@{digest}"))
}

#[test]
fn a_layout_that_a_policy_makes_another_source_is_an_error() {
    let (spec, reference) = layout();
    for other in ["https://h.test/f", "git://h.test/r.git", "no-scheme"] {
        let expected =
            format!("ref mutated by policy to non-image: docker-image://{reference} -> {other}");
        for (dockerfile, places) in [
            ("FROM base\nRUN x\n", 1),
            ("FROM alpine AS base\nFROM base\nRUN x\n", 1),
            ("FROM scratch\nCOPY --from=base / /\n", 1),
        ] {
            let daemon = daemon(dockerfile);
            daemon.set_opt("context:base", &spec);
            let source = SourceOp {
                identifier: other.to_owned(),
                ..SourceOp::default()
            };
            daemon.set_source_meta(
                &format!("oci-layout://{reference}"),
                ResolveSourceMetaResponse {
                    source: Some(source),
                    ..Default::default()
                },
            );
            let error = daemon.run(Dockerfile).unwrap_err();
            assert_eq!(error.message(), expected, "{dockerfile}");
            assert_eq!(error.sources().len(), places, "{dockerfile}");
        }
    }
}

#[test]
fn so_it_is_where_the_daemon_says_it_in_words() {
    let (spec, reference) = layout();
    let daemon = old_daemon("FROM base\nRUN x\n");
    daemon.set_opt("context:base", &spec);
    let words = format!(
        "ref mutated by policy to non-image: docker-image://{reference} -> https://h.test/f"
    );
    daemon.fail(Method::ResolveImageConfig, Error::new(words.as_str()));
    assert_eq!(message(&daemon), words);
}

#[test]
fn the_context_whose_time_counts_is_resolved_without_mode_and_platform() {
    let daemon = old_daemon("FROM base\nCOPY a /\n");
    daemon.set_opt("context:base", "docker-image://alpine");
    daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", "base");
    daemon.set_opt("image-resolve-mode", "pull");
    daemon.set_opt("platform", "linux/arm64");
    daemon.run(Dockerfile).unwrap();
    let load = "[context base] load metadata for alpine".to_owned();
    let time = "[internal] resolve SOURCE_DATE_EPOCH named context base".to_owned();
    assert_eq!(
        configs(&daemon),
        [
            (load.clone(), String::new(), None),
            (time, String::new(), None),
            (load, "pull".to_owned(), Some("arm64".to_owned())),
        ]
    );
}

#[test]
fn layouts_are_resolved_without_a_mode() {
    let (spec, reference) = layout();
    let daemon = old_daemon("FROM base\nRUN x\n");
    daemon.add_image(
        &reference,
        Image::new(format!("sha256:{}", "b".repeat(64)), CONFIG),
    );
    daemon.set_opt("context:base", &spec);
    daemon.set_opt("image-resolve-mode", "pull");
    daemon.run(Dockerfile).unwrap();
    let load = format!("[context base] load metadata for {reference}");
    assert_eq!(
        configs(&daemon),
        [(load, String::new(), Some("amd64".to_owned()))]
    );
}

/// Architectures as platforms spell them: this program's, and another.
fn architectures() -> (&'static str, &'static str) {
    match std::env::consts::ARCH {
        "aarch64" => ("arm64", "amd64"),
        _ => ("amd64", "arm64"),
    }
}

#[test]
fn without_a_platform_the_context_is_that_of_the_frontends_own() {
    let (own, other) = architectures();
    let asked = |dockerfile: &str, epoch: &str| -> Vec<(String, Option<String>)> {
        let daemon = daemon(dockerfile);
        daemon.set_environment(|environment| {
            environment.workers[0].platforms[0].architecture = other.to_owned();
        });
        daemon.set_opt(&format!("context:base::linux/{own}"), "docker-image://own");
        daemon.set_opt(
            &format!("context:base::linux/{other}"),
            "docker-image://other",
        );
        daemon.set_opt("build-arg:SOURCE_DATE_EPOCH", epoch);
        daemon.run(Dockerfile).unwrap();
        let asked: Vec<ResolveSourceMetaRequest> = daemon.requests(Method::ResolveSourceMeta);
        let asked = asked.into_iter();
        asked
            .map(|it| {
                let platform = it.platform.map(|platform| platform.architecture);
                (it.source.unwrap().identifier, platform)
            })
            .collect()
    };
    let image = |name: &str| format!("docker-image://docker.io/library/{name}:latest");
    // A stage of that name, and what the time is taken of: nothing says a platform.
    let stage = "FROM scratch AS base\nFROM base\nCOPY a /\n";
    assert_eq!(asked(stage, ""), [(image("own"), None)]);
    let time = "FROM scratch\nCOPY a /\n";
    assert_eq!(
        asked(time, "base"),
        [(image("own"), None), (image("own"), None)]
    );
    // A base image is for the platform that is built for.
    let base = "FROM base\nCOPY a /\n";
    assert_eq!(asked(base, ""), [(image("other"), Some(other.to_owned()))]);
}
