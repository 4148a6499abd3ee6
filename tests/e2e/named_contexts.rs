//! `--build-context NAME=VALUE` of each kind. (`target:` contexts are bake's: see there.)

use crate::build::{Build, Image};
use crate::engine::{Feature, engine, unique};
use crate::process::Program;
use crate::project::{Folder, Project};
use crate::served::{Repository, Server};

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image() {
    let project = Project::new(
        r#"
FROM made-up:1.2 AS build
RUN cat /etc/base-image >/tmp/from && echo $BASE_IMAGE >>/tmp/from; : @NONCE@
FROM scratch
COPY --from=build /tmp/from /
COPY --from=docker.io/library/made-up:1.2 /etc/base-image /copied
"#,
    );
    let other = project.fill("made-up:1.2=docker-image://@REGISTRY@/busybox:other");
    let files = Build::of(&project)
        .args(["--build-context", &other])
        .files();
    assert_eq!(files.read("from"), "other\nother\n");
    assert_eq!(files.read("copied"), "other\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_in_place_of_a_stage() {
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS base
RUN echo "never runs" && exit 1
FROM base
RUN cat /etc/base-image; test $BASE_IMAGE = other
LABEL made=@NONCE@
"#,
    );
    let other = project.fill("base=docker-image://@REGISTRY@/busybox:other");
    let image = Build::of(&project)
        .args(["--build-context", &other])
        .image();
    assert_eq!(image.inspect("{{.Config.WorkingDir}}"), "/srv/other");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn scratch_in_place_of_an_image() {
    let project = Project::new("FROM made-up\nCOPY a /\n").file("a", "@NONCE@");
    let files = Build::of(&project)
        .args(["--build-context", "made-up=docker-image://scratch"])
        .files();
    assert_eq!(files.names(), ["a"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_folder_with_its_own_ignore_file() {
    let project = Project::new(
        "FROM scratch\nCOPY --from=other / /all/\nCOPY --from=other dir/a /one\nCOPY here /\nLABEL made=@NONCE@\n",
    )
    .file("here", "main");
    let other = Folder::new();
    for name in ["dir/a", "dir/b", "c.log"] {
        other.write(name, name);
    }
    other.write(".dockerignore", "*.log\ndir/b\n");
    let named = format!("other={}", other.path().display());
    let files = Build::of(&project)
        .args(["--build-context", &named])
        .files();
    assert_eq!(
        files.names(),
        ["all/.dockerignore", "all/dir/a", "here", "one"]
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_folder_as_the_base_of_a_stage() {
    let project = Project::new("FROM files\nCOPY b /\nLABEL made=@NONCE@\n").file("b", "b");
    let other = Folder::new();
    other.write("a", "a");
    let named = format!("files={}", other.path().display());
    let files = Build::of(&project)
        .args(["--build-context", &named])
        .files();
    assert_eq!(files.names(), ["a", "b"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_git_repository() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let repository = Repository::new(&[("a", "first"), ("sub/b", "b")]);
    let server = repository.serve("repo.git");
    let project = Project::new(
        "FROM scratch\nCOPY --from=source / /all/\nCOPY --from=part / /part/\nLABEL made=@NONCE@\n",
    );
    let url = server.url("/git/repo.git#main");
    let files = Build::of(&project)
        .args([
            "--build-context",
            &format!("source={url}"),
            "--build-context",
            &format!("part={url}:sub"),
        ])
        .files();
    assert_eq!(files.names(), ["all/a", "all/sub/b", "part/b"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_file_over_http() {
    let server = Server::of_files([("/dir/data.bin", unique().into_bytes())]);
    let project = Project::new("FROM scratch\nCOPY --from=data . /got/\n");
    let named = format!("data={}", server.url("/dir/data.bin"));
    let files = Build::of(&project)
        .args(["--build-context", &named])
        .files();
    assert_eq!(files.names(), ["got/context"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_oci_layout() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let base =
        Project::new("FROM @REGISTRY@/busybox\nRUN echo @NONCE@ >/in-the-layout\nENV LAYOUT=yes\n");
    let layout = Folder::new();
    let output = format!(
        "--output=type=oci,tar=false,dest={}",
        layout.path().display()
    );
    Build::of(&base).args([&output, "--provenance=false"]).ok();

    let project = Project::new(
        "FROM base:1 AS build\nRUN cp /in-the-layout /tmp/copy; echo $LAYOUT >>/tmp/copy\nFROM scratch\nCOPY --from=build /tmp/copy /\nCOPY --from=base:1 /in-the-layout /\n",
    );
    let named = format!("base:1=oci-layout://{}", layout.path().display());
    let files = Build::of(&project)
        .args(["--build-context", &named])
        .files();
    assert_eq!(files.read("copy"), format!("{}\nyes\n", base.nonce));
    assert_eq!(files.read("in-the-layout"), format!("{}\n", base.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_of_this_engine_only() {
    // Not in any registry: the daemon's own store answers.
    let image = Image::local();
    let base = Project::new("FROM @REGISTRY@/busybox\nRUN echo @NONCE@ >/local-only\n");
    Build::of(&base).args(["--load", "-t", &image.name]).ok();
    assert_eq!(
        Program::docker()
            .args(["image", "inspect", &image.name])
            .run()
            .status,
        0
    );
    let project = Project::new("FROM scratch\nCOPY --from=made /local-only /\n");
    let named = format!("made=docker-image://{}", image.name);
    let files = Build::of(&project)
        .args(["--build-context", &named])
        .files();
    assert_eq!(files.read("local-only"), format!("{}\n", base.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_unknown_kind_is_refused() {
    let project = Project::new("FROM made-up\n");
    let said = Build::of(&project)
        .args(["--build-context", "made-up=ftp://127.0.0.1/x"])
        .by_any_frontend()
        .fails();
    said.says("ftp:");
}
