//! What is locked: every kind of source, each edit named, a move nothing.

use super::world::{Fault, World};
use super::{Dir, hash};

/// One of every kind of source; the contexts are for flags.
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
    world.put("/file/context", "text/plain", b"context");
    world.git_ref("HEAD", &hash('a'), None);
    world.git_ref("refs/tags/v1", &hash('b'), Some(&hash('c')));
    world.git_ref("refs/heads/dev", &hash('d'), None);
    format!(
        "# syntax={host}/front:1\n\
         ARG V=1\n\
         FROM {host}/child:1 AS child\n\
         FROM {host}/base:${{V}}\n\
         COPY --from={host}/copied:1 /a /b\n\
         COPY --from=child /a /b\n\
         COPY --from=ctx /a /b\n\
         COPY --from=repository /a /b\n\
         COPY --from=file /a /b\n\
         COPY --from=layout /a /b\n\
         RUN --mount=from={host}/mounted:1,target=/m --mount=type=cache,from={host}/cached:1,target=/c true\n\
         ADD http://{host}/file/plain /x\n\
         ADD ${{URL}} /y\n\
         ADD http://{host}/r.git#v1 /v1\n\
         ADD http://{host}/r.git /head\n"
    )
}

fn layout_digest() -> String {
    format!("sha256:{}", "5".repeat(64))
}

/// Locks a file with everything in it, with every kind of context, for two platforms.
pub(super) fn lock_everything(world: &World, dir: &Dir) -> String {
    let text = everything(world);
    dir.write("Dockerfile", &text);
    std::fs::create_dir_all(dir.0.join("layout")).unwrap();
    let annotation = r#"{"org.opencontainers.image.ref.name":"v1"}"#;
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":2,"annotations":{annotation}}}]}}"#,
        layout_digest()
    );
    dir.write("layout/index.json", &index);
    let host = world.host();
    let (code, stderr) = dir.run(&[
        "lock",
        "--platform",
        "linux/amd64,linux/arm64",
        "--build-context",
        &format!("ctx=docker-image://{host}/context:1"),
        "--build-context",
        &format!("repository=http://{host}/other.git#dev"),
        "--build-context",
        &format!("file=http://{host}/file/context"),
        "--build-context",
        "layout=oci-layout://layout:v1",
        &format!("--sbom={host}/scanner:1"),
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
        lock.matches("env = [\"URL=").count() == 2 && !lock.contains("OTHER="),
        "of each platform what reaches a source, and no more: {lock}"
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
    assert!(
        lock.contains(&format!(
            "remote = \"http://{host}/other.git\"\nref = \"dev\"\ncommit = \"{}\"",
            hash('d')
        )),
        "{lock}"
    );
    assert!(
        lock.contains(&format!("url = \"http://{host}/file/context\"")),
        "{lock}"
    );
    assert!(
        lock.contains(&format!(
            "layout = \"oci-layout://layout@{}\"",
            layout_digest()
        )),
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

/// The line of `needle` in `text`, from 1.
fn line_of(text: &str, needle: &str) -> usize {
    let before = text.split(needle).next().unwrap();
    assert!(before.len() < text.len(), "{needle} is not in\n{text}");
    before.matches('\n').count() + 1
}

/// An edit of the Dockerfile, and what the check says of it.
struct Edit {
    text: String,
    code: &'static str,
    /// What is named.
    subject: &'static str,
    /// Where in the Dockerfile; for an entry that nothing uses, where in the lock.
    at: &'static str,
}

fn edits(text: &str, host: &str) -> Vec<Edit> {
    let digest = format!("sha256:{}", "1".repeat(64));
    let edit = |text: String, code, subject, at| Edit {
        text,
        code,
        subject,
        at,
    };
    let base = format!("FROM {host}/base");
    vec![
        // A new FROM.
        edit(
            format!("{text}FROM {host}/new:1\nCOPY --from=1 / /\n"),
            "lock-missing",
            "new:1",
            "/new:1",
        ),
        // A changed tag.
        edit(
            text.replace("copied:1", "copied:2"),
            "lock-missing",
            "copied:2",
            "/copied:2",
        ),
        // A changed default of an ARG: the instruction that uses it is told.
        edit(
            text.replace("ARG V=1", "ARG V=2"),
            "lock-missing",
            "base:2",
            "/base:",
        ),
        // A stage that nothing needs any more: the image of it and the one of its trigger.
        edit(
            text.replace("COPY --from=child /a /b\n", ""),
            "lock-unused",
            "child:1",
            "/child:1\"\ndigest",
        ),
        edit(
            text.replace("COPY --from=child /a /b\n", ""),
            "lock-unused",
            "trigger:1",
            "/trigger:1\"\ndigest",
        ),
        // A new mount.
        edit(
            format!("{text}RUN --mount=from={host}/other:1,target=/o true\n"),
            "lock-missing",
            "other:1",
            "/other:1",
        ),
        edit(
            format!(
                "{text}RUN true \\\n  --x\nRUN --mount=type=cache,from={host}/other:1,target=/o true\n"
            ),
            "lock-missing",
            "other:1",
            "/other:1",
        ),
        // An image used in a new way.
        edit(
            format!("{text}RUN --mount=from={host}/copied:1,target=/o true\n"),
            "lock-stale",
            "copied:1",
            "/copied:1",
        ),
        // A new COPY --from.
        edit(
            format!("{text}COPY --chown=1:1 --from={host}/other:1 /a /b\n"),
            "lock-missing",
            "other:1",
            "/other:1",
        ),
        // A new file, another file, one that is gone.
        edit(
            format!("{text}ADD http://{host}/file/new /n\n"),
            "lock-missing",
            "file/new",
            "/file/new",
        ),
        edit(
            text.replace("file/plain", "file/else"),
            "lock-missing",
            "file/else",
            "/file/else",
        ),
        edit(
            text.replace(&format!("ADD http://{host}/file/plain /x\n"), ""),
            "lock-unused",
            "file/plain",
            "/file/plain",
        ),
        // A new git source, another ref, one that is gone.
        edit(
            format!("{text}ADD http://{host}/new.git#v1 /n\n"),
            "lock-missing",
            "new.git#v1",
            "/new.git#v1",
        ),
        edit(
            text.replace("r.git#v1", "r.git#v2"),
            "lock-missing",
            "r.git#v2",
            "/r.git#v2",
        ),
        edit(
            text.replace(&format!("ADD http://{host}/r.git#v1 /v1\n"), ""),
            "lock-unused",
            "r.git#v1",
            "ref = \"v1\"",
        ),
        // A changed line of syntax.
        edit(
            text.replace("front:1", "front:2"),
            "lock-missing",
            "front:2",
            "/front:2",
        ),
        // Digests that are not those of the lock.
        edit(
            text.replace("copied:1", &format!("copied:1@{digest}")),
            "lock-contradiction",
            "copied:1",
            "/copied:1",
        ),
        edit(
            text.replacen(
                "ADD http://",
                &format!("ADD --checksum={digest} http://"),
                1,
            ),
            "lock-contradiction",
            "file/plain",
            "/file/plain",
        ),
        // Another platform.
        edit(
            text.replace(
                &base,
                &base.replace("FROM ", "FROM --platform=linux/s390x "),
            ),
            "lock-missing-platform",
            "s390x",
            "/base:",
        ),
        // A context that is no longer used.
        edit(
            text.replace("COPY --from=ctx /a /b\n", ""),
            "lock-unused",
            "context:1",
            "/context:1\"\ndigest",
        ),
        // A file that does not compile any more.
        edit(
            text.replace("COPY --from=child", "COPY --from=child --parents=x"),
            "lock-inputs",
            "parents",
            "--from=child",
        ),
    ]
}

#[test]
fn each_edit_is_named_with_its_place() {
    let (world, dir) = (World::start(), Dir::new());
    let text = lock_everything(&world, &dir);
    let lock = dir.read("Dockerfile.lock");
    // Nobody is asked.
    world.fault("/", Fault::Reset);
    world.requests();
    for edit in edits(&text, &world.host()) {
        dir.write("Dockerfile", &edit.text);
        let (exit, stderr) = dir.run(&["lock", "--check"]);
        assert_eq!(exit, 1, "{}\n{stderr}", edit.text);
        let place = match edit.code {
            "lock-unused" => format!("Dockerfile.lock:{}", line_of(&lock, edit.at)),
            _ => format!("Dockerfile:{}", line_of(&edit.text, edit.at)),
        };
        let told = stderr.split("error[").any(|item| {
            item.starts_with(&format!("{}]", edit.code))
                && item.contains(edit.subject)
                && item.contains(&format!(" --> {place}\n"))
        });
        assert!(
            told,
            "{} {} at {place}\n{}\n{stderr}",
            edit.code, edit.subject, edit.text
        );
        assert!(stderr.contains("hint: "), "{stderr}");
    }
    assert_eq!(world.requests(), [""; 0]);
    assert_eq!(dir.read("Dockerfile.lock"), lock);
}

#[test]
fn other_targets_and_platforms_than_those_locked_are_named() {
    let (world, dir) = (World::start(), Dir::new());
    lock_everything(&world, &dir);
    for (flag, value, words) in [
        ("--platform", "linux/s390x", "not for linux/s390x"),
        ("--build-arg", "V=7", "base:7"),
    ] {
        let (exit, stderr) = dir.run(&["lock", "--check", flag, value]);
        assert!(exit == 1 && stderr.contains(words), "{flag}: {stderr}");
    }
    for arguments in [
        ["--platform", "linux/arm64"],
        ["--build-arg", "V=1"],
        ["--build-arg", "OTHER=1"],
        // All that they need is locked.
        ["--target", "child"],
        // Nothing uses it.
        ["--build-context", "more=docker-image://x"],
    ] {
        let (exit, stderr) = dir.run(&[["lock", "--check"], arguments].concat());
        assert_eq!(exit, 0, "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_move_is_nothing() {
    let (world, dir) = (World::start(), Dir::new());
    let text = lock_everything(&world, &dir);
    let lock = dir.read("Dockerfile.lock");
    let moved = text
        .replace("ADD ${URL} /y\n", "")
        .replace("ADD http", "\n# moved\nADD http")
        .replace("# moved\nADD http", "# moved\nADD ${URL} /y\nADD http")
        .replacen("COPY --from=child /a /b\n", "", 1);
    let moved = format!("{moved}LABEL a=b\n\nCOPY \\\n  --from=child \\\n  /a /b\n");
    dir.write("Dockerfile", &moved);
    let (exit, stderr) = dir.run(&["lock", "--check"]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(dir.run(&["lock"]).0, 0);
    assert_eq!(dir.read("Dockerfile.lock"), lock);
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
