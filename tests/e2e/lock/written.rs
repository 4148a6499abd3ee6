//! The same lock, whoever makes it; and what plain builders make of it.

use super::world::{World, on};
use crate::build::Build;
use crate::engine::{Feature, engine};
use crate::engines::second_engine;
use crate::process::Program;
use crate::project::Folder;

/// Images for several platforms and as a single manifest, git by all kinds of names, files.
const DOCKERFILE: &str = r#"
ARG WORD=words
FROM --platform=$BUILDPLATFORM @MOUNTED@ AS tools
FROM @MOUNTED@
COPY --from=tools /etc/group /copied
ADD @GIT@#main /branch
ADD @GIT@#light /light
ADD @GIT@#annotated /annotated
ADD @GIT@#refs/tags/annotated /full
ADD @GIT@ /default
ARG WORD
ADD @FILES@/${WORD} /words
ADD @FILES@/large /large
"#;

/// Several platforms, where the client takes them.
fn platforms() -> &'static str {
    match engine().has(Feature::ContainerdStore) {
        true => "--platform=linux/amd64,linux/arm64",
        false => "--platform=linux/amd64",
    }
}

fn world() -> Option<World> {
    let world = World::with(DOCKERFILE)?;
    // More than a daemon sends in one message.
    let line = b"a line of a large file\n";
    world
        .files
        .put("/large", &line.repeat((20 << 20) / line.len()));
    world.files.put("/more", b"more words\n");
    Some(world)
}

impl World {
    /// The lock that `--call=lock` prints; where there are no such calls, that of the exporter.
    #[track_caller]
    fn called(&self, args: &[&str]) -> String {
        if !engine().has(Feature::Call) {
            return self.exported(args);
        }
        let said = self.build().args(["--call=lock"]).args(args).ok();
        said.text()
    }

    /// The lock that the local exporter writes.
    #[track_caller]
    fn exported(&self, args: &[&str]) -> String {
        let build = self.build().args(["--build-arg", "RDF_LOCK=write"]);
        let files = build.args(args).files();
        assert_eq!(files.names(), ["Dockerfile.lock"]);
        files.read("Dockerfile.lock")
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_engine_makes_the_same_lock() {
    // Of a lazily fetched annotated tag the oldest engine keeps no directory of git.
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let Some(world) = world() else {
        return;
    };
    // From nothing.
    let called = world.called(&[platforms()]);
    let exported = world.exported(&[platforms()]);
    assert_eq!(called, exported);
    let made = world.lock(&[platforms()]);
    assert_eq!(called, made);
    for words in ["tag-object", "\"linux/amd64\" = \"sha256:", "size = 20"] {
        assert!(made.contains(words), "{words}: {made}");
    }
    // From what is there, with everything moved: all keep it.
    world.move_everything();
    world.files.put("/words", b"moved\n");
    assert_eq!(world.called(&[]), made);
    assert_eq!(world.exported(&[]), made);
    assert_eq!(world.lock(&[]), made);
    // From a part of it: old pins stay, and new ones are taken, also for a set of arguments.
    let more = DOCKERFILE.replace("#light", "#main:dir").to_owned()
        + "COPY --from=@BASE@ /etc/group /more\n";
    world.dockerfile(&more);
    let args = ["--build-arg", "WORD=more"];
    let called = world.called(&args);
    assert_ne!(called, made);
    assert_eq!(world.exported(&args), called);
    assert_eq!(world.lock(&args), called);
    // Every one of them is complete.
    world.rdf(&["lock", "--check"]).ok();
    if engine().has(Feature::Call) {
        let said = world.build().arg("--call=lock-check").ok();
        said.says("The lock is complete.");
    }
    world.build().args(args).ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_engine_checks_a_lock() {
    if engine().lacks(&[Feature::Call]) {
        return;
    }
    let Some(world) = World::with("FROM @BASE@\n") else {
        return;
    };
    let check = || world.build().arg("--call=lock-check").fails();
    check().says("Dockerfile.lock does not exist");
    world.lock(&["--platform=linux/amd64"]);
    world.dockerfile("FROM @BASE@\nCOPY --from=@OTHER@ /etc/group /\n");
    let said = check();
    assert_eq!(said.status, 1, "{}", said.whole());
    let other = world.images.name("other");
    said.says(&format!(
        "Dockerfile:3: lock-missing: the image `{other}` is not in the lock (run `rdf lock Dockerfile`)"
    ));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn every_source_that_fails_is_told() {
    if engine().lacks(&[Feature::Call]) {
        return;
    }
    let Some(world) = World::with("FROM @BASE@\nCOPY --from=@BASE@gone / /\nADD @FILES@/gone /\n")
    else {
        return;
    };
    let said = world.build().arg("--call=lock").fails();
    said.says("nothing was written");
    said.says(&format!("{}gone", world.images.name("base")));
    said.says(&world.files.url("/gone"));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_plain_builder_obeys_the_exported_policy() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let dockerfile = r#"
FROM @BASE@ AS build
COPY --from=@COPIED@ /etc/passwd /copied
USER 0
RUN --mount=from=@MOUNTED@,target=/m cp /m/etc/passwd /mounted && ls /etc /m/etc >/names && : @NONCE@
FROM scratch
COPY --from=build /copied /mounted /names /
ADD @GIT@#main /branch
ADD @GIT@#annotated:dir /annotated
ADD @FILES@/words /words
"#;
    let Some(world) = World::with(dockerfile) else {
        return;
    };
    // No syntax line: the frontend that is built into the engine.
    world
        .project
        .folder
        .write("Dockerfile", world.fill(dockerfile));
    world.lock(&["--platform=linux/amd64"]);
    let policy = world.rdf(&["lock", "--export", "source-policy"]).ok();
    let policy = world.project.folder.write("policy.json", policy.text());
    let build = |policy: Option<&str>| {
        let build = Build::of(&world.project)
            .by_any_frontend()
            .arg("--no-cache");
        match policy {
            Some(path) => build.env("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", path),
            None => build,
        }
    };
    let policy = policy.display().to_string();
    let before = all(&build(None).files());
    world.move_everything();
    assert_eq!(all(&build(Some(&policy)).files()), before);
    let moved = all(&build(None).files());
    assert_ne!(moved, before);
    // What is not in the lock is not let in: another source, and another frontend.
    let text = world.project.folder.read("Dockerfile");
    let other = world.images.name("other");
    let added = format!("{text}COPY --from={other} /etc/group /\n");
    for changed in [added, format!("# syntax={}\n{text}", engine().frontend)] {
        world.project.folder.write("Dockerfile", changed);
        let said = build(Some(&policy)).fails();
        said.says("source denied by policy");
    }
    world.project.folder.write("Dockerfile", text);
    // A file that has changed is no longer taken, by an engine that has not seen it as it was.
    world.files.put(
        "/words",
        format!("moved {}", world.project.nonce).as_bytes(),
    );
    if let Some(second) = second_engine() {
        on(&second, build(Some(&policy)))
            .fails()
            .says("digest mismatch");
    }
}

/// Every file with its content.
fn all(folder: &Folder) -> Vec<(String, String)> {
    let names = folder.names().into_iter();
    names
        .map(|name| (name.clone(), folder.read(&name)))
        .collect()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_exported_contexts_are_the_pins() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(world) = World::with("FROM @BASE@\nRUN ls /etc; : @NONCE@\n") else {
        return;
    };
    world.lock(&["--platform=linux/amd64"]);
    let flags = world
        .rdf(&["lock", "--export", "build-context"])
        .ok()
        .text();
    let bake = world.rdf(&["lock", "--export", "bake"]).ok().text();
    world.images.tag("base", "busybox:other");
    let off = ["--build-arg", "RDF_LOCK=off"];
    let said = world.build().args(off).args(flags.split_whitespace()).ok();
    let pin = format!("@{}", world_pin(&world));
    said.says(&pin);
    // As a target to inherit from.
    let mut file: serde_json::Value = serde_json::from_str(&bake).expect("JSON");
    file["target"]["default"] = serde_json::json!({
        "inherits": ["rdf-lock"], "context": world.project.path(), "args": { "RDF_LOCK": "off" },
        "output": ["type=cacheonly"],
    });
    world
        .project
        .folder
        .write("docker-bake.json", file.to_string());
    let said = Program::docker()
        .args(["buildx", "bake", "--progress=plain"])
        .dir(world.project.folder.path())
        .ok();
    said.says(&pin);
}

/// The digest that the lock has for the base.
fn world_pin(world: &World) -> String {
    let lock = world.read_lock();
    let name = format!("ref = \"{}\"\ndigest = \"", world.images.name("base"));
    let (_, rest) = lock.split_once(&name).expect("the pin");
    rest[..rest.find('"').expect("its end")].to_owned()
}
