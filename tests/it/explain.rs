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

/// A project in a repository, and what `rdf explain` says after changes.
#[test]
fn files_of_the_context_are_compared_with_a_revision() {
    let dir = Dir::new("files");
    fs::create_dir_all(dir.0.join("src/deep")).unwrap();
    dir.git(&["init", "-q"]);
    for (name, text) in [
        (
            "Dockerfile",
            "FROM alpine AS build\nCOPY go.mod ./\nRUN one\nCOPY --exclude=*.md src /src\n\
             RUN --mount=target=/m,source=tools two\nFROM scratch\nCOPY --from=build / /\n",
        ),
        ("go.mod", "a"),
        ("src/deep/a.go", "a"),
        ("src/a.md", "a"),
        ("src/gone.go", "a"),
        ("src/local.md", "a"),
        (".gitignore", "*.log\n"),
        (".dockerignore", "src/ignored\n"),
        ("other", "a"),
    ] {
        dir.write(name, text);
    }
    dir.git(&["add", "."]);
    dir.git(&["commit", "-qm", "a"]);
    let same = stdout(&dir.0, &["explain", "HEAD"]);
    assert!(same.contains("7 keep their key\n"), "{same}");
    assert!(!same.contains("as long as"), "{same}");

    dir.write("src/deep/a.go", "b");
    dir.write("src/a.md", "b");
    dir.write("src/new.go", "b");
    dir.write("src/x.log", "b");
    dir.write("src/ignored", "b");
    dir.write("other", "b");
    fs::remove_file(dir.0.join("src/gone.go")).unwrap();
    let text = stdout(&dir.0, &["explain", "HEAD"]);
    let expected = "\
changed  [build 4/5] COPY --exclude=*.md src /src  (line 4)
           file src/deep/a.go: changed
           file src/gone.go: file -> (none)
           file src/new.go: (none) -> file
loses    ";
    assert!(text.contains(expected), "{text}");
    assert!(
        text.contains("keeps    [build 2/5] COPY go.mod ./"),
        "{text}"
    );
    assert!(
        text.contains("load build context, of which 5 files differ"),
        "{text}"
    );
    assert!(
        text.contains("depends  [stage-1 1/1] COPY --from=build / /"),
        "{text}"
    );

    // An editor writes another file and renames it; the content decides.
    dir.git(&["checkout", "-q", "."]);
    for name in ["src/new.go", "src/x.log"] {
        fs::remove_file(dir.0.join(name)).unwrap();
    }
    dir.write("go.mod~", "a");
    fs::rename(dir.0.join("go.mod~"), dir.0.join("go.mod")).unwrap();
    assert_eq!(stdout(&dir.0, &["explain", "HEAD"]), same);

    // Between revisions, and from a directory below with another root of the context.
    dir.write("go.mod", "b");
    dir.git(&["commit", "-qam", "b"]);
    let text = stdout(&dir.0, &["explain", "HEAD~1", "HEAD"]);
    assert!(text.contains("file go.mod: changed\n"), "{text}");
    let below = dir.0.join("src");
    let file = ["explain", "HEAD~1:Dockerfile", "../Dockerfile"];
    let text = stdout(&below, &[&file[..], &["--context", ".."]].concat());
    assert!(text.contains("file go.mod: changed\n"), "{text}");
    let none = stdout(&below, &[&file[..], &["--context", "."]].concat());
    assert!(!none.contains("go.mod:"), "{none}");

    // Another mode is another key.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.0.join("go.mod"), mode).unwrap();
        let text = stdout(&dir.0, &["explain", "HEAD"]);
        assert!(
            text.contains("file go.mod: mode 644 -> mode 755\n"),
            "{text}"
        );
    }
}

#[test]
fn files_of_two_directories_are_compared() {
    let dir = Dir::new("directories");
    for name in ["old", "new", "new/empty"] {
        fs::create_dir_all(dir.0.join(name)).unwrap();
    }
    for name in ["old", "new"] {
        dir.write(
            &format!("{name}/Dockerfile"),
            "FROM alpine\nCOPY . /\nCOPY a* /a/\n",
        );
        dir.write(&format!("{name}/a"), name);
        dir.write(&format!("{name}/b"), name);
        dir.write(&format!("{name}/Dockerfile.dockerignore"), "b\n");
    }
    let text = stdout(&dir.0, &["explain", "old", "new"]);
    let expected = "\
           file a: changed
           file empty: (none) -> directory
changed  [3/3] COPY a* /a/  (line 3)
           file a: changed
           and because [2/3] COPY . / changed
";
    assert!(text.contains(expected), "{text}");
    let json = stdout(&dir.0, &["explain", "old", "new", "--format", "json"]);
    assert!(json.contains("\"changedFiles\": 2"), "{json}");
    // The files of one directory are the same for both.
    let text = stdout(&dir.0, &["explain", "old", "new", "--context", "old"]);
    assert!(text.contains("4 keep their key\n"), "{text}");
    let text = stdout(
        &dir.0,
        &[
            "explain",
            "old",
            "new",
            "--context",
            "old",
            "--old-context",
            "new",
        ],
    );
    assert!(text.contains("file empty: directory -> (none)\n"), "{text}");
    // Outside of a repository there is nothing to hold against a revision.
    let none = rdf(&dir.0, &["explain", "HEAD:x", "new"]);
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn both_sides_have_build_arguments_of_their_own() {
    let dir = Dir::new("arguments");
    dir.write("Dockerfile", "FROM scratch\nARG A=1\nARG B=1\nRUN x\n");
    let text = stdout(
        &dir.0,
        &[
            "explain",
            "Dockerfile",
            "--build-arg=B=3",
            "--old-build-arg=A=2",
            "--new-build-arg=B=4",
        ],
    );
    assert!(text.contains("env A: 2 -> 1 (ARG A, line 2)\n"), "{text}");
    assert!(text.contains("env B: 3 -> 4 (ARG B, line 3)\n"), "{text}");
}

#[test]
fn why_a_step_is_built() {
    let dir = root().join("testdata/explain/why");
    for step in ["8", "build", "4", "13", "test", "15"] {
        let text = stdout(&dir, &["why", step, "--platform", "linux/amd64"]);
        snapshot::text(&dir, step, &text);
    }
    let json = [
        "why",
        "Dockerfile:8",
        "--platform",
        "linux/amd64",
        "--format",
        "json",
    ];
    snapshot::text(&dir, "json", &stdout(&dir, &json));
    assert!(stdout(&dir, &["why", "test", "--target", "test"]).contains("is the last step"));
    // What an `ADD` fetches is told by its address, and not as the `ADD` itself.
    let text = stdout(&dir, &["why", "web.Dockerfile:2"]);
    assert!(
        text.contains("\nneeds\n  https://example.com/x\n"),
        "{text}"
    );
    assert!(
        text.contains("come out the same\n  https://example.com/x\n"),
        "{text}"
    );
    for (step, told) in [
        ("relese", "did you mean `release`?"),
        ("99", "no step on line 99"),
        ("missing:3", "no such file: `missing`"),
    ] {
        let output = rdf(&dir, &["why", step]);
        assert_eq!(output.status.code(), Some(2), "{step}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(told), "{step}: {stderr}");
    }
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

    // A lock on one side alone says nothing of a change.
    fs::remove_file(dir.0.join("old.lock")).unwrap();
    for sides in [["old", "new"], ["new", "old"]] {
        let text = stdout(&dir.0, &[&["explain"], &sides[..]].concat());
        assert!(text.ends_with("\n2 keep their key\n"), "{text}");
    }

    // What is wrong with a lock is told with what to do about it.
    dir.write("new.lock", "version = 1\n[");
    let broken = rdf(&dir.0, &["graph", "new"]);
    assert_eq!(broken.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&broken.stderr);
    assert!(stderr.contains("new.lock: line 2: "), "{stderr}");
    assert!(stderr.contains("git checkout -- new.lock"), "{stderr}");
}

#[test]
fn what_is_not_in_git_is_named() {
    let dir = Dir::new("not-in-git");
    dir.write("Dockerfile", "FROM scratch\n");
    dir.git(&["init", "-q"]);
    dir.git(&["add", "."]);
    dir.git(&["commit", "-q", "-m", "one"]);
    for (side, told, hint) in [
        (
            "nope",
            "`nope` is neither a file nor a git revision",
            "`HEAD`",
        ),
        (
            "HEAD:nope",
            "revision `HEAD` has no file `nope`",
            "git ls-tree -r --name-only HEAD",
        ),
    ] {
        let output = rdf(&dir.0, &["explain", side]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(told) && stderr.contains(hint), "{stderr}");
    }
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
    // Without a form, the file's name tells it.
    let out = Dir::new("forms");
    for (name, start) in [
        ("a.svg", "<svg "),
        ("a.gv", "digraph "),
        ("a.mmd", "flowchart "),
        ("a.json", "{\n"),
        ("a.html", "<!DOCTYPE html>"),
        ("plain", "<svg "),
    ] {
        let path = out.0.join(name).display().to_string();
        assert_eq!(stdout(&dir, &["graph", "-o", &path]), "");
        let text = fs::read_to_string(&path).unwrap();
        let start = start.to_lowercase();
        assert!(text.to_lowercase().starts_with(&start), "{name}: {text}");
    }
    for (name, hint) in [("a.png", "dot -Tpng"), ("a.txt", "`--format`")] {
        let path = out.0.join(name).display().to_string();
        let refused = rdf(&dir, &["graph", "-o", &path]);
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(hint), "{stderr}");
        assert!(!Path::new(&path).exists());
        stdout(&dir, &["graph", "--format", "svg", "-o", &path]);
    }
    assert!(stdout(&dir, &["graph", "-o", "-"]).starts_with("<svg "));
    let unknown = rdf(&dir, &["graph", "--target", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    let broken = rdf(&dir, &["graph", "--lock", "nowhere"]);
    assert_eq!(broken.status.code(), Some(2));
}
