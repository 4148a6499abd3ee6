//! Source policies of the client, which the daemon applies: to what a frontend asks about and to what it builds.

use crate::build::Build;
use crate::engine::{Feature, engine};
use crate::project::Project;

/// The image that all of this is about; the registry has none of its name.
const IMAGE: &str = "rdf-e2e-policy-subject";

/// A build of a file that starts from [`IMAGE`], under a policy of one rule.
fn under(rule: &str, dockerfile: &str) -> (Project, Build) {
    let image = format!("docker-image://{}/{IMAGE}:latest", engine().registry);
    let rule = rule
        .replace("IMAGE", &image)
        .replace("REGISTRY", &engine().registry);
    let project =
        Project::new(&dockerfile.replace("FROM IMAGE", &format!("FROM @REGISTRY@/{IMAGE}"))).file(
            "policy.json",
            &format!(r#"{{"version":1,"rules":[{rule}]}}"#),
        );
    let policy = project.folder.join("policy.json").display().to_string();
    let build = Build::of(&project).env("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", &policy);
    (project, build)
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_base_image_is_another_one() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let rule = r#"{"action":"CONVERT","selector":{"identifier":"IMAGE"},"updates":{"identifier":"docker-image://REGISTRY/busybox:other"}}"#;
    let (_project, build) = under(
        rule,
        "FROM IMAGE AS base\nUSER 0\nRUN echo $BASE_IMAGE @NONCE@ >/variable\nFROM scratch\nCOPY --from=base /variable /etc/base-image /\n",
    );
    let files = build.files();
    // Its config came with it, not only its files.
    assert!(files.read("variable").starts_with("other "));
    assert_eq!(files.read("base-image"), "other\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_base_image_is_denied() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let rule = r#"{"action":"DENY","selector":{"identifier":"IMAGE"}}"#;
    let (_project, build) = under(rule, "FROM IMAGE\nLABEL made=@NONCE@\n");
    let said = build.fails();
    said.says("source denied by policy");
    said.says(">>> FROM ");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_base_image_cannot_become_a_file() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let rule = r#"{"action":"CONVERT","selector":{"identifier":"IMAGE"},"updates":{"identifier":"http://127.0.0.1:9/word"}}"#;
    let (_project, build) = under(rule, "FROM IMAGE\nLABEL made=@NONCE@\n");
    build.fails().says("ref mutated by policy to non-image");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_named_context_becomes_a_directory() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let rule = r#"{"action":"CONVERT","selector":{"identifier":"IMAGE"},"updates":{"identifier":"local://context"}}"#;
    let (project, build) = under(rule, "FROM scratch\nCOPY --from=given /word /\n");
    project.folder.write("word", "spoken");
    let context = format!("given=docker-image://{}/{IMAGE}:latest", engine().registry);
    let files = build.args(["--build-context", &context]).files();
    assert_eq!(files.read("word"), "spoken");
}
