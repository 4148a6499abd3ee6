//! `rdf init`: what it writes is what the other commands read.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use dockerfile_llb::internals::check::config::Config;

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rdf-init-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Dir(dir)
    }

    fn rdf(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
        command.args(arguments).current_dir(&self.0).env_clear();
        command.output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const FILES: [&str; 3] = [
    "rdf.toml",
    ".pre-commit-config.yaml",
    ".github/workflows/rdf.yml",
];

#[test]
fn what_is_written_is_read_by_the_other_commands() {
    let dir = Dir::new("written");
    fs::create_dir(dir.0.join(".git")).unwrap();
    fs::write(dir.0.join("Dockerfile"), "FROM scratch\nCOPY a /\n").unwrap();
    assert_eq!(
        dir.rdf(&["init", "--hook", "--workflow"]).status.code(),
        Some(0)
    );
    for command in [&["check"][..], &["fmt", "--check"]] {
        let output = dir.rdf(command);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let config = dir.read("rdf.toml");
    assert!(Config::parse(&config).is_ok());
    // So are the examples in it.
    let examples: String = config
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(config, examples);
    let parsed = Config::parse(&examples);
    assert!(parsed.is_ok(), "{parsed:?}\n{examples}");
    for text in [&config, &examples] {
        let problems = crate::check::problems_of_config(text);
        assert!(problems.is_empty(), "{problems:?}");
    }
    // Hooks that there are, and the action of this repository.
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let written = dir.read(".pre-commit-config.yaml");
    let ids = written
        .lines()
        .filter(|line| line.trim().starts_with("- id: "));
    let ids: Vec<&str> = ids.map(str::trim).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|id| hooks.lines().any(|line| line == *id)));
    let action = include_str!("../../action.yml");
    let workflow = dir.read(".github/workflows/rdf.yml");
    for input in ["check: .", "fmt: .", "lock: ."] {
        assert!(workflow.contains(input));
        let name = input.trim_end_matches(" .");
        assert!(action.contains(&format!("\n  {name}\n")), "{name}");
    }
    for name in FILES {
        assert!(
            !dir.read(name).contains(['{', '}']) || name == FILES[2],
            "{name}"
        );
    }
    assert!(!workflow.contains("{action}"));
}

#[test]
fn what_exists_stays_unless_told_otherwise() {
    let dir = Dir::new("exists");
    fs::write(dir.0.join(".pre-commit-config.yaml"), "mine").unwrap();
    let output = dir.rdf(&["init", "--hook", "--workflow", "--dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(FILES.map(|name| dir.read(name)), ["", "mine", ""]);

    // The others are written, and the hint prints what this one wants.
    let output = dir.rdf(&["init", "--hook", "--workflow"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("`.pre-commit-config.yaml` exists"), "{told}");
    assert!(told.contains("`rdf init --dry-run --hook`"), "{told}");
    let [config, hook, workflow] = FILES.map(|name| dir.read(name));
    assert_eq!(hook, "mine");
    assert!(printed.starts_with(&config) && !config.is_empty());
    assert!(printed.ends_with(&workflow) && !workflow.is_empty());
    let hinted = dir.rdf(&["init", "--dry-run", "--hook"]);
    let hinted = String::from_utf8(hinted.stdout).unwrap();
    let wanted = printed.strip_suffix(&workflow).unwrap();
    assert_eq!(hinted, wanted);
    assert!(hinted.contains("repos:"), "{hinted}");
    let output = dir.rdf(&["init", "--hook", "--workflow"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("rdf.toml exists, and stays"), "{told}");
    assert!(told.contains("rdf.yml` exist\n"), "{told}");
    assert!(told.contains("--dry-run --hook --workflow`"), "{told}");

    assert_eq!(
        dir.rdf(&["init", "--hook", "--workflow", "--force"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(FILES.map(|name| dir.read(name)).concat(), printed);
    assert_eq!(dir.rdf(&["init", "missing"]).status.code(), Some(2));

    // A config that there is already does not keep the others from being added.
    let dir = Dir::new("later");
    assert_eq!(dir.rdf(&["init"]).status.code(), Some(0));
    assert_eq!(dir.rdf(&["init"]).status.code(), Some(2));
    fs::write(dir.0.join(FILES[0]), "# mine\n").unwrap();
    let output = dir.rdf(&["init", "--hook"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("rdf.toml exists, and stays"), "{told}");
    assert_eq!(dir.read(FILES[0]), "# mine\n");
    assert!(!dir.read(FILES[1]).is_empty());

    // Below the root of a repository hook and workflow are not looked for.
    let dir = Dir::new("below");
    fs::create_dir_all(dir.0.join("app")).unwrap();
    fs::create_dir(dir.0.join(".git")).unwrap();
    assert_eq!(dir.rdf(&["init", "app", "--hook"]).status.code(), Some(0));
    assert!(!dir.read("app/rdf.toml").is_empty());
    assert!(!dir.read(".pre-commit-config.yaml").is_empty());
}
