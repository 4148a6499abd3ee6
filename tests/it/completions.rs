//! What shells make of `rdf completions`: each script is loaded by its shell, and the stages of the Dockerfile that the
//! command line names are asked for.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A directory with two Dockerfiles, the program and its scripts, which is removed again.
struct Dir(PathBuf);

impl Dir {
    fn new(shell: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rdf-completions-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        fs::create_dir_all(root.join("docker")).unwrap();
        let here = "FROM scratch AS build\nFROM scratch AS test\nFROM build\n";
        fs::write(root.join("Dockerfile"), here).unwrap();
        fs::write(root.join("docker/Dockerfile"), "FROM scratch AS other\n").unwrap();
        std::os::unix::fs::symlink("docker", root.join("my docker")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rdf"), root.join("rdf")).unwrap();
        let script = Command::new(root.join("rdf"))
            .args(["completions", shell])
            .output()
            .unwrap();
        fs::write(root.join("_rdf"), script.stdout).unwrap();
        Dir(root)
    }

    /// What a shell prints; none where it is not installed, which is told.
    fn run(&self, shell: &str, arguments: &[&str]) -> Option<String> {
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("timeout")
            .args(["120", shell])
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.0.display()))
            .env("HOME", &self.0)
            .env("TERM", "dumb")
            .current_dir(&self.0)
            .output()
            .unwrap();
        if output.status.code() == Some(127) {
            eprintln!("skipped: {shell} is not installed");
            return None;
        }
        assert!(output.status.success(), "{output:?}");
        Some(String::from_utf8(output.stdout).unwrap())
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Words of a command line, the last one half written, and what it may become.
const LINES: [(&[&str], &[&str]); 15] = [
    (&["compile", "--target", ""], &["build", "test"]),
    (&["compile", "--target", "b"], &["build"]),
    (&["graph", "--target", ""], &["build", "test"]),
    (&["graph", "docker", "--target", ""], &["other"]),
    (
        &["graph", "-f", "docker/Dockerfile", "--target", ""],
        &["other"],
    ),
    (
        &["graph", "--file=docker/Dockerfile", "--target", ""],
        &["other"],
    ),
    (&["compile", "docker", "--target", ""], &["other"]),
    (
        &["compile", "-f", "docker/Dockerfile", ".", "--target", ""],
        &["other"],
    ),
    (&["lock", "docker/Dockerfile", "--target", ""], &["other"]),
    (&["why", "bu"], &["build"]),
    (&["why", "--file", "docker", "o"], &["other"]),
    (&["compile", "~/docker", "--target", ""], &["other"]),
    (
        &["graph", "-f", "~/docker/Dockerfile", "--target", ""],
        &["other"],
    ),
    (&["why", "-q", "-f", "~/docker/Dockerfile", "o"], &["other"]),
    // What cannot be read has no stages, and a flag of another kind none either.
    (&["graph", "-f", "missing", "--target", ""], &[]),
];

/// The same where the value of a flag is behind a `=`, for shells that do not cut there.
const VALUES: [(&[&str], &[&str]); 4] = [
    (&["compile", "--target=b"], &["build"]),
    (&["compile", "-q", "--target=b"], &["build"]),
    (
        &["compile", "-f", "docker/Dockerfile", "--target=o"],
        &["other"],
    ),
    (&["graph", "docker", "--target=o"], &["other"]),
];

/// A script for a shell that has `quoted` words.
fn quoted(words: &[&str]) -> String {
    let words = words.iter().map(|word| format!("'{word}'"));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn bash_completes_stages() {
    let dir = Dir::new("bash");
    // Bash cuts words at `=`, and leaves quotes and variables where they are.
    let own: [(&[&str], &[&str]); 7] = [
        (&["compile", "-q", "--target", "=", ""], &["build", "test"]),
        (&["compile", "my\\ docker", "--target", ""], &["other"]),
        (&["graph", "\"my docker\"", "--target", ""], &["other"]),
        (&["graph", "~/my\\ docker", "--target", ""], &["other"]),
        (
            &[
                "graph",
                "--file",
                "=",
                "\"$HOME/my docker\"",
                "--target",
                "",
            ],
            &["other"],
        ),
        (&["graph", "--target", "=", "te"], &["test"]),
        (
            &["graph", "--file", "=", "docker", "--target", ""],
            &["other"],
        ),
    ];
    for (words, expected) in LINES.into_iter().chain(own) {
        let script = format!(
            "source ./_rdf\nCOMP_WORDS=(rdf {})\nCOMP_CWORD={}\n_rdf rdf '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted(words),
            words.len(),
            words[words.len() - 1],
            words.len().checked_sub(2).map_or("rdf", |at| words[at]),
        );
        let Some(told) = dir.run("bash", &["-c", &script]) else {
            return;
        };
        // Besides them `rdf why` has flags.
        let told = told
            .lines()
            .filter(|it| !it.is_empty() && !it.starts_with('-'));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{words:?}");
    }
}

#[test]
fn fish_completes_stages() {
    let dir = Dir::new("fish");
    let own: [(&[&str], &[&str]); 2] = [
        (&["graph", "my\\ docker", "--target", ""], &["other"]),
        (&["compile", "~/my\\ docker", "--target=o"], &["other"]),
    ];
    for (words, expected) in LINES.into_iter().chain(VALUES).chain(own) {
        let line = format!("rdf {}", words.join(" "));
        let script = format!("source ./_rdf\ncomplete -C '{line}'");
        let Some(told) = dir.run("fish", &["--no-config", "-c", &script]) else {
            return;
        };
        // A description follows each word.
        let told = told.lines().filter_map(|it| it.split('\t').next());
        let told = told.map(|it| it.strip_prefix("--target=").unwrap_or(it));
        let told = told.filter(|it| !it.starts_with('-'));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{line}");
    }
}

/// zsh completes where one types alone: so it gets a terminal.
#[test]
fn zsh_completes_stages() {
    let dir = Dir::new("zsh");
    for (words, expected) in LINES.into_iter().chain(VALUES) {
        let [only] = expected else { continue };
        // Behind one of several files clap's script for zsh completes no flags.
        if words.first() == Some(&"lock") {
            continue;
        }
        let line = format!("rdf {}", words.join(" "));
        let script = format!(
            "zmodload zsh/zpty\n\
             zpty z zsh -f -i\n\
             zpty -w z 'PS1=; fpath=({} $fpath); autoload -U compinit; compinit -u -D; echo rea\"\"dy'\n\
             zpty -r z seen '*ready*'\n\
             zpty -n -w z $'{line}\\t'\n\
             zpty -r z seen '*{only} *'\n\
             print -r -- \"$seen\"",
            dir.0.display(),
        );
        let Some(told) = dir.run("zsh", &["-f", "-c", &script]) else {
            return;
        };
        assert!(told.contains(only), "{line}: {told}");
    }
}

/// Neither the question nor its answer is for people.
#[test]
fn the_question_for_stages_is_hidden() {
    let help = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(["completions", "--help"])
        .output()
        .unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("--stages"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let dir = Dir::new(shell);
        let script = fs::read_to_string(dir.0.join("_rdf")).unwrap();
        assert!(
            !script.contains("@stages@") || matches!(shell, "powershell" | "elvish"),
            "{shell}"
        );
    }
}

/// Without a shell there is nothing to print.
#[test]
fn a_shell_is_required() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rdf"));
    let output = program.arg("completions").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
