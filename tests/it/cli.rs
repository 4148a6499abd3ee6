//! `rdf` as a process: testdata/cli/<case>.test has the command in its first line, and below it what it reads from
//! standard input. It runs in an empty directory, without colours; what it prints is a snapshot.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::snapshot;

/// Files in testdata: fewer means that they were not found.
const FILES: usize = 34;

/// What `rdf` says in a folder, with nothing in its environment.
fn rdf_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

#[test]
fn commands_print_what_their_snapshots_show() {
    assert_eq!(snapshot::each("cli", ".test", check), FILES);
}

fn check(path: &Path) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let text = fs::read_to_string(path).unwrap();
    let (command, input) = text.split_once('\n').unwrap();
    let arguments = command.strip_prefix("rdf ").unwrap();
    let dir = std::env::temp_dir().join(format!("rdf-cli-test-{}-{name}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(arguments.split(' '))
        .current_dir(&dir)
        .env_clear()
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    fs::remove_dir_all(&dir).unwrap();
    snapshot::text(path.parent().unwrap(), name, &shown(&output));
}

/// Both streams, those that have something, and the exit code.
fn shown(output: &Output) -> String {
    let mut text = String::new();
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            text.push_str(&format!("--- {name}\n"));
            text.push_str(std::str::from_utf8(bytes).unwrap());
            assert!(bytes.ends_with(b"\n"), "{text}");
        }
    }
    let code = output.status.code().unwrap();
    text + &format!("--- exit code {code}\n")
}

/// Files and folders for `rdf fmt`, changed in place.
#[test]
fn folders_are_formatted_in_place() {
    let root = std::env::temp_dir().join(format!("rdf-fmt-test-{}", std::process::id()));
    let file = |name: &str| root.join(name);
    for folder in ["a/b", "node_modules", ".git"] {
        fs::create_dir_all(file(folder)).unwrap();
    }
    let fine = "FROM scratch\n";
    for (name, text) in [
        ("Dockerfile", fine),
        ("a/web.Dockerfile", "from scratch\n"),
        ("a/b/Dockerfile.dev", "RUM\n"),
        ("a/b/Containerfile", " FROM scratch"),
        ("Dockerfile.lock", "from scratch\n"),
        ("node_modules/Dockerfile", "from scratch\n"),
        (".git/Dockerfile", "from scratch\n"),
    ] {
        fs::write(file(name), text).unwrap();
    }
    let run = |arguments: &[&str]| {
        let output = rdf_in(&root, &[&["fmt"], arguments].concat());
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), stdout.replace('\\', "/"))
    };
    let changed = "a/b/Containerfile\na/web.Dockerfile\n";
    assert_eq!(run(&["--check"]), (Some(2), changed.to_owned()));
    assert_eq!(
        fs::read_to_string(file("a/web.Dockerfile")).unwrap(),
        "from scratch\n"
    );
    assert_eq!(run(&[]), (Some(2), changed.to_owned()));
    assert_eq!(
        run(&["--check", "Dockerfile", "a/web.Dockerfile"]),
        (Some(0), String::new())
    );
    let text = |name: &str| fs::read_to_string(file(name)).unwrap();
    assert_eq!(text("a/web.Dockerfile"), fine);
    assert_eq!(text("a/b/Containerfile"), fine);
    assert_eq!(text("a/b/Dockerfile.dev"), "RUM\n");
    for name in [
        "Dockerfile.lock",
        "node_modules/Dockerfile",
        ".git/Dockerfile",
    ] {
        assert_eq!(text(name), "from scratch\n", "{name}");
    }
    assert_eq!(run(&["node_modules/nothing"]).0, Some(2));
    fs::remove_dir_all(&root).unwrap();
}

/// What git ignores is looked at when it is named, or when it is asked for.
#[test]
fn folders_are_looked_through_as_git_sees_them() {
    let root = std::env::temp_dir().join(format!("rdf-ignore-test-{}", std::process::id()));
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let ill = "from scratch AS ill\n";
    for name in [
        "Dockerfile",
        "out/Dockerfile",
        "a/gen.Dockerfile",
        "a/kept.Dockerfile",
        ".devcontainer/Dockerfile",
        ".venv/Dockerfile",
        "vendor/Dockerfile",
    ] {
        write(name, ill);
    }
    write(".gitignore", "/out/\n*.Dockerfile\n");
    write("a/.gitignore", "!kept.Dockerfile\n");
    let run = |command: &str, arguments: &[&str]| {
        let output = rdf_in(&root, &[&[command, "--diff"], arguments].concat());
        let stdout = String::from_utf8(output.stdout).unwrap();
        let names = stdout
            .lines()
            .filter_map(|line| line.strip_prefix("+++ "))
            .map(|name| name.trim_start_matches("b/").replace('\\', "/"));
        names.collect::<Vec<String>>()
    };
    let all = [
        ".devcontainer/Dockerfile",
        "Dockerfile",
        "a/gen.Dockerfile",
        "a/kept.Dockerfile",
        "out/Dockerfile",
    ];
    let kept = [
        ".devcontainer/Dockerfile",
        "Dockerfile",
        "a/kept.Dockerfile",
    ];
    for command in ["check", "fmt"] {
        // Without a repository there is no one to ask.
        assert_eq!(run(command, &[]), all, "{command}");
        fs::create_dir_all(root.join(".git")).unwrap();
        assert_eq!(run(command, &[]), kept, "{command}");
        assert_eq!(run(command, &["--no-ignore"]), all, "{command}");
        // A named file or folder is what its user wants looked at.
        assert_eq!(run(command, &["out/Dockerfile"]), ["out/Dockerfile"]);
        assert_eq!(run(command, &["vendor"]), ["vendor/Dockerfile"]);
        fs::remove_dir_all(root.join(".git")).unwrap();
    }
    fs::remove_dir_all(&root).unwrap();
}
