//! `rdf lock` as a process, against servers on loopback.

mod attempts;
mod contexts;
mod data;
mod frontend;
mod moves;
mod world;
mod writes;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use world::{Fault, World};

/// A directory of its own, gone at the end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rdf-lock-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .env("HOME", &self.0);
        for name in [
            "DOCKER_CONFIG",
            "DOCKER_AUTH_CONFIG",
            "REGISTRY_AUTH_FILE",
            "XDG_RUNTIME_DIR",
            "HTTP_PROXY",
            "http_proxy",
        ] {
            command.env_remove(name);
        }
        command
    }

    fn rdf(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs, and gives exit code and stderr.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.rdf(arguments);
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn hash(letter: char) -> String {
    letter.to_string().repeat(40)
}

/// One of every kind of source.
fn everything(world: &World) -> String {
    let host = world.host();
    world.image("front", "1", "front", "");
    world.image(
        "base",
        "1",
        "base",
        r#""Env":["URL=http://HOST/file/env","OTHER=1"]"#.replace("HOST", &host).as_str(),
    );
    world.image(
        "child",
        "1",
        "child",
        &format!(r#""OnBuild":["COPY --from={host}/trigger:1 /a /b"]"#),
    );
    for name in [
        "trigger", "copied", "mounted", "cached", "context", "scanner",
    ] {
        world.image(name, "1", name, "");
    }
    world.put("/file/plain", "text/plain", b"plain");
    world.put("/file/env", "text/plain", b"env");
    world.git_ref("HEAD", &hash('a'), None);
    world.git_ref("refs/tags/v1", &hash('b'), Some(&hash('c')));
    format!(
        "# syntax={host}/front:1\n\
         ARG V=1\n\
         FROM {host}/child:1 AS child\n\
         FROM {host}/base:${{V}}\n\
         COPY --from={host}/copied:1 /a /b\n\
         COPY --from=child /a /b\n\
         COPY --from=ctx /a /b\n\
         RUN --mount=from={host}/mounted:1,target=/m --mount=type=cache,from={host}/cached:1,target=/c true\n\
         ADD http://{host}/file/plain /x\n\
         ADD ${{URL}} /y\n\
         ADD http://{host}/r.git#v1 /v1\n\
         ADD http://{host}/r.git /head\n"
    )
}

fn lock_everything(world: &World, dir: &Dir) -> String {
    let text = everything(world);
    dir.write("Dockerfile", &text);
    let host = world.host();
    let context = format!("ctx=docker-image://{host}/context:1");
    let scanner = format!("--sbom={host}/scanner:1");
    let (code, stderr) = dir.run(&[
        "lock",
        "--platform",
        "linux/amd64,linux/arm64",
        "--build-context",
        &context,
        &scanner,
    ]);
    assert_eq!(code, 0, "{stderr}");
    text
}

#[test]
fn every_kind_of_source_is_locked() {
    let (world, dir) = (World::start(), Dir::new());
    lock_everything(&world, &dir);
    let lock = dir.read("Dockerfile.lock");
    let host = world.host();
    for (name, used_by) in [
        ("front", "syntax"),
        ("base", "from"),
        ("child", "from"),
        ("trigger", "onbuild"),
        ("copied", "copy-from"),
        ("mounted", "run-mount"),
        ("cached", "run-mount"),
        ("context", "context:ctx"),
        ("scanner", "sbom"),
    ] {
        let entry = lock
            .split("[[image]]")
            .skip(1)
            .find(|entry| entry.contains(&format!("\"{host}/{name}:1\"")));
        let entry = entry.unwrap_or_else(|| panic!("{name} is not in\n{lock}"));
        assert!(entry.contains(&format!("\"{used_by}\"")), "{entry}");
        assert!(entry.contains("linux/arm64"), "{entry}");
    }
    assert!(
        lock.contains(&format!("url = \"http://{host}/file/plain\"")),
        "{lock}"
    );
    assert!(
        lock.contains(&format!("url = \"http://{host}/file/env\"")),
        "{lock}"
    );
    assert!(
        lock.contains("env = [\"URL=") && !lock.contains("OTHER="),
        "only what reaches a source: {lock}"
    );
    assert!(
        lock.contains(&format!(
            "commit = \"{}\"\ntag-object = \"{}\"",
            hash('c'),
            hash('b')
        )),
        "{lock}"
    );
    assert!(
        lock.contains(&format!("commit = \"{}\"", hash('a'))),
        "{lock}"
    );

    let (code, stderr) = dir.run(&["lock"]);
    assert_eq!(
        (code, dir.read("Dockerfile.lock")),
        (0, lock.clone()),
        "{stderr}"
    );
    world.fault("/", Fault::Reset);
    let (code, stderr) = dir.run(&["lock", "--check"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(dir.read("Dockerfile.lock"), lock);
}

#[test]
fn each_edit_is_named_and_a_move_is_nothing() {
    let (world, dir) = (World::start(), Dir::new());
    let text = lock_everything(&world, &dir);
    let host = world.host();
    let digest = format!("sha256:{}", "1".repeat(64));
    let edits: Vec<(String, &str, &str)> = vec![
        (
            format!("{text}FROM {host}/new:1\nCOPY --from=1 / /\n"),
            "lock-missing",
            "new:1",
        ),
        (
            text.replace("copied:1", "copied:2"),
            "lock-missing",
            "copied:2",
        ),
        (text.replace("ARG V=1", "ARG V=2"), "lock-missing", "base:2"),
        (
            text.replace("COPY --from=child /a /b\n", ""),
            "lock-unused",
            "child:1",
        ),
        (
            format!("{text}RUN --mount=from={host}/other:1,target=/o true\n"),
            "lock-missing",
            "other:1",
        ),
        (
            format!("{text}RUN --mount=from={host}/copied:1,target=/o true\n"),
            "lock-stale",
            "copied:1",
        ),
        (
            text.replace("file/plain", "file/else"),
            "lock-missing",
            "file/else",
        ),
        (
            text.replace("r.git#v1", "r.git#v2"),
            "lock-missing",
            "r.git#v2",
        ),
        (
            text.replace("front:1", "front:2"),
            "lock-missing",
            "front:2",
        ),
        (
            text.replace("copied:1", &format!("copied:1@{digest}")),
            "lock-contradiction",
            "copied:1",
        ),
        (
            text.replacen(
                "ADD http://",
                &format!("ADD --checksum={digest} http://"),
                1,
            ),
            "lock-contradiction",
            "file/plain",
        ),
        (
            text.replace(
                &format!("FROM {host}/base"),
                &format!("FROM --platform=linux/s390x {host}/base"),
            ),
            "lock-missing-platform",
            "s390x",
        ),
    ];
    for (edited, code, subject) in edits {
        dir.write("Dockerfile", &edited);
        let (exit, stderr) = dir.run(&["lock", "--check"]);
        assert_eq!(exit, 1, "{edited}\n{stderr}");
        assert!(
            stderr.contains(&format!("[{code}")) && stderr.contains(subject),
            "{edited}\n{stderr}"
        );
    }
    let moved = text
        .replace("ADD ${URL} /y\n", "")
        .replace("ADD http", "\n# moved\nADD ${URL} /y\nADD http");
    dir.write(
        "Dockerfile",
        &moved.replacen("ADD ${URL} /y\n", "ADD ${URL} /y\n\n", 1),
    );
    let (exit, stderr) = dir.run(&["lock", "--check"]);
    assert_eq!(exit, 0, "{stderr}");
}

#[test]
fn faults_are_told_and_leave_the_old_lock() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("good", "1", "good", "");
    world.image("bad", "1", "bad", "");
    dir.write("Dockerfile", &format!("FROM {host}/bad:1\n"));
    assert_eq!(dir.run(&["lock"]).0, 0);
    let old = dir.read("Dockerfile.lock");
    dir.write("Dockerfile", &format!("FROM {host}/bad:1 AS a\nFROM {host}/missing:1 AS b\nFROM {host}/good:1\nCOPY --from=a / /\nCOPY --from=b / /\n"));
    for (part, fault, code, words) in [
        ("/bad/manifests", Fault::Reset, 3, "source-unreachable"),
        (
            "/bad/manifests",
            Fault::Status(401, ""),
            3,
            "source-unauthorized",
        ),
        (
            "/bad/manifests",
            Fault::Status(403, ""),
            3,
            "source-forbidden",
        ),
        (
            "/bad/manifests",
            Fault::Status(404, ""),
            3,
            "source-not-found",
        ),
        (
            "/bad/manifests",
            Fault::Status(429, "retry-after: 3600\r\n"),
            3,
            "asks to wait 3600 seconds",
        ),
        (
            "/bad/manifests",
            Fault::Status(500, ""),
            3,
            "source-server-error",
        ),
        (
            "/bad/manifests",
            Fault::Body("{\"schemaVersion\":2,\"manif"),
            3,
            "source-malformed",
        ),
        (
            "/bad/manifests",
            Fault::Large(50 << 20),
            3,
            "source-too-large",
        ),
        ("/bad/blobs", Fault::Body("{}"), 4, "source-integrity"),
    ] {
        world.clear_faults();
        world.fault(part, fault.clone());
        let (exit, stderr) = dir.run(&["lock", "--update"]);
        assert_eq!(exit, code, "{fault:?}: {stderr}");
        assert!(stderr.contains(words), "{fault:?}: {stderr}");
        assert!(
            stderr.contains("missing:1"),
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
fn a_registry_with_a_password_is_asked_with_it() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("x", "1", "x", "");
    world.set_password("secret");
    dir.write("Dockerfile", &format!("FROM {host}/x:1\n"));
    let (exit, stderr) = dir.run(&["lock"]);
    assert_eq!(exit, 3, "{stderr}");
    assert!(stderr.contains("docker login"), "{stderr}");
    // base64 of "user:secret"
    let config = format!(r#"{{"auths":{{"{host}":{{"auth":"dXNlcjpzZWNyZXQ="}}}}}}"#);
    let output = dir
        .command(&["lock"])
        .env("DOCKER_AUTH_CONFIG", &config)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!dir.read("Dockerfile.lock").contains("secret"));
}

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
    for delay in 0..24 {
        dir.write("Dockerfile.lock", &old);
        let mut child = dir
            .command(&["lock", "--update"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay * 4));
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

/// Many images, slow answers: asked at once they take a fraction. Run by hand, for times need a quiet machine.
#[test]
#[ignore = "measures time"]
fn many_images_at_once() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let names: Vec<String> = (0..200).map(|n| format!("x{n}")).collect();
    names
        .iter()
        .for_each(|name| drop(world.image(name, "1", name, "")));
    let froms: String = names
        .iter()
        .map(|name| format!("COPY --from={host}/{name}:1 / /\n"))
        .collect();
    dir.write("Dockerfile", &format!("FROM scratch\n{froms}"));
    world.set_latency(Duration::from_millis(20));
    let time = |arguments: &[&str]| {
        let _ = std::fs::remove_file(dir.0.join("Dockerfile.lock"));
        let start = Instant::now();
        assert_eq!(dir.run(arguments).0, 0);
        start.elapsed()
    };
    let (one, many) = (time(&["lock", "--jobs", "1"]), time(&["lock"]));
    eprintln!("one after another {one:?}, at once {many:?}");
    assert!(many * 15 <= one, "{one:?} {many:?}");
}

#[test]
fn exports_have_their_forms() {
    let (world, dir) = (World::start(), Dir::new());
    lock_everything(&world, &dir);
    let stdout = |arguments: &[&str]| String::from_utf8(dir.rdf(arguments).stdout).unwrap();
    let policy: serde_json::Value =
        serde_json::from_str(&stdout(&["lock", "--export", "source-policy"])).unwrap();
    let rules = policy["rules"].as_array().unwrap();
    assert!(
        rules
            .iter()
            .all(|rule| rule["selector"]["match_type"].is_string())
    );
    assert!(
        rules
            .iter()
            .any(|rule| rule["updates"]["attrs"]["http.checksum"].is_string())
    );
    assert!(rules.iter().any(|rule| {
        rule["updates"]["identifier"]
            .as_str()
            .is_some_and(|id| id.ends_with(&format!("r.git#{}", hash('c'))))
    }));
    assert!(
        stdout(&["lock", "--export", "build-context"])
            .lines()
            .all(|line| line.starts_with("--build-context "))
    );
    assert!(stdout(&["lock", "--export", "bake"]).contains("rdf-lock"));
    let sarif: serde_json::Value =
        serde_json::from_str(&stdout(&["lock", "--check", "--format", "sarif"])).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
}
