//! What a build can be turned into.

use crate::build::{Build, Image, manifest};
use crate::engine::{Feature, engine};
use crate::process::Program;
use crate::project::{Folder, Project};

fn project() -> Project {
    Project::new(
        "FROM @REGISTRY@/busybox AS build\nRUN mkdir /d && echo @NONCE@ >/d/made && ln -s made /d/link\nFROM scratch\nCOPY --from=build /d /d\nLABEL kept=yes\n",
    )
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
    Build::of(&project)
        .arg(format!("--output=type=tar,dest={}", tar.display()))
        .ok();
    let names = Program::new("tar").arg("-tf").arg(&tar).ok().text();
    assert_eq!(names, "d/\nd/link\nd/made\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_tar_archive_on_stdout() {
    let project = project();
    let said = Build::of(&project).arg("--output=-").ok();
    let made = Program::new("tar")
        .args(["-xOf", "-", "d/made"])
        .stdin(said.stdout)
        .ok()
        .text();
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
    Build::of(&project)
        .arg(format!("--output=type=oci,dest={}", tar.display()))
        .ok();
    Program::new("tar")
        .args(["-xf", "out.tar"])
        .dir(folder.path())
        .ok();
    let index: serde_json::Value = serde_json::from_str(&folder.read("index.json")).expect("index");
    let digest = index["manifests"][0]["digest"].as_str().expect("digest");
    assert!(
        folder
            .join(&format!("blobs/{}", digest.replace(':', "/")))
            .exists(),
        "{index}"
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_in_the_engine() {
    let project = project();
    let image = Build::of(&project).args(["--label", "more=too"]).image();
    assert_eq!(
        image.inspect("{{.Config.Labels.kept}} {{.Config.Labels.more}}"),
        "yes too"
    );
    let history = Program::docker()
        .args([
            "history",
            "--no-trunc",
            "--format={{.CreatedBy}}",
            &image.name,
        ])
        .ok();
    assert_eq!(history.text(), "LABEL kept=yes\nCOPY /d /d # buildkit\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_in_a_registry() {
    let project = project();
    let image = Image::pushed("pushed");
    Build::of(&project).args(["--push", "-t", &image.name]).ok();
    let kind = manifest(&image.name)["mediaType"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        kind.contains("image.index") || kind.contains("manifest"),
        "{kind}"
    );
    // Used as the base of another build, it is pulled from there.
    let again = Project::new(&format!("FROM {image}\nCOPY Dockerfile /\n"));
    assert_eq!(
        Build::of(&again).files().read("d/made"),
        format!("{}\n", project.nonce)
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_same_image_twice_with_an_epoch() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = Project::new("FROM scratch\nCOPY a /\nWORKDIR /made\n").file("a", "@NONCE@");
    let mut indexes = Vec::new();
    for _ in 0..2 {
        let layout = Folder::new();
        let output = format!(
            "--output=type=oci,tar=false,rewrite-timestamp=true,dest={}",
            layout.path().display()
        );
        Build::of(&project)
            .args([
                "--no-cache",
                "--provenance=false",
                "--build-arg",
                "SOURCE_DATE_EPOCH=1700000000",
                &output,
            ])
            .ok();
        let blob = |descriptor: &serde_json::Value| -> serde_json::Value {
            let digest = descriptor["digest"].as_str().unwrap_or_default();
            let text = layout.read(&format!("blobs/{}", digest.replace(':', "/")));
            serde_json::from_str(&text).expect("JSON blob")
        };
        let index = layout.read("index.json");
        let manifest = blob(
            &serde_json::from_str::<serde_json::Value>(&index).expect("index")["manifests"][0],
        );
        let config = blob(&manifest["config"]);
        assert_eq!(config["created"], "2023-11-14T22:13:20Z", "{config}");
        let history = config["history"].as_array().expect("history");
        assert!(
            history
                .iter()
                .all(|one| one["created"] == config["created"]),
            "{config}"
        );
        indexes.push(index);
    }
    assert_eq!(indexes[0], indexes[1]);
}
