//! Pins that move, and pins in the Dockerfile.

use super::world::World;
use super::{Dir, hash, lock_everything};

#[test]
fn updates_follow_versions() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let tags = "latest 3 3.9-slim 3.11 3.11-slim 3.12 3.12-slim 3.12-alpine 3.12.1-slim 3.13 3.13-slim 3.13-alpine \
        3.13-slim-bookworm 3.14-rc-slim 3.14.0a1-slim 4.0-slim 4.0 4.1-rc-slim slim bookworm 2.7-slim 3.10-slim \
        3.12.2 3.12.3 v3.15-slim 3.13.0-slim 3.13.1-slim nightly 3-slim 4-slim";
    assert_eq!(tags.split_whitespace().count(), 30);
    let digests: Vec<(String, String)> = tags
        .split_whitespace()
        .map(|tag| (tag.to_owned(), world.image("py", tag, tag, "")))
        .collect();
    let digest = |tag: &str| {
        digests
            .iter()
            .find(|(have, _)| have == tag)
            .unwrap()
            .1
            .clone()
    };
    let make = |text: &str| {
        dir.write("Dockerfile", text);
        let _ = std::fs::remove_file(dir.0.join("Dockerfile.lock"));
        assert_eq!(dir.run(&["lock"]).0, 0);
    };
    let plain = format!("FROM {host}/py:3.12-slim\n");
    for (level, tag) in [
        ("digest", "3.12-slim"),
        ("patch", "3.12-slim"),
        ("minor", "3.13-slim"),
        ("major", "4.0-slim"),
    ] {
        make(&plain);
        let (exit, stderr) = dir.run(&["lock", "--update", "--level", level]);
        let lock = dir.read("Dockerfile.lock");
        assert_eq!(exit, 0, "{stderr}");
        assert!(lock.contains(&digest(tag)), "{level}: {lock}");
        assert_eq!(dir.run(&["lock", "--check"]).0, 0, "{level}");
    }
    make(&format!("# rdf: update=minor\n{plain}"));
    assert_eq!(dir.run(&["lock", "--update"]).0, 0);
    assert!(dir.read("Dockerfile.lock").contains("tag = \"3.13-slim\""));
    assert_eq!(
        dir.run(&["lock", "--precise", &format!("{host}/py=3.11-slim")])
            .0,
        0
    );
    assert!(dir.read("Dockerfile.lock").contains(&digest("3.11-slim")));
    assert_eq!(
        dir.run(&[
            "lock",
            "--precise",
            &format!("{host}/py={}", digest("3.12"))
        ])
        .0,
        0
    );
    assert!(dir.read("Dockerfile.lock").contains(&digest("3.12")));
    make(&plain);
    assert_eq!(
        dir.run(&["lock", "--update", "--level", "minor", "--pre-release"])
            .0,
        0
    );
    assert!(
        dir.read("Dockerfile.lock")
            .contains("tag = \"3.14-rc-slim\""),
        "{}",
        dir.read("Dockerfile.lock")
    );

    make(&plain);
    let (exit, stderr) = dir.run(&["lock", "--update", "--level", "minor", "--min-age", "100w"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(dir.read("Dockerfile.lock").contains("tag = \"3.13-slim\""));
    let old = dir.read("Dockerfile.lock");
    let (exit, stderr) = dir.run(&[
        "lock",
        "--update",
        "--level",
        "minor",
        "--min-age",
        "10000w",
    ]);
    assert!(exit == 3 && stderr.contains("days old"), "{stderr}");
    assert_eq!(dir.read("Dockerfile.lock"), old);
}

#[test]
fn tags_that_move_change_nothing_until_an_update() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let first = world.image("x", "1", "first", "");
    dir.write("Dockerfile", &format!("FROM {host}/x:1\n"));
    assert_eq!(dir.run(&["lock"]).0, 0);
    let second = world.image("x", "1", "second", "");
    assert_eq!(dir.run(&["lock"]).0, 0);
    assert!(dir.read("Dockerfile.lock").contains(&first));
    let output = dir.rdf(&["lock", "--outdated"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(second.get(..19).unwrap()));
    let (exit, stderr) = dir.run(&["lock", "--verify"]);
    assert!(exit == 0 && stderr.contains("has moved"), "{stderr}");
    assert_eq!(dir.run(&["lock", "--update", "--dry-run"]).0, 0);
    assert!(dir.read("Dockerfile.lock").contains(&first));
    assert_eq!(dir.run(&["lock", "--update"]).0, 0);
    assert!(dir.read("Dockerfile.lock").contains(&second));
    world.untag("x", "1");
    assert_eq!(
        dir.run(&["lock"]).0,
        0,
        "a deleted tag is no trouble for a pin"
    );
}

#[test]
fn a_pin_written_into_the_file_is_taken_out_again() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let text = lock_everything(&world, &dir);
    let own = world.image("own", "1", "own", "");
    let text = format!(
        "{text}# the author's\nCOPY  --from={host}/own:1@{own} \\\n  # why\n  /a   /b\nRUN <<EOF\nFROM {host}/base:1\nEOF\n"
    );
    dir.write("Dockerfile", &text);
    assert_eq!(dir.run(&["lock"]).0, 0);
    let (exit, stderr) = dir.run(&["pin"]);
    let pinned = dir.read("Dockerfile");
    assert_eq!(exit, 0, "{stderr}\n{pinned}");
    for part in [
        "child:1@sha256:".to_owned(),
        "copied:1@sha256:".to_owned(),
        format!("from={host}/mounted:1@sha256:"),
        format!("syntax={host}/front:1@sha256:"),
        "ADD --checksum=sha256:".to_owned(),
        format!("r.git#{}", hash('c')),
    ] {
        assert!(pinned.contains(&part), "{part} is not in\n{pinned}");
    }
    let (exit, stderr) = dir.run(&["lock", "--check"]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(dir.run(&["pin"]).0, 0);
    assert_eq!(
        dir.read("Dockerfile"),
        pinned,
        "pinning twice is pinning once"
    );
    assert_eq!(dir.run(&["unpin"]).0, 0);
    assert_eq!(dir.read("Dockerfile"), text);
    assert_eq!(dir.run(&["lock", "--check"]).0, 0);
}

#[test]
fn a_from_that_stands_for_several_images_is_not_pinned() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("x", "1", "one", "");
    world.image("x", "2", "two", "");
    dir.write("Dockerfile", &format!("ARG V=1\nFROM {host}/x:${{V}}\n"));
    assert_eq!(dir.run(&["lock"]).0, 0);
    assert_eq!(dir.run(&["lock", "--build-arg", "V=2"]).0, 0);
    let (exit, stderr) = dir.run(&["pin"]);
    assert!(
        exit == 1 && stderr.contains("x:1") && stderr.contains("x:2"),
        "{stderr}"
    );
}
