//! Pins that move, and pins in the Dockerfile.

use super::sources::lock_everything;
use super::world::World;
use super::{Dir, hash};

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
    assert!(exit == 0 && stderr.contains("unchanged"), "{stderr}");
    assert_eq!(dir.read("Dockerfile.lock"), old);
}

#[test]
fn the_age_of_an_image_is_told_with_its_source() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let days_ago = |days: u64| {
        let day = dockerfile_llb::internals::lock::model::day_of(now - days * 86_400);
        format!("{day}T00:00:00Z")
    };
    let old = world.image_made("py", "3.11", "old", "", Some(&days_ago(40)));
    let ripe = world.image_made("py", "3.12", "ripe", "", Some(&days_ago(20)));
    world.image_made("py", "3.13", "young", "", Some(&days_ago(2)));
    world.image_made("py", "3.14", "unknown", "", None);
    world.image_made("py", "3.15", "fixed", "", Some("1970-01-01T00:00:00Z"));
    dir.write("Dockerfile", &format!("FROM {host}/py:3.11\n"));
    let (exit, stderr) = dir.run(&["lock"]);
    assert!(
        exit == 0 && dir.read("Dockerfile.lock").contains(&old),
        "{stderr}"
    );
    let (exit, stderr) = dir.run(&["lock", "--update", "--level", "minor", "--min-age", "2w"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(dir.read("Dockerfile.lock").contains(&ripe), "{stderr}");
    for words in [
        "py:3.12: 20 days old, by the creation date in its config",
        "py:3.13` is 2 days old by the creation date in its config",
        "the age of `HOST/py:3.14` is unknown",
        "the age of `HOST/py:3.15` is unknown",
    ] {
        let words = words.replace("HOST", &host);
        assert!(stderr.contains(&words), "{words}: {stderr}");
    }
}

#[test]
fn every_level_and_variant_with_thirty_tags() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let tags = "1.2.3 1.2.3-slim 1.2.3-alpine3.20 1.2.4 1.2.4-slim 1.2.10 1.2.10-slim 1.2.11-rc1 1.2.11-rc1-slim \
        1.3.0 1.3.0-slim 1.3.0-alpine3.20 1.3.1-alpine3.21 1.10.0 1.10.0-slim 1.10.1-beta 1.11.0-rc.1-slim 2.0.0 2.0.0-slim \
        2.0.0-alpine3.20 2.1.0-alpha.1 10.0.0 10.0.0-slim 11.0.0-dev-slim v12.0.0 latest slim 1 1.2 edge";
    assert_eq!(tags.split_whitespace().count(), 30);
    for tag in tags.split_whitespace() {
        world.image("app", tag, tag, "");
    }
    for (current, level, moved) in [
        ("1.2.3", "digest", None),
        ("1.2.3", "patch", Some("1.2.10")),
        ("1.2.3", "minor", Some("1.10.0")),
        ("1.2.3", "major", Some("10.0.0")),
        ("1.2.3-slim", "patch", Some("1.2.10-slim")),
        ("1.2.3-slim", "minor", Some("1.10.0-slim")),
        ("1.2.3-slim", "major", Some("10.0.0-slim")),
        ("1.2.3-alpine3.20", "patch", None),
        ("1.2.3-alpine3.20", "minor", Some("1.3.1-alpine3.21")),
        ("1.2.3-alpine3.20", "major", Some("2.0.0-alpine3.20")),
        ("1.2.11-rc1-slim", "minor", Some("1.10.0-slim")),
        ("10.0.0", "major", None),
        ("latest", "major", None),
        ("slim", "major", None),
    ] {
        dir.write("Dockerfile", &format!("FROM {host}/app:{current}\n"));
        let _ = std::fs::remove_file(dir.0.join("Dockerfile.lock"));
        assert_eq!(dir.run(&["lock"]).0, 0);
        let (exit, stderr) = dir.run(&["lock", "--update", "--level", level]);
        let lock = dir.read("Dockerfile.lock");
        let tag = lock.lines().find_map(|line| line.strip_prefix("tag = "));
        let expected = moved.map(|tag| format!("\"{tag}\""));
        assert_eq!(
            (exit, tag),
            (0, expected.as_deref()),
            "{current} {level}: {stderr}"
        );
    }
}

#[test]
fn only_what_is_named_is_moved() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.put("/file/x", "text/plain", b"old");
    world.git_ref("refs/heads/main", &hash('a'), None);
    let old = [
        world.image("a", "1.0", "old a", ""),
        world.image("b", "1.0", "old b", ""),
    ];
    dir.write(
        "Dockerfile",
        &format!("FROM {host}/a:1.0\nCOPY --from={host}/b:1.0 / /\nADD http://{host}/file/x /\nADD http://{host}/r.git#main /r\n"),
    );
    assert_eq!(dir.run(&["lock"]).0, 0);
    let before = dir.read("Dockerfile.lock");
    world.image("a", "1.0", "new a", "");
    let new = world.image("b", "1.0", "new b", "");
    world.put("/file/x", "text/plain", b"new");
    world.git_ref("refs/heads/main", &hash('b'), None);
    let (exit, stderr) = dir.run(&["lock", "--update", &format!("{host}/b")]);
    let lock = dir.read("Dockerfile.lock");
    assert_eq!(exit, 0, "{stderr}");
    let others = |lock: &str| -> Vec<String> {
        let entries = lock.split("\n[[").filter(|entry| !entry.contains("/b:1.0"));
        entries.map(str::to_owned).collect()
    };
    assert_eq!(others(&lock), others(&before), "{stderr}");
    assert!(lock.contains(&new) && !lock.contains(&old[1]), "{lock}");
    let words = [
        "lock",
        "--update",
        &format!("http://{host}/r.git#main"),
        &format!("http://{host}/file/x"),
    ];
    assert_eq!(dir.run(&words).0, 0);
    let lock = dir.read("Dockerfile.lock");
    assert!(
        lock.contains(&old[0]) && lock.contains(&hash('b')) && lock.contains("size = 3"),
        "{lock}"
    );
    assert!(!lock.contains(&hash('a')), "{lock}");
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
    assert_eq!(dir.run(&["lock"]).0, 0, "a deleted tag does not harm a pin");
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

#[test]
fn what_an_update_does_not_follow_is_said() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    for tag in [
        "latest", "1-slim", "2", "2-alpine", "1", "4999", "5000", "20250108",
    ] {
        world.image("x", tag, tag, "");
    }
    let update = |text: &str| {
        dir.write("Dockerfile", text);
        let _ = std::fs::remove_file(dir.0.join("Dockerfile.lock"));
        assert_eq!(dir.run(&["lock"]).0, 0);
        let (exit, stderr) = dir.run(&["lock", "--update", "--level", "major"]);
        assert_eq!(exit, 0, "{stderr}");
        (dir.read("Dockerfile.lock"), stderr)
    };
    let (_, stderr) = update(&format!("FROM {host}/x\n"));
    assert!(stderr.contains("`latest` is not a version"), "{stderr}");
    let (_, stderr) = update(&format!("FROM {host}/x:1-slim\n"));
    assert!(
        stderr.contains("`1-slim` is not followed to `2-alpine`") || stderr.contains("to `5000`"),
        "{stderr}"
    );
    let (lock, _) = update(&format!("FROM {host}/x:1\n"));
    assert!(lock.contains("tag = \"5000\""), "{lock}");
    let ignoring = format!("# rdf: update=major ignore=>=5000\nFROM {host}/x:1\n");
    let (lock, stderr) = update(&ignoring);
    assert!(lock.contains("tag = \"4999\""), "{stderr}{lock}");
    let table = dir.rdf(&["lock", "--outdated"]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(!table.contains("5000"), "{table}");
    // It is not a rule of `rdf check`, and a word that is nothing is told.
    let (_, stderr) = dir.run(&["check", "Dockerfile"]);
    assert!(!stderr.contains("5000"), "{stderr}");
    for word in ["ignore=>=x", "update=mnior", "level=major"] {
        let (_, stderr) = update(&format!("# rdf: {word}\nFROM {host}/x:4999\n"));
        assert!(
            stderr.contains("Dockerfile:1:8: ") && stderr.contains(&format!("`{word}`")),
            "{stderr}"
        );
    }
    let (_, stderr) = update(&format!("FROM {host}/x:latest\n"));
    assert!(stderr.contains("is not a version"), "{stderr}");
    let table = dir.rdf(&["lock", "--outdated"]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("not a version"));
}
