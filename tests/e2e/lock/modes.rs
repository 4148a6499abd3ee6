//! Which lock counts, and how strictly.

use super::world::World;
use crate::build::{Build, manifest};
use crate::engine::{Feature, engine};
use crate::project::{Folder, with_syntax};
use crate::served::Repository;

/// Says which image it got.
const DOCKERFILE: &str = "FROM @BASE@\nRUN ls /etc/base-image || echo plain; : @NONCE@\n";

/// A world whose base was locked and has moved since; it shows in the words that the build says.
fn moved() -> Option<World> {
    let world = World::with(DOCKERFILE)?;
    world.lock(&["--platform=linux/amd64"]);
    world.images.tag("base", "busybox:other");
    Some(world)
}

const PINNED: &str = "plain";
const MOVED: &str = "/etc/base-image";

/// What the step said, and not what it was asked to do.
#[track_caller]
fn assert_base(build: Build, wanted: &str) {
    let said = build.arg("--no-cache").ok();
    let found = said
        .stderr
        .lines()
        .any(|line| line.starts_with('#') && line.split(' ').nth(2) == Some(wanted));
    assert!(found, "not {wanted}: {}", said.whole());
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_is_obeyed_unless_told_otherwise() {
    let Some(world) = moved() else {
        return;
    };
    let mode = |mode: &str| {
        world
            .build()
            .args(["--build-arg", &format!("RDF_LOCK={mode}")])
    };
    assert_base(world.build(), PINNED);
    assert_base(mode("locked"), PINNED);
    assert_base(mode("auto"), PINNED);
    assert_base(mode("off"), MOVED);
    // The file says it as well, and the argument wins.
    let lock = world.read_lock();
    world.write_lock(&lock.replace("mode = \"locked\"", "mode = \"off\""));
    assert_base(world.build(), MOVED);
    assert_base(mode("locked"), PINNED);
    // What is not in the lock comes in by `auto`, with a warning.
    world.write_lock(&lock.replace("mode = \"locked\"", "mode = \"auto\""));
    world.dockerfile(&format!(
        "{DOCKERFILE}COPY --from=@OTHER@ /etc/group /other\n"
    ));
    let said = world.build().ok();
    let name = world.images.name("other");
    if engine().has(Feature::Recent) {
        said.says(&format!("the image `{name}` is not in the lock"));
    }
    mode("strict")
        .fails()
        .says("expected one of off, auto, locked, hermetic, write");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_from_another_folder() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(world) = moved() else {
        return;
    };
    let lock = world.read_lock();
    world.remove_lock();
    assert_base(world.build(), MOVED);
    let folder = Folder::new();
    folder.write("Dockerfile.lock", &lock);
    let context = format!("rdf-lock={}", folder.path().display());
    assert_base(world.build().args(["--build-context", &context]), PINNED);
    // It comes before the one beside the Dockerfile.
    world.write_lock("version = 9\n");
    assert_base(world.build().args(["--build-context", &context]), PINNED);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_of_a_file_with_another_name() {
    let Some(world) = moved() else {
        return;
    };
    let text = world.project.folder.read("Dockerfile");
    world.project.folder.write("deploy/app.dockerfile", &text);
    let file = world.project.folder.join("deploy/app.dockerfile");
    let build = || world.build().arg("--file").arg(&file);
    // The lock of `Dockerfile` does not concern it.
    assert_base(build(), MOVED);
    world
        .project
        .folder
        .write("deploy/app.dockerfile.lock", world.read_lock());
    assert_base(build(), PINNED);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_dockerfile_from_stdin_has_no_lock() {
    let Some(world) = moved() else {
        return;
    };
    let text = world.project.folder.read("Dockerfile");
    assert_base(world.build().arg("--file=-").stdin(text.as_str()), MOVED);
    assert_base(Build::context("-").stdin(text.as_str()), MOVED);
    let asked = ["--build-arg", "RDF_LOCK=locked"];
    let said = world
        .build()
        .arg("--file=-")
        .args(asked)
        .stdin(text.as_str())
        .fails();
    said.says("Dockerfile.lock does not exist");
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let context = format!("rdf-lock={}", world.project.path());
    let given = world
        .build()
        .arg("--file=-")
        .args(["--build-context", &context]);
    assert_base(given.stdin(text.as_str()), PINNED);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_inside_an_archive() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(world) = moved() else {
        return;
    };
    let archive = crate::served::archive(&world.project.folder, &["-z"]);
    assert_base(Build::context("-").stdin(archive.clone()), PINNED);
    let said = Build::context("-").stdin(archive.clone()).ok();
    assert!(
        !said.stderr.contains("is not in the lock"),
        "{}",
        said.whole()
    );
    let off = ["--build-arg", "RDF_LOCK=off"];
    assert_base(Build::context("-").args(off).stdin(archive), MOVED);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_inside_a_repository() {
    let Some(world) = moved() else {
        return;
    };
    let dockerfile = world.project.folder.read("Dockerfile");
    let repository = Repository::new(&[
        ("Dockerfile", &dockerfile),
        ("Dockerfile.lock", &world.read_lock()),
        ("below/Dockerfile", &dockerfile),
        ("below/Dockerfile.lock", &world.read_lock()),
    ]);
    let server = repository.serve("app.git");
    let url = server.url("/git/app.git");
    let said = Build::context(&format!("{url}#main")).ok();
    if engine().has(Feature::Recent) {
        said.says("the main context");
        said.says("is not in the lock");
    }
    assert_base(Build::context(&format!("{url}#main")), PINNED);
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    assert_base(Build::context(&format!("{url}#main:below")), PINNED);
    let off = ["--build-arg", "RDF_LOCK=off"];
    assert_base(Build::context(&format!("{url}#main")).args(off), MOVED);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_outside_a_repository_holds_its_commit() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(world) = moved() else {
        return;
    };
    world.images.tag("base", "busybox:latest");
    let dockerfile = world.fill(&with_syntax(
        "FROM @BASE@ AS build\nCOPY word /word\nRUN cat /word; : @NONCE@\n",
    ));
    let repository = Repository::new(&[("Dockerfile", &dockerfile), ("word", "before\n")]);
    let server = repository.serve("app.git");
    let url = format!("{}#main", server.url("/git/app.git"));
    world.project.folder.write("Dockerfile", &dockerfile);
    world.remove_lock();
    let lock = world.lock(&["--platform=linux/amd64", "--context", &url]);
    assert!(lock.contains(&format!("context = \"{url}\"")), "{lock}");
    let context = format!("rdf-lock={}", world.project.path());
    let build = || Build::context(&url).args(["--build-context", &context]);
    // The engine makes the same one, with and without an old lock.
    assert_eq!(build().arg("--call=lock").ok().text(), lock);
    world.remove_lock();
    assert_eq!(
        build()
            .args(["--call=lock", "--platform=linux/amd64"])
            .ok()
            .text(),
        lock
    );
    world.write_lock(&lock);
    assert_base(build(), "before");
    // The branch goes on, the Dockerfile too: neither is taken.
    let other = dockerfile
        .replace("@NONCE@", "moved")
        .replace("RUN cat", "RUN echo moved; cat");
    repository.commit(&[("Dockerfile", &other), ("word", "after\n")]);
    server.take_refs_of(&repository, "app.git");
    assert_base(build(), "before");
    let said = build().arg("--no-cache").ok();
    assert!(!said.stderr.contains("echo moved"), "{}", said.whole());
    assert!(
        !said.stderr.contains("is not in the lock"),
        "{}",
        said.whole()
    );
    assert_base(build().args(["--build-arg", "RDF_LOCK=off"]), "after");
    // Another branch is another source.
    let elsewhere = Build::context(&url.replace("#main", "#dev"));
    repository.git(&["branch", "dev"]);
    server.take_refs_of(&repository, "app.git");
    let said = elsewhere.args(["--build-context", &context]).fails();
    said.says("is not in the lock");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_result_tells_which_lock_was_in_force() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let Some(world) = moved() else {
        return;
    };
    let digest = crate::served::sha256(world.read_lock().as_bytes());
    let name = world.images.name("result");
    let metadata = world.project.folder.join("metadata.json");
    let build = || {
        let push = ["--push", "--provenance=false", "-t", &name];
        world
            .build()
            .args(push)
            .arg("--metadata-file")
            .arg(&metadata)
    };
    build().ok();
    let told: serde_json::Value =
        serde_json::from_str(&world.project.folder.read("metadata.json")).expect("metadata");
    assert_eq!(told["frontend.rdf.lock.digest"], digest, "{told}");
    assert!(manifest(&name).get("annotations").is_none());
    build()
        .args(["--build-arg", "RDF_LOCK_ANNOTATION=true"])
        .ok();
    assert_eq!(manifest(&name)["annotations"]["rdf.lock.digest"], digest);
}
