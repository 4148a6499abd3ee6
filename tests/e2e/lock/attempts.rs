//! Attempts to get something past a lock.

use super::world::{EPOCH, World, at};
use crate::build::{Build, Image};
use crate::engine::{Feature, engine};
use crate::programs::{example_frontend, programs};
use crate::project::{Folder, Project};

const DOCKERFILE: &str = "\
ARG BASE=@BASE@
FROM ${BASE} AS early
RUN true
FROM early
COPY --from=@COPIED@ /etc/group /copied
ADD @FILES@/words /words
";

/// A world with a lock for [`DOCKERFILE`].
fn locked() -> Option<World> {
    let world = World::with(DOCKERFILE)?;
    world.lock(&["--platform=linux/amd64"]);
    Some(world)
}

/// Asserts that a build fails before anything is pulled, and where.
#[track_caller]
fn refused(build: Build, words: &str, line: u32) {
    let said = build.fails();
    said.says(words);
    said.says("RDF_LOCK=off builds without the lock");
    at(&said, line);
    let asked = |line: &str| line.contains("load metadata for") || line.contains("] FROM");
    let pulled = said.stderr.lines().any(asked);
    assert!(!pulled, "{}", said.whole());
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_changes_of_the_dockerfile() {
    let Some(world) = locked() else {
        return;
    };
    world.build().ok();
    for added in [
        "FROM @OTHER@\nCOPY --from=early /etc/group /\n",
        "COPY --from=@OTHER@ /etc/group /other\n",
        "RUN --mount=from=@OTHER@,target=/m true\n",
        "RUN --mount=type=cache,from=@OTHER@,target=/m true\n",
        "ADD @FILES@/more /more\n",
        "ADD @GIT@#main /git\n",
    ] {
        world.dockerfile(&format!("{DOCKERFILE}{added}"));
        refused(world.build(), "is not in the lock", 8);
    }
    // A digest that is not the one in the lock.
    let digest = world.images.digest("other");
    world.dockerfile(&DOCKERFILE.replace("@BASE@", &format!("@BASE@@{digest}")));
    refused(world.build(), "is not the one in the lock", 3);
    // What stood there when the lock was made still builds.
    world.dockerfile(&format!("{DOCKERFILE}# a remark\n\n"));
    world.build().ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_flags() {
    let Some(world) = locked() else {
        return;
    };
    let other = world.images.name("other");
    let base = world.images.name("base");
    let context = format!("{base}=docker-image://{other}");
    for (args, words, line) in [
        (
            ["--build-arg", &format!("BASE={other}")],
            "is not in the lock",
            3,
        ),
        (
            ["--build-context", &context],
            "and the lock was not made with that in its place",
            3,
        ),
        (
            ["--platform", "linux/arm64"],
            "is locked, but not for linux/arm64",
            3,
        ),
    ] {
        refused(world.build().args(args), words, line);
    }
    // All that this target needs is locked.
    world.build().args(["--target", "early"]).ok();
    // Whoever may pass build arguments may say so.
    let off = ["--build-arg", "RDF_LOCK=off"];
    let arg = format!("BASE={other}");
    world.build().args(off).args(["--build-arg", &arg]).ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_triggers_of_a_base() {
    let Some(world) = World::with("FROM @BASE@\n") else {
        return;
    };
    world.lock(&["--platform=linux/amd64"]);
    // The tag moves to an image that fetches from elsewhere when it is built upon.
    let trigger = format!(
        "COPY --from={} /etc/base-image /triggered",
        world.images.name("other")
    );
    let image = Image::pushed("onbuild");
    let onbuild = Project::plain(&format!(
        "FROM {}/busybox\nONBUILD {trigger}\nLABEL made=@NONCE@\n",
        engine().registry
    ));
    let push = ["--push", "--provenance=false", "-t", &image.name];
    Build::of(&onbuild).by_any_frontend().args(push).ok();
    let locked = world.images.digest("base");
    let moved = world.images.tag("base", &image.name);
    let files = world.build().files();
    assert!(!files.names().contains(&"triggered".to_owned()));
    // A lock that was changed by hand to the moved image does not know the trigger.
    let lock = world.read_lock();
    world.write_lock(&lock.replace(&locked, &moved));
    let said = world.build().fails();
    said.says("is not in the lock (run `rdf lock Dockerfile`");
    at(&said, 2);
    // Nor is such a lock taken for a good one; restored and moved by us, it knows the trigger.
    let refused = world.rdf(&["lock", "--update"]).run();
    assert_eq!(refused.status, 4, "{}", refused.whole());
    world.write_lock(&lock);
    let lock = world.lock(&["--update"]);
    assert!(lock.contains("onbuild"), "{lock}");
    assert!(
        world
            .build()
            .files()
            .names()
            .contains(&"triggered".to_owned())
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_changes_of_the_lock() {
    let Some(world) = locked() else {
        return;
    };
    let lock = world.read_lock();
    // A digest that the registry has never seen.
    let digest = world.images.digest("base");
    let wrong = format!("sha256:{}", "1".repeat(64));
    world.write_lock(&lock.replace(&digest, &wrong));
    let said = world.build().fails();
    said.says(&wrong);
    said.says("not found");
    // Another image had the same digest, and of two that fail the last is told.
    at(&said, 6);
    // A checksum that the file has not.
    let (_, file) = lock.split_once("[[http]]").expect("a file");
    let (_, file) = file.split_once("digest = \"").expect("its digest");
    let digest = &file[..file.find('"').expect("its end")];
    world.write_lock(&lock.replace(digest, &wrong));
    let said = world.build().arg("--no-cache").fails();
    said.says("digest mismatch");
    said.says("does not match the lock");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_another_frontend_under_the_same_tag() {
    let Some(world) = World::with("FROM @BASE@\nRUN true\n") else {
        return;
    };
    let frontend = world.images.name("frontend");
    world.images.tag("frontend", &engine().frontend);
    world.project.folder.write(
        "Dockerfile",
        world.fill(&format!("# syntax={frontend}\nFROM @BASE@\nRUN true\n")),
    );
    world.lock(&["--platform=linux/amd64"]);
    let build = || world.build().by_any_frontend();
    build().ok();
    let locked = format!(
        "docker-image://{frontend}@{}",
        world.images.digest("frontend")
    );
    // The same program in an image that differs by a label.
    let image = Image::pushed("frontend");
    let again = Project::plain("FROM @FRONTEND@\nLABEL made=@NONCE@\n");
    let push = ["--push", "--provenance=false", "-t", &image.name];
    Build::of(&again).by_any_frontend().args(push).ok();
    world.images.tag("frontend", &image.name);
    // A release of the same major version goes on, and says so where the daemon tells it what it is.
    let said = build().ok();
    if engine().has(Feature::Modern) {
        said.says(&format!("the frontend `{frontend}` has moved"));
    }
    let hermetic = || build().args(["--build-arg", "RDF_LOCK=hermetic", "--build-arg", EPOCH]);
    hermetic().ok().says(&locked);
    world.lock(&["--frontend", "exact", "Dockerfile"]);
    build().ok().says(&locked);
    // Called by its name, it forwards to the locked one.
    if let Some(programs) = programs() {
        let wrapper = example_frontend(&programs, "wrapper-frontend");
        let called = build().args([
            format!("--build-arg=BUILDKIT_SYNTAX={wrapper}"),
            format!("--build-arg=WRAPPED={}", engine().frontend),
        ]);
        called.ok().says(&locked);
    }
    world.lock(&["Dockerfile", "--update", &frontend]);
    let said = build().ok();
    let moved = format!(
        "docker-image://{frontend}@{}",
        world.images.digest("frontend")
    );
    assert!(!said.whole().contains(&locked), "{}", said.whole());
    said.says(&moved);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_a_lock_of_another_kind() {
    let Some(world) = locked() else {
        return;
    };
    for (text, words) in [
        ("", "the lock is empty"),
        ("FROM debian@sha256:aa\n", "tern"),
        ("version = 9\n", "version 9"),
        ("version = 1\n<<<<<<< ours\n", "merge"),
    ] {
        world.write_lock(text);
        let said = world.build().fails();
        said.says(words);
    }
    // Asked for, it must be there.
    world.remove_lock();
    world.build().ok();
    let asked = world.build().args(["--build-arg", "RDF_LOCK=locked"]);
    asked.fails().says("Dockerfile.lock does not exist");
    let empty = Folder::new();
    let context = format!("rdf-lock={}", empty.path().display());
    let given = world.build().args(["--build-context", &context]);
    given.fails().says("has no Dockerfile.lock");
}
