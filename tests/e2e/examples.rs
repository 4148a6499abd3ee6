//! The example frontends, each as an image on the engine: a language of its own, Dockerfiles with one instruction more,
//! and a build that a script plans.

use crate::build::{Build, Image};
use crate::engine::{Feature, engine};
use crate::process::Program;
use crate::programs::{KIT_CAPS, example_with_caps, programs};
use crate::project::{Folder, Project};

/// An image of the example `name`; nothing where there are no programs.
fn example(name: &str) -> Option<Image> {
    Some(example_with_caps(&programs()?, name, KIT_CAPS))
}

/// A package manager that is as good as another: it writes down what it was asked for.
const APK: &str =
    "#!/bin/sh\nmkdir -p /installed && shift 2 && for one; do echo $one >/installed/$one; done\n";

const IMAGE_TOML: &str = r#"# syntax=FRONTEND
from = "base"
packages = ["make", "@NONCE@"]
files = { "/app/" = "bin/*" }
env = { WORD = "said", BASE = "changed" }
entrypoint = ["/app/run"]
"#;

/// A bake file links the two: the base is a Dockerfile's result, the image is made of TOML.
#[test]
#[ignore = "needs an engine: scripts/test"]
fn toml_on_a_linked_target() {
    let Some(frontend) = example("toml-frontend") else {
        return;
    };
    let image = Image::local();
    let bake = r#"
target "base" {
  dockerfile = "Base.Dockerfile"
  output = ["type=cacheonly"]
}
target "default" {
  dockerfile = "image.toml"
  contexts = { base = "target:base" }
  tags = ["IMAGE"]
  output = ["type=docker"]
}
"#;
    let project = Project::empty()
        .file("docker-bake.hcl", &bake.replace("IMAGE", &image.name))
        .file(
            "Base.Dockerfile",
            "# syntax=@FRONTEND@\nFROM @REGISTRY@/busybox\nENV BASE=base OTHER=other\nCOPY --chmod=755 apk /bin/apk\n",
        )
        .file("image.toml", &IMAGE_TOML.replace("FRONTEND", &frontend.name))
        .file(".dockerignore", "bin/not-this\n")
        .file("apk", APK)
        .program("bin/run", "#!/bin/sh\necho $WORD $BASE $OTHER; ls /app /installed\n")
        .file("bin/not-this", "ignored");
    let said = Program::docker()
        .args(["buildx", "bake", "--progress=plain"])
        .dir(project.path())
        .env("BUILDX_BAKE_ENTITLEMENTS_FS", "0")
        .run()
        .must_succeed();
    said.says(&frontend.name).says(&engine().frontend);
    let nonce = &project.nonce;
    assert_eq!(
        image.run(&[]),
        format!("said changed other\n/app:\nrun\n\n/installed:\nmake\n{nonce}\n")
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn toml_for_several_platforms() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let Some(frontend) = example("toml-frontend") else {
        return;
    };
    let project = Project::empty()
        .file(
            "image.toml",
            &format!(
                "# syntax={frontend}\nfrom = \"@REGISTRY@/busybox:multi\"\nfiles = {{ \"/\" = \"word\" }}\n"
            ),
        )
        .file("word", "@NONCE@");
    let out = Build::of(&project)
        .by_any_frontend()
        .args(["-f", &format!("{}/image.toml", project.path())])
        .arg("--platform=linux/amd64,linux/arm64")
        .files();
    for platform in ["linux_amd64", "linux_arm64"] {
        assert_eq!(out.read(&format!("{platform}/word")), project.nonce);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_mistake_in_toml_has_its_line() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let Some(frontend) = example("toml-frontend") else {
        return;
    };
    let text = format!("# syntax={frontend}\nfrom = \"scratch\"\npackage = []\n");
    let project = Project::empty().file("image.toml", &text);
    let said = Build::of(&project)
        .by_any_frontend()
        .args(["-f", &format!("{}/image.toml", project.path())])
        .fails();
    said.says("unknown field `package`")
        .says(">>> package = []");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_dockerfile_with_included_files() {
    let Some(frontend) = example("include-frontend") else {
        return;
    };
    let dockerfile = format!(
        "# syntax={frontend}\nARG WORD=unset\nFROM @REGISTRY@/busybox AS build\nARG WORD\nINCLUDE parts/made\nFROM scratch\nCOPY --from=build /made* /\n"
    );
    let project = Project::plain(&dockerfile)
        .file("parts/made", "RUN echo $WORD >/made\nINCLUDE parts/more")
        .file("parts/more", "COPY parts/word /made-of-words")
        .file("parts/word", "@NONCE@");
    let build = Build::of(&project).by_any_frontend();
    let out = build.args(["--build-arg", "WORD=given"]).files();
    assert_eq!(out.read("made"), "given\n");
    assert_eq!(out.read("made-of-words"), project.nonce);

    // What is wrong in an included file is shown where it was included.
    let project = project.file("parts/more", "COPY --from=nobody-@NONCE@ /a /b");
    let said = Build::of(&project).by_any_frontend().fails();
    if !engine().lacks(&[Feature::Modern]) {
        said.says(">>> COPY --from=nobody-");
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_build_that_a_script_plans() {
    let Some(frontend) = example("script-frontend") else {
        return;
    };
    let script = format!(
        "# syntax={frontend}\n# image=@REGISTRY@/busybox\nfor word in one two @NONCE@; do\n    echo \"echo $word >/made-$word\"\ndone\necho planned >&2\n"
    );
    let project = Project::empty().file("steps.sh", &script);
    let file = format!("{}/steps.sh", project.path());
    let folder = Folder::new();
    let said = Build::of(&project)
        .by_any_frontend()
        .args(["-f", &file])
        .arg(format!(
            "--output=type=local,dest={}",
            folder.path().display()
        ))
        .ok();
    said.says("echo two >/made-two");
    for word in ["one", "two", &project.nonce] {
        assert_eq!(folder.read(&format!("made-{word}")), format!("{word}\n"));
    }

    let failing = format!("# syntax={frontend}\n# image=@REGISTRY@/busybox\nexit 7\n");
    let project = Project::empty().file("steps.sh", &failing);
    let file = format!("{}/steps.sh", project.path());
    let said = Build::of(&project)
        .by_any_frontend()
        .args(["-f", &file])
        .fails();
    said.says("exit code: 7");
}
