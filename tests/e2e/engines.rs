//! More than one engine: side by side, behind TLS, without root.

use std::fs;

use crate::build::{Build, Image};
use crate::engine::{Feature, engine, skipped, unique};
use crate::process::Program;
use crate::project::Project;

/// Another engine of the same kind, with nothing in its cache, which `scripts/e2e` starts where it can.
pub struct SecondEngine {
    /// settings for a client that reaches it over its socket
    pub local: Vec<(String, String)>,
    /// settings for a client that reaches it over TLS
    pub tls: Vec<(String, String)>,
}

/// What a client needs for an engine that a variable names a file of settings for.
pub fn settings(variable: &str) -> Option<Vec<(String, String)>> {
    let file = std::env::var(variable).ok()?;
    let text = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{variable}={file}: {why}"));
    Some(exported(&text))
}

/// The second engine, or a word on stderr that there is none.
pub fn second_engine() -> Option<SecondEngine> {
    let second = settings("RDF_E2E_SECOND_ENGINE")
        .zip(settings("RDF_E2E_SECOND_ENGINE_TLS"))
        .map(|(local, tls)| SecondEngine { local, tls });
    if second.is_none() {
        skipped("no second engine (RDF_E2E_SECOND_ENGINE, RDF_E2E_SECOND_ENGINE_TLS)");
    }
    second
}

/// The DOCKER_* lines of a file that `scripts/engine env` wrote; `PATH` and the like stay as they are.
fn exported(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let (key, value) = line.strip_prefix("export ")?.split_once('=')?;
        key.starts_with("DOCKER_")
            .then(|| (key.to_owned(), value.trim_matches('\'').to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn two_engines_at_once() {
    let Some(second) = second_engine() else {
        return;
    };
    let project = Project::new(
        "FROM @REGISTRY@/busybox AS build\nRUN sleep 1; echo @NONCE@ >/made\nFROM scratch\nCOPY --from=build /made /\n",
    );
    let wanted = format!("{}\n", project.nonce);
    std::thread::scope(|scope| {
        let there = scope.spawn(|| {
            second
                .local
                .iter()
                .fold(Build::of(&project), |build, (key, value)| {
                    build.env(key, value)
                })
                .files()
        });
        assert_eq!(Build::of(&project).files().read("made"), wanted);
        assert_eq!(there.join().expect("the other build").read("made"), wanted);
    });
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_remote_engine_over_tls() {
    let Some(second) = second_engine() else {
        return;
    };
    let host = second
        .tls
        .iter()
        .find(|(key, _)| key == "DOCKER_HOST")
        .map(|(_, value)| value.as_str());
    assert!(
        host.is_some_and(|host| host.starts_with("tcp://")),
        "{host:?}"
    );
    let with = |program: Program| {
        second
            .tls
            .iter()
            .fold(program, |program, (key, value)| program.env(key, value))
    };
    let project =
        Project::new("FROM @REGISTRY@/busybox\nCOPY words /\nRUN echo @NONCE@ >>/words\n")
            .file("words", "far ");
    let image = format!("rdf-e2e:{}", unique());
    let build = second
        .tls
        .iter()
        .fold(Build::of(&project), |build, (key, value)| {
            build.env(key, value)
        })
        .args(["-t", &image]);
    build.ok();
    let said =
        with(Program::docker().args(["run", "--rm", "--network=none", &image, "cat", "/words"]))
            .run();
    with(Program::docker().args(["image", "rm", "--force", &image])).run();
    assert_eq!(
        said.must_succeed().text(),
        format!("far {}\n", project.nonce)
    );
    // It is not the engine of the other tests that did it.
    assert_ne!(
        Program::docker()
            .args(["image", "inspect", &image])
            .run()
            .status,
        0
    );
    // Without a certificate nothing is answered.
    with(Program::docker().arg("version"))
        .env("DOCKER_CERT_PATH", "/nonexistent")
        .run()
        .must_fail();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_rootless_engine() {
    let Some(rootless) = settings("RDF_E2E_ROOTLESS_ENGINE") else {
        return skipped(
            "no rootless engine (RDF_E2E_ROOTLESS_ENGINE; scripts/rootless-engine says why)",
        );
    };
    let with = |program: Program| {
        rootless
            .iter()
            .fold(program, |program, (key, value)| program.env(key, value))
    };
    let info = with(Program::docker().args(["info", "--format={{.SecurityOptions}}"])).ok();
    info.says("rootless");
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
RUN --mount=type=cache,target=/cache,uid=1000 --mount=type=secret,id=word \
    awk '$1 == 0 { print ($2 > 0 ? "mapped" : "root") }' /proc/self/uid_map >/users && \
    stat -c %u /cache >>/users && cat /run/secrets/word >>/users; : @NONCE@
COPY --chown=1000:1000 here /home/app/
RUN stat -c %u /home/app/here >>/users
FROM scratch
COPY --from=build /users /
"#,
    )
    .file("here", "");
    let build = rootless
        .iter()
        .fold(Build::of(&project), |build, (key, value)| {
            build.env(key, value)
        })
        .args(["--secret", "id=word,env=E2E_WORD"])
        .env("E2E_WORD", "hidden\n");
    assert_eq!(build.files().read("users"), "mapped\n1000\nhidden\n1000\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_older_client_command() {
    // `docker build` is the same builder under its first name.
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new("FROM @REGISTRY@/busybox\nRUN echo @NONCE@ >/made\n");
    let image = Image::local();
    let said = Program::docker()
        .args(["build", "--progress=plain", "-t", &image.name])
        .arg(project.path())
        .ok();
    said.says(&engine().frontend);
    assert_eq!(image.run(&["cat", "/made"]), format!("{}\n", project.nonce));
}
