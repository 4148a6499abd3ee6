//! Builds that can only eat what is locked.

use super::world::{EPOCH, World, at, exact, on};
use crate::engine::{Feature, engine, skipped};
use crate::engines::second_engine;
use crate::process::Program;
use crate::project::Folder;

/// A package for Debian, made here: a file of its own, and a script that runs when it is installed.
pub(super) fn package(name: &str, depends: &str, script: &str) -> Vec<u8> {
    let folder = Folder::new();
    let control = format!(
        "Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Jane <jane@example.com>\n{depends}Description: a package of a test\n"
    );
    folder.write("tree/DEBIAN/control", control);
    folder.write_program(
        "tree/DEBIAN/postinst",
        &format!("#!/bin/sh\nset -e\n{script}\n"),
    );
    folder.write_program(
        &format!("tree/usr/bin/{name}"),
        &format!("#!/bin/sh\necho {name}\n"),
    );
    Program::new("dpkg-deb")
        .args(["--root-owner-group", "--build", "tree", "out.deb"])
        .env("SOURCE_DATE_EPOCH", "1600000000")
        .dir(folder.path())
        .ok();
    std::fs::read(folder.join("out.deb")).expect("package")
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn packages_are_installed_offline_and_alike() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    if Program::new("sh")
        .args(["-c", "command -v dpkg-deb"])
        .run()
        .status
        != 0
    {
        return skipped("this machine has no dpkg-deb");
    }
    let dockerfile = r#"
FROM @REGISTRY@/debian:bookworm
ADD @FILES@/pool/rdf-lib_1.0_all.deb @FILES@/pool/rdf-tool_1.0_all.deb /packages/
RUN dpkg -i /packages/*.deb && rdf-tool && cat /etc/rdf-tool && rm /var/log/dpkg.log /var/cache/ldconfig/aux-cache -f
COPY here /here
"#;
    let Some(world) = World::with(dockerfile) else {
        return;
    };
    let lib = package("rdf-lib", "", "");
    let tool = package(
        "rdf-tool",
        "Depends: rdf-lib (>= 1.0)\n",
        "rdf-lib >/etc/rdf-tool",
    );
    world.files.put("/pool/rdf-lib_1.0_all.deb", &lib);
    world.files.put("/pool/rdf-tool_1.0_all.deb", &tool);
    let lock = world.lock(&["--platform=linux/amd64"]);
    world.write_lock(&lock.replace("mode = \"locked\"", "mode = \"hermetic\""));
    let first = exact(world.build());
    let Some(second) = second_engine() else {
        return;
    };
    let again = exact(on(&second, world.build()));
    assert_eq!(
        first.digest,
        again.digest,
        "{}\n{}",
        first.layers(),
        again.layers()
    );
}

/// A world with a hermetic lock for this Dockerfile.
fn hermetic(dockerfile: &str) -> Option<World> {
    let world = World::with(dockerfile)?;
    let lock = world.lock(&["--platform=linux/amd64"]);
    world.write_lock(&lock.replace("mode = \"locked\"", "mode = \"hermetic\""));
    Some(world)
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_step_that_reaches_out_is_told_what_to_do() {
    let Some(world) = hermetic("FROM @BASE@\nRUN : @NONCE@ && ip route get 192.0.2.1\n") else {
        return;
    };
    let build = world.build().args(["--build-arg", EPOCH]);
    let said = build.fails();
    said.says("this build is hermetic: RUN has no network; fetch what it needs with ADD");
    at(&said, 3);
    // It is the lock that closed the way.
    for mode in ["off", "auto"] {
        let arg = format!("RDF_LOCK={mode}");
        world.build().args(["--build-arg", &arg]).ok();
    }
    world.write_lock(&world.read_lock().replace("hermetic", "locked"));
    world.build().ok();
    let asked = ["--build-arg", EPOCH, "--build-arg", "RDF_LOCK=hermetic"];
    let again = world.build().arg("--no-cache").args(asked);
    again.fails().says("this build is hermetic");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn other_ways_in_are_closed() {
    let Some(world) = hermetic("FROM @BASE@\nRUN true\n") else {
        return;
    };
    let refused = |build: crate::build::Build, words: &str| {
        let said = build.args(["--build-arg", EPOCH]).fails();
        said.says(words);
        assert!(!said.stderr.contains("] FROM"), "{}", said.whole());
        said
    };
    for network in ["host", "default"] {
        world.dockerfile(&format!("FROM @BASE@\nRUN --network={network} true\n"));
        let words = format!("this RUN asks for --network={network}");
        let said = refused(world.build().arg("--allow=network.host"), &words);
        at(&said, 3);
    }
    world.dockerfile("FROM @BASE@\nRUN --network=none true\n");
    let folder = Folder::new();
    let context = format!("extra={}", folder.path().display());
    refused(
        world.build().args(["--build-context", &context]),
        "a hermetic build takes nothing of the client but the context",
    );
    // Without a date the image would have that of today.
    world.build().fails().says("SOURCE_DATE_EPOCH");
    world.build().args(["--build-arg", EPOCH]).ok();
}
