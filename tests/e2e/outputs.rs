//! What a build can be turned into.

use crate::build::{Build, manifest};
use crate::engine::{Feature, engine};
use crate::process::Program;
use crate::project::{Folder, Project};

fn project() -> Project {
    Project::new("FROM @REGISTRY@/busybox AS build\nRUN mkdir /d && echo @NONCE@ >/d/made && ln -s made /d/link\nFROM scratch\nCOPY --from=build /d /d\nLABEL kept=yes\n")
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_folder() {
    let project = project();
    let files = Build::of(&project).files();
    assert_eq!(files.names(), ["d/link", "d/made"]);
    assert_eq!(files.read("d/link"), format!("{}\n", project.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_tar_archive() {
    let project = project();
    let folder = Folder::new();
    let tar = folder.join("out.tar");
    Build::of(&project).arg(format!("--output=type=tar,dest={}", tar.display())).ok();
    let names = Program::new("tar").arg("-tf").arg(&tar).ok().text();
    assert_eq!(names, "d/\nd/link\nd/made\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_tar_archive_on_stdout() {
    let project = project();
    let said = Build::of(&project).arg("--output=-").ok();
    let made = Program::new("tar").args(["-xOf", "-", "d/made"]).stdin(said.stdout).ok().text();
    assert_eq!(made, format!("{}\n", project.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_oci_layout() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = project();
    let folder = Folder::new();
    let tar = folder.join("out.tar");
    Build::of(&project).arg(format!("--output=type=oci,dest={}", tar.display())).ok();
    Program::new("tar").args(["-xf", "out.tar"]).dir(folder.path()).ok();
    let index: serde_json::Value = serde_json::from_str(&folder.read("index.json")).expect("index");
    let digest = index["manifests"][0]["digest"].as_str().expect("digest");
    assert!(folder.join(&format!("blobs/{}", digest.replace(':', "/"))).exists(), "{index}");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_in_the_engine() {
    let project = project();
    let image = Build::of(&project).args(["--label", "more=too"]).image();
    assert_eq!(image.inspect("{{.Config.Labels.kept}} {{.Config.Labels.more}}"), "yes too");
    let history = Program::docker().args(["history", "--no-trunc", "--format={{.CreatedBy}}", &image.name]).ok();
    assert_eq!(history.text(), "LABEL kept=yes\nCOPY /d /d # buildkit\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_in_a_registry() {
    let project = project();
    let image = engine().image("pushed");
    Build::of(&project).args(["--push", "-t", &image]).ok();
    let kind = manifest(&image)["mediaType"].as_str().unwrap_or_default().to_owned();
    assert!(kind.contains("image.index") || kind.contains("manifest"), "{kind}");
    // Used as the base of another build, it is pulled from there.
    let again = Project::new(&format!("FROM {image}\nCOPY Dockerfile /\n"));
    assert_eq!(Build::of(&again).files().read("d/made"), format!("{}\n", project.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_same_image_twice_with_an_epoch() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new("FROM scratch\nCOPY a /\nWORKDIR /made\n").file("a", "@NONCE@");
    let mut digests = Vec::new();
    for _ in 0..2 {
        let image = engine().image("epoch");
        Build::of(&project)
            .args(["--no-cache", "--provenance=false", "--build-arg", "SOURCE_DATE_EPOCH=1700000000"])
            .arg(format!("--output=type=image,name={image},push=true,unpack=false,rewrite-timestamp=true"))
            .ok();
        let config = Program::docker().args(["buildx", "imagetools", "inspect", "--format={{json .Image}}", &image]);
        let config = config.ok().json();
        assert_eq!(config["created"], "2023-11-14T22:13:20Z", "{config}");
        assert!(config["history"].as_array().is_some_and(|all| all.iter().all(|one| one["created"] == config["created"])));
        digests.push(manifest(&image).to_string());
    }
    assert_eq!(digests[0], digests[1]);
}
