//! What a change costs: cases of testdata/explain, and `rdf graph` and `rdf explain` as commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::snapshot;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rdf(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(arguments)
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn stdout(dir: &Path, arguments: &[&str]) -> String {
    let output = rdf(dir, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// An empty directory that goes with the test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rdf-explain-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Dir(dir)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command
            .current_dir(&self.0)
            .args(["-c", "user.name=a", "-c", "user.email=a@b.c"]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn check(new: &Path) {
    let dir = new.parent().unwrap();
    for format in ["text", "json"] {
        let files = ["explain", "old.Dockerfile", "new.Dockerfile"];
        let flags = ["--platform", "linux/amd64", "--format", format];
        snapshot::text(dir, format, &stdout(dir, &[&files[..], &flags].concat()));
    }
}

#[test]
fn changes_are_explained_as_their_snapshots_show() {
    assert_eq!(snapshot::each("explain", "/new.Dockerfile", check), 3);
}

#[test]
fn revisions_of_git_are_compared() {
    let dir = Dir::new("git");
    dir.git(&["init", "-q"]);
    dir.write("Dockerfile", "FROM alpine\nRUN one\nRUN two\n");
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "a"]);
    dir.write("Dockerfile", "FROM alpine\nRUN one\nRUN three\n");
    let text = stdout(&dir.0, &["explain", "HEAD"]);
    assert!(
        text.starts_with("HEAD:Dockerfile -> Dockerfile\n"),
        "{text}"
    );
    assert!(text.contains("command: two -> three"), "{text}");
    assert!(text.contains("2 keep their key, 1 changed\n"), "{text}");
    dir.git(&["commit", "-qam", "b"]);
    assert_eq!(
        stdout(&dir.0, &["explain", "HEAD~1:Dockerfile", "HEAD"])
            .lines()
            .skip(1)
            .collect::<Vec<_>>(),
        text.lines().skip(1).collect::<Vec<_>>()
    );
    let none = rdf(&dir.0, &["explain", "v9"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("neither a file nor a git revision"));
}

#[test]
fn locks_tell_of_new_digests() {
    let lock = |digest: char| {
        format!(
            "version = 1\n\n[inputs]\n\n[[image]]\nref = \"docker.io/library/alpine:3\"\ndigest = \"sha256:{}\"\nlocked = \"2026-01-01\"\n",
            digest.to_string().repeat(64)
        )
    };
    let dir = Dir::new("lock");
    for (name, digest) in [("old", 'a'), ("new", 'b')] {
        dir.write(name, "FROM alpine:3\nRUN one\n");
        dir.write(&format!("{name}.lock"), &lock(digest));
    }
    let text = stdout(&dir.0, &["explain", "old", "new"]);
    assert!(text.contains("digest of the image: sha256:aaaa"), "{text}");
    assert!(text.contains("loses "), "{text}");
}

#[test]
fn definitions_are_compared() {
    let dir = Dir::new("pb");
    for (name, command) in [("old", "one"), ("new", "two")] {
        dir.write(name, &format!("FROM scratch\nCOPY a /\nRUN {command}\n"));
        stdout(
            &dir.0,
            &[
                "compile",
                "-f",
                name,
                "--offline",
                "-o",
                &format!("{name}.pb"),
            ],
        );
    }
    let text = stdout(&dir.0, &["explain", "old.pb", "new.pb"]);
    assert!(text.contains("command: one -> two"), "{text}");
    let broken = rdf(&dir.0, &["explain", "old", "nowhere/x"]);
    assert_eq!(broken.status.code(), Some(2));
}

#[test]
fn the_picture_in_the_docs_is_what_the_command_draws() {
    let drawn = stdout(
        &root().join("testdata/graph/service"),
        &["graph", "--target", "release", "--platform", "linux/amd64"],
    );
    let kept = fs::read_to_string(root().join("docs/graph.svg")).unwrap_or_default();
    assert!(
        drawn == kept,
        "draw it again: rdf graph testdata/graph/service/Dockerfile --target release --platform linux/amd64 -o docs/graph.svg"
    );
}

#[test]
fn graphs_are_written_in_every_form() {
    let dir = root().join("testdata/graph/service");
    for (format, start) in [
        ("svg", "<svg "),
        ("dot", "digraph "),
        ("mermaid", "flowchart "),
        ("json", "{\n"),
    ] {
        for level in ["stages", "ops"] {
            let text = stdout(&dir, &["graph", "--format", format, "--level", level]);
            assert!(text.starts_with(start), "{format} {level}: {text}");
        }
    }
    let unknown = rdf(&dir, &["graph", "--target", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    let broken = rdf(&dir, &["graph", "--lock", "nowhere"]);
    assert_eq!(broken.status.code(), Some(2));
}
