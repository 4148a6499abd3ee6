//! Builds that can only eat what is locked.

use super::world::{EPOCH, World, at, exact, on};
use crate::build::Build;
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
    let refused = |build: Build, words: &str| {
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

/// A build with the date that a hermetic one needs, and these flags.
fn dated(world: &World, flags: &[&str]) -> Build {
    world.build().args(["--build-arg", EPOCH]).args(flags)
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_cache_that_an_open_build_has_filled_is_not_there() {
    let open =
        "FROM @BASE@\nRUN --mount=type=cache,target=/cache,id=@NONCE@ echo poison >/cache/x\n";
    let Some(world) = hermetic(open) else {
        return;
    };
    world.build().args(["--build-arg", "RDF_LOCK=off"]).ok();
    // It is there for other builds.
    let read = "RUN --mount=type=cache,target=/cache,id=@NONCE@ ls /cache | tee /seen\n";
    world.dockerfile(&format!("FROM @BASE@\n{read}"));
    let off = world.build().args(["--build-arg", "RDF_LOCK=off"]);
    assert_eq!(off.files().read("seen"), "x\n");
    // Of this one it is empty, writable, as the Dockerfile has it, and gone after the step.
    world.dockerfile(&format!(
        "FROM @BASE@\n{read}\
         RUN --mount=type=cache,target=/cache,id=@NONCE@,uid=5,mode=0750 stat -c '%a %u' /cache >/mode && touch /cache/y\n\
         RUN --mount=type=cache,target=/cache,id=@NONCE@ ls /cache >/again\n\
         RUN --mount=type=cache,target=/cache,from=@COPIED@,source=/etc test -e /cache/group && touch /cache/z\n\
         RUN --mount=type=cache,target=/cache,ro ls /cache >/ro\n"
    ));
    world.lock(&["--platform=linux/amd64"]);
    let files = dated(&world, &[]).files();
    for name in ["seen", "again", "ro"] {
        assert_eq!(files.read(name), "", "{name}");
    }
    assert_eq!(files.read("mode"), "750 5\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_step_that_a_build_with_proxies_has_left_is_not_taken() {
    let Some(world) = hermetic("FROM @BASE@\nRUN --network=none echo @NONCE@; env >/env\n") else {
        return;
    };
    let off = ["RDF_LOCK=off", "http_proxy=http://poison"];
    let off = off.iter().flat_map(|arg| ["--build-arg", arg]);
    let files = world.build().args(off).files();
    assert!(files.read("env").contains("poison"));
    let files = dated(&world, &[]).files();
    assert!(!files.read("env").contains("poison"));
    // Its own results are cached.
    dated(&world, &["--output=type=cacheonly"])
        .ok()
        .says("CACHED");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn secrets_agents_and_privileges_are_for_listed_steps_alone() {
    let Some(world) = hermetic("FROM @BASE@\nRUN true\n") else {
        return;
    };
    let folder = Folder::new();
    let secret = folder.write("npmrc", "swordfish");
    let given = format!("id=npmrc,src={}", secret.display());
    let flags = ["--secret", given.as_str()];
    for (mount, words) in [
        (
            "--mount=type=secret,id=npmrc",
            "the secret `npmrc` is not in the lock",
        ),
        (
            "--mount=type=secret,id=npmrc,env=TOKEN",
            "the secret `npmrc` is not in the lock",
        ),
        ("--mount=type=ssh", "has no SSH agent"),
        ("--security=insecure", "asks for --security=insecure"),
    ] {
        world.dockerfile(&format!(
            "FROM @BASE@\nRUN {mount} cat /run/secrets/* >/x; true\n"
        ));
        let said = dated(&world, &flags)
            .arg("--allow=security.insecure")
            .fails();
        said.says(words);
        at(&said, 3);
    }
    world.dockerfile(
        "FROM @BASE@\nRUN --mount=type=secret,id=npmrc cat /run/secrets/npmrc >/x; : @NONCE@\n",
    );
    world.rdf(&["lock", "--secret", "npmrc"]).ok();
    let files = dated(&world, &flags).files();
    assert_eq!(files.read("x"), "swordfish");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn arguments_are_those_of_the_lock_or_free() {
    let text = "FROM @BASE@\nARG X=default\nARG GIT_SHA\nARG http_proxy\n\
                RUN echo \"$X $GIT_SHA $http_proxy $HTTP_PROXY\" >/x; : @NONCE@\n";
    let Some(world) = hermetic(text) else {
        return;
    };
    let said = dated(&world, &["--build-arg", "X=bytes"]).fails();
    said.says("the build argument `X` has a value that the lock does not know");
    said.says("rdf lock --mode hermetic --build-arg X=bytes Dockerfile");
    at(&said, 3);
    let x = |build: Build| build.files().read("x");
    assert_eq!(x(dated(&world, &[])), "default   \n");
    world
        .rdf(&[
            "lock",
            "--mode",
            "hermetic",
            "--build-arg",
            "X=bytes",
            "Dockerfile",
        ])
        .ok();
    let known = ["--build-arg", "X=bytes"];
    assert_eq!(x(dated(&world, &known)), "bytes   \n");
    let sha = ["--build-arg", "GIT_SHA=abc"];
    dated(&world, &sha)
        .fails()
        .says("the build argument `GIT_SHA`");
    world
        .rdf(&["lock", "--free-arg", "GIT_SHA", "Dockerfile"])
        .ok();
    assert_eq!(x(dated(&world, &known).args(sha)), "bytes abc  \n");
    // Proxies are for a network that steps do not have.
    let proxy = ["--build-arg", "http_proxy=http://127.0.0.1:9"];
    assert_eq!(x(dated(&world, &known).args(proxy)), "bytes   \n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn caches_to_import_are_refused() {
    let Some(world) = hermetic("FROM @BASE@\nRUN : @NONCE@\n") else {
        return;
    };
    let from = format!(
        "--cache-from=type=registry,ref={}",
        world.images.name("cache")
    );
    let said = dated(&world, &[&from]).fails();
    said.says("takes no results of other builds");
    at(&said, 2);
    world.write_lock(&world.read_lock().replace("hermetic", "locked"));
    let said = dated(&world, &[&from]).ok();
    if engine().has(Feature::Recent) {
        said.says("is not pinned by the lock: its layers are taken for those of steps");
    }
}
