//! The commands that the README, the pages in docs/ and the help texts show, run as they are shown.
//!
//! Each runs in a project that has what they speak of, with images on loopback, and must end as one that was
//! understood and could do its work. What needs an engine or changes this machine is named here, with who runs it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::lock::Dir;
use crate::lock::world::World;

/// Beginnings of commands that are run elsewhere.
const ELSEWHERE: &[(&str, &str)] = &[
    ("docker ", "the end-to-end tests"),
    ("scripts/demo", "scripts/readme"),
    ("scripts/test", "it runs this"),
    ("eval ", "scripts/readme"),
    (
        "rdf lsp",
        "an editor talks to it: tests of the language server",
    ),
    ("cargo install ", "scripts/readme"),
    ("cd testdata/demo", "where this runs"),
    ("git worktree ", "scripts/readme"),
    ("git add ", "for a docker command"),
    ("mkdir locks", "for a docker command"),
    (
        "rdf lock --context https://",
        "asks a server that is none: tests of contexts",
    ),
    (
        "rdf lock --update python ",
        "an image that is not here: tests of moves",
    ),
    (
        "rdf lock --precise python:",
        "an image that is not here: tests of moves",
    ),
    (
        "rdf lock --from-provenance ",
        "an image that is not here: tests of provenance",
    ),
    (
        "rdf lock --verify --image ",
        "an image that is not here: tests of provenance",
    ),
    ("rdf man --dir /usr/", "writes to the system"),
    (
        "rdf check --import-hadolint",
        "for a config of hadolint: tests/it/cli.rs",
    ),
    ("rdf check --watch", "has no end: tests/it/watch.rs"),
    ("rdf init", "writes a file once: tests/it/init.rs"),
];

/// Pages with at least one command.
const PAGES: [&str; 6] = [
    "README.md",
    "docs/check.md",
    "docs/explain.md",
    "docs/fmt.md",
    "docs/graph.md",
    "docs/lock.md",
];

#[test]
fn commands_of_the_pages_run_as_shown() {
    let (project, demo) = (Project::new(), Project::demo());
    for page in PAGES {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let commands = commands_of_page(&text);
        assert!(!commands.is_empty(), "{page} shows no command");
        let project = if page == "README.md" { &demo } else { &project };
        commands
            .iter()
            .for_each(|command| project.run(page, command));
    }
}

#[test]
fn examples_of_the_help_texts_run_as_shown() {
    let project = Project::new();
    let mut seen = BTreeSet::new();
    let commands = project.subcommands();
    for arguments in std::iter::once(String::new()).chain(commands) {
        let help = project.output(&format!("rdf {arguments} --help"));
        let examples = help.split("Examples:\n").nth(1).unwrap_or_default();
        let lines = examples.lines().take_while(|line| line.starts_with("  "));
        let mut count = 0;
        for line in lines {
            count += 1;
            // Behind the command stands what it does.
            let command = line.trim().split("  ").next().unwrap_or_default();
            if seen.insert(command.to_owned()) {
                project.run(&format!("rdf {arguments} --help"), command);
            }
        }
        assert!(count > 0, "rdf {arguments} --help has no examples");
    }
    assert!(seen.len() > 40, "{}", seen.len());
}

/// The text around the examples is filled to the width, not broken where the source breaks it.
#[test]
fn help_texts_have_no_short_lines_within_a_sentence() {
    let project = Project::new();
    let commands = project.subcommands();
    let mut checked = 0;
    for arguments in std::iter::once(String::new()).chain(commands) {
        let help = project.output(&format!("rdf {arguments} --help"));
        let lines: Vec<&str> = help.lines().collect();
        for pair in lines.windows(2) {
            let goes_on = |line: &str| line.starts_with(|c: char| c.is_lowercase() || c == '`');
            if pair[0].is_empty() || pair[0].starts_with(' ') || !goes_on(pair[1]) {
                continue;
            }
            checked += 1;
            let next = pair[1].split(' ').next().unwrap_or_default();
            let filled = pair[0].len() + 1 + next.len();
            assert!(filled > 90, "rdf {arguments} --help: {}", pair[0]);
        }
    }
    assert!(checked > 3, "{checked}");
}

/// The commands in the blocks for a shell.
fn commands_of_page(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in text.split("\n```").skip(1).step_by(2) {
        let (kind, body) = block.split_once('\n').unwrap_or_default();
        let body = body.replace("\\\n", "");
        let lines = body.lines();
        match kind {
            "sh" => commands.extend(lines.map(str::to_owned)),
            "console" => {
                let shown = lines.filter_map(|line| line.strip_prefix("$ "));
                commands.extend(shown.map(str::to_owned));
            }
            _ => {}
        }
    }
    let bare = commands.iter().map(|command| {
        let end = command.find(" # ").unwrap_or(command.len());
        command[..end].trim().to_owned()
    });
    bare.filter(|command| !command.is_empty()).collect()
}

/// A repository with what the commands speak of.
struct Project {
    dir: Dir,
    // Its images are there as long as it is.
    _world: World,
}

impl Project {
    fn new() -> Project {
        let (world, dir) = (World::start(), Dir::new());
        let host = world.host();
        world.image("base", "3.20", "base", "");
        let text = |version: u8| {
            format!(
                "FROM {host}/base:3.20 AS build\nARG VERSION={version}\nRUN make $VERSION\n\n\
                 FROM build AS test\nRUN make test\n\nFROM build AS release\nCMD [\"/app\"]\n"
            )
        };
        for folder in ["docker", "app", "web", "a", "b"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for name in ["docker/Dockerfile", "app/Dockerfile", "a/Dockerfile"] {
            dir.write(name, &text(1));
        }
        dir.write("web/Dockerfile.prod", &text(1));
        dir.write("b/Dockerfile", "FROM scratch\nCOPY . /\n");
        dir.write("Dockerfile.old", &text(0));
        dir.write(
            "docker-bake.hcl",
            "group \"default\" { targets = [\"release\"] }\ntarget \"release\" { target = \"release\" }\n",
        );
        dir.write("compose.yaml", "services:\n  web:\n    build: .\n");
        let config = format!(
            r#"{{"{host}/base:3.20": {{"digest": "sha256:{:064}"}}}}"#,
            1
        );
        dir.write("images.json", &config);
        let project = Project { dir, _world: world };
        project.output("git init -q -b main .");
        for (version, tag) in [(1, "v1"), (2, "v1.0"), (3, "v2"), (4, "last")] {
            project.dir.write("Dockerfile", &text(version));
            project.output(&format!(
                "git add -A && git -c user.name=a -c user.email=b commit -qm {tag} && git tag {tag}"
            ));
        }
        project.dir.write("Dockerfile", &text(5));
        project.output("rdf lock Dockerfile app web/Dockerfile.prod");
        project.output("rdf compile . -f Dockerfile.old -o old.pb && rdf compile . -o new.pb");
        project
    }

    /// The project of the demo, which README's commands run in.
    fn demo() -> Project {
        let (world, dir) = (World::start(), Dir::new());
        let host = world.host();
        world.image("busybox", "latest", "busybox", "");
        world.image("dockerfile-rs", "dev", "frontend", "");
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/demo");
        for name in ["Dockerfile", "docker-bake.hcl", "compose.yaml"] {
            let text = std::fs::read_to_string(demo.join(name)).unwrap();
            dir.write(name, &text.replace("localhost:5000", &host));
        }
        let project = Project { dir, _world: world };
        project.output("git init -q . && git add -A");
        project.output("git -c user.name=a -c user.email=b commit -qm demo");
        project
    }

    /// A shell in the project that finds `rdf`.
    fn shell(&self, command: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_rdf")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = self.dir.command_of("sh");
        shell
            .args(["-c", command])
            .env("PATH", format!("{}:{path}", program.display()))
            .stdin(Stdio::null());
        shell
    }

    fn output(&self, command: &str) -> String {
        let output = self.shell(command).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {stderr}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs what is shown, up to where it is handed to another program or into a file elsewhere.
    fn run(&self, page: &str, shown: &str) {
        if ELSEWHERE.iter().any(|(begin, _)| shown.starts_with(begin)) {
            return;
        }
        assert!(
            shown.starts_with("rdf "),
            "{page}: nobody runs `{shown}`: say who in ELSEWHERE"
        );
        let command = shown.split([';', '|', '>']).next().unwrap_or_default();
        let output = self.shell(command).output().unwrap();
        let code = output.status.code();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(code, Some(0 | 1)),
            "{page}: `{shown}` ended with {code:?}\n{stderr}"
        );
    }

    /// The names of all commands.
    fn subcommands(&self) -> Vec<String> {
        let help = self.output("rdf --help");
        let list = help.split("Commands:\n").nth(1).unwrap_or_default();
        let lines = list.lines().take_while(|line| line.starts_with("  "));
        let names = lines.filter_map(|line| line.split_whitespace().next());
        let names: Vec<String> = names
            .filter(|name| *name != "help")
            .map(str::to_owned)
            .collect();
        assert!(names.len() > 12, "{names:?}");
        names
    }
}

/// How a command is made to end well, and how not: wrong flags, and input that does not exist.
const ENDS: [(&str, &str, &str); 17] = [
    ("check", "b", "nowhere"),
    ("compile", "-f b/Dockerfile b --format json", "nowhere"),
    ("explain", "Dockerfile.old", "nowhere/x"),
    ("graph", "", "nowhere"),
    ("fmt", "b", "nowhere"),
    ("init", "--dry-run", "nowhere"),
    ("lock", "--check Dockerfile", "--check nowhere"),
    ("lsp", "< /dev/null", "nowhere"),
    ("pin", "--dry-run Dockerfile", "nowhere"),
    ("unpin", "--dry-run Dockerfile", "nowhere"),
    ("targets", "", "nowhere"),
    ("outline", "", "nowhere"),
    ("parse", "", "nowhere"),
    ("rule", "LatestTag", "Nothing"),
    ("completions", "bash", "nosh"),
    ("man", "", "--dir /dev/null/x"),
    ("why", "2", "nowhere"),
];

/// All commands take help and fail alike.
#[test]
fn every_command_helps_and_fails_alike() {
    let project = Project::new();
    let names: Vec<&str> = ENDS.iter().map(|(name, ..)| *name).collect();
    let mut listed = project.subcommands();
    listed.sort();
    let mut known: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    known.sort();
    assert_eq!(listed, known, "each command has its row");
    for (name, well, ill) in ENDS {
        let run = |arguments: &str| {
            let output = project
                .shell(&format!("rdf {name} {arguments}"))
                .output()
                .unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (
                output.status.code(),
                text(&output.stdout),
                text(&output.stderr),
            )
        };
        let (code, usual, told) = run(well);
        assert_eq!(code, Some(0), "rdf {name} {well}: {told}");
        let (code, quiet, told) = run(&format!("{well} -q"));
        assert_eq!((code, quiet.as_str()), (Some(0), usual.as_str()), "{name}");
        assert_eq!(told, "", "rdf {name} -q");
        let (code, verbose, _) = run(&format!("{well} --verbose"));
        assert_eq!((code, verbose), (Some(0), usual), "{name}");
        for wrong in [ill, "--no-such-flag", "-q --verbose"] {
            let (code, _, told) = run(wrong);
            assert_eq!(code, Some(2), "rdf {name} {wrong}: {told}");
            assert!(told.starts_with("error"), "rdf {name} {wrong}: {told}");
        }
        // What goes wrong is told by quiet ones, too, in colours where these are asked for.
        let (code, _, told) = run(&format!("{ill} -q --color always"));
        assert!(
            code == Some(2) && told.contains('\u{1b}') && told.contains("error"),
            "rdf {name} {ill}: {told:?}"
        );
        let (code, _, told) = run(&format!("{ill} --color never"));
        assert!(code == Some(2) && !told.contains('\u{1b}'), "{told:?}");
        let help = run("--help").1;
        for word in ["Examples:", "--quiet", "--verbose", "--color"] {
            assert!(help.contains(word), "rdf {name} --help lacks {word}");
        }
    }
}

/// Colours can be had without a terminal, as other programs have them.
#[test]
fn colours_can_be_forced() {
    let project = Project::new();
    let told = |settings: &str| {
        let output = project
            .shell(&format!("{settings} rdf graph nowhere"))
            .output();
        String::from_utf8_lossy(&output.unwrap().stderr).into_owned()
    };
    for settings in [
        "FORCE_COLOR=1",
        "CLICOLOR_FORCE=1",
        "FORCE_COLOR=3 TERM=dumb",
    ] {
        assert!(told(settings).contains('\u{1b}'), "{settings}");
    }
    for settings in [
        "",
        "CLICOLOR_FORCE=0",
        "FORCE_COLOR= ",
        "FORCE_COLOR=1 NO_COLOR=1",
    ] {
        assert!(!told(settings).contains('\u{1b}'), "{settings}");
    }
}

/// On a terminal there are colours, unless `NO_COLOR` is set or the terminal is a dumb one.
#[test]
fn colours_are_for_terminals() {
    let project = Project::new();
    let has_script = Command::new("script").arg("--version").output().is_ok();
    if !has_script {
        eprintln!("no `script` here to make a terminal: nothing was tried");
        return;
    }
    for (name, _, ill) in ENDS {
        let on_terminal = |settings: &str| {
            let command = format!("script -qec 'rdf {name} {ill}' /dev/null");
            let output = project.shell(&format!("{settings} {command}")).output();
            String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
        };
        let coloured = on_terminal("TERM=xterm");
        assert!(coloured.contains('\u{1b}'), "{name}: {coloured:?}");
        for settings in [
            "TERM=xterm NO_COLOR=1",
            "TERM=xterm NO_COLOR=1 FORCE_COLOR=1",
            "TERM=dumb",
            "TERM=dumb CI=true FORCE_COLOR=0",
        ] {
            let plain = on_terminal(settings);
            assert!(
                plain.contains("error") && !plain.contains('\u{1b}'),
                "{name}, {settings}: {plain:?}"
            );
        }
    }
}
