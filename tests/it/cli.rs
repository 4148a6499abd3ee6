//! `rdf` as a process: testdata/cli/<case>.test has the command in its first line, and below it what it reads from
//! standard input. It runs in an empty directory, without colours; what it prints is a snapshot.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::snapshot;

/// Files in testdata: fewer means that they were not found.
const FILES: usize = 45;

/// What `rdf` says in a directory, with nothing in its environment.
pub(crate) fn rdf_in(folder: &Path, arguments: &[&str]) -> Output {
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

/// Files and directories for `rdf fmt`, changed in place.
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
        // A named file or directory is what its user wants looked at.
        assert_eq!(run(command, &["out/Dockerfile"]), ["out/Dockerfile"]);
        assert_eq!(run(command, &["vendor"]), ["vendor/Dockerfile"]);
        fs::remove_dir_all(root.join(".git")).unwrap();
    }
    fs::remove_dir_all(&root).unwrap();
}

/// A new directory with these files.
pub(crate) fn folder(name: &str, files: &[(&str, &str)]) -> std::path::PathBuf {
    let root = std::env::temp_dir().join(format!("rdf-{name}-test-{}", std::process::id()));
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// What a command says, and how it ends.
pub(crate) fn told(output: &Output) -> (String, Option<i32>) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// Output that does not arrive is a failure, whatever the command.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_closed_pipe_are_failures() {
    let root = folder("full", &[("Dockerfile", "FROM scratch AS X\nCOPY / /\n")]);
    let run = |arguments: &[&str], stdout: Stdio| {
        let child = Command::new(env!("CARGO_BIN_EXE_rdf"))
            .args(arguments)
            .current_dir(&root)
            .env_clear()
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn();
        let output = child.unwrap().wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for arguments in [
        &["check"][..],
        &["check", "--format", "sarif", "--exit-zero"],
        &["check", "--diff"],
        &["fmt", "--check", "--diff"],
        &["parse"],
        &["graph"],
        &["targets"],
        &["outline"],
        &["rule"],
        &["rule", "LatestTag"],
        &["man"],
        &["completions", "bash"],
        &["compile", "--format", "json", "."],
        &["--help"],
        &["--version"],
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let (code, stderr) = run(arguments, full.into());
        // A file that has its layout prints nothing.
        let is_silent = arguments[0] == "fmt";
        assert!(
            is_silent || code == Some(2),
            "{arguments:?}: {code:?} {stderr}"
        );
        assert!(
            is_silent || stderr.contains("error: cannot write to standard output: "),
            "{arguments:?}: {stderr}"
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, stderr) = run(arguments, writer.into());
        assert!(is_silent || code == Some(2), "{arguments:?}: {code:?}");
        assert!(!stderr.contains("cannot write"), "{arguments:?}: {stderr}");
    }
    fs::remove_dir_all(&root).unwrap();
}

/// What could not be written is not fixed: the findings stay, and so does the count.
#[cfg(unix)]
#[test]
fn fixes_that_cannot_be_written_are_not_claimed() {
    let root = folder("readonly", &[("here/Dockerfile", "FROM scratch AS x\n")]);
    let text = "FROM scratch as a\nFROM scratch as b\n";
    let shut = root.join("shut");
    fs::create_dir_all(&shut).unwrap();
    fs::write(shut.join("Dockerfile"), text).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|it| {
        use std::os::unix::fs::MetadataExt;
        it.uid() == 0
    });
    let mut permissions = fs::metadata(&shut).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o555);
    fs::set_permissions(&shut, permissions.clone()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
    command
        .args(["check", "--fix"])
        .current_dir(&root)
        .env_clear();
    if is_root {
        // Without privileges.
        use std::os::unix::process::CommandExt;
        command.uid(65534).gid(65534);
    }
    let Ok(output) = command.output() else {
        println!("skipped: no other user");
        return;
    };
    let (text_told, code) = told(&output);
    assert!(
        text_told.contains("cannot write shut/Dockerfile"),
        "{text_told}"
    );
    assert!(text_told.contains("FromAsCasing"), "{text_told}");
    assert!(!text_told.contains("Fixed"), "{text_told}");
    assert_eq!(code, Some(2));
    assert_eq!(fs::read_to_string(shut.join("Dockerfile")).unwrap(), text);
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&shut, permissions).unwrap();
    fs::remove_dir_all(&root).unwrap();
}

/// A directory that cannot be read does not keep the others from being looked through.
#[cfg(unix)]
#[test]
fn a_closed_directory_does_not_end_the_run() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(
        "closed",
        &[
            ("a/Dockerfile", "FROM scratch as x\n"),
            ("b/Dockerfile", "FROM scratch as x\n"),
            ("c/Dockerfile", "FROM scratch as x\n"),
        ],
    );
    let shut = root.join("b");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
    for arguments in [&["check"][..], &["fmt", "--check"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
        command.args(arguments).current_dir(&root).env_clear();
        if fs::read_dir(&shut).is_ok() {
            // Root may read everything.
            std::os::unix::process::CommandExt::uid(&mut command, 65534);
        }
        let Ok(output) = command.output() else {
            println!("skipped: no other user");
            break;
        };
        let (text, code) = told(&output);
        assert!(text.contains("cannot read directory: ./b"), "{text}");
        assert!(
            text.contains("a/Dockerfile") && text.contains("c/Dockerfile"),
            "{text}"
        );
        assert_eq!(code, Some(2), "{text}");
    }
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_dir_all(&root).unwrap();
}

/// `check` and `fmt` look at the same files, and say what they skip.
#[test]
fn skipped_files_are_told_when_asked() {
    let text = "FROM scratch as x\n";
    let root = folder(
        "skipped",
        &[
            ("Dockerfile-dev", text),
            ("x.Dockerfile.alpine", text),
            ("dockerfile.go", text),
            ("vendor/Dockerfile", text),
        ],
    );
    for command in ["check", "fmt"] {
        let output = rdf_in(&root, &[command, "--diff", "--verbose"]);
        let (told, _) = told(&output);
        for file in ["Dockerfile-dev", "x.Dockerfile.alpine"] {
            assert!(told.contains(&format!("+++ {file}")), "{command}: {told}");
        }
        for skipped in ["dockerfile.go", "vendor"] {
            assert!(
                told.contains(&format!("skipped {skipped}\n")),
                "{command}: {told}"
            );
        }
    }
    fs::remove_dir_all(&root).unwrap();
}

/// A config that is not understood is an error, not silence.
#[test]
fn unknown_tables_of_the_config_are_errors() {
    let root = folder(
        "config",
        &[
            ("Dockerfile", "FROM scratch\n"),
            ("rdf.toml", "[chekc]\nignore = [\"all\"]\n"),
        ],
    );
    let (text, code) = told(&rdf_in(&root, &["check"]));
    assert!(text.contains("line 1: unknown field `chekc`"), "{text}");
    assert_eq!(code, Some(2));
    fs::remove_dir_all(&root).unwrap();
}

/// Codes of hadolint that no rule has are something else here.
#[test]
fn every_code_of_hadolint_has_an_answer() {
    let root = folder("codes", &[("Dockerfile", "FROM a:1\n")]);
    for (code, answer) in [
        ("DL3008", "# UnversionedPackage\n"),
        ("dl3011", "# invalid-port\n"),
        ("DL3061", "# instruction-before-from\n"),
        ("dl1000", "DL1000: any error of the syntax\n"),
        ("DL3021", "DL3021: no rule: BuildKit"),
    ] {
        let output = rdf_in(&root, &["rule", code]);
        assert!(output.status.success(), "{code}");
        assert!(output.stdout.starts_with(answer.as_bytes()), "{code}");
    }
    let (text, code) = told(&rdf_in(&root, &["check", "--ignore", "DL3011"]));
    let expected = "unknown rule `DL3011` (here error `invalid-port`)";
    assert!(text.contains(expected), "{text}");
    assert_eq!(code, Some(2));
    fs::remove_dir_all(&root).unwrap();
}

/// A name of a file cannot make lines of its own, or move the cursor.
#[cfg(unix)]
#[test]
fn formats_of_lines_escape_names() {
    let name = "a\u{1b}[31m\nb.Dockerfile";
    let root = folder("odd-names", &[(name, "FROM a:1 as b\n")]);
    for format in ["gnu", "concise"] {
        let output = rdf_in(&root, &["check", "--format", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        let expected = "a\\x1b[31m\\x0ab.Dockerfile:1:10: ";
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    fs::remove_dir_all(&root).unwrap();
}

/// A repository of a user of hadolint.
#[test]
fn configs_of_hadolint_count_and_can_be_imported() {
    let config = "ignored:\n  - DL3006\n  - SC2086\n  - DL9999\ntrustedRegistries:\n  - docker.io\n\
                  failure-threshold: warning\nformat: codacy\noverride:\n  info: [DL3003]\n";
    let root = folder(
        "hadolint",
        &[
            (".hadolint.yaml", config),
            (
                "Dockerfile",
                "FROM alpine\nHEALTHCHECK NONE\n# hadolint ignore=DL3003\nRUN cd /a\n\
                 # hadolint ignore=DL9999\x1b\nRUN b\nRUN cd /b\n",
            ),
            ("web/Dockerfile", "FROM quay.io/a/b:1\nHEALTHCHECK NONE\n"),
        ],
    );
    let codes = |arguments: &[&str]| {
        let all = [&["check", "--format", "gnu"], arguments].concat();
        let output = rdf_in(&root, &all);
        let text = String::from_utf8(output.stdout).unwrap();
        let codes = text
            .lines()
            .filter_map(|line| line.rsplit_once('[').map(|(_, code)| code.to_owned()));
        codes.collect::<Vec<String>>()
    };
    let expected = [
        "ConsecutiveRun]",
        "ConsecutiveRun]",
        "CdInRun]",
        "UntrustedRegistry]",
    ];
    assert_eq!(codes(&["--extend-select", "hadolint"]), expected);
    let (text, _) = told(&rdf_in(&root, &["check", "--verbose"]));
    assert!(
        text.contains("no rule here: DL9999; no meaning here: format: codacy"),
        "{text}"
    );
    let told_of_comments = [
        "Dockerfile:3: `# hadolint ignore=DL3003` suppresses 1 finding",
        "Dockerfile:5: `# hadolint ignore=DL9999\\x1b` suppresses nothing",
    ];
    for told in told_of_comments {
        assert!(text.contains(told), "{text}");
    }
    let (text, code) = told(&rdf_in(&root, &["check", "--import-hadolint"]));
    assert!(
        text.contains("Wrote rdf.toml") && text.contains("DL9999"),
        "{text}"
    );
    assert_eq!(code, Some(0));
    assert_eq!(codes(&[]), expected);
    // Nothing is written over.
    assert_eq!(
        told(&rdf_in(&root, &["check", "--import-hadolint"])).1,
        Some(2)
    );
    fs::remove_dir_all(&root).unwrap();
}

/// Shells complete the names of rules and errors, besides flags and commands.
#[test]
fn shells_complete_names_of_rules() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = rdf_in(Path::new("."), &["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        // PowerShell and elvish complete no values, fish those of flags alone.
        let shells: [(&str, &[&str]); 2] = [
            ("LatestTag", &["bash", "zsh", "fish"]),
            ("unknown-flag", &["bash", "zsh"]),
        ];
        for (name, shells) in shells {
            let has_values = shells.contains(&shell);
            assert_eq!(script.contains(name), has_values, "{shell}: {name}");
        }
        assert!(script.contains("extend-select"), "{shell}");
    }
    // What only completions know does not narrow what the command takes.
    let output = rdf_in(Path::new("."), &["rule", "dl3006"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_lock_that_stops_builds_is_told_by_check() {
    let dir = std::env::temp_dir().join(format!("rdf-broken-lock-{}", std::process::id()));
    let lock = dir.join("Dockerfile.lock");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("Dockerfile"), "FROM scratch\nCOPY a /\n").unwrap();
    let told = || {
        let output = rdf_in(&dir, &["check", "Dockerfile", "--no-config"]);
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(!told().contains("stops a build"));
    fs::write(&lock, "what is this").unwrap();
    let text = told();
    assert!(
        text.contains("Dockerfile.lock stops a build, see `rdf lock --check`: not valid TOML"),
        "{text}"
    );
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let text = told();
    assert!(text.contains("it is a directory"), "{text}");
    fs::remove_dir_all(&dir).unwrap();
}

/// Text that is not UTF-8 fails where the graph is put together; all commands say where it stands.
#[test]
fn text_that_is_not_utf8_has_its_place() {
    let dir = std::env::temp_dir().join(format!("rdf-utf8-test-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    fs::write(
        dir.join("Dockerfile"),
        b"FROM scratch\nCOPY a b\nRUN echo \xff\n",
    )
    .unwrap();
    for (command, place) in [
        (&["check", "Dockerfile"][..], "Dockerfile:3:10"),
        (&["compile", "-f", "Dockerfile"], "Dockerfile:3:10"),
        (&["why", "0"], "Dockerfile:3:10"),
        (&["explain", "Dockerfile", "Dockerfile"], "Dockerfile:3:10"),
        (
            &["lock", "Dockerfile"],
            "`rdf check Dockerfile` shows the place",
        ),
    ] {
        let output = rdf_in(&dir, command);
        let told = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert!(told.contains(place), "{command:?}: {told}");
    }
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_picture_that_mermaid_does_not_draw_is_told() {
    let dir = std::env::temp_dir().join(format!("rdf-mermaid-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let told = |stages: usize, format: &str| {
        let chain: String = (1..=stages)
            .map(|stage| format!("FROM s{} AS s{stage}\n", stage - 1))
            .collect();
        fs::write(
            dir.join("Dockerfile"),
            format!("FROM scratch AS s0\n{chain}"),
        )
        .unwrap();
        let output = rdf_in(&dir, &["graph", "--format", format]);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(told(500, "mermaid"), "");
    assert_eq!(
        told(501, "mermaid"),
        "warning: the picture has 501 edges, and Mermaid draws no more than 500 by default\n  \
         = hint: `--format svg` has no such limit\n"
    );
    assert_eq!(told(501, "svg"), "");
    fs::remove_dir_all(&dir).unwrap();
}
