//! The scripts of the GitHub Action and of the weekly job that docs/lock.md shows, taken from where they stand and run as a
//! runner runs them, with a `gh` that only notes down what it is asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::lock::Dir;
use crate::lock::world::World;

/// A step of a workflow or of an action.
#[derive(Debug, Default)]
struct Step {
    /// The action that it runs; empty for a script.
    uses: String,
    script: String,
    /// Variables, as they are written: names and expressions.
    env: Vec<(String, String)>,
}

/// The steps below a line `steps:`. Reads the YAML that this project writes: a key and a value on a line, blocks behind `|`.
fn steps(text: &str) -> Vec<Step> {
    let (_, text) = text.split_once("steps:\n").expect("steps");
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let outer = indent(lines[0]);
    let mut steps: Vec<Step> = Vec::new();
    let mut index = 0;
    while index < lines.len() && (indent(lines[index]) >= outer || lines[index].is_empty()) {
        let line = lines[index];
        index += 1;
        let mut entry = line.trim();
        if let Some(first) = entry.strip_prefix("- ") {
            steps.push(Step::default());
            entry = first;
        }
        let Some((key, value)) = entry
            .split_once(": ")
            .or(entry.strip_suffix(':').map(|key| (key, "")))
        else {
            continue;
        };
        let value = value.split(" # ").next().unwrap().trim();
        let block: Vec<&str> = lines[index..]
            .iter()
            .copied()
            .take_while(|next| next.is_empty() || indent(next) > outer + 2)
            .collect();
        let step = steps.last_mut().expect("a step");
        match key {
            "uses" => step.uses = value.to_owned(),
            "run" if value.starts_with('|') => {
                let inner = indent(block[0]);
                let lines = block
                    .iter()
                    .map(|line| line.get(inner..).unwrap_or_default());
                step.script = lines.collect::<Vec<_>>().join("\n");
                index += block.len();
            }
            "run" => step.script = value.to_owned(),
            "env" => {
                let pairs = block.iter().filter_map(|line| line.trim().split_once(": "));
                step.env = pairs
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                index += block.len();
            }
            _ => {}
        }
    }
    steps
}

/// A runner: its directories, programs, and what `gh` was asked.
struct Runner {
    dir: Dir,
}

impl Runner {
    /// With a `gh` that runs `gh` after it noted its arguments down.
    fn new(gh: &str) -> Runner {
        let dir = Dir::new();
        for name in ["home", "temp", "bin"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let asked = dir.path().join("asked");
        let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\n{gh}\n", asked.display());
        dir.write("bin/gh", &script);
        let runner = Runner { dir };
        runner.sh(runner.path(""), "chmod 755 bin/gh", &[]);
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A script, in `folder`, as a runner runs it.
    fn run(&self, folder: PathBuf, script: &str, env: &[(&str, String)]) -> Output {
        let rdf = Path::new(env!("CARGO_BIN_EXE_rdf")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(folder)
            .env_clear()
            .env(
                "PATH",
                format!("{}:{}:{path}", self.path("bin").display(), rdf.display()),
            )
            .env("HOME", self.path("home"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_PATH", self.path("temp/path"))
            .env("GITHUB_OUTPUT", self.path("temp/output"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(env.iter().map(|(name, value)| (*name, value)))
            .output()
            .unwrap()
    }

    /// The same, which must succeed; gives what it prints.
    #[track_caller]
    fn sh(&self, folder: PathBuf, script: &str, env: &[(&str, String)]) -> String {
        let output = self.run(folder, script, env);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `gh` was asked, and forgets it.
    fn asked(&self) -> String {
        let asked = fs::read_to_string(self.path("asked")).unwrap_or_default();
        let _ = fs::remove_file(self.path("asked"));
        asked
    }
}

fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The one `yaml` block of a page that has `mark`.
fn block(page: &str, mark: &str) -> String {
    let text = fs::read_to_string(project(page)).unwrap();
    let blocks = text.split("\n```").skip(1).step_by(2);
    let mut with = blocks.filter(|block| block.starts_with("yaml\n") && block.contains(mark));
    let found = with.next().expect("a block").to_owned();
    assert!(with.next().is_none(), "{page}: two blocks with {mark}");
    found
}

#[test]
fn the_weekly_job_opens_a_pull_request_and_keeps_it_up_to_date() {
    let steps = steps(&block("docs/lock.md", "schedule:"));
    let uses: Vec<&str> = steps.iter().map(|step| step.uses.as_str()).collect();
    assert!(uses[0].starts_with("actions/checkout@"), "{uses:?}");
    assert!(
        uses[1].ends_with("/dockerfile-rs@v1"),
        "rdf is installed: {uses:?}"
    );
    let world = World::start();
    world.image("base", "3.20", "old", "");
    let runner = Runner::new(
        "if [ \"$2\" = create ] && [ -e \"$HOME/open\" ]; then exit 1; fi; touch \"$HOME/open\"",
    );
    let origin = runner.path("origin.git");
    let git = "git -c user.name=a -c user.email=a@example.com";
    runner.sh(
        runner.path(""),
        "git init -q --bare -b main origin.git && git clone -q origin.git first 2>&1",
        &[],
    );
    let first = runner.path("first");
    fs::write(
        first.join("Dockerfile"),
        format!("FROM {}/base:3.20\n", world.host()),
    )
    .unwrap();
    runner.sh(
        first.clone(),
        &format!("git switch -qC main && rdf lock && git add . && {git} commit -qm first && git push -q origin main"),
        &[],
    );
    world.image("base", "3.21", "new", "");

    // A week: a fresh checkout, and the steps behind it.
    let week = |number: u32| {
        runner.sh(
            runner.path(""),
            &format!("git clone -q '{}' week{number}", origin.display()),
            &[],
        );
        let token = [("GH_TOKEN", "token".to_owned())];
        for step in steps.iter().filter(|step| !step.script.is_empty()) {
            runner.sh(runner.path(&format!("week{number}")), &step.script, &token);
        }
        runner.asked()
    };
    let show = |what: &str| runner.sh(origin.clone(), &format!("git show {what}"), &[]);

    let asked = week(1);
    assert!(
        asked.starts_with("pr create --head pins --title Move pins --body-file "),
        "{asked}"
    );
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(show("pins:Dockerfile.lock").contains("tag = \"3.21\""));
    assert!(!show("main:Dockerfile.lock").contains("3.21"));
    assert_eq!(show("-s --format=%an pins").trim(), "github-actions[bot]");
    assert_eq!(show("--name-only --format= pins").trim(), "Dockerfile.lock");
    let body = fs::read_to_string(runner.path("temp/pins.md")).unwrap();
    assert!(body.contains("3.21"), "{body}");

    // The pull request is still open: it gets what is new.
    world.image("base", "3.22", "newest", "");
    let asked = week(2);
    let lines: Vec<&str> = asked.lines().collect();
    assert!(
        lines.len() == 2 && lines[1].starts_with("pr edit pins --body-file "),
        "{asked}"
    );
    assert!(show("pins:Dockerfile.lock").contains("tag = \"3.22\""));

    // It was merged, and there is nothing new.
    runner.sh(origin.clone(), "git update-ref refs/heads/main pins", &[]);
    assert_eq!(week(3), "");
}

/// The steps of the action with their variables, for these inputs.
struct Action {
    runner: Runner,
    steps: Vec<Step>,
}

impl Action {
    fn new(gh: &str) -> Action {
        let text = fs::read_to_string(project("action.yml")).unwrap();
        let steps = steps(&text);
        assert_eq!(steps.len(), 3, "{steps:?}");
        assert!(
            steps[2]
                .uses
                .starts_with("github/codeql-action/upload-sarif@"),
            "{steps:?}"
        );
        let runner = Runner::new(gh);
        fs::create_dir_all(runner.path("work")).unwrap();
        Action { runner, steps }
    }

    fn step(&self, number: usize, inputs: &[(&str, &str)]) -> (i32, String) {
        let temp = self.runner.path("temp").display().to_string();
        let value = |expression: &str| {
            let inner = expression
                .strip_prefix("${{ ")
                .and_then(|rest| rest.strip_suffix(" }}"));
            let input = |name: &str| {
                inputs
                    .iter()
                    .find(|(input, _)| *input == name)
                    .map_or("", |found| found.1)
            };
            match inner {
                Some("runner.temp") => temp.clone(),
                Some("github.token") => "token".to_owned(),
                Some("github.action_path") => project("").display().to_string(),
                Some("runner.os }}-${{ runner.arch") => input("system").to_owned(),
                Some("inputs.rdf || format('{0}/rdf/rdf', runner.temp)") => {
                    format!("{temp}/rdf/rdf")
                }
                Some("runner.temp }}/rdf-sarif") => format!("{temp}/rdf-sarif"),
                Some(name) if name.starts_with("inputs.") => {
                    input(&name["inputs.".len()..]).to_owned()
                }
                _ => match expression.strip_prefix("${{ runner.temp }}/") {
                    Some(rest) => format!("{temp}/{rest}"),
                    None => panic!("what is {expression}?"),
                },
            }
        };
        let step = &self.steps[number];
        let env: Vec<(&str, String)> = step
            .env
            .iter()
            .map(|(name, text)| (name.as_str(), value(text)))
            .collect();
        let output = self
            .runner
            .run(self.runner.path("work"), &step.script, &env);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap(), text.into_owned())
    }

    /// A release with this rdf in it, which `gh` gives out.
    fn release(&self) {
        let target = "x86_64-unknown-linux-musl";
        let script = format!(
            "mkdir -p release/rdf-{target} && ln -s {} release/rdf-{target}/rdf && cd release && \
             tar czf rdf-{target}.tar.gz rdf-{target} && sha256sum rdf-{target}.tar.gz > rdf-{target}.tar.gz.sha256",
            env!("CARGO_BIN_EXE_rdf")
        );
        self.runner.sh(self.runner.path(""), &script, &[]);
    }
}

const SYSTEM: (&str, &str) = ("system", "Linux-X64");

#[test]
fn the_action_takes_the_program_of_its_own_release() {
    let action = Action::new("cp \"$HOME\"/../release/*.tar.gz* .");
    action.release();
    let (code, text) = action.step(0, &[SYSTEM]);
    assert_eq!(code, 0, "{text}");
    let repository = env!("CARGO_PKG_REPOSITORY");
    let asked = action.runner.asked();
    let wanted = format!(
        "release download v{} --repo {repository} --pattern rdf-x86_64-unknown-linux-musl.tar.gz* --clobber\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(asked, wanted);
    let path = fs::read_to_string(action.runner.path("temp/path")).unwrap();
    assert_eq!(Path::new(path.trim()), action.runner.path("temp/rdf"));
    assert!(action.runner.path("temp/rdf/rdf").exists());

    let (code, _) = action.step(0, &[SYSTEM, ("version", "v9.9.9")]);
    assert!(
        code == 0
            && action
                .runner
                .asked()
                .starts_with("release download v9.9.9 ")
    );

    let (code, text) = action.step(0, &[("system", "Linux-S390X")]);
    assert!(
        code == 2 && text.contains("::error::rdf has no program for Linux-S390X"),
        "{text}"
    );

    action.runner.sh(
        action.runner.path("release"),
        "echo more >> rdf-*.tar.gz",
        &[],
    );
    let (code, text) = action.step(0, &[SYSTEM]);
    assert!(code == 1 && text.contains("FAILED"), "{code} {text}");
}

#[test]
fn the_action_tells_what_it_finds_and_how_bad_it_is() {
    let action = Action::new("cp \"$HOME\"/../release/*.tar.gz* .");
    action.release();
    assert_eq!(action.step(0, &[SYSTEM]).0, 0);
    let write =
        |name: &str, text: &str| fs::write(action.runner.path("work").join(name), text).unwrap();
    write("Dockerfile", "FROM   scratch as app\nCOPY . /\n");
    write("clean.Dockerfile", "FROM scratch\nCOPY . /\n");
    let all = [
        ("check", "."),
        ("fmt", "."),
        ("lock", "Dockerfile"),
        ("sarif", "true"),
    ];

    let (code, text) = action.step(1, &all[..1]);
    assert!(code == 1 && text.contains("FromAsCasing"), "{code} {text}");
    assert!(
        text.lines()
            .any(|line| line.starts_with("::") && line.contains("file=Dockerfile")),
        "{text}"
    );
    assert!(!action.runner.path("temp/output").exists());

    let (code, text) = action.step(1, &all[1..2]);
    let error =
        "::error file=Dockerfile,title=rdf fmt::the layout of Dockerfile is not that of `rdf fmt`";
    assert!(
        code == 1 && text.lines().any(|line| line == error),
        "{code} {text}"
    );
    assert_eq!(text.matches("::error").count(), 1, "{text}");

    // All of them; the worst exit code is that of the lock that is not there.
    let (code, text) = action.step(1, &all);
    assert!(
        code >= 1 && text.contains("FromAsCasing") && text.contains("rdf fmt"),
        "{code} {text}"
    );
    let output = fs::read_to_string(action.runner.path("temp/output")).unwrap();
    let dir = PathBuf::from(output.trim().strip_prefix("sarif=").unwrap());
    let sarif: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("check.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "FromAsCasing");
    for file in fs::read_dir(dir).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
    }

    let (code, text) = action.step(
        1,
        &[("check", "clean.Dockerfile"), ("fmt", "clean.Dockerfile")],
    );
    assert_eq!(code, 0, "{text}");
    let (code, text) = action.step(1, &[("check", "nowhere")]);
    assert_eq!(code, 2, "{text}");
    assert_eq!(action.step(1, &[]).0, 0);
}

/// README promises the tag `1`.
#[test]
fn a_release_moves_the_tags_of_the_image_that_are_promised() {
    let runner = Runner::new("");
    let tags = |arguments: &str| {
        let script = format!("scripts/release-tags {arguments}");
        let said = runner.sh(project(""), &script, &[]);
        said.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (syntax, own) = ("1.28", "1.28.0-rdf.0.2.0");
    let plain = ["", "-labs"].map(|labs| format!("{own}{labs}"));
    let moved = [syntax, "1.28-labs", "1", "1-labs"].map(str::to_owned);
    assert_eq!(tags("0.2.0"), [plain.as_slice(), moved.as_slice()].concat());
    assert_eq!(
        tags("0.2.0 --run"),
        tags("0.2.0")
            .iter()
            .map(|tag| format!("{tag}-run"))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        tags("0.2.0-rc.1"),
        ["", "-labs"].map(|labs| format!("1.28.0-rdf.0.2.0-rc.1{labs}"))
    );
}
