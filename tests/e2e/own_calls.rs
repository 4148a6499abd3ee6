//! Questions that the reference does not know: `--call=graph` and `--call=explain`.

use crate::engine::{Feature, engine};
use crate::process::{Program, Said};
use crate::project::Folder;

const OLD: &str = "FROM scratch AS base\nCOPY a /a\nFROM base AS unused\nCOPY b /b\nFROM base AS main\nCOPY c /c\nLABEL v=1\n";
const NEW: &str = "FROM scratch AS base\nCOPY a /a\nFROM base AS unused\nCOPY b /b\nFROM base AS main\nCOPY c /d\nLABEL v=2\n";

fn ask(folder: &Folder, call: &str, options: &[&str]) -> Said {
    Program::docker()
        .args(["buildx", "build", "--progress=plain", "--build-arg"])
        .arg(format!("BUILDKIT_SYNTAX={}", engine().frontend))
        .arg(format!("--call={call}"))
        .args(options)
        .arg(".")
        .dir(folder.path())
        .run()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn graph_prints_a_picture_and_nothing_else() {
    if engine().lacks(&[Feature::Call]) {
        return;
    }
    let folder = Folder::new();
    folder.write("Dockerfile", NEW);
    let svg = ask(&folder, "graph", &[]).must_succeed().text();
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""),
        "{svg}"
    );
    assert!(svg.ends_with("</svg>\n"), "{svg}");
    assert!(
        svg.contains("3 stages, 2 needed by the target main"),
        "{svg}"
    );

    let json = ask(&folder, "graph,format=json", &["--target=unused"])
        .must_succeed()
        .json();
    let nodes = json["nodes"].as_array().expect("nodes");
    let unneeded: Vec<_> = nodes
        .iter()
        .filter(|node| node["needed"] == false)
        .collect();
    assert_eq!(unneeded.len(), 1, "{json}");
    assert_eq!(unneeded[0]["title"], "main");

    let ops = ask(&folder, "graph", &["--build-arg=RDF_GRAPH=ops,mermaid"])
        .must_succeed()
        .text();
    assert!(
        ops.starts_with("flowchart LR\n") && ops.contains("COPY c /d"),
        "{ops}"
    );
    ask(&folder, "graph", &["--build-arg=RDF_GRAPH=png"])
        .must_fail()
        .says("invalid value `png` for RDF_GRAPH");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn explain_compares_with_a_named_context() {
    if engine().lacks(&[Feature::Call]) {
        return;
    }
    let (folder, old) = (Folder::new(), Folder::new());
    folder.write("Dockerfile", NEW);
    old.write("Dockerfile", OLD);
    let context = format!("--build-context=rdf-old={}", old.path().display());
    let text = ask(&folder, "explain", &[&context]).must_succeed().text();
    assert!(text.contains("destination: /c -> /d"), "{text}");
    assert!(text.contains("Labels v: 1 -> 2"), "{text}");
    let json = ask(&folder, "explain,format=json", &[&context])
        .must_succeed()
        .json();
    let steps = json["steps"].as_array().expect("steps");
    let fates: Vec<_> = steps
        .iter()
        .filter_map(|step| step["fate"].as_str())
        .collect();
    assert_eq!(fates, ["keeps", "keeps", "changed"], "{json}");

    old.write("before/Old", NEW);
    let other = ask(
        &folder,
        "explain",
        &[&context, "--build-arg=RDF_EXPLAIN=before/Old"],
    );
    let text = other.must_succeed().text();
    assert!(text.contains("3 keep their key"), "{text}");
    ask(&folder, "explain", &[])
        .must_fail()
        .says("--build-context rdf-old=");
}
