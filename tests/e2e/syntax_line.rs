//! Every way to name the frontend image.

use crate::build::{Build, manifest};
use crate::engine::{Feature, engine, unique};
use crate::process::Program;
use crate::programs::{example_frontend, programs};
use crate::project::{Folder, Project};

const FILE: &str = "FROM scratch\nCOPY a /\nLABEL made=@NONCE@\n";

/// Builds the Dockerfile, with `by` as the word in the progress that shows which frontend did it.
#[track_caller]
fn builds(dockerfile: &str, args: &[&str], by: &str) {
    let project = Project::plain(dockerfile).file("a", "@NONCE@");
    let folder = Folder::new();
    let output = format!("--output=type=local,dest={}", folder.path().display());
    let said = Build::of(&project)
        .by_any_frontend()
        .args(args)
        .arg(output)
        .ok();
    said.says(by);
    assert_eq!(folder.read("a"), project.nonce);
}

/// The frontend's image with its digest in place of the tag.
fn by_digest() -> String {
    let digest = Program::docker()
        .args([
            "buildx",
            "imagetools",
            "inspect",
            "--format={{json .Manifest}}",
            &engine().frontend,
        ])
        .ok()
        .json();
    let digest = digest["digest"].as_str().expect("digest");
    let frontend = &engine().frontend;
    let slash = frontend.rfind('/').map_or(0, |at| at + 1);
    let name = frontend[slash..]
        .split([':', '@'])
        .next()
        .unwrap_or_default();
    format!("{}{name}@{}", &frontend[..slash], digest)
}

/// The frontend's image under another name in the registry.
fn known_as(name: &str) -> String {
    let image = format!("{}/{name}", engine().registry);
    Program::docker()
        .args([
            "buildx",
            "imagetools",
            "create",
            "-t",
            &image,
            &engine().frontend,
        ])
        .ok();
    image
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_tag() {
    builds(
        &format!("# syntax=@FRONTEND@\n{FILE}"),
        &[],
        &engine().frontend,
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_digest_alone() {
    let image = by_digest();
    builds(&format!("# syntax={image}\n{FILE}"), &[], &image);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_tag_and_digest() {
    let image = by_digest();
    let (_, digest) = image.split_once('@').expect("digest");
    let tagged = format!("{}@{digest}", engine().frontend);
    builds(&format!("# syntax={tagged}\n{FILE}"), &[], &tagged);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn in_odd_spelling_and_with_other_directives() {
    builds(
        &format!("#SynTax =  @FRONTEND@  \n# escape=`\n# check=skip=all\n{FILE}"),
        &[],
        &engine().frontend,
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn with_words_after_the_image() {
    builds(
        &format!("# syntax=@FRONTEND@ and more words\n{FILE}"),
        &[],
        &engine().frontend,
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn after_a_first_line_for_the_shell() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    builds(
        &format!("#!/usr/bin/env builds\n# syntax=@FRONTEND@\n{FILE}"),
        &[],
        &engine().frontend,
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn by_build_argument() {
    let argument = format!("BUILDKIT_SYNTAX={}", engine().frontend);
    builds(FILE, &["--build-arg", &argument], &engine().frontend);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_build_argument_wins_over_the_line() {
    let argument = format!("BUILDKIT_SYNTAX={}", engine().frontend);
    // Nobody looks for the image of the line: the frontend does not forward once it was chosen.
    let file = format!("# syntax=@REGISTRY@/e2e/no-such-frontend:1\n{FILE}");
    builds(&file, &["--build-arg", &argument], &engine().frontend);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn under_the_references_own_names() {
    for name in [
        "docker/dockerfile:1",
        "docker/dockerfile:1-labs",
        "docker/dockerfile-upstream:master",
    ] {
        let image = known_as(name);
        builds(&format!("# syntax={image}\n{FILE}"), &[], &image);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_references_name_replaced_by_a_named_context() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    // What a person does who cannot change the Dockerfile.
    let named = format!("docker/dockerfile:1=docker-image://{}", engine().frontend);
    builds(
        &format!("# syntax=docker/dockerfile:1\n{FILE}"),
        &["--build-context", &named],
        &engine().frontend,
    );
}

/// Builds a Dockerfile whose line names `to` by a client that asks for `from` and leaves the rest to it, as clients other
/// than Docker's do: `from` has to hand the build on.
#[track_caller]
fn forwards(from: &str, to: &str) {
    let Some(programs) = programs() else { return };
    let wrapper = example_frontend(&programs, "wrapper-frontend");
    let project = Project::plain(&format!("# syntax={to} with words\n{FILE}")).file("a", "@NONCE@");
    let args = [
        format!("--build-arg=BUILDKIT_SYNTAX={wrapper}"),
        format!("--build-arg=WRAPPED={from}"),
    ];
    let build = Build::of(&project).by_any_frontend().args(args);
    let (image, said) = build.image_and_progress();
    said.says(from).says(&format!("docker-image://{to}"));
    assert_eq!(
        image.inspect("{{index .Config.Labels \"org.example.frontend\"}}"),
        from
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn forwarded_from_this_frontend_to_the_references_name() {
    if !engine().lacks(&[Feature::Modern]) {
        forwards(&engine().frontend, &reference("docker/dockerfile:1"));
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn forwarded_from_the_references_name_to_this_frontend() {
    if !engine().lacks(&[Feature::Modern]) {
        forwards(&reference("docker/dockerfile:1.0"), &engine().frontend);
    }
}

/// The image of the reference where one is given, else ours under its name.
fn reference(name: &str) -> String {
    std::env::var("RDF_E2E_REFERENCE").unwrap_or_else(|_| known_as(name))
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_that_is_no_frontend() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project =
        Project::plain("# syntax=@REGISTRY@/busybox:other\nFROM scratch\nCOPY Dockerfile /\n");
    let said = Build::of(&project).by_any_frontend().fails();
    said.says("Dockerfile:1")
        .says(&project.fill("   1 | >>> # syntax=@REGISTRY@/busybox:other"));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_that_does_not_exist() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let name = format!("{}/e2e/no-such-frontend:{}", engine().registry, unique());
    let project = Project::plain(&format!(
        "# syntax={name}\nFROM scratch\nCOPY Dockerfile /\n"
    ));
    let said = Build::of(&project).by_any_frontend().fails();
    said.says(&format!("   1 | >>> # syntax={name}"))
        .says("not found");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn its_labels_say_what_it_can_do() {
    // The daemon reads these before it runs the image: without them, clients fall back to older ways.
    let config = Program::docker()
        .args([
            "buildx",
            "imagetools",
            "inspect",
            "--format={{json .Image}}",
            &engine().frontend,
        ])
        .ok()
        .json();
    let labels = &config["config"]["Labels"];
    assert_eq!(
        labels["moby.buildkit.frontend.network.none"], "true",
        "{config}"
    );
    let caps = labels["moby.buildkit.frontend.caps"]
        .as_str()
        .unwrap_or_default();
    let known = [
        "inputs",
        "subrequests",
        "contexts",
        "gitquerystring",
        "contexts.zstd",
    ];
    let known = known.map(|cap| format!("moby.buildkit.frontend.{cap}"));
    assert_eq!(caps, known.join(","));
    assert!(manifest(&engine().frontend).is_object());
}
