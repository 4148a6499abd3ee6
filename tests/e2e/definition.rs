//! The definition that `rdf compile` writes is what a daemon builds: solved by the example frontend
//! `definition-frontend`, it gives the image that the Dockerfile gives.

use crate::build::{Build, Image};
use crate::engine::{Feature, engine};
use crate::process::{Program, Said};
use crate::programs::{example_frontend, programs};
use crate::project::{Folder, Project};

fn rdf(programs: &std::path::Path, project: &Project, args: &[&str]) -> Said {
    Program::new(programs.join("rdf"))
        .arg("compile")
        .args(args)
        .arg(".")
        .dir(project.path())
        .run()
}

const DOCKERFILE: &str = r#"
FROM @REGISTRY@/busybox:other AS build
ARG WORD
USER 0
WORKDIR /made
COPY words .
RUN --mount=type=bind,target=/context echo "$WORD @NONCE@" >said && cat /context/words >>said
FROM @REGISTRY@/busybox
ENV WHERE=/all
COPY --link --from=build /made/ $WHERE/
COPY <<EOT /inline
inline in $WHERE
EOT
USER app
WORKDIR /all
ENTRYPOINT ["cat"]
CMD ["said", "/inline"]
"#;

#[test]
#[ignore = "needs an engine: scripts/test"]
fn compiled_before_and_solved_by_the_daemon() {
    // Merged layers, which `COPY --link` is compiled to, need that store.
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let Some(programs) = programs() else { return };
    let frontend = example_frontend(&programs, "definition-frontend");
    let project = Project::new(DOCKERFILE)
        .file("words", "words\n")
        .file(".dockerignore", "out\n");
    std::fs::create_dir(project.folder.join("out")).expect("folder");
    let compile = [
        "--build-arg",
        "WORD=spoken",
        "--format",
        "pb",
        "-o",
        "out/build.pb",
        "--image-config",
        "out/build.pb.json",
    ];
    rdf(&programs, &project, &compile).must_succeed();

    // The same Dockerfile through the frontend: what both make is the same, and the second finds all in the cache.
    let image = Build::of(&project)
        .args(["--build-arg", "WORD=spoken"])
        .image();
    let solved = Image::local();
    let said = Build::of(&project)
        .by_any_frontend()
        .args([
            "--build-arg",
            &format!("BUILDKIT_SYNTAX={frontend}"),
            "-f",
            &project.folder.join("out/build.pb").display().to_string(),
            "--load",
            "-t",
            &solved.name,
        ])
        .ok();
    let steps = crate::build::cached_steps(&said.stderr);
    let steps: Vec<_> = steps
        .iter()
        .filter(|(name, _)| !name.contains("] FROM "))
        .collect();
    assert!(
        steps.len() >= 5 && steps.iter().all(|(_, cached)| *cached),
        "{}",
        said.whole()
    );
    let wanted = format!("spoken {}\nwords\ninline in /all\n", project.nonce);
    assert_eq!(image.run(&[]), wanted);
    assert_eq!(solved.run(&[]), wanted);
    for format in ["{{json .Config}}", "{{json .RootFS}}"] {
        assert_eq!(solved.inspect(format), image.inspect(format), "{format}");
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn compiled_for_a_folder_as_the_result() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let Some(programs) = programs() else { return };
    let frontend = example_frontend(&programs, "definition-frontend");
    let project = Project::new(
        "FROM @REGISTRY@/busybox AS build\nRUN echo @NONCE@ >/made\nFROM scratch\nCOPY --from=build /made /\n",
    );
    let built = Folder::new();
    let definition = built.join("x.pb").display().to_string();
    rdf(&programs, &project, &["--format", "pb", "-o", &definition]).must_succeed();
    let files = Build::of(&project)
        .by_any_frontend()
        .args([
            "--build-arg",
            &format!("BUILDKIT_SYNTAX={frontend}"),
            "-f",
            &definition,
        ])
        .files();
    assert_eq!(files.read("made"), format!("{}\n", project.nonce));
}
