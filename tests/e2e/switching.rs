//! Switching costs nothing: what the engine's own frontend built is in the cache for ours, and the other way round.

use std::collections::BTreeMap;

use crate::build::{Build, cached_steps};
use crate::engine::{Feature, engine};
use crate::project::Project;
use crate::served::{Repository, Server};

/// Every kind of operation and of source, in more than ten steps.
fn project(server: &Server, git: &Server) -> Project {
    let dockerfile = r#"
ARG BASE=@REGISTRY@/busybox:latest
FROM ${BASE} AS base
ENV GREETING="hello @NONCE@"
RUN mkdir /work && echo "$GREETING" >/work/greeting
WORKDIR /work/dir

FROM base AS fetched
ADD http://SERVER/file.txt /fetched/
ADD http://GIT/git/tool.git#main /tool
ADD archive.tar /unpacked/

FROM base AS built
ARG LEVEL=1
COPY --chown=1000:1000 src ./src/
RUN --mount=type=bind,from=fetched,source=/tool,target=/tool \
    --mount=type=cache,target=/cache,id=switch-@NONCE@ \
    --mount=type=tmpfs,target=/scratch \
    cat /tool/readme src/a >/scratch/all && cp /scratch/all /work/all && echo $LEVEL >>/work/all
RUN --network=none <<EOT
  ip -o link show | wc -l >/work/links
EOT
COPY <<EOT /work/inline.txt
inline $GREETING
EOT

FROM base
COPY --link --from=built /work/all /all
COPY --link src/b /linked/b
COPY --from=fetched /fetched /unpacked /from/
COPY --from=built --chmod=0700 /work/inline.txt /work/links /last/
USER 1000
RUN id -u >/tmp/id
CMD ["cat", "/all"]
"#;
    let dockerfile = dockerfile
        .replace("SERVER", &server.address)
        .replace("GIT", &git.address);
    let project = Project::plain(&dockerfile)
        .file("src/a", "a\n")
        .file("src/b", "b\n")
        .file(".dockerignore", "Dockerfile\n")
        .file("packed/inside", "inside");
    crate::process::Program::new("tar")
        .args(["-cf", "archive.tar", "-C", "packed", "inside"])
        .dir(project.path())
        .ok();
    project
}

/// The steps of one build by the engine's own frontend or by ours, and whether the cache answered them.
///
/// A base image is not a step. An `ADD` from the network shows up twice under one name: as what asks the server,
/// which every build does, and as what copies the file.
#[track_caller]
fn steps(project: &Project, ours: bool) -> BTreeMap<String, bool> {
    let mut build = Build::of(project).arg("--output=type=cacheonly");
    if ours {
        build = build.args([
            "--build-arg",
            &format!("BUILDKIT_SYNTAX={}", engine().frontend),
        ]);
    } else {
        build = build.by_any_frontend();
    }
    let mut steps = BTreeMap::new();
    for (name, cached) in cached_steps(&build.ok().stderr) {
        if !name.contains("] FROM ") {
            *steps.entry(name).or_default() |= cached;
        }
    }
    steps
}

#[track_caller]
fn switched(first_ours: bool) {
    let repository = Repository::new(&[("readme", &crate::engine::unique())]);
    let git = repository.serve("tool.git");
    let server = Server::of_files([("/file.txt", crate::engine::unique().into_bytes())]);
    let project = project(&server, &git);
    let first = steps(&project, first_ours);
    let built = first.values().filter(|cached| !**cached).count();
    assert!(
        built >= 10 && built == first.len(),
        "the first build does the work: {first:#?}"
    );
    let second = steps(&project, !first_ours);
    assert!(
        first.keys().all(|name| second.contains_key(name)),
        "{first:#?}\n{second:#?}"
    );
    for (name, cached) in &second {
        assert!(cached, "{name} was built again: {second:#?}");
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn from_the_engines_own_frontend_to_ours() {
    if !engine().lacks(&[Feature::Recent]) {
        switched(false);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn from_ours_to_the_engines_own_frontend() {
    if !engine().lacks(&[Feature::Recent]) {
        switched(true);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn every_step_of_ours_again_with_a_syntax_line() {
    // The line is not part of any step, so adding it to the file changes nothing either.
    let text = "FROM @REGISTRY@/busybox\nWORKDIR /a\nRUN echo @NONCE@ >b\nCOPY c /\n";
    let project = Project::plain(text).file("c", "c");
    steps(&project, true);
    project.folder.write(
        "Dockerfile",
        project.fill(&crate::project::with_syntax(text)),
    );
    let said = Build::of(&project).arg("--output=type=cacheonly").ok();
    let steps = cached_steps(&said.stderr);
    let steps: Vec<_> = steps
        .into_iter()
        .filter(|(name, _)| !name.contains("] FROM "))
        .collect();
    assert!(
        steps.len() >= 3 && steps.iter().all(|(_, cached)| *cached),
        "{}",
        said.whole()
    );
}
