//! Every command × every way to name its input: how it ends. The table is a snapshot, testdata/cli/inputs.snap; a cell
//! that is not what its row says is explained below it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::snapshot;

/// A command and its fixed arguments.
const COMMANDS: [(&str, &[&str]); 13] = [
    ("check", &["check"]),
    ("fmt", &["fmt", "--check"]),
    ("lock", &["lock", "--offline"]),
    ("lock --check", &["lock", "--check"]),
    ("pin", &["pin", "--dry-run"]),
    ("unpin", &["unpin", "--dry-run"]),
    ("compile", &["compile", "--offline", "--format", "json"]),
    ("explain", &["explain", "old"]),
    ("graph", &["graph"]),
    ("outline", &["outline"]),
    ("parse", &["parse"]),
    ("targets", &["targets"]),
    ("why", &["why", "2"]),
];

/// What a row names, where, and how commands end there.
struct Row {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The directory to start in.
    directory: &'static str,
    exit: i32,
    /// Part of what is told.
    told: &'static str,
}

const fn row(name: &'static str, arguments: &'static [&'static str]) -> Row {
    Row {
        name,
        arguments,
        directory: "",
        exit: 0,
        told: "",
    }
}

const fn fails(name: &'static str, arguments: &'static [&'static str], told: &'static str) -> Row {
    Row {
        exit: 2,
        told,
        ..row(name, arguments)
    }
}

const fn within(directory: &'static str, row: Row) -> Row {
    Row { directory, ..row }
}

const ROWS: [Row; 18] = [
    row("a file", &["app/Dockerfile"]),
    row("a file by -f", &["-f", "app/Dockerfile"]),
    row("a file of any name by -f", &["-f", "odd/name"]),
    row("a directory with a Dockerfile", &["app"]),
    row("a directory with a Containerfile", &["container"]),
    fails(
        "a directory with neither",
        &["empty"],
        "no Dockerfile in `empty`",
    ),
    within("app", row("nothing, a Dockerfile here", &[])),
    within("container", row("nothing, a Containerfile here", &[])),
    within(
        "empty",
        fails("nothing, neither here", &[], "no Dockerfile in `.`"),
    ),
    row("standard input", &["-"]),
    row(
        "standard input of a file",
        &["-", "--stdin-filename", "app/Dockerfile"],
    ),
    fails(
        "a name for no standard input",
        &["-f", "app/Dockerfile", "--stdin-filename", "x"],
        "requires `-`",
    ),
    fails(
        "a file that does not exist",
        &["-f", "missing"],
        "no such file: `missing`",
    ),
    fails("a binary file", &["-f", "binary/Dockerfile"], ""),
    fails("a file in UTF-16", &["-f", "utf16/Dockerfile"], ""),
    row(
        "a platform",
        &["-f", "app/Dockerfile", "--platform", "linux/arm64"],
    ),
    fails(
        "two platforms",
        &[
            "-f",
            "app/Dockerfile",
            "--platform",
            "linux/amd64,linux/arm64",
        ],
        "platform",
    ),
    fails(
        "no platform",
        &["-f", "app/Dockerfile", "--platform", "a/b/c/d"],
        "platform",
    ),
];

/// Cells that do not end as their row says, with the end and the reason.
const EXPLAINED: [(&str, &[&str], i32, &str); 9] = [
    (
        "a file",
        &["compile"],
        2,
        "its argument is the context, as that of `docker build`",
    ),
    (
        "standard input",
        &WITH_LOCKS,
        2,
        "there is no lock beside it",
    ),
    (
        "standard input of a file",
        &WITH_LOCKS,
        2,
        "the lock is beside the file, whose text may be another one",
    ),
    (
        "a binary file",
        &["lock --check", "pin"],
        1,
        "that it cannot be built is a finding about its lock",
    ),
    (
        "a binary file",
        &["unpin"],
        0,
        "there is nothing to take out",
    ),
    (
        "a file in UTF-16",
        &["lock --check", "pin"],
        1,
        "that it cannot be built is a finding about its lock",
    ),
    (
        "a file in UTF-16",
        &["unpin"],
        0,
        "there is nothing to take out",
    ),
    (
        "a platform",
        &["fmt", "pin", "unpin", "parse", "targets"],
        2,
        "they are about the text, which is the same for all platforms",
    ),
    (
        "two platforms",
        &["lock", "lock --check"],
        0,
        "a lock is for any number of platforms",
    ),
];

/// Commands that need the lock of a file.
const WITH_LOCKS: [&str; 3] = ["lock --check", "pin", "unpin"];

/// Two lines, and what `rdf lock` makes of them.
const DOCKERFILE: &str = "FROM scratch\nCOPY a /\n";
const LOCK: &str = "version = 1\nmode = \"locked\"\n\n[inputs]\ntargets = [\"\"]\n\
                    platforms = [\"linux/amd64\"]\nbuild-args = [{}]\n";

fn write(root: &Path) {
    let utf16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(DOCKERFILE.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let files: [(&str, &[u8]); 5] = [
        ("app/Dockerfile", DOCKERFILE.as_bytes()),
        ("container/Containerfile", DOCKERFILE.as_bytes()),
        ("odd/name", DOCKERFILE.as_bytes()),
        (
            "binary/Dockerfile",
            b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe\n\0\0",
        ),
        ("utf16/Dockerfile", &utf16),
    ];
    for (name, bytes) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::write(root.join(format!("{name}.lock")), LOCK).unwrap();
    }
    fs::create_dir_all(root.join("empty")).unwrap();
    for directory in ["", "app", "container", "empty"] {
        fs::write(root.join(directory).join("old"), DOCKERFILE).unwrap();
    }
}

/// How a command ends, and what it tells.
fn run(root: &Path, command: &[&str], row: &Row) -> (i32, String) {
    let _ = fs::remove_dir_all(root);
    write(root);
    // The argument of `rdf why` is a step.
    let named = row
        .arguments
        .first()
        .is_some_and(|it| *it == "-" || !it.starts_with('-'));
    let file = (command.first() == Some(&"why") && named).then_some("-f");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(command)
        .args(file)
        .args(row.arguments)
        .current_dir(root.join(row.directory))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(DOCKERFILE.as_bytes());
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    (output.status.code().unwrap(), told)
}

#[test]
fn all_commands_take_the_same_inputs() {
    let root = std::env::temp_dir().join(format!("rdf-inputs-{}", std::process::id()));
    let mut table = String::new();
    for row in &ROWS {
        table.push_str(&format!("{:<35}", row.name));
        for (name, command) in COMMANDS {
            let (exit, told) = run(&root, command, row);
            table.push_str(&format!(" {exit:>w$}", w = name.len()));
            let is_meant =
                |it: &&(&str, &[&str], i32, &str)| it.0 == row.name && it.1.contains(&name);
            let explained = EXPLAINED.iter().find(is_meant);
            let meant = explained.map_or(row.exit, |it| it.2);
            assert_eq!(exit, meant, "{name}, {}: {told}", row.name);
            let is_told = explained.is_some() || told.contains(row.told);
            assert!(is_told, "{name}, {}: {told}", row.name);
        }
        table.push('\n');
    }
    let _ = fs::remove_dir_all(&root);
    let names = COMMANDS.map(|(name, _)| name).join(" ");
    let whys = EXPLAINED.iter().map(|(row, commands, exit, why)| {
        format!("{row}: {} end with {exit}: {why}\n", commands.join(", "))
    });
    let text = format!("{:<35} {names}\n{table}\n{}", "", whys.collect::<String>());
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cli");
    snapshot::text(&testdata, "inputs", &text);
}

/// Files that are not texts are called what they are.
#[test]
fn files_that_are_no_text_are_named() {
    let root = std::env::temp_dir().join(format!("rdf-inputs-named-{}", std::process::id()));
    for (row, what) in [
        ("a binary file", "is binary"),
        ("a file in UTF-16", "UTF-16"),
    ] {
        let row = ROWS.iter().find(|it| it.name == row).unwrap();
        for (_, command) in [
            COMMANDS[0],
            COMMANDS[1],
            COMMANDS[6],
            COMMANDS[8],
            COMMANDS[10],
        ] {
            let (_, told) = run(&root, command, row);
            assert!(told.contains(what), "{command:?}: {told}");
        }
    }
    let _ = fs::remove_dir_all(&root);
}

#[test]
fn files_are_offered_that_can_be_given() {
    let root = std::env::temp_dir().join(format!("rdf-offer-test-{}", std::process::id()));
    fs::create_dir_all(root.join("Dockerfile")).unwrap();
    fs::write(root.join("Dockerfile.dev"), "FROM scratch\n").unwrap();
    let told = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
        let output = command.args(["targets", file]).current_dir(&root).output();
        String::from_utf8(output.unwrap().stderr).unwrap()
    };
    assert!(
        told("nope").contains("such as `Dockerfile.dev`"),
        "{}",
        told("nope")
    );
    fs::remove_file(root.join("Dockerfile.dev")).unwrap();
    assert!(
        told("nope").contains("name a Dockerfile, or `-`"),
        "{}",
        told("nope")
    );
    fs::create_dir_all(root.join("api")).unwrap();
    fs::write(root.join("api/Containerfile"), "FROM scratch\n").unwrap();
    assert!(
        told(".").contains("such as `api/Containerfile`"),
        "{}",
        told(".")
    );
    fs::remove_dir_all(root).unwrap();
}

/// A file that describes builds is not one of them.
#[test]
fn build_files_are_not_read_as_dockerfiles() {
    let root = std::env::temp_dir().join(format!("rdf-build-file-test-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    for (file, hint) in [
        ("compose.yaml", Some("rdf lock --compose compose.yaml")),
        (
            "docker-compose.prod.yml",
            Some("rdf lock --compose docker-compose.prod.yml"),
        ),
        ("docker-bake.hcl", Some("rdf lock --bake docker-bake.hcl")),
        (
            "docker-bake.override.json",
            Some("rdf lock --bake docker-bake.override.json"),
        ),
        ("Dockerfile.json", None),
        ("compose", None),
    ] {
        fs::write(root.join(file), "FROM scratch\n").unwrap();
        for command in ["check", "targets"] {
            let mut process = Command::new(env!("CARGO_BIN_EXE_rdf"));
            let output = process.args([command, file]).current_dir(&root).output();
            let output = output.unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            match hint {
                Some(hint) => assert!(
                    output.status.code() == Some(2) && told.contains(hint),
                    "{told}"
                ),
                None => assert!(!told.contains("not a Dockerfile"), "{told}"),
            }
        }
    }
    fs::remove_dir_all(root).unwrap();
}

/// `[files]` counts for all that look into directories; what is named is taken.
#[test]
fn a_config_says_which_files_are_dockerfiles() {
    let root = std::env::temp_dir().join(format!("rdf-inputs-files-{}", std::process::id()));
    fs::create_dir_all(root.join("old")).unwrap();
    let config = "[files]\ninclude = ['*.build']\nexclude = ['old']\n";
    fs::write(root.join("rdf.toml"), config).unwrap();
    for name in ["Dockerfile", "web.build", "old/Dockerfile", "other"] {
        fs::write(root.join(name), "from scratch\ncopy a /\n").unwrap();
    }
    let rdf = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf"));
        let output = command
            .args(arguments)
            .current_dir(&root)
            .env_clear()
            .output();
        output.unwrap()
    };
    let listed = |arguments: &[&str]| String::from_utf8(rdf(arguments).stdout).unwrap();
    assert_eq!(listed(&["fmt", "--check"]), "Dockerfile\nweb.build\n");
    assert_eq!(
        listed(&["fmt", "--check", "old/Dockerfile"]),
        "old/Dockerfile\n"
    );
    assert_eq!(rdf(&["lock", "--offline"]).status.code(), Some(0));
    let is_locked = |name: &str| root.join(format!("{name}.lock")).exists();
    assert!(is_locked("Dockerfile") && is_locked("web.build"));
    assert!(!is_locked("old/Dockerfile") && !is_locked("other"));
    assert_eq!(rdf(&["lock", "--check"]).status.code(), Some(0));
    fs::remove_dir_all(&root).unwrap();
}

/// Commands that read no Dockerfile, and what they do.
const WITHOUT_INPUT: [(&str, &str); 5] = [
    ("completions", "prints a script"),
    ("init", "writes a config, a hook and a workflow"),
    ("lsp", "is told the files by an editor"),
    ("man", "prints the manual"),
    ("rule", "explains a rule"),
];

#[test]
fn every_command_is_in_the_table() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rdf"));
    let help = program.arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.map(|line| line.split_whitespace().next().unwrap());
    let there: BTreeSet<&str> = names.filter(|name| *name != "help").collect();
    let in_table = COMMANDS.map(|(_, command)| command[0]);
    let without = WITHOUT_INPUT.map(|(name, _)| name);
    let known: BTreeSet<&str> = in_table.into_iter().chain(without).collect();
    assert_eq!(there, known);
}

/// Its platform shows in its steps, and in the error of the other.
const PLATFORMS: &str = "FROM scratch\nARG TARGETPLATFORM\nCOPY x /$TARGETPLATFORM/\n";
const BAD_PORT: &str = "FROM scratch\nARG TARGETARCH\nEXPOSE $TARGETARCH\n";

/// Every command that has a platform, in a way in which it shows.
const SHOWING: [&[&str]; 7] = [
    &["check", "--no-config", "bad"],
    &["compile", "--offline", "--format", "json"],
    &["explain", "old", "--format", "json"],
    &["graph", "--level", "ops", "--format", "json"],
    &["lock", "--offline"],
    &["outline", "bad"],
    &["why", "3"],
];

/// Commands have a flag for the platform or are not about one.
fn has_platform(command: &str) -> bool {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rdf"));
    let help = program.args([command, "--help"]).output().unwrap().stdout;
    String::from_utf8(help).unwrap().contains("--platform")
}

#[test]
fn the_platform_is_chosen_by_one_rule() {
    let root = std::env::temp_dir().join(format!("rdf-inputs-platform-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("Dockerfile"), PLATFORMS).unwrap();
    fs::write(root.join("old"), PLATFORMS.replace("x /", "y /")).unwrap();
    fs::write(root.join("bad"), BAD_PORT).unwrap();
    let shown: BTreeSet<&str> = SHOWING.iter().map(|command| command[0]).collect();
    let all = COMMANDS.iter().map(|(_, command)| command[0]);
    let all: BTreeSet<&str> = all.filter(|command| has_platform(command)).collect();
    assert_eq!(shown, all);
    // What `docker build` takes where nothing is named, by the flag and by the environment, which counts less.
    let here = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    for command in SHOWING {
        // The findings of a Dockerfile are the same on every machine.
        let usual = match command[0] {
            "check" => "amd64",
            _ => here,
        };
        for (flag, environment, expected) in [
            (None, None, usual),
            (None, Some(""), usual),
            (None, Some("linux/s390x"), "s390x"),
            (Some("linux/riscv64"), None, "riscv64"),
            (Some("linux/riscv64"), Some("linux/s390x"), "riscv64"),
        ] {
            let mut program = Command::new(env!("CARGO_BIN_EXE_rdf"));
            program.args(command).current_dir(&root).env_clear();
            program.args(flag.map(|it| format!("--platform={it}")));
            program.envs(environment.map(|it| ("DOCKER_DEFAULT_PLATFORM", it)));
            let output = program.output().unwrap();
            let mut told = [output.stdout, output.stderr].concat();
            let lock = root.join("Dockerfile.lock");
            told.extend(fs::read(&lock).unwrap_or_default());
            let _ = fs::remove_file(lock);
            let told = String::from_utf8(told).unwrap();
            for name in ["amd64", "arm64", "s390x", "riscv64"] {
                let is_meant = name == expected;
                assert_eq!(
                    told.contains(name),
                    is_meant,
                    "{command:?} {flag:?} {environment:?}: {told}"
                );
            }
        }
        let mut program = Command::new(env!("CARGO_BIN_EXE_rdf"));
        program.args(command).current_dir(&root).env_clear();
        let output = program
            .env("DOCKER_DEFAULT_PLATFORM", "a/b/c/d")
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {told}");
        assert!(
            told.contains("DOCKER_DEFAULT_PLATFORM: `a/b/c/d` is not a valid platform"),
            "{told}"
        );
    }
    let _ = fs::remove_dir_all(&root);
}
