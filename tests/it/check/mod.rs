//! `rdf check`: rules of our own, agreement with what the reference reports, fixes.
//!
//! testdata/check has a file of cases for each rule of ours, in the form of testdata/lint; `#? ignored` puts
//! an ignore file into the context, `#? locked` a lock beside the Dockerfile, and `#? context FILES` says what is in the context, `#? ignores PATTERN` what of it is ignored,
//! `#? shellcheck WORD` has a stand-in for
//! ShellCheck that finds the word as SC2086. testdata/check/fix has
//! Dockerfiles before and after `--fix`. testdata/corpus and `RDF_CORPUS` are checked and fixed as a whole.

mod corpus;
mod errors;
mod fix;
mod hints;
mod marks;
mod rest;
mod sarif;
pub(crate) mod schema;
#[cfg(feature = "cli")]
mod schemas;
#[cfg(feature = "cli")]
mod shellcheck;

#[cfg(feature = "cli")]
pub(crate) use schemas::problems_of_config;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockerfile_llb::compile::Options;
use dockerfile_llb::internals::check::catalogue;
use dockerfile_llb::internals::check::catalogue::Group;
use dockerfile_llb::internals::check::{
    CheckInput, ContextFiles, Images, LabelKind, Problem, Selection, Selector, Settings, check,
};
use dockerfile_llb::internals::diagnostic::Severity;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `rdf check` takes without flags, but that every other image is known to be bare.
fn settings(all_stages: bool) -> Settings {
    Settings {
        options: with!(Options::default(), all_stages),
        images: Images {
            others_are_bare: true,
            ..Images::default()
        },
    }
}

fn input(selectors: &[Selector]) -> CheckInput {
    CheckInput::new("Dockerfile", Selection::new(selectors, &[]))
}

/// `1 Rule: message`, `2-4 …` for lines.
fn shown(problem: &Problem) -> String {
    let lines = match problem.location {
        None => "-".to_owned(),
        Some(lines) if lines.start == lines.end => lines.start.to_string(),
        Some(lines) => format!("{}-{}", lines.start, lines.end),
    };
    let diagnostic = &problem.diagnostic;
    format!("{lines} {}: {}", diagnostic.code, diagnostic.message)
}

/// A build context: its files.
#[derive(Debug)]
struct InMemory(Vec<String>);

impl ContextFiles for InMemory {
    fn exists(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.0
            .iter()
            .any(|file| file == path || file.starts_with(&below))
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let below = match directory {
            "" => String::new(),
            directory => format!("{directory}/"),
        };
        let files = self.0.iter().filter_map(|file| file.strip_prefix(&below));
        files
            .map(|rest| rest.split('/').next().unwrap().to_owned())
            .collect()
    }
}

struct Case {
    name: String,
    expected: Vec<String>,
    input: CheckInput,
    dockerfile: String,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#= ") {
            let mut input = input(&[Selector::Group(Group::Rdf)]);
            input.has_ignore_file = Some(false);
            input.today = Some("2026-11-01".to_owned());
            cases.push(Case {
                name: name.to_owned(),
                expected: Vec::new(),
                input,
                dockerfile: String::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a file begins with a case");
        match line.split_once(' ') {
            Some(("#!", expected)) => case.expected.push(expected.to_owned()),
            Some(("#?", "ignored")) => case.input.has_ignore_file = Some(true),
            Some(("#?", setting)) if setting.starts_with("trusted ") => {
                let registries = setting.split(' ').skip(1);
                case.input.trusted_registries = registries.map(str::to_owned).collect();
            }
            Some(("#?", setting)) if setting.starts_with("shellcheck ") => {
                let word = setting.trim_start_matches("shellcheck ");
                case.input.shellcheck = Some(Arc::new(shellcheck::Finds::new(word)));
            }
            Some(("#?", setting)) if setting.starts_with("labels ") => {
                let labels = setting.split(' ').skip(1).map(|label| {
                    let (key, kind) = label.split_once('=').unwrap();
                    (key.to_owned(), LabelKind::parse(kind).unwrap())
                });
                case.input.labels = labels.collect();
            }
            Some(("#?", setting)) if setting.starts_with("context ") => {
                let files = setting.split(' ').skip(1).map(str::to_owned);
                case.input
                    .contexts
                    .push(Arc::new(InMemory(files.collect())));
            }
            Some(("#?", setting)) if setting.starts_with("ignores ") => {
                let pattern = setting.trim_start_matches("ignores ");
                case.input.context_ignore = Some(pattern.as_bytes().into());
            }
            Some(("#?", "named context")) => case.input.context_is_named = true,
            Some(("#?", "recorded")) => case.input.recorded = true,
            Some(("#?", "strict labels")) => case.input.strict_labels = true,
            Some(("#?", "locked")) => case.input.locked = true,
            Some(("#?", other)) => panic!("unknown setting {other}"),
            _ => case.dockerfile.push_str(&format!("{line}\n")),
        }
    }
    cases
}

fn files(dir: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(dir)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

#[test]
fn own_rules_find_what_their_cases_list() {
    let settings = settings(true);
    let mut wrong = Vec::new();
    for path in files("testdata/check", "Dockerfile") {
        let rule = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in cases(&fs::read_to_string(&path).unwrap()) {
            let checked = check(case.dockerfile.as_bytes(), &settings, &case.input);
            // Other rules of ours have something to say about most files.
            let mut found: Vec<String> = checked
                .problems
                .iter()
                .filter(|problem| {
                    let of = problem.rule.map_or("", |rule| rule.name);
                    match rule == "comments" {
                        // Short files have no health check, and these are about all comments.
                        true => {
                            let others = ["MissingHealthcheck", "InlineIgnore", "HadolintComment"];
                            !others.contains(&of)
                        }
                        false => of == rule,
                    }
                })
                .map(shown)
                .collect();
            found.sort();
            let mut expected = case.expected.clone();
            expected.sort();
            if found != expected || checked.has_errors() {
                wrong.push(format!("{rule}: {}: {found:#?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file for each rule is read, so that none can be lost: in it are cases for and against.
#[test]
fn own_rules_have_cases_for_and_against() {
    let mut names = BTreeSet::from(["comments"]);
    for entry in catalogue::all().filter(|entry| entry.group == Group::Rdf) {
        let name = entry.rule.name;
        let path = root().join(format!("testdata/check/{name}.Dockerfile"));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let cases = cases(&text);
        assert!(
            cases.iter().any(|case| !case.expected.is_empty()),
            "{name}: no case fires"
        );
        assert!(
            cases.iter().any(|case| case.expected.is_empty()),
            "{name}: no case is silent"
        );
        names.insert(name);
    }
    let files = files("testdata/check", "Dockerfile");
    let found = files.iter().map(|path| path.file_stem().unwrap());
    let found: BTreeSet<&str> = found.map(|name| name.to_str().unwrap()).collect();
    assert_eq!(found, names);
}

/// What only an image can tell is not reported where nothing is known about it.
#[test]
fn a_value_that_is_no_secret_lowers_the_level_unless_the_config_says_it() {
    let text = b"FROM alpine\nENV TOKEN= PASSWORD=hunter2\nARG TOKEN\nARG API_KEY=tls/api.key\n";
    let mut input = input(&[Selector::Group(Group::Docker)]);
    let levels = |input: &CheckInput| -> Vec<Severity> {
        let problems = check(text, &settings(true), input).problems;
        let levels = problems.iter().map(|it| it.diagnostic.severity);
        levels.collect()
    };
    let (info, warning, error) = (Severity::Info, Severity::Warning, Severity::Error);
    assert_eq!(levels(&input), [info, warning, warning, info]);
    input.severities = vec![(Selector::Rule("SecretsUsedInArgOrEnv"), error)];
    assert_eq!(levels(&input), [error; 4]);
}

#[test]
fn guesses_are_left_out() {
    let mut settings = settings(true);
    settings.images.others_are_bare = false;
    for (dockerfile, codes) in [
        ("FROM golang:1\nCOPY a $GOPATH/\n", &[][..]),
        ("FROM alpine:3\nCOPY a $GOPATH/\n", &["UndefinedVar"]),
        ("FROM scratch\nCOPY a $GOPATH/\n", &["UndefinedVar"]),
        ("FROM tools/windows\nWORKDIR C:\\docs\n", &[]),
        (
            "FROM tools/windows\nWORKDIR docs\n",
            &["WorkdirRelativePath"],
        ),
        (
            "FROM alpine:3\nWORKDIR C:\\docs\n",
            &["WorkdirRelativePath"],
        ),
    ] {
        let input = input(&[Selector::Group(Group::Docker)]);
        let problems = check(dockerfile.as_bytes(), &settings, &input).problems;
        let found: Vec<&str> = problems.iter().map(|it| &*it.diagnostic.code).collect();
        assert_eq!(found, codes, "{dockerfile}");
    }
}

#[test]
fn rules_have_pages() {
    for entry in catalogue::all() {
        let (name, page) = (entry.rule.name, entry.page());
        assert!(page.starts_with(&format!("# {name}\n")), "{name}");
        for heading in [
            "## What it does",
            "## Why it is bad",
            "## Example",
            "## Use instead",
        ] {
            assert!(
                page.lines().any(|line| line == heading),
                "{name}: {heading}"
            );
        }
        assert!(
            page.lines().all(|line| line.chars().count() <= 110),
            "{name}"
        );
    }
}

#[test]
fn rules_are_sorted_by_name() {
    for group in [Group::Docker, Group::Rdf] {
        let rules = catalogue::all().filter(|entry| entry.group == group);
        let names: Vec<&str> = rules.map(|entry| entry.rule.name).collect();
        assert!(names.is_sorted(), "{names:?}");
    }
}
