//! What is kept of a build, and found again: by the same engine, and by another one that was only given the cache.

use crate::build::{Build, Image, cached_steps};
use crate::engine::{Feature, engine};
use crate::engines::second_engine;
use crate::process::Said;
use crate::project::{Folder, Project};

/// Four steps in two stages; a cache of the last stage alone lacks the first one's.
fn project() -> Project {
    Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
ARG WORD=one
RUN echo "$WORD @NONCE@" >/made
COPY a /a
FROM @REGISTRY@/busybox
COPY --from=build /made /made
RUN cat /made >/again
"#,
    )
    .file("a", "a")
}

/// Asserts for each step of the build whether it was answered by a cache; the first of a stage, `FROM`, is left out.
#[track_caller]
fn assert_cached(said: &Said, wanted: bool) {
    let steps: Vec<_> = cached_steps(&said.stderr)
        .into_iter()
        .filter(|(name, _)| !name.contains("] FROM"))
        .collect();
    assert!(!steps.is_empty(), "no steps: {}", said.whole());
    for (name, cached) in steps {
        assert_eq!(cached, wanted, "{name}: {}", said.whole());
    }
}

/// Builds on the second engine, which never saw the project, with this cache.
#[track_caller]
fn build_elsewhere(project: &Project, from: &str) -> Option<Said> {
    let second = second_engine()?;
    let mut build = Build::of(project).arg(format!("--cache-from={from}"));
    for (key, value) in &second.local {
        build = build.env(key, value);
    }
    Some(build.ok())
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn nothing_is_built_twice() {
    let project = project();
    assert_cached(&Build::of(&project).ok(), false);
    assert_cached(&Build::of(&project).ok(), true);
    // A step runs again when what it reads is another, and only then.
    let said = Build::of(&project).args(["--build-arg", "WORD=two"]).ok();
    assert_cached(&said, false);
    assert_cached(&Build::of(&project).ok(), true);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn everything_again_without_the_cache() {
    let project = project();
    Build::of(&project).ok();
    assert_cached(&Build::of(&project).arg("--no-cache").ok(), false);
    let said = Build::of(&project)
        .args(["--no-cache-filter", "build", "--output=type=cacheonly"])
        .ok();
    for (name, cached) in cached_steps(&said.stderr) {
        assert!(
            !(cached && name.contains("[build ") && !name.contains("FROM")),
            "{name}: {}",
            said.whole()
        );
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn inline() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    // One stage: the inline form keeps only what is in the image.
    let project =
        Project::new("FROM @REGISTRY@/busybox\nRUN echo @NONCE@ >/made\nCOPY Dockerfile /\n");
    let image = Image::pushed("inline");
    Build::of(&project)
        .args(["--cache-to=type=inline", "--push", "-t", &image.name])
        .ok();
    if let Some(said) = build_elsewhere(&project, &format!("type=registry,ref={image}")) {
        assert_cached(&said, true);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn local() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = project();
    let cache = Folder::new();
    let path = cache.path().display();
    Build::of(&project)
        .arg(format!("--cache-to=type=local,mode=max,dest={path}"))
        .ok();
    assert!(cache.join("index.json").exists(), "{:?}", cache.names());
    if let Some(said) = build_elsewhere(&project, &format!("type=local,src={path}")) {
        assert_cached(&said, true);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn registry_with_everything() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let project = project();
    let image = Image::pushed("cache");
    Build::of(&project)
        .arg(format!("--cache-to=type=registry,mode=max,ref={image}"))
        .ok();
    if let Some(said) = build_elsewhere(&project, &format!("type=registry,ref={image}")) {
        assert_cached(&said, true);
    }
}
