//! `docker buildx bake`: targets that inherit, targets that use each other's results, compose files.

use crate::engine::{Feature, engine};
use crate::process::{Program, Said};
use crate::project::{Folder, Project, with_syntax};

/// Runs bake in the directory of the project; results of targets go where the file says.
#[track_caller]
fn bake(project: &Project, args: &[&str]) -> Said {
    let said = Program::docker()
        .args(["buildx", "bake", "--progress=plain"])
        .args(args)
        .dir(project.path())
        // Newer clients ask before they read outside of the current directory.
        .env("BUILDX_BAKE_ENTITLEMENTS_FS", "0")
        .run();
    said.says(&engine().frontend);
    said.must_succeed()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn targets_linked_by_their_results() {
    let out = Folder::new();
    let project = Project::empty()
        .file(
            "docker-bake.hcl",
            &r#"
group "default" { targets = ["app"] }
target "base" {
  context = "base"
  output = ["type=cacheonly"]
}
target "tools" {
  context = "tools"
  contexts = { below = "target:base" }
  output = ["type=cacheonly"]
}
target "app" {
  context = "app"
  contexts = {
    base = "target:base"
    tools = "target:tools"
    plain = "plain"
  }
  output = ["type=local,dest=OUT"]
}
"#
            .replace("OUT", &out.path().display().to_string()),
        )
        .file("base/Dockerfile", &with_syntax("FROM @REGISTRY@/busybox\nENV BASE=@NONCE@\nWORKDIR /base\nRUN echo $BASE >made\n"))
        .file("tools/Dockerfile", &with_syntax("FROM below\nRUN echo \"tool on $BASE\" >/tool && pwd >>/tool\n"))
        .file("plain/words", "plain words")
        .file(
            "app/Dockerfile",
            &with_syntax(
                "FROM base AS build\nRUN cat made >/app && echo $BASE >>/app\nFROM scratch\nCOPY --from=build /app /\nCOPY --from=tools /tool /\nCOPY --from=plain words /\n",
            ),
        );
    bake(&project, &[]);
    assert_eq!(out.read("app"), format!("{0}\n{0}\n", project.nonce));
    assert_eq!(
        out.read("tool"),
        format!("tool on {}\n/base\n", project.nonce)
    );
    assert_eq!(out.read("words"), "plain words");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn linked_targets_for_several_platforms() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let out = Folder::new();
    let project = Project::empty()
        .file(
            "docker-bake.hcl",
            &r#"
target "_all" { platforms = ["linux/amd64", "linux/arm64"] }
target "base" {
  inherits = ["_all"]
  output = ["type=cacheonly"]
  dockerfile-inline = <<EOT
# syntax=@FRONTEND@
FROM @REGISTRY@/busybox:multi
ARG TARGETARCH
ENV ARCH=$TARGETARCH
COPY word /word-@NONCE@
EOT
}
target "default" {
  inherits = ["_all"]
  contexts = { base = "target:base" }
  dockerfile-inline = <<EOT
# syntax=@FRONTEND@
FROM base AS build
WORKDIR /made-for-$ARCH
FROM scratch
COPY --from=build /word-@NONCE@ /made* /
EOT
  output = ["type=local,dest=OUT"]
}
"#
            .replace("OUT", &out.path().display().to_string()),
        )
        .file("word", "word");
    bake(&project, &[]);
    for arch in ["amd64", "arm64"] {
        assert_eq!(
            out.read(&format!("linux_{arch}/word-{}", project.nonce)),
            "word"
        );
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn targets_that_inherit_and_are_overridden() {
    let out = Folder::new();
    let project = Project::empty()
        .file(
            "docker-bake.hcl",
            &r#"
variable "WORD" { default = "unset" }
target "common" {
  args = { A = "common", B = "common", C = WORD }
  labels = { from = "common" }
}
target "middle" {
  inherits = ["common"]
  args = { B = "middle" }
}
target "matrix" {
  name = "made-${item}"
  matrix = { item = ["one", "two"] }
  inherits = ["middle"]
  args = { ITEM = item }
  output = ["type=local,dest=OUT/${item}"]
}
"#
            .replace("OUT", &out.path().display().to_string()),
        )
        .file(
            "Dockerfile",
            &with_syntax(
                "FROM @REGISTRY@/busybox AS build\nARG A B C ITEM D=own\nRUN echo $A $B $C $ITEM $D @NONCE@ >/args\nFROM scratch\nCOPY --from=build /args /\n",
            ),
        );
    std::fs::create_dir_all(out.join("one")).expect("folder");
    let said = Program::docker()
        .args([
            "buildx",
            "bake",
            "--progress=plain",
            "matrix",
            "--set",
            "made-two.args.D=set",
        ])
        .dir(project.path())
        .env("BUILDX_BAKE_ENTITLEMENTS_FS", "0")
        .env("WORD", "given")
        .run();
    said.must_succeed().says(&engine().frontend);
    assert_eq!(
        out.read("one/args"),
        format!("common middle given one own {}\n", project.nonce)
    );
    assert_eq!(
        out.read("two/args"),
        format!("common middle given two set {}\n", project.nonce)
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_compose_file() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::empty()
        .file(
            "compose.yaml",
            r#"
services:
  db:
    build:
      context: ./db
      args:
        WORD: "@NONCE@"
  web:
    build:
      context: ./web
      dockerfile: Web.Dockerfile
      target: out
      additional_contexts:
        db: service:db
        shared: ./shared
        other: docker-image://@REGISTRY@/busybox:other
      labels:
        made.by: compose
"#,
        )
        .file("db/Dockerfile", &with_syntax("FROM @REGISTRY@/busybox\nARG WORD\nRUN echo $WORD >/db\n"))
        .file("shared/words", "shared words")
        .file(
            "web/Web.Dockerfile",
            &with_syntax(
                "FROM other AS out\nCOPY --from=db /db /files/\nCOPY --from=shared words /files/\nFROM scratch AS not-this\n",
            ),
        );
    let out = Folder::new();
    let output = format!("web.output=type=local,dest={}", out.path().display());
    bake(
        &project,
        &[
            "-f",
            "compose.yaml",
            "web",
            "--set",
            &output,
            "--set",
            "db.output=type=cacheonly",
        ],
    );
    assert_eq!(out.read("files/db"), format!("{}\n", project.nonce));
    assert_eq!(out.read("files/words"), "shared words");
    assert_eq!(out.read("etc/base-image"), "other\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn entitlements_are_asked_for() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::empty()
        .file(
            "docker-bake.hcl",
            "target \"default\" {\n  entitlements = [\"security.insecure\"]\n  output = [\"type=cacheonly\"]\n}\n",
        )
        .file("Dockerfile", &with_syntax("FROM @REGISTRY@/busybox\nRUN --security=insecure : @NONCE@\n"));
    bake(&project, &["--allow=security.insecure"]);
    let refused = Program::docker()
        .args(["buildx", "bake", "--progress=plain"])
        .dir(project.path())
        .run();
    refused.must_fail().says("security.insecure");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn checks_of_every_target() {
    if engine().lacks(&[Feature::Call]) {
        return;
    }
    let project = Project::empty()
        .file(
            "docker-bake.hcl",
            "group \"default\" { targets = [\"a\", \"b\"] }\ntarget \"a\" { target = \"a\" }\ntarget \"b\" { target = \"b\" }\n",
        )
        .file("Dockerfile", &with_syntax("FROM scratch AS a\nCOPY a $nope\nFROM scratch as b\nCOPY b /\n"));
    let said = Program::docker()
        .args(["buildx", "bake", "--check"])
        .dir(project.path())
        .run();
    said.says("UndefinedVar").says("FromAsCasing");
    let said = Program::docker()
        .args(["buildx", "bake", "--call=targets,format=json"])
        .dir(project.path())
        .run();
    said.must_succeed()
        .says("\"name\": \"a\"")
        .says("\"name\": \"b\"");
}

/// The table of `tests/it/lock/builds.rs`, against the buildx that is here.
#[test]
#[ignore = "needs an engine: scripts/test"]
fn build_files_are_as_they_were_recorded() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let read = |name: &str| -> serde_json::Value {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/builds");
        serde_json::from_str(&std::fs::read_to_string(path.join(name)).unwrap()).unwrap()
    };
    let (cases, recorded) = (read("cases.json"), read("recorded.json"));
    for kind in ["bake", "compose"] {
        for case in cases[kind].as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let mut project = Project::empty();
            for (file, text) in case["files"].as_object().unwrap() {
                project = project.file(file, text.as_str().unwrap());
            }
            let words = |key: &str| {
                case[key]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
            };
            let flags: Vec<&str> = words("flags").flat_map(|file| ["--file", file]).collect();
            let targets: Vec<&str> = words("targets").collect();
            let mut bake = Program::docker()
                .args(["buildx", "bake", "--print"])
                .args(&flags)
                .args(&targets)
                .dir(project.path());
            for (key, value) in case["env"].as_object().unwrap() {
                bake = bake.env(key, value.as_str().unwrap());
            }
            let said = bake.run().must_succeed();
            let printed = said.json();
            let mut targets = printed["target"].clone();
            for target in targets.as_object_mut().unwrap().values_mut() {
                let kept = [
                    "context",
                    "dockerfile",
                    "target",
                    "args",
                    "platforms",
                    "contexts",
                ];
                target
                    .as_object_mut()
                    .unwrap()
                    .retain(|key, _| kept.contains(&key.as_str()));
            }
            assert_eq!(targets, recorded[kind][name], "{kind} {name}");
        }
    }
}
