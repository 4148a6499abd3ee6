//! Words that name sources, contradictions, and what an update keeps.

use std::io::Write as _;
use std::process::Stdio;

use super::world::World;
use super::{Dir, hash};

#[test]
fn a_selector_that_matches_nothing_is_an_error_with_the_nearest() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("python", "3.12", "one", "");
    world.put("/file/x", "text/plain", b"x");
    world.git_ref("refs/heads/main", &hash('a'), None);
    dir.write(
        "Dockerfile",
        &format!(
            "FROM {host}/python:3.12\nADD http://{host}/file/x /\nADD http://{host}/r.git#main /r\n"
        ),
    );
    assert_eq!(dir.run(&["lock"]).0, 0);
    let before = dir.read("Dockerfile.lock");
    world.image("python", "3.12", "two", "");
    for (words, told) in [
        (
            vec!["--update", "pyhton"],
            format!("did you mean `{host}/python:3.12`?"),
        ),
        (vec!["--update", "nosuch"], format!("`{host}/python:3.12`")),
        (
            vec!["--update", "PYTHON:3.12"],
            format!("`{host}/python:3.12`"),
        ),
        (
            vec!["--update", "python:9"],
            format!("`{host}/python:3.12`"),
        ),
        (
            vec!["--update", "http://x/file"],
            format!("`http://{host}/file/x`"),
        ),
        (
            vec!["--update", "Dockerfile"],
            "`rdf lock Dockerfile --update`".to_owned(),
        ),
        (vec!["--precise", "web=9"], format!("`{host}/python:3.12`")),
        (vec!["--precise", "python"], "--precise REF=TAG".to_owned()),
        (vec!["--precise", "X="], "--precise REF=TAG".to_owned()),
    ] {
        let (exit, stderr) = dir.run(&[&["lock"], &words[..]].concat());
        assert_eq!(exit, 2, "{words:?}: {stderr}");
        assert!(stderr.contains(&told), "{words:?}: {stderr}");
        assert!(!stderr.contains("unchanged"), "{words:?}: {stderr}");
        assert_eq!(dir.read("Dockerfile.lock"), before, "{words:?}");
    }
    let word = format!("http://{host}/r.git=main");
    let (exit, stderr) = dir.run(&["lock", "--precise", &word]);
    assert!(exit == 2 && stderr.contains("is not an image"), "{stderr}");
    // One that matches does not make up for one that does not.
    let (exit, stderr) = dir.run(&["lock", "--update", &format!("{host}/python"), "nosuch"]);
    assert_eq!(
        (exit, dir.read("Dockerfile.lock")),
        (2, before.clone()),
        "{stderr}"
    );
    for word in [
        format!("{host}/python"),
        format!("http://{host}/r.git"),
        format!("http://{host}/file/x"),
    ] {
        let (exit, stderr) = dir.run(&["lock", "--update", &word]);
        assert_eq!(exit, 0, "{word}: {stderr}");
    }
    for words in [
        ["lock", "--level", "minor"],
        ["lock", "--check", "--pre-release"],
    ] {
        let (exit, stderr) = dir.run(&words);
        assert!(
            exit == 2 && stderr.contains("--update"),
            "{words:?}: {stderr}"
        );
    }
}

#[test]
fn a_pin_that_was_tampered_with_is_told_and_not_made_good() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("x", "1", "x", r#""OnBuild":["COPY a /"],"Env":["A=1"]"#);
    world.image("copied", "1", "c", "");
    world.put("/file/x", "text/plain", b"four");
    dir.write(
        "Dockerfile",
        &format!("FROM {host}/x:1\nCOPY --from={host}/copied:1 / /\nADD http://{host}/file/x /\n"),
    );
    assert_eq!(dir.run(&["lock"]).0, 0);
    let sound = dir.read("Dockerfile.lock");
    let line = |part: &str, needle: &str| {
        let entry = sound
            .split("[[")
            .find(|entry| entry.contains(part))
            .unwrap();
        entry
            .lines()
            .find(|line| line.contains(needle))
            .unwrap()
            .to_owned()
    };
    let other = format!("sha256:{}", "b".repeat(64));
    let platform = |part: &str| {
        let old = line(part, "platforms = ");
        let at = old.find("sha256:").unwrap();
        let new = format!("{}{other}{}", &old[..at], &old[at + 71..]);
        (old, new)
    };
    let trigger = ("COPY a /".to_owned(), "COPY b /".to_owned());
    let size = ("size = 4".to_owned(), "size = 5".to_owned());
    for ((old, new), actions) in [
        (platform("/x:1"), &["", "--update", "--verify"][..]),
        (platform("/copied:1"), &["", "--update", "--verify"]),
        (trigger, &["", "--update", "--verify"]),
        (size, &["--update", "--verify"]),
    ] {
        assert!(sound.contains(&old), "{old}");
        let tampered = sound.replace(&old, &new);
        for action in actions {
            dir.write("Dockerfile.lock", &tampered);
            let words: Vec<&str> = ["lock", action]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect();
            let (exit, stderr) = dir.run(&words);
            assert_eq!(exit, 4, "{new} {action}: {stderr}");
            assert!(
                stderr.contains("changed by hand"),
                "{new} {action}: {stderr}"
            );
            assert_eq!(dir.read("Dockerfile.lock"), tampered, "{new} {action}");
        }
    }
    // The way out that the hint names.
    let (old, new) = platform("/x:1");
    let tampered = sound.replace(&old, &new);
    let kept: Vec<&str> = tampered
        .split("\n[[")
        .filter(|entry| !entry.contains("/x:1"))
        .collect();
    dir.write("Dockerfile.lock", &kept.join("\n[["));
    let (exit, stderr) = dir.run(&["lock"]);
    assert_eq!((exit, dir.read("Dockerfile.lock")), (0, sound), "{stderr}");
}

#[test]
fn checksums_that_contradict_what_is_there_are_not_locked() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.put("/file/x", "text/plain", b"x");
    world.git_ref("refs/tags/v1", &hash('a'), Some(&hash('b')));
    world.git_ref("refs/heads/main", &hash('c'), None);
    let digest = |bytes: &[u8]| dockerfile_llb::image::Digest::sha256(bytes).to_string();
    let (right, wrong) = (digest(b"x"), digest(b"y"));
    for (line, exit) in [
        (format!("ADD --checksum={right} http://{host}/file/x /"), 0),
        (format!("ADD --checksum={wrong} http://{host}/file/x /"), 4),
        (
            format!("ADD --checksum={} http://{host}/r.git#v1 /", hash('a')),
            0,
        ),
        (
            format!("ADD --checksum={} http://{host}/r.git#v1 /", hash('b')),
            0,
        ),
        (
            format!(
                "ADD --checksum={} http://{host}/r.git#v1 /",
                &hash('b')[..8]
            ),
            0,
        ),
        (
            format!("ADD --checksum={} http://{host}/r.git#v1 /", hash('d')),
            4,
        ),
        (
            format!("ADD --checksum={} http://{host}/r.git#main /", hash('c')),
            0,
        ),
        (
            format!("ADD --checksum={} http://{host}/r.git#main /", hash('a')),
            4,
        ),
    ] {
        let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
        dir.write("Dockerfile", &format!("FROM scratch\n{line}\n"));
        let (got, stderr) = dir.run(&["lock"]);
        assert_eq!(got, exit, "{line}: {stderr}");
        assert_eq!(
            dir.path().join("Dockerfile.lock").exists(),
            exit == 0,
            "{line}"
        );
        if exit == 4 {
            assert!(
                stderr.contains("Dockerfile:2") && stderr.contains("the checksum of"),
                "{stderr}"
            );
        } else {
            assert_eq!(dir.run(&["lock", "--check"]).0, 0, "{line}");
        }
    }
    // Two that cannot both be right.
    let two = format!(
        "FROM scratch\nADD --checksum={right} http://{host}/file/x /\nADD --checksum={wrong} http://{host}/file/x /y/\n"
    );
    dir.write("Dockerfile", &two);
    let (exit, stderr) = dir.run(&["lock"]);
    assert_eq!(exit, 4, "{stderr}");
    // A checksum that comes later, beside a pin that is there.
    let plain =
        format!("FROM scratch\nADD http://{host}/file/x /\nADD http://{host}/r.git#main /r\n");
    dir.write("Dockerfile", &plain);
    assert_eq!(dir.run(&["lock"]).0, 0);
    for (name, sum) in [("http", &wrong), ("git", &hash('a'))] {
        let text = match name {
            "http" => plain.replacen("ADD ", &format!("ADD --checksum={sum} "), 1),
            _ => plain.replace("ADD http://HOST/r", "").replacen(
                &format!("ADD http://{host}/r.git"),
                &format!("ADD --checksum={sum} http://{host}/r.git"),
                1,
            ),
        };
        dir.write("Dockerfile", &text);
        let (exit, stderr) = dir.run(&["lock"]);
        assert_eq!(exit, 4, "{name}: {stderr}");
    }
    // Nobody can be asked: the Dockerfile's word has to do, and the daemon keeps it.
    dir.write(
        "Dockerfile",
        &format!("FROM scratch\nADD --checksum={wrong} http://127.0.0.1:9/x /\n"),
    );
    let (exit, stderr) = dir.run(&["lock"]);
    assert!(
        exit == 0 && stderr.contains("could not be compared with the content"),
        "{stderr}"
    );
}

#[test]
fn a_tag_object_in_a_checksum_is_not_pinned_in_place() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.git_ref("refs/tags/v1", &hash('a'), Some(&hash('b')));
    let text = format!(
        "FROM scratch\nADD --checksum={} http://{host}/r.git#v1 /\n",
        hash('a')
    );
    dir.write("Dockerfile", &text);
    assert_eq!(dir.run(&["lock"]).0, 0);
    let (exit, stderr) = dir.run(&["pin"]);
    assert!(
        exit == 1 && stderr.contains(&format!("--checksum={}", hash('b'))),
        "{stderr}"
    );
    assert_eq!(dir.read("Dockerfile"), text);
}

#[test]
fn an_image_that_is_too_young_keeps_its_pin_and_others_move() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let fixed = Some("1970-01-01T00:00:00Z");
    let kept = [
        world.image_made("young", "1", "one", "", Some("2020-01-01T00:00:00Z")),
        world.image_made("fixed", "1", "one", "", fixed),
        world.image_made("undated", "1", "one", "", None),
        world.image_made("same", "1", "one", "", fixed),
    ];
    world.image("old", "1", "one", "");
    dir.write(
        "Dockerfile",
        &format!(
            "FROM {host}/young:1\nCOPY --from={host}/fixed:1 / /\nCOPY --from={host}/undated:1 / /\n\
             COPY --from={host}/same:1 / /\nCOPY --from={host}/old:1 / /\n"
        ),
    );
    assert_eq!(dir.run(&["lock"]).0, 0);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let today = dockerfile_llb::internals::lock::model::day_of(now.as_secs());
    world.image_made("young", "1", "two", "", Some(&format!("{today}T00:00:00Z")));
    world.image_made("fixed", "1", "two", "", fixed);
    world.image_made("undated", "1", "two", "", None);
    let moved = world.image("old", "1", "two", "");
    let (exit, stderr) = dir.run(&["lock", "--update", "--level", "minor", "--min-age", "7d"]);
    assert_eq!(exit, 0, "{stderr}");
    let lock = dir.read("Dockerfile.lock");
    for digest in kept.iter().chain([&moved]) {
        assert!(lock.contains(digest), "{stderr}{lock}");
    }
    for name in ["young", "fixed", "undated"] {
        assert!(
            stderr.contains(&format!("{host}/{name}:1: its pin is kept: ")),
            "{stderr}"
        );
    }
    assert!(
        !stderr.contains(&format!("{host}/same:1: its pin is kept")),
        "nothing was there to take: {stderr}"
    );
    assert_eq!(dir.run(&["lock", "--check"]).0, 0);
    // What has no pin has nothing to stay at.
    std::fs::remove_file(dir.path().join("Dockerfile.lock")).unwrap();
    let (exit, stderr) = dir.run(&["lock", "--min-age", "7d"]);
    assert!(
        exit == 3 && stderr.contains("without `--min-age`"),
        "{stderr}"
    );
}

#[test]
fn an_update_moves_the_pins_in_the_dockerfile_as_well() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let old = world.image("x", "1", "one", "");
    let own = world.image("own", "1", "own", "");
    world.put("/file/x", "text/plain", b"old");
    world.git_ref("refs/heads/main", &hash('a'), None);
    let text = format!(
        "FROM {host}/x:1\n# the author's\nCOPY --from={host}/own:1@{own} / /\nADD http://{host}/file/x /\nADD http://{host}/r.git#main /r\n"
    );
    dir.write("Dockerfile", &text);
    assert_eq!(dir.run(&["lock"]).0, 0);
    assert_eq!(dir.run(&["pin"]).0, 0);
    assert!(dir.read("Dockerfile").contains(&old));
    let new = world.image("x", "1", "two", "");
    world.put("/file/x", "text/plain", b"new");
    world.git_ref("refs/heads/main", &hash('b'), None);
    let before = (dir.read("Dockerfile"), dir.read("Dockerfile.lock"));
    assert_eq!(dir.run(&["lock", "--update", "--dry-run"]).0, 0);
    assert_eq!(
        (dir.read("Dockerfile"), dir.read("Dockerfile.lock")),
        before
    );
    let (exit, stderr) = dir.run(&["lock", "--update"]);
    assert_eq!(exit, 0, "{stderr}");
    let (pinned, lock) = (dir.read("Dockerfile"), dir.read("Dockerfile.lock"));
    for what in [&new, &hash('b')] {
        assert!(
            pinned.contains(what.as_str()) && lock.contains(what.as_str()),
            "{pinned}{lock}"
        );
    }
    assert!(!pinned.contains(&old) && pinned.contains(&own), "{pinned}");
    assert_eq!(dir.run(&["lock", "--check"]).0, 0);
    assert_eq!(dir.run(&["unpin"]).0, 0);
    assert_eq!(dir.read("Dockerfile"), text);
    // One source by its name.
    assert_eq!(dir.run(&["pin"]).0, 0);
    let newest = world.image("x", "1", "three", "");
    world.put("/file/x", "text/plain", b"newer");
    let (exit, stderr) = dir.run(&["lock", "--update", &format!("{host}/x")]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(dir.read("Dockerfile").contains(&newest));
    assert!(dir.read("Dockerfile.lock").contains("size = 3"));
    // To another tag, and back to the author's text.
    let next = world.image("x", "2", "four", "");
    let (exit, stderr) = dir.run(&["lock", "--precise", &format!("{host}/x=2")]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(
        dir.read("Dockerfile")
            .contains(&format!("{host}/x:2@{next}")),
        "{}",
        dir.read("Dockerfile")
    );
    assert_eq!(dir.run(&["unpin"]).0, 0);
    assert_eq!(dir.read("Dockerfile"), text);
}

#[test]
fn what_pin_passes_over_is_told() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let digest = world.image("x", "1", "one", "");
    world.put("/file/x", "text/plain", b"old");
    for (text, told, pinned) in [
        (
            format!("FROM scratch\nADD <<EOF http://{host}/file/x /x/\nhello\nEOF\n"),
            "one of several sources of its ADD",
            0,
        ),
        (
            format!("ARG Q={host}/x:1\nFROM $Q AS a\nFROM {host}/x:1\nCOPY --from=a / /\n"),
            "`$Q`",
            1,
        ),
        (
            format!("ARG Q={host}/x:1\nFROM {host}/x:1 AS a\nFROM $Q\nCOPY --from=a / /\n"),
            "`$Q`",
            1,
        ),
        (
            format!("FROM {host}/x:1\nONBUILD COPY --from={host}/x:1 / /\n"),
            "is named by a trigger",
            1,
        ),
        (
            format!(
                "FROM {host}/x:1 AS a\nONBUILD RUN --mount=from={host}/x:1,target=/x true\nFROM a\n"
            ),
            "--> Dockerfile:2",
            1,
        ),
        (
            format!("FROM {host}/x:1\nONBUILD ADD http://{host}/file/x /\n"),
            "is named by a trigger",
            1,
        ),
    ] {
        let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
        dir.write("Dockerfile", &text);
        assert_eq!(dir.run(&["lock"]).0, 0);
        let (exit, stderr) = dir.run(&["pin"]);
        assert_eq!(exit, 1, "{text}{stderr}");
        assert!(stderr.contains(told), "{text}{stderr}");
        assert_eq!(
            dir.read("Dockerfile").matches(&digest).count(),
            pinned,
            "{}",
            dir.read("Dockerfile")
        );
        assert_eq!(dir.run(&["unpin"]).0, 0);
        assert_eq!(dir.read("Dockerfile"), text);
    }
}

#[test]
fn a_dockerfile_from_standard_input_is_locked_to_standard_output() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let digest = world.image("x", "1", "one", "");
    let feed = |words: &[&str]| {
        let mut command = dir.command(words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let _ = input.write_all(format!("FROM {host}/x:1\n").as_bytes());
        drop(input);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (exit, lock, stderr) = feed(&["lock", "-"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(lock.contains(&digest), "{lock}");
    assert!(!dir.path().join("-.lock").exists());
    dir.write("Dockerfile", &format!("FROM {host}/x:1\n"));
    dir.write("Dockerfile.lock", &lock);
    let (exit, stderr) = dir.run(&["lock", "--check"]);
    assert_eq!(exit, 0, "{stderr}");
    for action in ["--check", "--verify", "--outdated"] {
        let (exit, _, stderr) = feed(&["lock", action, "-"]);
        assert!(
            exit == 2 && stderr.contains("no lock beside it"),
            "{stderr}"
        );
    }
    let (exit, json, stderr) = feed(&["compile", "--format", "json", "-"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(
        json.contains(&format!("docker-image://{host}/x:1")),
        "{json}"
    );
}

#[test]
fn a_registry_that_is_not_there_is_told_with_the_image() {
    let dir = Dir::new();
    dir.write(
        "Dockerfile",
        "FROM 127.0.0.1:9/one:1\nCOPY --from=127.0.0.1:9/two:1 / /\n",
    );
    let (exit, stderr) = dir.run(&["lock"]);
    assert_eq!(exit, 3, "{stderr}");
    for (name, line) in [("one", 1), ("two", 2)] {
        assert!(
            stderr.contains(&format!("`127.0.0.1:9/{name}:1`")),
            "{stderr}"
        );
        assert!(stderr.contains(&format!("Dockerfile:{line}")), "{stderr}");
    }
}

#[test]
fn what_is_almost_the_name_of_a_stage_is_told_so() {
    let dir = Dir::new();
    dir.write(
        "Dockerfile",
        "FROM scratch AS build\nFROM scratch\nCOPY --from=biuld /a /a\n",
    );
    // Nobody listens there.
    let mut command = dir.command(&["lock"]);
    let output = command.env("HTTPS_PROXY", "http://127.0.0.1:1").output();
    let stderr = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(stderr.contains("Dockerfile:3"), "{stderr}");
    assert!(
        stderr.contains("hint: did you mean the stage `build`?"),
        "{stderr}"
    );
}

#[test]
fn an_unknown_target_is_looked_for_in_its_own_file() {
    let dir = Dir::new();
    std::fs::create_dir(dir.path().join("api")).unwrap();
    dir.write("api/Dockerfile", "FROM scratch AS test\n");
    dir.write(
        "compose.yaml",
        "services: { api: { build: { context: api, target: tset } } }\n",
    );
    let (exit, stderr) = dir.run(&["lock", "--compose", "compose.yaml"]);
    assert_eq!(exit, 2, "{stderr}");
    assert!(stderr.contains("`rdf targets api/Dockerfile`"), "{stderr}");
}
