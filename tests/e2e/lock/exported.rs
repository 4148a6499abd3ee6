//! The exported policy that buildx loads by itself, and provenance. Debian's buildx is too old to load policies: the first
//! test is run where `RDF_E2E_BUILDX` names a buildx of 0.31 or later, and `RDF_E2E_BUILDKIT` the address of a BuildKit of
//! 0.27 or later.

use std::env;

use super::world::World;
use crate::build::{Build, Image};
use crate::engine::{Feature, engine, skipped};
use crate::process::{Program, Said};
use crate::project::Folder;

const DOCKERFILE: &str = r#"
FROM @BASE@
COPY --from=@COPIED@ /etc/passwd /copied
ADD @GIT@#main /branch
ADD @GIT@#annotated /annotated
ADD @FILES@/words /words
"#;

#[test]
#[ignore = "needs an engine: scripts/test"]
fn buildx_loads_the_exported_policy() {
    let (Ok(buildx), Ok(address)) = (env::var("RDF_E2E_BUILDX"), env::var("RDF_E2E_BUILDKIT"))
    else {
        skipped(
            "RDF_E2E_BUILDX and RDF_E2E_BUILDKIT name no buildx and BuildKit that know policies",
        );
        return;
    };
    let Some(world) = World::with(DOCKERFILE) else {
        return;
    };
    let settings = Folder::new();
    let run = |args: &[&str]| -> Said {
        let program = Program::new(&buildx).dir(world.project.folder.path());
        program
            .env("BUILDX_CONFIG", settings.path())
            .args(args)
            .run()
    };
    run(&["create", "--name=policies", "--driver=remote", &address]).must_succeed();
    let build = || {
        let out = Folder::new();
        let output = format!("--output=type=local,dest={}", out.path().display());
        let common = [
            "build",
            "--builder=policies",
            "--progress=plain",
            "--no-cache",
        ];
        let said = run(&[&common[..], &[output.as_str(), "."]].concat());
        (said, out)
    };
    let files = |out: &Folder| {
        ["copied", "branch/word", "annotated/word", "words"].map(|name| out.read(name))
    };
    // No syntax line: the frontend that is built into BuildKit.
    world
        .project
        .folder
        .write("Dockerfile", world.fill(DOCKERFILE));
    world.lock(&["--platform=linux/amd64"]);
    let export = || {
        let policy = world.rdf(&["lock", "--export", "rego"]).ok();
        world.project.folder.write("Dockerfile.rego", policy.text());
    };
    export();
    let (said, before) = build();
    said.must_succeed();
    world.rdf(&["lock", "--check"]).ok();

    // Images become the locked ones; a branch that has moved is refused.
    world.images.tag("base", "busybox:other");
    world.images.tag("copied", "busybox:other");
    let (said, after) = build();
    said.must_succeed();
    assert_eq!(files(&before), files(&after));
    world.repository.commit(&[("word", "moved\n")]);
    world.git.take_refs_of(&world.repository, "r.git");
    build()
        .0
        .must_fail()
        .says("#main")
        .says("not allowed by policy");
    world.lock(&["Dockerfile", "--update", &world.git.url("/git/r.git")]);
    world
        .rdf(&["lock", "--check"])
        .run()
        .must_fail()
        .says("lock-export");
    export();
    build().0.must_succeed();

    // What the lock does not have is not let in: a source, another frontend.
    let text = world.project.folder.read("Dockerfile");
    let other = world.images.name("other");
    for changed in [
        format!("{text}COPY --from={other} /etc/group /\n"),
        format!("{text}ADD {} /\n", world.files.url("/other")),
        format!("# syntax={}\n{text}", engine().frontend),
    ] {
        world.project.folder.write("Dockerfile", changed);
        build().0.must_fail().says("not allowed by policy");
    }
    world.project.folder.write("Dockerfile", text);
    let eval = |source: &str| run(&["policy", "eval", "--builder=policies", source]);
    eval(&format!("docker-image://{}", world.images.name("base"))).must_succeed();
    eval(&format!("docker-image://{other}"))
        .must_fail()
        .says("is not in the lock");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_lock_of_what_an_image_was_made_of() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let Some(world) = World::with(DOCKERFILE) else {
        return;
    };
    let image = Image::pushed("made");
    let push = ["--push", "--provenance=mode=max", "-t", &image.name];
    Build::of(&world.project).args(push).ok();
    let now = world.lock(&["--platform=linux/amd64"]);
    world.remove_lock();
    world.move_everything();
    let then = world.lock(&["--from-provenance", &image.name]);
    // Tags, branches and the frontend are those of then. An annotated tag that has moved is known by its object.
    let digests = |lock: &str| -> Vec<String> {
        let lines = lock.lines().filter(|line| line.starts_with("digest"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(digests(&then), digests(&now), "{then}");
    let build = Build::of(&world.project).arg("--no-cache");
    build.ok();
    let verify = ["lock", "--verify", "--image", &image.name];
    world.rdf(&verify).ok();
    world.lock(&["--update"]);
    let said = world.rdf(&verify).run();
    assert_eq!(said.status, 4, "{}", said.whole());
    said.says("was built with");
}
