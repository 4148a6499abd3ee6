//! Bake and compose files as inputs of a lock.

use super::Dir;
use super::world::World;

const DOCKERFILE: &str = "ARG V=0\nARG HOST\nFROM HOST/base:${V} AS base\nFROM base AS app\nCOPY --from=ctx / /\n\
    FROM HOST/tool:1 AS tool\n";

fn prepare() -> (World, Dir) {
    let (world, dir) = (World::start(), Dir::new());
    for (name, tag) in [
        ("base", "1"),
        ("base", "2"),
        ("tool", "1"),
        ("ctx", "9"),
        ("other", "1"),
    ] {
        world.image(name, tag, tag, "");
    }
    std::fs::create_dir_all(dir.0.join("app")).unwrap();
    dir.write(
        "app/Dockerfile",
        &DOCKERFILE.replace("HOST/", &format!("{}/", world.host())),
    );
    dir.write(
        "Dockerfile.other",
        &format!("FROM {}/other:1\n", world.host()),
    );
    (world, dir)
}

fn locked(dir: &Dir, name: &str) -> Vec<String> {
    let lock = dir.read(name);
    let keys = lock
        .lines()
        .filter_map(|line| line.strip_prefix("ref = "))
        .map(|key| key.trim_matches('"').rsplit('/').next().unwrap().to_owned());
    keys.collect()
}

#[test]
fn a_bake_file_says_what_to_lock() {
    let (world, dir) = prepare();
    let bake = r#"
variable "CTX" { default = "8" }
group "default" { targets = ["app", "other"] }
target "_common" {
  platforms = ["linux/amd64", "linux/arm64"]
  tags = [upper("not read")]
}
target "app" {
  name = "app-${v}"
  inherits = ["_common"]
  matrix = { v = ["1", "2"] }
  context = "app"
  target = "app"
  args = { V = v }
  contexts = { ctx = "docker-image://HOST/ctx:${CTX}" }
}
target "other" {
  inherits = ["_common"]
  dockerfile = "Dockerfile.other"
}
target "remote" { context = "https://h.example/r.git" }
"#;
    dir.write("docker-bake.hcl", &bake.replace("HOST", &world.host()));
    let run = |arguments: &[&str]| {
        let mut command = dir.command(arguments);
        command.env("CTX", "9");
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (exit, stderr) = run(&["lock", "--bake", "docker-bake.hcl"]);
    assert_eq!(exit, Some(0), "{stderr}");
    assert!(stderr.contains("`remote` is passed over"), "{stderr}");
    assert_eq!(
        locked(&dir, "app/Dockerfile.lock"),
        ["base:1", "base:2", "ctx:9"]
    );
    assert_eq!(locked(&dir, "Dockerfile.other.lock"), ["other:1"]);
    let lock = dir.read("app/Dockerfile.lock");
    assert!(
        lock.contains("targets = [\"app\"]")
            && lock.contains("platforms = [\"linux/amd64\", \"linux/arm64\"]")
            && lock.contains("build-args = [{ V = \"1\" }, { V = \"2\" }]"),
        "{lock}"
    );
    let (exit, stderr) = run(&["lock", "--check", "app", "Dockerfile.other"]);
    assert_eq!(exit, Some(0), "{stderr}");
    let (exit, _) = run(&["lock", "--bake", "docker-bake.hcl"]);
    assert_eq!((exit, dir.read("app/Dockerfile.lock")), (Some(0), lock));
    // One target alone.
    let (exit, stderr) = run(&[
        "lock",
        "--bake",
        "docker-bake.hcl",
        "--bake-target",
        "app-2",
    ]);
    assert_eq!(exit, Some(0), "{stderr}");
    assert_eq!(locked(&dir, "app/Dockerfile.lock"), ["base:2", "ctx:9"]);
    // As `bake --print` has it.
    dir.write(
        "bake.json",
        r#"{"target":{"app":{"context":"app","dockerfile":"Dockerfile","target":"tool"}}}"#,
    );
    let (exit, stderr) = run(&["lock", "--bake", "bake.json"]);
    assert_eq!(exit, Some(0), "{stderr}");
    assert_eq!(locked(&dir, "app/Dockerfile.lock"), ["tool:1"]);
}

#[test]
fn a_compose_file_says_what_to_lock() {
    let (world, dir) = prepare();
    let compose = "services:\n\
        \x20 app:\n\
        \x20   platform: linux/arm64\n\
        \x20   build:\n\
        \x20     context: ./app\n\
        \x20     target: app\n\
        \x20     args:\n\
        \x20       V: ${VERSION:-2}\n\
        \x20     additional_contexts:\n\
        \x20       ctx: docker-image://HOST/ctx:${CTX}\n\
        \x20 other:\n\
        \x20   build: {context: ., dockerfile: Dockerfile.other}\n\
        \x20 db:\n\
        \x20   image: postgres\n";
    dir.write("compose.yaml", &compose.replace("HOST", &world.host()));
    dir.write(".env", "CTX=9\nVERSION=1\n");
    let (exit, stderr) = dir.run(&["lock", "--compose", "compose.yaml"]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(locked(&dir, "app/Dockerfile.lock"), ["base:1", "ctx:9"]);
    assert_eq!(locked(&dir, "Dockerfile.other.lock"), ["other:1"]);
    assert!(
        dir.read("app/Dockerfile.lock")
            .contains("platforms = [\"linux/arm64\"]")
    );
    // Bake reads compose files, too.
    let (exit, stderr) = dir.run(&["lock", "--bake", "compose.yaml", "--bake-target", "other"]);
    assert_eq!(exit, 0, "{stderr}");
}

#[test]
fn what_can_not_be_read_is_named_with_its_place() {
    let (_world, dir) = prepare();
    for (name, text, flag, place, words) in [
        (
            "b.hcl",
            "target \"a\" {\n  args = { X = lower(\"A\") }\n}\n",
            "--bake",
            "b.hcl:2",
            "the function `lower` is not evaluated here",
        ),
        (
            "b.hcl",
            "target \"a\" {\n  dockerfile-inline = \"FROM x\"\n}\n",
            "--bake",
            "b.hcl:1",
            "`a` has its Dockerfile inline",
        ),
        (
            "b.hcl",
            "target \"a\" {\n  platforms = [\"no/such/platform/at/all\"]\n}\n",
            "--bake",
            "b.hcl",
            "platform",
        ),
        (
            "b.hcl",
            "target a {\n  x = = 1\n}\n",
            "--bake",
            "b.hcl:2",
            "no HCL",
        ),
        ("b.json", "{\"target\":\n{", "--bake", "b.json:2", "no JSON"),
        (
            "c.yaml",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x\n",
            "--compose",
            "c.yaml:5",
            "`a` has its Dockerfile inline",
        ),
        (
            "c.yaml",
            "services:\n  a: [\n",
            "--compose",
            "c.yaml:",
            "no YAML",
        ),
    ] {
        dir.write(name, text);
        let (exit, stderr) = dir.run(&["lock", flag, name]);
        assert_eq!(exit, 2, "{text}{stderr}");
        assert!(
            stderr.contains(&format!(" --> {place}")) && stderr.contains(words),
            "{text}{stderr}"
        );
    }
    let (exit, stderr) = dir.run(&["lock", "--bake", "none.hcl"]);
    assert!(exit == 2 && stderr.contains("can't be read"), "{stderr}");
}
