//! Builds made from nothing: Dockerfiles by their grammar, options and images to go with them.
//!
//! Most of them build. What is random is which of the things that the language has stand beside each other, not the
//! bytes: for those there is [`super::mutate`].

use dockerfile_llb::image::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::dockerfile_writer;
use super::mutate::Random;

/// A build.
#[derive(Serialize, Deserialize)]
pub struct Build {
    /// Its Dockerfile.
    pub dockerfile: String,
    /// Its options and images, as `case.json` has them: testdata/conformance/README.md.
    pub case: Value,
}

/// Images that there are. Others are named now and then.
const IMAGES: &[&str] = &[
    "docker.io/library/alpine:latest",
    "docker.io/library/alpine:3.20",
    "docker.io/library/debian:bookworm-slim",
    "docker.io/library/golang:1.22",
    "ghcr.io/org/app:v1.2.3",
    "localhost:5000/team/base:latest",
    PINNED,
];

/// A base with its digest.
pub const PINNED: &str = "docker.io/library/golang@sha256:0000000000000000000000000000000000000000000000000000000000000007";

pub const VARIABLES: &[&str] = &[
    "A",
    "B",
    "VERSION",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "BUILDPLATFORM",
    "PATH",
    "HTTP_PROXY",
    "X_1",
    "home",
];

pub const PLATFORMS: &[&str] = &[
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/riscv64",
    "windows/amd64",
];

/// Makes a build.
pub fn build(random: &mut Random) -> Build {
    let (mut text, stages) = dockerfile_writer::write(random);
    if random.one_in(20) {
        text = text.replace('\n', "\r\n");
    }
    if random.one_in(20) {
        text.insert(0, '\u{feff}');
    }
    Build {
        dockerfile: text,
        case: settings(&stages, random),
    }
}

/// Options of a build with these stages, and images.
pub fn settings(stages: &[String], random: &mut Random) -> Value {
    let mut case = Map::new();
    let mut set = |key: &str, value: Value| case.insert(key.to_owned(), value);
    if random.one_in(3) && !stages.is_empty() {
        let stage = &stages[random.below(stages.len())];
        set(
            "target",
            json!(if random.one_in(20) { "nothing" } else { stage }),
        );
    }
    if random.one_in(3) {
        let args: Map<String, Value> = (0..1 + random.below(3))
            .map(|_| {
                (
                    random.pick(VARIABLES).to_owned(),
                    json!(random.pick(&["", "1.22", "a b", "linux/arm64", "x$y"])),
                )
            })
            .collect();
        set("build_args", Value::Object(args));
    }
    if random.one_in(4) {
        set("target_platform", json!(random.pick(PLATFORMS)));
    }
    if random.one_in(8) {
        set("target_platform", json!("linux/amd64,linux/arm64"));
        set("multi_platform_requested", json!(true));
    }
    if random.one_in(8) {
        set(
            "labels",
            json!({ "org.example": random.pick(&["", "a", "é\"$A"]), "b": "c" }),
        );
    }
    if random.one_in(10) {
        set("network", json!(random.pick(&["none", "host", "sandbox"])));
    }
    if random.one_in(10) {
        set("extra_hosts", json!(["db=10.0.0.1", "v6=2001:db8::1"]));
    }
    if random.one_in(8) {
        set(
            "epoch",
            json!(random.pick(&["0", "1700000000", "1234567890", "-5", "x"])),
        );
    }
    if random.one_in(8) {
        set(
            "no_cache",
            json!(random.pick_of(&[&[][..], &["build0"], &["x1", "Base0"]])),
        );
    }
    if random.one_in(12) {
        set("shm_size", json!(random.pick(&["1048576", "0"])));
    }
    if random.one_in(12) {
        set("ulimits", json!(["nofile=1024:2048", "nproc=3"]));
    }
    if random.one_in(12) {
        set("hostname", json!("builder"));
    }
    if random.one_in(12) {
        set("cgroup_parent", json!("/docker/x"));
    }
    if random.one_in(10) {
        set(
            "image_resolve_mode",
            json!(random.pick(&["pull", "local", "default"])),
        );
    }
    let mut images = Map::new();
    for reference in IMAGES {
        images.insert((*reference).to_owned(), image(reference, random));
    }
    set("images", Value::Object(images));
    Value::Object(case)
}

fn image(reference: &str, random: &mut Random) -> Value {
    let mut container = Map::new();
    container.insert(
        "Env".to_owned(),
        json!(["PATH=/usr/bin:/bin", "A=from-base"]),
    );
    let extras = [
        ("User", json!("app")),
        ("WorkingDir", json!("/srv")),
        ("Cmd", json!(["sh"])),
        ("Entrypoint", json!(["/init"])),
        ("Labels", json!({ "maintainer": "x" })),
        ("ExposedPorts", json!({ "80/tcp": {} })),
        ("Volumes", json!({ "/data": {} })),
        ("Shell", json!(["/bin/ash", "-c"])),
        ("OnBuild", json!(["RUN echo $A", "COPY . /src"])),
        (
            "Healthcheck",
            json!({ "Test": ["CMD", "true"], "Interval": 1_000_000_000 }),
        ),
        ("StopSignal", json!("SIGINT")),
    ];
    for (key, value) in extras {
        if random.one_in(6) {
            container.insert(key.to_owned(), value);
        }
    }
    let digest = match reference.split_once('@') {
        Some((_, digest)) => digest.to_owned(),
        None => Digest::sha256(reference.as_bytes()).to_string(),
    };
    let config = |architecture: &str| {
        json!({
            "architecture": architecture,
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": container,
            "history": [{ "created": "2024-01-01T00:00:00Z", "created_by": "ADD file" }],
            "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{:064x}", 1)] },
        })
    };
    json!({
        "digest": digest,
        "config": config("amd64"),
        "platforms": { "linux/arm64": config("arm64"), "linux/arm/v7": config("arm") },
    })
}
