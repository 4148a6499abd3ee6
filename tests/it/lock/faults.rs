//! What goes wrong on the way: faults of servers, kills, credentials in the file.

use std::time::{Duration, Instant};

use super::Dir;
use super::world::{Fault, World};

/// How many seconds of silence are waited for. Only a silence must be met; elsewhere a busy machine may take its time,
/// a trickle's pauses of a tenth of a second among it.
fn patience(fault: &Fault) -> &'static str {
    match fault {
        Fault::Silence => "1",
        Fault::Trickle => "2",
        _ => "60",
    }
}

#[test]
fn faults_are_told_and_leave_the_old_lock() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("good", "1", "good", "");
    world.image("bad", "1", "bad", "");
    world.image("worse", "1", "worse", "");
    dir.write("Dockerfile", &format!("FROM {host}/bad:1\n"));
    assert_eq!(dir.run(&["lock"]).0, 0);
    let old = dir.read("Dockerfile.lock");
    dir.write("Dockerfile", &format!("FROM {host}/bad:1 AS a\nFROM {host}/missing:1 AS b\nFROM {host}/good:1\nCOPY --from=a / /\nCOPY --from=b / /\n"));
    for (part, fault, code, kind, words) in [
        (
            "/bad/manifests",
            Fault::Reset,
            3,
            "source-unreachable",
            "broke off",
        ),
        (
            "/bad/manifests",
            Fault::Cut(300),
            3,
            "source-unreachable",
            "broke off",
        ),
        (
            "/bad/manifests",
            Fault::Silence,
            3,
            "source-unreachable",
            "timed out after 1 second",
        ),
        (
            "/bad/manifests",
            Fault::Trickle,
            3,
            "source-unreachable",
            "did not complete its answer within 4 seconds",
        ),
        (
            "/bad/blobs",
            Fault::Trickle,
            3,
            "source-unreachable",
            "did not complete its answer within 4 seconds",
        ),
        (
            "/bad/manifests",
            Fault::Status(401, ""),
            3,
            "source-unauthorized",
            "docker login",
        ),
        (
            "/bad/manifests",
            Fault::Status(403, ""),
            3,
            "source-forbidden",
            "(403)",
        ),
        (
            "/bad/manifests",
            Fault::Status(404, ""),
            3,
            "source-not-found",
            "(404)",
        ),
        (
            "/bad/manifests",
            Fault::Status(429, "retry-after: 3600\r\n"),
            3,
            "source-rate-limited",
            "asks to wait 3600 seconds",
        ),
        (
            "/bad/manifests",
            Fault::Status(500, ""),
            3,
            "source-server-error",
            "(500)",
        ),
        (
            "/bad/manifests",
            Fault::Body("{\"schemaVersion\":2,\"manif"),
            3,
            "source-malformed",
            "bad:1",
        ),
        (
            "/bad/manifests",
            Fault::Body("[]"),
            3,
            "source-malformed",
            "bad:1",
        ),
        (
            "/bad/manifests",
            Fault::Large(50 << 20),
            3,
            "source-too-large",
            "larger than",
        ),
        (
            "/bad/blobs",
            Fault::Body("{}"),
            4,
            "source-integrity",
            "does not match its digest",
        ),
    ] {
        world.clear_faults();
        world.fault(part, fault.clone());
        let (exit, stderr) = dir.run(&["lock", "--update", "--timeout", patience(&fault)]);
        assert_eq!(exit, code, "{fault:?}: {stderr}");
        assert!(
            stderr.contains(kind) && stderr.contains(words),
            "{fault:?}: {stderr}"
        );
        assert!(
            stderr.contains(" --> Dockerfile:1\n"),
            "{fault:?}: {stderr}"
        );
        assert!(
            stderr.contains("missing:1") && stderr.contains(" --> Dockerfile:2\n"),
            "one failure hides no other: {fault:?}: {stderr}"
        );
        assert_eq!(dir.read("Dockerfile.lock"), old, "{fault:?}");
    }
    assert_eq!(
        std::fs::read_dir(&dir.0).unwrap().count(),
        2,
        "nothing is left behind"
    );
}

#[test]
fn faults_of_files_and_repositories_are_told() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.put("/file/x", "text/plain", &[b'x'; 4096]);
    dir.write(
        "Dockerfile",
        &format!("FROM scratch\nADD http://{host}/file/x /x\nADD http://{host}/r.git#v1 /r\n"),
    );
    for (part, fault, words) in [
        ("/file/x", Fault::Reset, "broke off"),
        ("/file/x", Fault::Cut(2000), "broke off"),
        ("/file/x", Fault::Silence, "timed out after 1 second"),
        ("/file/x", Fault::Trickle, "is too slow"),
        ("/file/x", Fault::Status(404, ""), "(404)"),
        ("/file/x", Fault::Status(503, ""), "(503)"),
        ("/r.git", Fault::Reset, "broke off"),
        ("/r.git", Fault::Silence, "timed out after 1 second"),
        (
            "/r.git/git-upload-pack",
            Fault::Trickle,
            "did not complete its answer",
        ),
        ("/r.git", Fault::Status(403, ""), "(403)"),
        (
            "/r.git/git-upload-pack",
            Fault::Body("0000"),
            "has no ref `v1`",
        ),
    ] {
        world.clear_faults();
        world.fault(part, fault.clone());
        let (exit, stderr) = dir.run(&["lock", "--timeout", patience(&fault)]);
        assert_eq!(exit, 3, "{fault:?}: {stderr}");
        assert!(stderr.contains(words), "{part} {fault:?}: {stderr}");
        assert!(
            stderr.contains("has no ref `v1`") || part.starts_with("/r.git"),
            "one failure hides no other: {fault:?}: {stderr}"
        );
        assert_eq!(dir.read("Dockerfile.lock"), "");
    }
}

#[test]
fn what_passes_is_tried_again() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("x", "1", "x", "");
    dir.write("Dockerfile", &format!("FROM {host}/x:1\n"));
    for fault in [
        Fault::StatusOnce(429, "retry-after: 1\r\n"),
        Fault::StatusOnce(503, ""),
    ] {
        world.fault("/x/manifests", fault.clone());
        let start = Instant::now();
        let (exit, stderr) = dir.run(&["lock", "--update"]);
        assert_eq!(exit, 0, "{fault:?}: {stderr}");
        if matches!(fault, Fault::StatusOnce(429, _)) {
            assert!(
                start.elapsed() >= Duration::from_secs(1),
                "Retry-After is heeded"
            );
        }
    }
}

#[test]
fn credentials_in_urls_are_refused_and_not_shown() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    for line in [
        format!("ADD http://user:hunter2@{host}/file/x /x\n"),
        format!("ADD http://user:hunter2@{host}/r.git#v1 /x\n"),
        format!("ADD http://hunter2@{host}/r.git /x\n"),
    ] {
        dir.write("Dockerfile", &format!("FROM scratch\n{line}"));
        for format in ["text", "json", "sarif", "github", "markdown"] {
            let output = dir.rdf(&["lock", "--format", format]);
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            assert!(
                !output.status.success() && text.contains("credentials"),
                "{line}{text}"
            );
            assert!(!text.contains("hunter2"), "{line}{format}: {text}");
        }
        assert_eq!(dir.read("Dockerfile.lock"), "");
        let (exit, stderr) = dir.run(&["lock", "--check"]);
        assert!(exit == 1 && !stderr.contains("hunter2"), "{stderr}");
    }
    dir.write("Dockerfile", "FROM scratch\n");
    let context = format!("x=http://user:hunter2@{host}/r.git");
    let (exit, stderr) = dir.run(&["lock", "--build-context", &context]);
    assert!(exit == 2 && !stderr.contains("hunter2"), "{stderr}");
    assert_eq!(world.requests(), [""; 0], "nobody was asked");
}

#[test]
fn offline_keeps_and_prunes_and_asks_nobody() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("x", "1", "x", "");
    world.image("y", "1", "y", "");
    dir.write(
        "Dockerfile",
        &format!("FROM {host}/x:1\nCOPY --from={host}/y:1 / /\n"),
    );
    assert_eq!(dir.run(&["lock"]).0, 0);
    world.requests();
    dir.write("Dockerfile", &format!("FROM {host}/x:1\n"));
    let (exit, stderr) = dir.run(&["lock", "--offline"]);
    assert_eq!(exit, 0, "{stderr}");
    // What is kept is in the lock, and nothing failed.
    assert!(!stderr.contains("not in the lock"), "{stderr}");
    assert!(!stderr.contains("its pin is kept"), "{stderr}");
    let lock = dir.read("Dockerfile.lock");
    assert!(lock.contains("/x:1") && !lock.contains("/y:1"), "{lock}");
    dir.write(
        "Dockerfile",
        &format!("FROM {host}/x:1\nADD http://{host}/file /f\nADD http://{host}/r.git /r\nCOPY --from={host}/y:1 / /\n"),
    );
    let (exit, stderr) = dir.run(&["lock", "--offline"]);
    assert_eq!(exit, 3, "{stderr}");
    for subject in ["/y:1", "/file", "/r.git"] {
        assert!(
            stderr.contains(&format!(
                "{host}{subject}` is not in the lock, and `--offline` does not use the network"
            )),
            "{stderr}"
        );
    }
    assert_eq!(dir.read("Dockerfile.lock"), lock);
    assert_eq!(world.requests(), [""; 0]);
    let (exit, stderr) = dir.run(&["lock", "--offline", "--update"]);
    assert!(exit == 2 && stderr.contains("--offline"), "{stderr}");
}

/// A pin holds for the platforms it was made for: the others cannot be taken on trust.
#[test]
fn a_pin_for_other_platforms_is_not_enough() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("x", "1", "x", "");
    for dockerfile in [
        format!("FROM {host}/x:1\n"),
        format!("FROM scratch\nCOPY --from={host}/x:1 / /\n"),
    ] {
        dir.write("Dockerfile", &dockerfile);
        assert_eq!(dir.run(&["lock", "--platform", "linux/amd64"]).0, 0);
        let lock = dir.read("Dockerfile.lock");
        for platforms in ["linux/s390x", "linux/amd64,linux/s390x"] {
            let (exit, stderr) = dir.run(&["lock", "--offline", "--platform", platforms]);
            assert_eq!(exit, 3, "{stderr}");
            assert!(
                stderr.contains("is not in the lock for") && stderr.contains("linux/s390x"),
                "{stderr}"
            );
            assert_eq!(dir.read("Dockerfile.lock"), lock);
        }
        let (exit, stderr) = dir.run(&["lock", "--offline", "--platform", "linux/amd64"]);
        assert_eq!(exit, 0, "{stderr}");
        // A registry that is gone knows no more.
        world.fault("/x/", Fault::Status(404, ""));
        let (exit, stderr) = dir.run(&["lock", "--platform", "linux/s390x"]);
        assert_ne!(exit, 0, "{stderr}");
        assert_eq!(dir.read("Dockerfile.lock"), lock);
        world.clear_faults();
        std::fs::remove_file(dir.path().join("Dockerfile.lock")).unwrap();
    }
}

/// The replacement of the file itself is killed in `cli::cmd::lock::write`; here it is the whole command.
#[test]
fn a_kill_leaves_the_old_lock_or_the_new() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let names: Vec<String> = (0..8).map(|n| format!("x{n}")).collect();
    names
        .iter()
        .for_each(|name| drop(world.image(name, "1", "old", "")));
    let froms: String = names
        .iter()
        .map(|name| format!("COPY --from={host}/{name}:1 / /\n"))
        .collect();
    dir.write("Dockerfile", &format!("FROM scratch\n{froms}"));
    assert_eq!(dir.run(&["lock"]).0, 0);
    let old = dir.read("Dockerfile.lock");
    names
        .iter()
        .for_each(|name| drop(world.image(name, "1", "new", "")));
    for delay in 0..40 {
        dir.write("Dockerfile.lock", &old);
        let mut child = dir
            .command(&["lock", "--update"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(delay * 2500));
        let _ = child.kill();
        let _ = child.wait();
        let now = dir.read("Dockerfile.lock");
        assert!(
            now == old
                || now.matches("[[image]]").count() == names.len()
                    && now.ends_with('\n')
                    && !now.contains(&old),
            "{now}"
        );
        assert_eq!(dir.run(&["lock", "--check"]).0, 0);
    }
}
