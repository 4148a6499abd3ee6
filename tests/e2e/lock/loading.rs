//! A lock that is there and out of reach: what a client sends of links, and what an engine makes of it.

use std::os::unix::fs::symlink;

use super::world::{World, at};
use crate::build::Build;
use crate::engine::{Feature, engine};
use crate::process::Program;
use crate::project::Folder;

const DOCKERFILE: &str = "FROM @BASE@\nRUN : @NONCE@\n";

fn locked() -> Option<World> {
    let world = World::with(DOCKERFILE)?;
    world.lock(&["--platform=linux/amd64"]);
    Some(world)
}

fn mode(build: Build, mode: &str) -> Build {
    build.args(["--build-arg", &format!("RDF_LOCK={mode}")])
}

/// Fails in every mode but `off`, which says that it does not obey.
#[track_caller]
fn out_of_reach(build: impl Fn() -> Build, words: &str) {
    for said in [build().fails(), mode(build(), "auto").fails()] {
        said.says("cannot read");
        said.says(words);
        at(&said, 2);
    }
    let said = mode(build(), "off").ok();
    if engine().has(Feature::Recent) {
        said.says("RDF_LOCK=off ignores Dockerfile.lock");
    }
}

/// `rdf lock --check` judges as a build does.
#[track_caller]
fn refused(check: Program) {
    let said = check.run();
    assert_eq!(said.status, 2, "{}", said.whole());
    said.says("lock-unreadable");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_that_can_not_be_read_is_no_missing_lock() {
    let Some(world) = locked() else {
        return;
    };
    let folder = &world.project.folder;
    let text = world.read_lock();
    let path = folder.join("Dockerfile.lock");
    let elsewhere = Folder::new();
    elsewhere.write("x", &text);
    let outside = elsewhere.join("x");
    for target in [outside.to_str().expect("UTF-8"), "../locks/x", "nowhere"] {
        std::fs::remove_file(&path).expect("remove");
        symlink(target, &path).expect("link");
        out_of_reach(|| world.build(), &format!("link to `{target}`"));
        refused(world.rdf(&["lock", "--check"]));
    }
    // Within the directory a link is followed.
    folder.write("locks/x", &text);
    std::fs::remove_file(&path).expect("remove");
    symlink("locks/x", &path).expect("link");
    mode(world.build(), "locked").ok();
    world.rdf(&["lock", "--check"]).ok();
    std::fs::remove_file(&path).expect("remove");
    std::fs::create_dir(&path).expect("directory");
    out_of_reach(|| world.build(), "directory");
    refused(world.rdf(&["lock", "--check"]));
    // The lock of a Dockerfile in a directory lies there, and not beside it.
    folder.write("sub/Dockerfile", folder.read("Dockerfile"));
    symlink("../locks/x", folder.join("sub/Dockerfile.lock")).expect("link");
    let file = folder.join("sub/Dockerfile");
    out_of_reach(
        || world.build().arg("--file").arg(&file),
        "link to `../locks/x`",
    );
    refused(world.rdf(&["lock", "--check", "sub/Dockerfile"]));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_dockerfile_that_is_a_link() {
    let Some(world) = locked() else {
        return;
    };
    let folder = &world.project.folder;
    folder.write("docker/app", folder.read("Dockerfile"));
    folder.write("docker/app.lock", world.read_lock());
    std::fs::remove_file(folder.join("Dockerfile")).expect("remove");
    world.remove_lock();
    symlink("docker/app", folder.join("Dockerfile")).expect("link");
    out_of_reach(|| world.build(), "`docker/app.lock`");
    refused(world.rdf(&["lock", "--check"]));
    symlink("docker/app.lock", folder.join("Dockerfile.lock")).expect("link");
    mode(world.build(), "locked").ok();
    world.rdf(&["lock", "--check"]).ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_other_spelling() {
    let Some(world) = locked() else {
        return;
    };
    let folder = &world.project.folder;
    std::fs::rename(folder.join("Dockerfile"), folder.join("dockerfile")).expect("rename");
    let said = world.build().fails();
    said.says("it is for a file `Dockerfile`, and the Dockerfile is `dockerfile`");
    std::fs::rename(
        folder.join("Dockerfile.lock"),
        folder.join("dockerfile.lock"),
    )
    .expect("rename");
    mode(world.build(), "locked").ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_in_the_context_of_a_dockerfile_from_stdin() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(world) = locked() else {
        return;
    };
    let text = world.project.folder.read("Dockerfile");
    let said = world.build().arg("--file=-").stdin(text.as_str()).ok();
    said.says("the context has a Dockerfile.lock");
    world.remove_lock();
    let said = world.build().arg("--file=-").stdin(text.as_str()).ok();
    assert!(
        !said.stderr.contains("has a Dockerfile.lock"),
        "{}",
        said.whole()
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_argument_does_not_weaken_a_hermetic_lock() {
    let Some(world) = World::with("FROM @BASE@\nRUN : @NONCE@ && ip route get 192.0.2.1\n") else {
        return;
    };
    let lock = world.lock(&["--platform=linux/amd64"]);
    world.write_lock(&lock.replace("mode = \"locked\"", "mode = \"hermetic\""));
    let epoch = ["--build-arg", super::world::EPOCH];
    for asked in ["locked", "hermetic"] {
        let said = mode(world.build(), asked).args(epoch).fails();
        said.says("this build is hermetic");
    }
    for asked in ["off", "auto"] {
        let said = mode(world.build(), asked).args(epoch).ok();
        if engine().has(Feature::Recent) {
            said.says(&format!(
                "RDF_LOCK={asked} is weaker than Dockerfile.lock, whose mode is `hermetic`"
            ));
        }
    }
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let metadata = world.project.folder.join("metadata.json");
    let name = world.images.name("result");
    let push = ["--push", "--provenance=false", "-t", &name];
    let build = mode(world.build(), "off").args(push);
    build.arg("--metadata-file").arg(&metadata).ok();
    let told: serde_json::Value =
        serde_json::from_str(&world.project.folder.read("metadata.json")).expect("metadata");
    assert_eq!(told["frontend.rdf.lock.mode"], "off", "{told}");
    assert_eq!(
        told["frontend.rdf.lock.weakened-from"], "hermetic",
        "{told}"
    );
}
