//! One lock, two engines that never saw the build, and between them everything moved: the same bytes.

use super::world::{World, at, exact, exact_fails, on};
use crate::build::Build;
use crate::engine::{Feature, engine};
use crate::engines::second_engine;

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_same_image_after_everything_has_moved() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let (Some(second), Some(world)) = (second_engine(), World::new()) else {
        return;
    };
    let lock = world.lock(&["--platform=linux/amd64"]);
    let before = exact(world.build());

    world.move_everything();
    world.images.untag("copied");
    let after = exact(on(&second, world.build()));
    assert_eq!(
        before.digest,
        after.digest,
        "{}\n{}",
        before.layers(),
        after.layers()
    );
    // And the first engine, which knows more by now, says the same.
    assert_eq!(exact(world.build()).digest, before.digest);
    assert_eq!(world.read_lock(), lock);

    // Without the lock the deleted tag is missed, and with that tag back the image is another one.
    let off = |build: Build| build.args(["--build-arg", "RDF_LOCK=off"]);
    let said = exact_fails(off(on(&second, world.build())));
    said.says(&world.images.name("copied"));
    world.images.tag("copied", "busybox:other");
    let moved = exact(off(on(&second, world.build())));
    assert_ne!(moved.digest, before.digest);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_changed_file_is_told_and_can_be_accepted() {
    let dockerfile = "FROM @BASE@\nADD @FILES@/words /words\nRUN cat /words\n";
    let Some(world) = World::with(dockerfile) else {
        return;
    };
    let old = world.lock(&["--platform=linux/amd64"]);
    world.build().arg("--no-cache").ok();
    world.files.put("/words", b"other words\n");
    // An engine that has fetched the file before still has it.
    world.build().arg("--no-cache").ok();
    let url = world.files.url("/words");
    let Some(second) = second_engine() else {
        return;
    };
    let build = || on(&second, world.build()).arg("--no-cache");
    let said = build().fails();
    let has = world.rdf(&["lock", "--verify"]).run();
    assert_eq!(has.status, 4, "{}", has.whole());
    has.says(&format!("`{url}` has changed"));
    for words in [
        format!("the content of {url} does not match the lock"),
        "the file has changed".to_owned(),
        format!("rdf lock Dockerfile --update {url}"),
    ] {
        said.says(&words);
    }
    at(&said, 3);
    world.rdf(&["lock", "--update", &url]).ok();
    assert_ne!(world.read_lock(), old);
    build().ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_checksum_may_be_that_of_an_annotated_tag() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(world) = World::with("") else {
        return;
    };
    let tag = world.repository.git(&["rev-parse", "annotated"]);
    let tag = tag.trim();
    world.dockerfile(&format!(
        "FROM @BASE@\nADD --checksum={tag} @GIT@#annotated /annotated\nRUN cat /annotated/word >/@NONCE@\n"
    ));
    world.build().ok();
    let lock = world.lock(&[]);
    assert!(lock.contains(&format!("tag-object = \"{tag}\"")), "{lock}");
    world.build().arg("--no-cache").ok();
}
