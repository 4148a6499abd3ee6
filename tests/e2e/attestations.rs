//! What is attached to an image: how it was built, and what is in it.

use serde_json::Value;

use crate::build::{Build, Image};
use crate::engine::{Feature, engine};
use crate::process::Program;
use crate::project::Project;

/// A scanner that says which files it was shown and how it was called, in the form that scanners answer.
const SCANNER: &str = r#"#!/bin/sh
set -e
statement() {
    cat >"$BUILDKIT_SCAN_DESTINATION/$1.spdx.json" <<JSON
{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{
  "spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"$1","comment":"$BUILDKIT_SCAN_word",
  "files":[{"fileName":"$(cd "$2" && find . -name 'e2e-*' | sort | tr '\n' ' ')"}]}}
JSON
}
statement "$(basename "$BUILDKIT_SCAN_SOURCE")" "$BUILDKIT_SCAN_SOURCE"
for extra in "$BUILDKIT_SCAN_SOURCE_EXTRAS"/*; do
    [ ! -d "$extra" ] || statement "$(basename "$extra")" "$extra"
done
"#;

/// Pushes a scanner image and gives its name.
fn scanner() -> Image {
    let image = Image::pushed("scanner");
    let project =
        Project::new("FROM @REGISTRY@/busybox\nCOPY scan /scan\nENTRYPOINT [\"/scan\"]\n")
            .program("scan", SCANNER);
    Build::of(&project)
        .args(["--push", "--provenance=false", "-t", &image.name])
        .ok();
    image
}

#[track_caller]
fn inspect(image: &str, format: &str) -> Value {
    Program::docker()
        .args([
            "buildx",
            "imagetools",
            "inspect",
            &format!("--format={{{{json {format}}}}}"),
            image,
        ])
        .ok()
        .json()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn sbom_by_a_scanner_of_ones_own() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let scanner = scanner();
    let project = Project::new(
        r#"
ARG BUILDKIT_SBOM_SCAN_CONTEXT=true
FROM @REGISTRY@/busybox AS build
ARG BUILDKIT_SBOM_SCAN_STAGE=1
RUN : @NONCE@ >/e2e-built
FROM scratch
COPY --from=build /e2e-built /e2e-copied
"#,
    )
    .file("e2e-source", "");
    let image = Image::pushed("sbom");
    let generator = format!("--attest=type=sbom,generator={scanner},word=spoken");
    Build::of(&project)
        .args(["--push", "-t", &image.name, &generator])
        .ok();
    let sbom = inspect(&image.name, ".SBOM");
    let core = &sbom["SPDX"];
    assert_eq!(core["name"], "sbom", "{sbom}");
    assert_eq!(core["files"][0]["fileName"], "./e2e-copied ", "{sbom}");
    let extra = |name: &str| {
        let all = sbom["AdditionalSPDXs"].as_array().into_iter().flatten();
        all.into_iter()
            .find(|one| one["name"] == name)
            .map(|one| format!("{} {}", one["comment"], one["files"][0]["fileName"]))
    };
    assert_eq!(
        extra("sbom-build").as_deref(),
        Some("\"spoken\" \"./e2e-built \""),
        "{sbom}"
    );
    assert_eq!(
        extra("sbom-context").as_deref(),
        Some("\"spoken\" \"./e2e-source \""),
        "{sbom}"
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn sbom_for_each_platform() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let scanner = scanner();
    let project =
        Project::new("FROM scratch\nARG TARGETARCH\nCOPY e2e-$TARGETARCH /\nLABEL made=@NONCE@\n")
            .file("e2e-amd64", "")
            .file("e2e-arm64", "");
    let image = Image::pushed("sbom");
    let generator = format!("--attest=type=sbom,generator={scanner}");
    Build::of(&project)
        .args([
            "--push",
            "-t",
            &image.name,
            &generator,
            "--platform=linux/amd64,linux/arm64",
        ])
        .ok();
    let sbom = inspect(&image.name, ".SBOM");
    for name in ["amd64", "arm64"] {
        let files = &sbom[&format!("linux/{name}")]["SPDX"]["files"];
        assert_eq!(files[0]["fileName"], format!("./e2e-{name} "), "{sbom}");
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn provenance_with_everything() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new(
        "FROM @REGISTRY@/busybox AS build\nARG WORD\nRUN echo $WORD >/made\nFROM scratch AS out\nCOPY --from=build /made /\n",
    );
    let image = Image::pushed("provenance");
    let word = format!("WORD={}", project.nonce);
    Build::of(&project)
        .args([
            "--push",
            "-t",
            &image.name,
            "--provenance=mode=max,version=v0.2",
            "--target=out",
            "--build-arg",
            &word,
        ])
        .ok();
    let slsa = &inspect(&image.name, ".Provenance")["SLSA"];
    let materials: Vec<_> = slsa["materials"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["uri"].as_str())
        .collect();
    for wanted in ["busybox", frontend_repository()] {
        assert!(
            materials.iter().any(|uri| uri.contains(wanted)),
            "{wanted}: {materials:?}"
        );
    }
    let parameters = &slsa["invocation"]["parameters"];
    assert_eq!(parameters["frontend"], "gateway.v0", "{slsa}");
    assert_eq!(parameters["args"]["source"], engine().frontend, "{slsa}");
    assert_eq!(
        parameters["args"]["build-arg:WORD"], project.nonce,
        "{slsa}"
    );
    assert_eq!(parameters["args"]["target"], "out", "{slsa}");
    let steps = slsa["buildConfig"]["llbDefinition"]
        .as_array()
        .expect("steps");
    // base, RUN, COPY, and the pointer to the last one
    assert_eq!(steps.len(), 4, "{slsa}");
    let buildkit = &slsa["metadata"]["https://mobyproject.org/buildkit@v1#metadata"];
    let source = &buildkit["source"];
    assert_eq!(source["infos"][0]["filename"], "Dockerfile", "{slsa}");
    let line = |step: &str| {
        source["locations"][step]["locations"][0]["ranges"][0]["start"]["line"].clone()
    };
    let mut lines: Vec<_> = ["step0", "step1", "step2"]
        .map(line)
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [2, 4, 6], "{source}");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn provenance_as_it_is_by_default() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new("FROM @REGISTRY@/busybox\nARG WORD\nLABEL made=@NONCE@\n");
    let image = Image::pushed("provenance");
    Build::of(&project)
        .args([
            "--push",
            "-t",
            &image.name,
            "--provenance=mode=min",
            "--build-arg",
            "WORD=hidden",
        ])
        .ok();
    let all = inspect(&image.name, ".Provenance").to_string();
    assert!(
        all.contains("busybox") && all.contains(frontend_repository()),
        "{all}"
    );
    assert!(
        !all.contains("hidden") && !all.contains("llbDefinition"),
        "{all}"
    );
}

/// The path of the frontend's image, as it stands in a package address.
fn frontend_repository() -> &'static str {
    let name = engine().frontend.split('@').next().unwrap_or_default();
    let path = name.rsplit('/').next().unwrap_or(name);
    path.split(':').next().unwrap_or(path)
}
