//! Bake and compose files as inputs of a lock.

use super::Dir;
use super::world::World;

/// What bake and compose files describe, as `docker buildx bake --print` has it. It was recorded from buildx 0.29; the
/// end-to-end tests hold it against the buildx that is there.
#[test]
fn build_files_are_read_as_buildx_reads_them() {
    let read = |name: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(super::testdata("builds").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (cases, recorded) = (read("cases.json"), read("recorded.json"));
    for (kind, least) in [("bake", 60), ("compose", 40)] {
        let all = cases[kind].as_array().unwrap();
        assert!(all.len() >= least, "{kind}: {}", all.len());
        for case in all {
            let name = case["name"].as_str().unwrap();
            let dir = Dir::new();
            for (file, text) in case["files"].as_object().unwrap() {
                if let Some((folder, _)) = file.rsplit_once('/') {
                    std::fs::create_dir_all(dir.path().join(folder)).unwrap();
                }
                dir.write(file, text.as_str().unwrap());
            }
            let mut command = dir.command(&["lock", "--print-builds"]);
            let words = |key: &str| {
                case[key]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
            };
            for file in words("flags") {
                command.args([&format!("--{kind}"), file]);
            }
            for target in words("targets") {
                command.args(["--bake-target", target]);
            }
            for (key, value) in case["env"].as_object().unwrap() {
                command.env(key, value.as_str().unwrap());
            }
            let output = command.output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let printed: serde_json::Value =
                serde_json::from_slice(&output.stdout).unwrap_or_default();
            assert_eq!(
                printed["target"], recorded[kind][name],
                "{kind} {name}: {told}"
            );
        }
    }
}

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
  tags = [bcrypt("not read")]
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
    assert!(stderr.contains("`remote` is skipped"), "{stderr}");
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

/// An error about a build says which one it is, or which are there.
#[test]
fn builds_that_are_not_there_are_told_by_name() {
    let (_world, dir) = prepare();
    dir.write(
        "compose.yaml",
        "services:\n  web: {build: gone}\n  api: {build: gone}\n  other: {build: {context: ., dockerfile: Dockerfile.other}}\n",
    );
    dir.write("bake.json", r#"{"target":{"release":{"context":"app"}}}"#);
    let (exit, stderr) = dir.run(&["lock", "--compose", "compose.yaml"]);
    assert_eq!(exit, 2, "{stderr}");
    assert!(
        stderr.contains("gone/Dockerfile: the Dockerfile of `api`, `web`\n"),
        "{stderr}"
    );
    for (flag, file, name, told) in [
        ("--compose", "compose.yaml", "wbe", "did you mean `web`?"),
        (
            "--compose",
            "compose.yaml",
            "x",
            "there are `api`, `other`, `web`",
        ),
        ("--bake", "bake.json", "relaese", "did you mean `release`?"),
        ("--bake", "bake.json", "x", "there are `release`"),
    ] {
        let (exit, stderr) = dir.run(&["lock", flag, file, "--bake-target", name]);
        assert_eq!(exit, 2, "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}

#[test]
fn what_can_not_be_read_is_named_with_its_place() {
    let (_world, dir) = prepare();
    for (name, text, flag, place, words) in [
        (
            "b.hcl",
            "target \"a\" {\n  args = { X = bcrypt(\"A\") }\n}\n",
            "--bake",
            "b.hcl:2",
            "the function `bcrypt` is not supported",
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
            "not valid HCL",
        ),
        (
            "b.json",
            "{\"target\":\n{",
            "--bake",
            "b.json:2",
            "not valid JSON",
        ),
        (
            "b.hcl",
            "target \"a\" {\n  args = {\n    X = \"1\"\n    Y = 1 + \"x\"\n  }\n}\n",
            "--bake",
            "b.hcl:4",
            "must be a number",
        ),
        (
            "b.hcl",
            "function \"f\" {\n  params = [x]\n  result = f(x)\n}\ntarget \"a\" {\n  target = f(1)\n}\n",
            "--bake",
            "b.hcl:6",
            "is recursive",
        ),
        (
            "c.yaml",
            "services:\n  a: {build: ., extends: {service: b, file: none.yaml}}\n",
            "--compose",
            "c.yaml:2",
            "`none.yaml`",
        ),
        (
            "c.yaml",
            "include: [c.yaml]\nservices: {a: {build: .}}\n",
            "--compose",
            "c.yaml:1",
            "is recursive",
        ),
        (
            "c.yaml",
            "services:\n  a: [\n",
            "--compose",
            "c.yaml:",
            "not valid YAML",
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
    assert!(exit == 2 && stderr.contains("cannot read"), "{stderr}");
}

#[test]
fn a_build_file_without_anything_here_locks_nothing() {
    let (world, dir) = prepare();
    dir.write("Dockerfile", &format!("FROM {}/other:1\n", world.host()));
    let remote = "target \"a\" { context = \"https://h.example/r.git\" }\n";
    let inline = "target \"a\" { dockerfile-inline = \"FROM x\" }\n";
    let compose = "services:\n  a:\n    build: {dockerfile_inline: FROM x}\n";
    for (name, flag, text) in [
        ("b.hcl", "--bake", remote),
        ("b.hcl", "--bake", inline),
        ("c.yaml", "--compose", compose),
    ] {
        dir.write(name, text);
        for action in [&["lock"][..], &["lock", "--check"]] {
            let (exit, stderr) = dir.run(&[action, &[flag, name]].concat());
            assert_eq!(exit, 0, "{text}{stderr}");
            assert!(stderr.contains("`a` is skipped"), "{text}{stderr}");
        }
        assert!(!dir.path().join("Dockerfile.lock").exists(), "{text}");
    }
}

#[test]
fn a_service_whose_dockerfile_is_inline_hides_no_other() {
    let (_world, dir) = prepare();
    dir.write(
        "c.yaml",
        "services:\n  a:\n    build: {dockerfile_inline: FROM x}\n  b:\n    build: {context: ., dockerfile: Dockerfile.other}\n",
    );
    let (exit, stderr) = dir.run(&["lock", "--compose", "c.yaml"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(stderr.contains("`a` is skipped"), "{stderr}");
    assert_eq!(locked(&dir, "Dockerfile.other.lock"), ["other:1"]);
}

#[test]
fn one_file_by_several_spellings_has_one_lock_for_all_of_them() {
    let (world, dir) = prepare();
    let here = dir.path().display();
    let targets = format!(
        "target \"a\" {{\n context = \"app\"\n target = \"tool\"\n }}\n\
         target \"b\" {{\n context = \"./app/\"\n target = \"base\"\n args = {{ V = \"1\" }}\n }}\n\
         target \"c\" {{\n context = \"x/../app\"\n target = \"base\"\n args = {{ V = \"2\" }}\n }}\n\
         target \"d\" {{\n context = \".\"\n dockerfile = \"app/Dockerfile\"\n target = \"tool\"\n }}\n\
         target \"e\" {{\n context = \"{here}/app\"\n target = \"tool\"\n }}\n"
    );
    std::fs::create_dir_all(dir.path().join("x")).unwrap();
    dir.write("b.hcl", &targets);
    // Without the context that another target of it names.
    dir.write(
        "app/Dockerfile",
        &format!(
            "ARG V=1\nFROM {0}/base:${{V}} AS base\nFROM {0}/tool:1 AS tool\n",
            world.host()
        ),
    );
    let (exit, stderr) = dir.run(&["lock", "--bake", "b.hcl"]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(
        locked(&dir, "app/Dockerfile.lock"),
        ["base:1", "base:2", "tool:1"],
        "{stderr}"
    );
    assert_eq!(
        stderr.matches("app/Dockerfile.lock: ").count(),
        1,
        "{stderr}"
    );
    let (exit, stderr) = dir.run(&["lock", "--check", "--bake", "b.hcl"]);
    assert_eq!(exit, 0, "{stderr}");
    let (exit, stderr) = dir.run(&["lock", "app", "./app/", "x/../app/Dockerfile"]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(stderr.matches("Dockerfile.lock: ").count(), 1, "{stderr}");
    assert_eq!(locked(&dir, "app/Dockerfile.lock").len(), 3);
    // Named by itself and by the build file: what both say.
    std::fs::remove_file(dir.path().join("app/Dockerfile.lock")).unwrap();
    let (exit, stderr) = dir.run(&["lock", "--bake", "b.hcl", "./app"]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(locked(&dir, "app/Dockerfile.lock").len(), 3);
    let (exit, stderr) = dir.run(&["pin", "app", "./app"]);
    assert!(stderr.matches("changed").count() <= 1, "{exit} {stderr}");
}

#[test]
fn questions_about_a_build_file_are_about_what_it_builds() {
    let (world, dir) = prepare();
    // What lies here has nothing to do with it, and is well locked.
    dir.write("Dockerfile", &format!("FROM {}/other:1\n", world.host()));
    assert_eq!(dir.run(&["lock"]).0, 0);
    dir.write(
        "b.hcl",
        "target \"t\" {\n context = \"app\"\n target = \"tool\"\n }\n",
    );
    dir.write(
        "c.yaml",
        "services: {t: {build: {context: app, target: tool}}}\n",
    );
    for (flag, file) in [("--bake", "b.hcl"), ("--compose", "c.yaml")] {
        let _ = std::fs::remove_file(dir.path().join("app/Dockerfile.lock"));
        for action in ["--check", "--verify", "--outdated"] {
            let (exit, stderr) = dir.run(&["lock", action, flag, file]);
            assert_eq!(exit, 1, "{action}: {stderr}");
            assert!(
                stderr.contains("app/Dockerfile") && !stderr.contains("all locked"),
                "{action}: {stderr}"
            );
        }
        let (exit, stderr) = dir.run(&["lock", "--export", "source-policy", flag, file]);
        assert_eq!(exit, 2, "{stderr}");
        assert_eq!(dir.run(&["lock", flag, file]).0, 0);
        for action in ["--check", "--verify", "--outdated"] {
            let output = dir.rdf(&["lock", action, flag, file]);
            let told = [output.stdout, output.stderr].concat();
            let told = String::from_utf8_lossy(&told);
            assert!(output.status.success(), "{action}: {told}");
            let of = if action == "--check" {
                "app/Dockerfile.lock: 1 source"
            } else {
                "/tool:1"
            };
            assert!(
                told.contains(of) && !told.contains("/other:1"),
                "{action}: {told}"
            );
        }
        let output = dir.rdf(&["lock", "--export", "source-policy", flag, file]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            told.contains("/tool:1") && !told.contains("/other:1"),
            "{told}"
        );
        let output = dir.rdf(&["lock", "--diff", "HEAD", flag, file]);
        assert!(!String::from_utf8_lossy(&output.stdout).contains("/other:1"));
    }
    // A target that the lock was not made for.
    dir.write(
        "b.hcl",
        "target \"t\" {\n context = \"app\"\n target = \"base\"\n args = { V = \"2\" }\n }\n",
    );
    let (exit, stderr) = dir.run(&["lock", "--check", "--bake", "b.hcl"]);
    assert!(exit == 1 && stderr.contains("base:2"), "{stderr}");
}
