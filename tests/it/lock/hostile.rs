//! `rdf` and files that are none: devices, pipes, sizes without a bound, links that lead away.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Dir;

/// How long a command may take that has nothing to read.
const PATIENCE: Duration = Duration::from_secs(20);

const DOCKERFILE: &str = "FROM scratch\nCOPY . /\n";

/// A lock of nothing.
const LOCK: &str = "version = 1\nmode = \"locked\"\n\n[inputs]\ntargets = [\"\"]\nplatforms = [\"linux/amd64\"]\n\
                    build-args = [{}]\n";

/// Runs `rdf`, with an end; exit code and all that it says.
fn run(dir: &Dir, arguments: &[&str]) -> (i32, String) {
    let mut command = dir.command(arguments);
    command.stdin(Stdio::null());
    finished(command, arguments)
}

fn finished(mut command: Command, arguments: &[&str]) -> (i32, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn pipe(path: &std::path::Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// Puts an unbounded file in the place of `name`, one kind after the other, and runs what reads it.
fn each_kind(name: &str, mut run: impl FnMut(&Dir, &str)) {
    for kind in ["device", "pipe", "hole"] {
        let dir = Dir::new();
        dir.write("Dockerfile", DOCKERFILE);
        dir.write("Dockerfile.lock", LOCK);
        let path = dir.path().join(name);
        let _ = fs::remove_file(&path);
        match kind {
            "device" => symlink("/dev/zero", &path).unwrap(),
            "pipe" => pipe(&path),
            _ => fs::File::create(&path).unwrap().set_len(3 << 30).unwrap(),
        }
        run(&dir, kind);
    }
}

#[test]
fn what_has_no_end_is_not_read() {
    for (name, commands) in [
        (
            "Dockerfile.lock",
            &[
                &["lock", "--offline"][..],
                &["lock", "--check"],
                &["lock", "--outdated"],
                &["lock", "--verify"],
                &["lock", "--export", "bake"],
                &["lock", "--diff"],
                &["pin"],
                &["unpin"],
                &["graph", "Dockerfile"],
            ][..],
        ),
        (
            "Dockerfile",
            &[
                &["lock", "--offline"],
                &["lock", "--check"],
                &["pin"],
                &["check", "Dockerfile"],
                &["fmt", "Dockerfile"],
                &["parse", "Dockerfile"],
                &["inspect", "Dockerfile"],
                &["compile", "--offline", "--format", "json", "."],
                &["graph", "Dockerfile"],
                &["explain", "Dockerfile", "Dockerfile"],
            ],
        ),
        ("bake.hcl", &[&["lock", "--bake", "bake.hcl"]]),
        ("compose.yaml", &[&["lock", "--compose", "compose.yaml"]]),
        ("rdf.toml", &[&["check", "Dockerfile"]]),
        ("ca.pem", &[&["lock", "--ca", "ca.pem"]]),
        (
            "known.json",
            &[&[
                "compile",
                "--offline",
                "--metadata",
                "known.json",
                "--format",
                "json",
                ".",
            ]],
        ),
        (
            "index.json",
            &[&["lock", "--build-context", "x=oci-layout://."]],
        ),
    ] {
        each_kind(name, |dir, kind| {
            for command in commands {
                let (code, text) = run(dir, command);
                assert_eq!(code, 2, "{name} {kind} {command:?}: {text}");
            }
        });
    }
}

#[test]
fn ignore_files_that_are_none_count_as_missing() {
    for name in [".dockerignore", "Dockerfile.dockerignore", ".env"] {
        each_kind(name, |dir, kind| {
            dir.write("compose.yaml", "services: {a: {build: .}}\n");
            for command in [
                &["check", "Dockerfile"][..],
                &["compile", "--offline", "--format", "json", "."],
                &["lock", "--offline", "--compose", "compose.yaml"],
            ] {
                let (code, text) = run(dir, command);
                assert!(code <= 1, "{name} {kind} {command:?}: {text}");
            }
        });
    }
}

#[test]
fn standard_input_has_a_bound() {
    let dir = Dir::new();
    let mut command = dir.command(&["parse", "-"]);
    command.stdin(fs::File::open("/dev/zero").unwrap());
    let (code, text) = finished(command, &["parse", "-"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("larger than"), "{text}");
}

#[test]
fn a_lock_that_no_build_finds_is_refused() {
    let top = Dir::new();
    for folder in ["locks", "app/inner"] {
        fs::create_dir_all(top.path().join(folder)).unwrap();
    }
    top.write("locks/x", LOCK);
    top.write("app/Dockerfile", DOCKERFILE);
    top.write("app/inner/x", LOCK);
    let outside = top.path().join("locks/x");
    let lock = top.path().join("app/Dockerfile.lock");
    for target in [
        std::path::Path::new("../locks/x"),
        &outside,
        std::path::Path::new("nowhere"),
        std::path::Path::new("inner"),
    ] {
        symlink(target, &lock).unwrap();
        for action in [
            &["lock", "--check"][..],
            &["lock", "--offline"],
            &["lock", "--export", "bake"],
            &["pin"],
        ] {
            let arguments = [action, &["app/Dockerfile"]].concat();
            let (code, text) = run(&top, &arguments);
            assert_eq!(code, 2, "{arguments:?}: {text}");
            assert!(text.contains("lock-unreadable"), "{arguments:?}: {text}");
        }
        assert!(lock.is_symlink());
        fs::remove_file(&lock).unwrap();
    }
    // A link within the directory is followed, and stays one.
    symlink("inner/x", &lock).unwrap();
    let (code, text) = run(&top, &["lock", "--check", "app/Dockerfile"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(
        &top,
        &["lock", "--offline", "--mode", "auto", "app/Dockerfile"],
    );
    assert_eq!(code, 0, "{text}");
    assert!(lock.is_symlink());
    assert!(top.read("app/inner/x").contains("mode = \"auto\""));
    fs::remove_file(&lock).unwrap();
    // The lock of the file that a link leads to is not beside the link.
    fs::rename(
        top.path().join("app/Dockerfile"),
        top.path().join("app/real"),
    )
    .unwrap();
    symlink("real", top.path().join("app/Dockerfile")).unwrap();
    top.write("app/real.lock", LOCK);
    let (code, text) = run(&top, &["lock", "--check", "app/Dockerfile"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("not beside the link"), "{text}");
}

#[test]
fn a_lock_that_is_off_is_a_finding() {
    let dir = Dir::new();
    dir.write("Dockerfile", DOCKERFILE);
    dir.write("Dockerfile.lock", &LOCK.replace("locked", "off"));
    let (code, text) = run(&dir, &["lock", "--check", "--format", "github"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("file=Dockerfile.lock,line=2") && text.contains("lock-off"),
        "{text}"
    );
    let (code, text) = run(
        &dir,
        &["lock", "--offline", "--mode", "locked", "Dockerfile"],
    );
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(&dir, &["lock", "--check"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn what_a_lock_says_is_escaped() {
    let names = "a\\n::error file=x::pwned\\u001b[31m\\u0007";
    let commit = "a".repeat(40);
    let source = format!(
        "[[git]]\nremote = \"https://h/x.git\"\nref = \"{names}\"\ncommit = \"{commit}\"\nlocked = 2026-11-29\n"
    );
    let image = format!("[[image]]\nref = \"{names}\"\n");
    let target = LOCK.replace("[\"\"]", &format!("[\"{names}\"]"));
    for lock in [LOCK.to_owned() + &source, LOCK.to_owned() + &image, target] {
        let dir = Dir::new();
        // Names in the Dockerfile are others' words as well.
        dir.write(
            "Dockerfile",
            "FROM scratch\nADD https://h/y.git#v1\u{1b}[31m\u{7} /\n",
        );
        dir.write("Dockerfile.lock", &lock);
        for format in ["text", "github", "markdown", "json", "sarif"] {
            let (code, text) = run(&dir, &["lock", "--check", "--format", format]);
            assert!(matches!(code, 1 | 2), "{format}: {text}");
            assert!(
                !text.chars().any(|c| c.is_control() && c != '\n'),
                "{format}: {text:?}"
            );
            assert!(
                !text
                    .lines()
                    .any(|line| line.trim_start().starts_with("::error file=x")),
                "{format}: {text}"
            );
        }
    }
}
