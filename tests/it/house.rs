//! The rules of the house that no compiler checks: who may know whom, where foreign names live, how long
//! files get, and that nothing is added without its cases. ARCHITECTURE.md gives the reasons.

#[cfg(feature = "check")]
mod rules;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules, low to high. A module uses lower rows only, never a neighbour.
const ROWS: &[&[&str]] = &[
    &["collect", "limits"],
    &["go", "pb", "source"],
    &["diagnostic", "image"],
    &["expand", "ignore", "recording", "remote"],
    &["llb", "syntax"],
    &["options"],
    &["context", "format", "gateway", "shell"],
    &["lint"],
    &["plan"],
    &["lower"],
    &["compile"],
    &["check", "explain", "graph", "lock"],
    &["frontend", "lsp", "registry", "run", "testing"],
    &["cli"],
    &["internals"],
];

/// Modules that may know less than their row allows, and all that they may know.
const NARROW: &[(&str, &[&str])] = &[
    // A library for other frontends: no Dockerfiles.
    ("llb", &["collect", "go", "image", "pb", "source"]),
    ("gateway", &["collect", "image", "limits", "llb", "pb"]),
    ("options", &["collect", "go", "image", "llb"]),
    (
        "context",
        &[
            "collect", "go", "ignore", "image", "limits", "llb", "options", "remote", "source",
        ],
    ),
    (
        "testing",
        &["collect", "gateway", "image", "limits", "llb", "pb"],
    ),
    // Asks about what images name; what they are for does not concern it.
    ("registry", &["collect", "go", "image", "limits"]),
    ("remote", &["collect", "go", "image"]),
    // What a step fetched has nothing to do with Dockerfiles.
    ("recording", &["collect", "image"]),
    ("run", &["image", "limits", "recording"]),
    ("ignore", &["collect", "go", "limits"]),
    ("format", &["source", "syntax"]),
    (
        "expand",
        &["collect", "diagnostic", "go", "limits", "source"],
    ),
    (
        "syntax",
        &["collect", "diagnostic", "expand", "go", "limits", "source"],
    ),
];

/// Modules without I/O, clock, environment, threads or async.
const PURE: &[&str] = &[
    "collect",
    "go",
    "limits",
    "pb",
    "source",
    "diagnostic",
    "image",
    "ignore",
    "remote",
    "expand",
    "llb",
    "syntax",
    "format",
    "shell",
    "lint",
    "plan",
    "lower",
    "compile",
    "lock",
    "explain",
    "graph",
    "check",
    "context",
    "recording",
    "options",
    "lsp",
];

/// What clippy cannot see of a module that waits; clippy.toml has the rest.
const WAITS: &[&str] = &["async fn", "async move", ".await"];

/// Foreign crates and where their names may be written (a start of a path below src).
const HOMES: &[(&str, &[&str])] = &[
    ("pest", &["syntax/grammar.rs", "expand/word/grammar.rs"]),
    (
        "pest_derive",
        &["syntax/grammar.rs", "expand/word/grammar.rs"],
    ),
    // Messages are encoded where they are sent and where graphs are made of them.
    (
        "prost",
        &["pb/", "llb/", "gateway/", "testing/", "internals.rs"],
    ),
    // The transport, and the other end of it in tests.
    ("tonic", &["gateway/channel.rs"]),
    ("h2", &["gateway/channel.rs", "testing/serve.rs"]),
    ("http_body", &["gateway/channel.rs"]),
    (
        "tokio",
        &[
            "gateway/",
            "testing/",
            "frontend/answer.rs",
            "registry/",
            "run/",
            "cli/",
        ],
    ),
    // The proxy that records and replays.
    ("hyper", &["run/"]),
    ("hyper_util", &["run/"]),
    ("http_body_util", &["run/"]),
    ("rustls", &["run/"]),
    ("tokio_rustls", &["run/"]),
    ("rcgen", &["run/"]),
    ("webpki_roots", &["run/upstream.rs"]),
    ("rustix", &["run/"]),
    // Containers of an archive, of which only the times are read.
    ("flate2", &["frontend/archive.rs", "registry/file.rs"]),
    ("http_auth", &["registry/auth.rs"]),
    ("bzip2_rs", &["frontend/archive.rs"]),
    ("ruzstd", &["frontend/archive.rs"]),
    // A choice of the program, not of the library.
    ("dlmalloc", &["bin/rdf-frontend.rs"]),
    ("mimalloc", &["bin/rdf.rs"]),
    ("oci_distribution", &["registry/"]),
    ("reqwest", &["registry/", "run/"]),
    ("toml", &["check/config.rs", "lock/file.rs", "lock/file/"]),
    ("clap", &["cli/"]),
    ("lsp_server", &["cli/cmd/lsp/"]),
    ("gen_lsp_types", &["lsp/", "cli/cmd/lsp/"]),
    ("gitignore", &["cli/files.rs"]),
    ("indicatif", &["cli/"]),
    ("terminal_size", &["cli/shell.rs"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/"]),
    (
        "shell_words",
        &["lint/rules/json_args_recommended.rs", "cli/"],
    ),
    ("hcl", &["cli/cmd/lock/builds/"]),
    ("regex", &["cli/cmd/lock/builds/"]),
    ("spdx", &["check/labels.rs"]),
    (
        "saphyr_parser",
        &["cli/cmd/lock/builds/yaml.rs", "cli/cmd/check/hadolint.rs"],
    ),
];

/// Longest file, in lines.
const MAX_LINES: usize = 600;

/// Longer files, and why they are not two.
const LONG: &[(&str, &str)] = &[
    ("src/pb/gateway.rs", "one file for one schema, no logic"),
    ("src/pb/ops.rs", "one file for one schema, no logic"),
    ("tests/it/gateway.rs", "one topic"),
    ("tests/it/llb_graph.rs", "one topic"),
];

/// A Rust file: its path from the root of the project, and its lines that are code.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines of code, without those that are comments.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.starts_with("//"))
    }

    /// The module of the library that the file belongs to; none for lib.rs and programs.
    fn module(&self) -> Option<&str> {
        let path = self.path.strip_prefix("src/")?;
        let (module, is_file) = match path.split_once('/') {
            Some((module, _)) => (module, false),
            None => (path.strip_suffix(".rs")?, true),
        };
        (module != "bin" && !(is_file && module == "lib")).then_some(module)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `dir` whose name ends in `end`, sorted.
fn files(dir: &str, end: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in
            fs::read_dir(root().join(&dir)).unwrap_or_else(|error| panic!("{dir}: {error}"))
        {
            let entry = entry.expect("an entry");
            let path = format!("{dir}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().expect("a type").is_dir() {
                open.push(path);
            } else if path.ends_with(end) {
                let bytes = fs::read(entry.path()).expect("a readable file");
                let text = String::from_utf8_lossy(&bytes).into_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "no {end} below {dir}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Names that stand right behind `crate::` in a line, those of a group as well.
fn used(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for rest in line.split("crate::").skip(1) {
        let group = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let parts = match group {
            Some((group, _)) => group.split(',').collect(),
            None => vec![rest],
        };
        for part in parts {
            let part = part.trim_start();
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.push(&part[..end.unwrap_or(part.len())]);
        }
    }
    names
}

/// Whether `line` names the crate: `name::` or `use name`, with nothing before it that makes it another name.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + name.len()..];
        let apart = !before.is_some_and(|c| c.is_alphanumeric() || "_:.\"/`".contains(c));
        apart
            && (after.starts_with("::")
                || (line.starts_with("use ") && after.starts_with([';', ' '])))
    })
}

#[test]
fn every_module_has_a_row() {
    let modules: BTreeSet<String> = files("src", ".rs")
        .iter()
        .filter_map(|file| file.module().map(str::to_owned))
        .collect();
    let known: BTreeSet<String> = ROWS
        .iter()
        .copied()
        .flatten()
        .map(|module| (*module).to_owned())
        .collect();
    assert_eq!(modules, known);
}

#[test]
fn modules_use_lower_rows_only() {
    let mut wrong = Vec::new();
    for file in files("src", ".rs") {
        let Some(module) = file.module() else {
            continue;
        };
        let own = row(module).expect("a row");
        let narrow = NARROW.iter().find(|(name, _)| *name == module);
        for line in file.code() {
            for name in used(line).into_iter().filter(|name| *name != module) {
                // What is not a module is a macro at the root.
                let Some(row) = row(name) else { continue };
                let known = narrow.is_none_or(|(_, names)| names.contains(&name));
                if row >= own || !known {
                    wrong.push(format!("{}: {}", file.path, line.trim()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not for this module:\n{}",
        wrong.join("\n")
    );
}

/// What the part of `frontend` that is for every frontend may know: nothing about Dockerfiles.
const KIT: &[&str] = &[
    "collect", "context", "frontend", "gateway", "go", "ignore", "image", "limits", "llb",
    "options", "pb", "remote", "source",
];

#[test]
fn frontends_in_general_know_no_dockerfiles() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for file in files("src/frontend", ".rs") {
        if file.path.starts_with("src/frontend/dockerfile/") {
            continue;
        }
        read += 1;
        for line in file.code() {
            let own = line.contains("dockerfile::") && file.path != "src/frontend/mod.rs";
            if own
                || used(line)
                    .iter()
                    .any(|name| row(name).is_some() && !KIT.contains(name))
            {
                wrong.push(format!("{}: {}", file.path, line.trim()));
            }
        }
    }
    assert!(read > 10, "{read} files");
    assert!(wrong.is_empty(), "about Dockerfiles:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_does_nothing_but_compute() {
    let mut wrong = Vec::new();
    for file in files("src", ".rs") {
        if !file.module().is_some_and(|module| PURE.contains(&module)) {
            continue;
        }
        let waits = |line: &&str| WAITS.iter().any(|word| line.contains(word));
        let lines = file.code().filter(waits);
        wrong.extend(lines.map(|line| format!("{}: {line}", file.path)));
    }
    assert!(wrong.is_empty(), "async in the core:\n{}", wrong.join("\n"));
}

/// The modules that src/lib.rs excepts from clippy.toml are those that are not pure, and no module inside excepts itself.
#[test]
fn the_exceptions_of_the_core_are_the_rows_around_it() {
    let lint = "clippy::disallowed_methods";
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let attributes = lib.split("#[allow(").skip(1);
    let excepted: BTreeSet<&str> = attributes
        .filter_map(|text| text.split_once(")]\n"))
        .filter(|(lints, _)| lints.contains(lint))
        .filter_map(|(_, item)| item.lines().next()?.rsplit(' ').next()?.strip_suffix(';'))
        .collect();
    let rows = ROWS.iter().copied().flatten().copied();
    let is_pure = |module: &&str| PURE.contains(module) || *module == "internals";
    assert_eq!(excepted, rows.filter(|it| !is_pure(it)).collect());
    for file in files("src", ".rs") {
        if file.path != "src/lib.rs" {
            assert!(!file.text.contains("clippy::disallowed_"), "{}", file.path);
        }
    }
}

/// Where `rdf` opens files for other ends than to read them, or in another way.
const OPENS: &[(&str, &str)] = &[
    ("src/cli/files.rs", "the one place that reads"),
    ("src/cli/cmd/lock/write.rs", "flushes a directory"),
    (
        "src/cli/cmd/check/shellcheck.rs",
        "reads what a program prints, up to a bound",
    ),
    (
        "src/cli/cmd/lock/store.rs",
        "hashes bodies piece by piece, whatever their size",
    ),
    ("src/cli/git.rs", "reads what git prints, up to a bound"),
    (
        "src/cli/cmd/lsp/transport.rs",
        "reads an editor's messages up to a bound",
    ),
];

#[test]
fn rdf_reads_files_in_one_place() {
    let ways = [
        "fs::read(",
        "read_to_string(",
        "read_to_end(",
        "File::open(",
    ];
    let mut wrong = Vec::new();
    for file in files("src/cli", ".rs") {
        if OPENS.iter().any(|(path, _)| *path == file.path) {
            continue;
        }
        let program = file.text.split("mod tests").next().unwrap_or_default();
        let lines = program
            .lines()
            .filter(|line| ways.iter().any(|way| line.contains(way)));
        wrong.extend(lines.map(|line| format!("{}: {line}", file.path)));
    }
    assert!(
        wrong.is_empty(),
        "files are read by cli/files.rs, which reads regular ones up to a bound:\n{}",
        wrong.join("\n")
    );
}

/// Largest values that are not bounds of this program: the rules of a format, or how something looks.
const OTHER_MAXIMA: &[(&str, &str)] = &[
    ("diagnostic/suggest.rs", "MAX_DISTANCE"),
    ("diagnostic/text.rs", "MAX_COLUMNS"),
    ("format/layout.rs", "MAX_EMPTY"),
    ("options/value.rs", "MAX_CPU"),
    ("go/url.rs", "MAX_PAIRS"),
    ("image/reference.rs", "MAX_PATH_BYTES"),
    ("image/reference.rs", "MAX_TAG_BYTES"),
];

#[test]
fn every_bound_is_in_one_file() {
    let mut found = BTreeSet::new();
    for source in files("src", ".rs") {
        let file = source.path.strip_prefix("src/").unwrap_or_default();
        for line in source.text.lines().filter(|_| file != "limits.rs") {
            let Some((_, constant)) = line.split_once("const ") else {
                continue;
            };
            let name = constant.split(':').next().unwrap_or_default();
            let bounds = ["MAX_", "TIMEOUT", "BACKLOG"];
            if constant.contains(": ") && bounds.iter().any(|word| name.contains(word)) {
                found.insert((file.to_owned(), name.to_owned()));
            }
        }
    }
    let known = OTHER_MAXIMA
        .iter()
        .map(|(file, name)| ((*file).to_owned(), (*name).to_owned()))
        .collect();
    assert_eq!(found, known, "bounds belong in src/limits.rs");
}

#[test]
fn foreign_names_stay_at_home() {
    let mut wrong = Vec::new();
    for file in files("src", ".rs") {
        let path = file.path.strip_prefix("src/").expect("below src");
        for line in file.code() {
            for (name, homes) in HOMES {
                if !homes.iter().any(|home| path.starts_with(home)) && names_crate(line, name) {
                    wrong.push(format!("{}: {line}", file.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "away from home:\n{}", wrong.join("\n"));
}

#[test]
fn names_of_crates_are_found() {
    assert!(names_crate("use prost::Message;", "prost"));
    assert!(names_crate("let text = prost::encode();", "prost"));
    assert!(!names_crate("use crate::llb::h2::x;", "h2"));
    assert!(!names_crate("my_toml::x()", "toml"));
    assert_eq!(used("use crate::{go, image::Digest};"), ["go", "image"]);
    assert_eq!(
        used("pub(in crate::cli) fn a(b: crate::go::X)"),
        ["cli", "go"]
    );
}

#[test]
fn files_are_short() {
    let mut long = BTreeMap::new();
    for dir in ["src", "tests/it", "tests/e2e", "examples"] {
        for file in files(dir, ".rs") {
            let lines = file.text.lines().count();
            if lines > MAX_LINES {
                long.insert(file.path, lines);
            }
        }
    }
    for (path, reason) in LONG {
        assert!(long.remove(*path).is_some(), "{path} is not long: {reason}");
    }
    assert!(long.is_empty(), "more than {MAX_LINES} lines: {long:?}");
    for file in files("src/bin", ".rs") {
        let lines = file.text.lines().count();
        assert!(lines <= 30, "{}: a program is a call", file.path);
    }
}

#[test]
fn every_file_says_what_it_owns() {
    for file in files("src", ".rs") {
        let is_tests = file.path.ends_with("/tests.rs");
        assert!(
            is_tests || file.text.starts_with("//! "),
            "{}: no words at the top",
            file.path
        );
    }
}

#[test]
fn nothing_is_left_to_do_without_a_number() {
    for file in files("src", ".rs") {
        for line in file.text.lines() {
            let left = ["TODO", "FIXME", "XXX:"]
                .iter()
                .any(|word| line.contains(word));
            assert!(!left || line.contains("(#"), "{}: {line}", file.path);
        }
    }
}

/// Keywords of instructions, as `src/syntax/instruction` has a file for each.
fn instructions() -> BTreeSet<String> {
    let files = files("src/syntax/instruction", ".rs");
    let names = files.iter().filter_map(|file| {
        let name = file
            .path
            .strip_prefix("src/syntax/instruction/")?
            .strip_suffix(".rs")?;
        // A piece that ADD and COPY share.
        (!name.contains('/') && name != "sources").then(|| name.to_uppercase())
    });
    names.collect()
}

#[test]
fn every_instruction_has_cases() {
    let instructions = instructions();
    assert_eq!(instructions.len(), 18);
    for dir in ["testdata/parse", "testdata/conformance/cases"] {
        let mut seen = BTreeSet::new();
        for file in files(dir, "Dockerfile") {
            let words = file
                .text
                .lines()
                .filter_map(|line| line.split_ascii_whitespace().next());
            seen.extend(words.map(str::to_uppercase));
        }
        let missing: Vec<&String> = instructions.difference(&seen).collect();
        assert!(missing.is_empty(), "{dir} has nothing for {missing:?}");
    }
}

#[test]
fn pages_name_files_that_exist() {
    let mut lost = Vec::new();
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        let text =
            fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        for name in text.split('`').skip(1).step_by(2) {
            let plain = !name.contains([' ', '<', '*', '{', '…', '\n', ':']);
            let ours = [
                "src/",
                "tests/",
                "testdata/",
                "scripts/",
                "grammar/",
                "frontend-image/",
                "examples/",
                "docs/",
            ];
            if plain
                && ours.iter().any(|start| name.starts_with(start))
                && !root().join(name).exists()
            {
                lost.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(lost.is_empty(), "no such files:\n{}", lost.join("\n"));
}

#[test]
fn every_snapshot_has_its_input() {
    for file in files("testdata", ".snap") {
        let mut head = file.text.lines().skip(1).take_while(|line| *line != "---");
        if let Some(input) = head.find_map(|line| line.strip_prefix("input_file: ")) {
            assert!(root().join(input).exists(), "{}: no {input}", file.path);
        }
    }
}
