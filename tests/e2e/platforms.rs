//! Several platforms in one build.

use crate::build::{Build, Image, manifest};
use crate::engine::{Feature, engine};
use crate::project::{Folder, Project};

/// The platforms of the index at `image`, in its order, attestations left out.
fn platforms_of(image: &str) -> Vec<String> {
    let index = manifest(image);
    let manifests = index["manifests"].as_array().cloned().unwrap_or_default();
    let word = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let platform = |one: &serde_json::Value| {
        let platform = &one["platform"];
        let parts = [
            &platform["os"],
            &platform["architecture"],
            &platform["variant"],
        ];
        parts
            .into_iter()
            .filter_map(word)
            .collect::<Vec<_>>()
            .join("/")
    };
    manifests
        .iter()
        .map(platform)
        .filter(|one| !one.starts_with("unknown"))
        .collect()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_foreign_platform_without_commands() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new("FROM @REGISTRY@/busybox:multi\nARG TARGETARCH\nCOPY $TARGETARCH /arch\nENV A=$TARGETARCH\n")
        .file("amd64", "for amd64 @NONCE@")
        .file("arm64", "for arm64 @NONCE@");
    let image = Image::pushed("platforms");
    let said = Build::of(&project)
        .args([
            "--platform=linux/amd64,linux/arm64",
            "--push",
            "-t",
            &image.name,
        ])
        .ok();
    said.says("[linux/amd64 2/2] COPY amd64 /arch")
        .says("[linux/arm64 2/2] COPY arm64 /arch");
    assert_eq!(platforms_of(&image.name), ["linux/amd64", "linux/arm64"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn everything_built_on_the_build_platform() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new(
        r#"
FROM --platform=$BUILDPLATFORM @REGISTRY@/busybox:multi AS build
ARG BUILDPLATFORM TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT
RUN echo "$BUILDPLATFORM to $TARGETPLATFORM: $TARGETOS $TARGETARCH $TARGETVARIANT; @NONCE@" >/out
FROM scratch
COPY --from=build /out /
"#,
    );
    let folder = Folder::new();
    let output = format!("--output=type=local,dest={}", folder.path().display());
    let said = Build::of(&project)
        .args(["--platform=linux/arm64,linux/arm/v7,linux/amd64", &output])
        .ok();
    said.says("[linux/amd64->arm/v7 build 2/2] RUN");
    let line = |target: &str, words: &str| {
        format!("linux/amd64 to {target}: {words}; {}\n", project.nonce)
    };
    assert_eq!(
        folder.read("linux_arm64/out"),
        line("linux/arm64", "linux arm64 ")
    );
    assert_eq!(
        folder.read("linux_arm_v7/out"),
        line("linux/arm/v7", "linux arm v7")
    );
    assert_eq!(
        folder.read("linux_amd64/out"),
        line("linux/amd64", "linux amd64 ")
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn one_foreign_platform() {
    let project = Project::new("FROM @REGISTRY@/busybox:multi\nCOPY a /\nLABEL made=@NONCE@\n")
        .file("a", "a");
    let image = Build::of(&project).args(["--platform=linux/arm64"]).image();
    assert_eq!(image.inspect("{{.Os}}/{{.Architecture}}"), "linux/arm64");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn one_platform_as_if_there_were_several() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new("FROM scratch\nCOPY a /\n").file("a", "@NONCE@");
    let build = Build::of(&project).args([
        "--platform=linux/amd64",
        "--build-arg",
        "BUILDKIT_MULTI_PLATFORM=1",
    ]);
    assert_eq!(build.files().names(), ["linux_amd64/a"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_platform_that_the_base_image_lacks() {
    let project = Project::new("FROM @REGISTRY@/busybox:multi\nCOPY Dockerfile /\n");
    Build::of(&project)
        .args(["--platform=linux/s390x"])
        .fails()
        .says("no match for platform in manifest");
}
