//! Every output in JSON is of its schema in `docs/schema`, and every command that has such an output is tried here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::check::schema::Schema;
use crate::lock::Dir;
use crate::lock::world::World;

/// What the help calls JSON, and the schema of it.
const OUTPUTS: [(&str, &str); 15] = [
    ("check json", "check.json"),
    ("check sarif", "SARIF"),
    ("check gitlab", "gitlab.json"),
    ("check --baseline", "baseline.json"),
    ("compile json", "compile.json"),
    ("explain json", "explain.json"),
    ("graph json", "graph.json"),
    ("lock json", "lock.json"),
    ("lock sarif", "SARIF"),
    ("lock source-policy", "export-source-policy.json"),
    ("lock bake", "export-bake.json"),
    ("lock sbom", "export-sbom.json"),
    ("lock --print-builds", "builds.json"),
    ("outline json", "outline.json"),
    ("why json", "why.json"),
];

/// The same, of commands that are alike.
const MORE: [(&str, &str); 2] = [("parse", "parse.json"), ("targets json", "targets.json")];

/// JSON that commands read.
const INPUTS: [&str; 2] = ["check --metadata", "compile --metadata"];

fn outputs() -> BTreeMap<&'static str, &'static str> {
    OUTPUTS.into_iter().chain(MORE).collect()
}

fn help(command: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rdf"));
    let output = program.args(command).arg("--help").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What the help of a command calls JSON: the command, a flag, or a form.
fn called_json(command: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut flag = String::new();
    let help = help(&[command]);
    let (options, _) = help.split_once("\nExamples:").unwrap_or((&help, ""));
    for (number, line) in options.lines().enumerate() {
        let text = line.trim_start();
        let value = text.strip_prefix("- ").and_then(|it| it.split_once(':'));
        let long = text.split([' ', ',']).find(|word| word.starts_with("--"));
        match (value, long) {
            (Some((name, text)), _) => {
                flag.clone_from(&name.to_owned());
                if name == "json" || text.contains("JSON") {
                    found.insert(format!("{command} {name}"));
                }
            }
            (None, Some(name)) if text.starts_with('-') => name.clone_into(&mut flag),
            _ if text.contains("JSON") && number == 0 => drop(found.insert(command.to_owned())),
            _ if text.contains("JSON") => drop(found.insert(format!("{command} {flag}"))),
            _ => {}
        }
    }
    found
}

#[test]
fn every_output_in_json_has_a_schema() {
    let all = help(&[]);
    let (_, commands) = all.split_once("Commands:\n").unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.map(|line| line.split_whitespace().next().unwrap());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    assert!(names.len() > 10, "{names:?}");
    let found: BTreeSet<String> = names.into_iter().flat_map(called_json).collect();
    let known = outputs().into_keys().chain(INPUTS).map(str::to_owned);
    let known: BTreeSet<String> = known.collect();
    let without: Vec<_> = found.difference(&known).collect();
    assert!(
        without.is_empty(),
        "without a schema in docs/schema and a line in `outputs`: {without:?}"
    );
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no command has these: {gone:?}");
    // No schema is of something else, and the list of them is whole.
    let named: BTreeSet<&str> = outputs()
        .into_values()
        .chain(["finding.json", "rdf.toml.json"])
        .filter(|name| name.ends_with(".json"))
        .collect();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let list = std::fs::read_to_string(directory.join("README.md")).unwrap();
    let files = std::fs::read_dir(directory).unwrap();
    let files = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: BTreeSet<String> = files.collect();
    assert!(files.remove("README.md"));
    assert_eq!(files, named.into_iter().map(str::to_owned).collect());
    for name in files {
        assert!(list.contains(&format!("]({name})")), "{name}");
    }
}

const DOCKERFILE: &str = "\
# syntax=@/front:1
# the version
ARG TAG=1
FROM @/x:$TAG AS build
ARG MODE=fast
RUN --mount=type=secret,id=tok,required=true --mount=type=ssh --network=none <<EOT
echo $MODE
EOT
HEALTHCHECK --interval=3s CMD x
LABEL a=b c=d
MAINTAINER me
# what is shipped
FROM --platform=linux/amd64 scratch AS Out
COPY --from=build --chown=1:2 --exclude=c [\"/a\", \"/b\"]
COPY <<END /e
text
END
ADD git:@/r.git#main /src
ADD git:@/file/x /x
ONBUILD RUN y
SHELL [\"/bin/sh\"]
EXPOSE 80
";

const BAKE: &str = r#"target "a" {
  args      = { TAG = "1" }
  contexts  = { y = "docker-image://alpine" }
  platforms = ["linux/amd64"]
  target    = "build"
}
"#;

/// Runs a command; what it prints.
fn printed(dir: &Dir, arguments: &[&str]) -> Value {
    let output = dir.rdf(arguments);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{arguments:?}: {why}: {output:?}"))
}

/// A project whose sources are on a server here.
fn project() -> (World, Dir) {
    let (world, dir) = (World::start(), Dir::new());
    world.image("x", "1", "x", r#""Env":["A=b"]"#);
    world.image("x", "2", "newer", "");
    world.image("front", "1", "f", "");
    world.git_ref("refs/heads/main", &"a".repeat(40), None);
    world.put("/file/x", "text/plain", b"one");
    let text = DOCKERFILE.replace("git:@", "http://@");
    dir.write(
        "Dockerfile",
        &text.replace("@/", &format!("{}/", world.host())),
    );
    dir.write(
        "Dockerfile.plain",
        "FROM scratch\nADD https://example.com/x /x\nRUN [\"/x\"]\nCOPY a /\n",
    );
    dir.write("docker-bake.hcl", BAKE);
    (world, dir)
}

/// Holds what is printed to its schema.
#[derive(Default)]
struct Trial(BTreeSet<&'static str>);

impl Trial {
    fn hold(&mut self, key: &'static str, value: Value) -> Value {
        let schema = match outputs()[key] {
            "SARIF" => Schema::new(include_str!("../../testdata/sarif/sarif-schema-2.1.0.json")),
            name => Schema::published(name),
        };
        assert_eq!(schema.problems(&value), [""; 0], "{key}: {value:#}");
        // A schema that takes anything proves nothing.
        let mut other = value.clone();
        let place = match &mut other {
            Value::Array(items) => &mut items[0],
            value => value,
        };
        place["unexpected"] = true.into();
        assert!(!schema.problems(&other).is_empty(), "{key}");
        self.0.insert(key);
        value
    }
}

#[test]
fn outputs_are_of_their_schemas() {
    let (world, dir) = project();
    let mut trial = Trial::default();
    // Nothing is locked yet: there are findings of the lock.
    let check = ["lock", "--check", "Dockerfile", "--format"];
    let found = trial.hold(
        "lock json",
        printed(&dir, &[&check[..], &["json"]].concat()),
    );
    assert_eq!(found["findings"][0]["code"], "lock-missing");
    trial.hold(
        "lock sarif",
        printed(&dir, &[&check[..], &["sarif"]].concat()),
    );
    let made = printed(&dir, &["lock", "Dockerfile", "--format", "json"]);
    let made = trial.hold("lock json", made);
    assert_eq!(made["findings"], json!([]), "{made:#}");
    let changed = dir.read("Dockerfile").replace("MODE=fast", "MODE=slow");
    dir.write("Dockerfile.new", &format!("{changed}ENV a=b\n"));
    for (key, command) in [
        (
            "lock source-policy",
            "lock Dockerfile --export source-policy",
        ),
        ("lock bake", "lock Dockerfile --export bake"),
        ("lock sbom", "lock Dockerfile --export sbom"),
        (
            "lock --print-builds",
            "lock --print-builds --bake docker-bake.hcl",
        ),
        ("check json", "check Dockerfile --select rdf --format json"),
        (
            "check sarif",
            "check Dockerfile --select rdf --format sarif",
        ),
        (
            "check gitlab",
            "check Dockerfile --select rdf --format gitlab",
        ),
        (
            "explain json",
            "explain Dockerfile Dockerfile.new --format json",
        ),
        ("why json", "why 14 --target Out --format json"),
        ("graph json", "graph --format json"),
        ("graph json", "graph --level ops --format json"),
        ("outline json", "outline --target build --format json"),
        ("targets json", "targets --format json"),
        ("parse", "parse"),
        (
            "compile json",
            "compile --offline -f Dockerfile.plain --format json .",
        ),
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        trial.hold(key, printed(&dir, &words));
    }
    dir.rdf(&[
        "check",
        "Dockerfile",
        "--select",
        "rdf",
        "--baseline",
        "known.json",
    ]);
    let known = serde_json::from_str(&dir.read("known.json")).unwrap();
    trial.hold("check --baseline", known);
    // What moved, and what is newer.
    let moved = world.image("x", "1", "moved", "");
    world.git_ref("refs/heads/main", &"b".repeat(40), None);
    let told = printed(
        &dir,
        &["lock", "Dockerfile", "--outdated", "--format", "json"],
    );
    let told = trial.hold("lock json", told);
    let pins = told["pins"].as_array().unwrap();
    assert_eq!(pins.len(), 3, "{told:#}");
    let pin = |name: &str| {
        let mut named = pins
            .iter()
            .filter(|it| it["subject"].as_str().unwrap().contains(name));
        named.next().unwrap()
    };
    let image = pin("/x:1");
    assert_eq!(
        (&image["current"], &image["newest"]),
        (&json!(moved), &json!("2"))
    );
    assert_eq!(image["reasons"], json!(["moved", "newer-version"]));
    assert_eq!(
        (&image["outdated"], &image["file"]),
        (&json!(true), &json!("Dockerfile"))
    );
    assert_eq!(pin("r.git")["current"], "b".repeat(40));
    assert_eq!(
        (&pin("front")["outdated"], &pin("front")["reasons"]),
        (&json!(false), &json!([]))
    );
    let updated = printed(
        &dir,
        &["lock", "Dockerfile", "--update", "--format", "json"],
    );
    assert!(trial.hold("lock json", updated)["changes"][0]["before"].is_string());
    assert_eq!(trial.0, outputs().into_keys().collect());
}
