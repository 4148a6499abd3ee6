//! Builds of [`generate`]: what must hold for each without knowing what is right, and the same as a reference where
//! there is one.
//!
//! `RDF_REF_ORACLE=COMMAND` names the reference: a program that answers each line of its standard input with one on its
//! standard output. docs/dev/fuzzing.md says what is in them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dockerfile_llb::expand::Expander;
use dockerfile_llb::format::format;
use dockerfile_llb::internals::expand::settings::{Escapes, Quotes, Unset};
use dockerfile_llb::internals::expander;
use dockerfile_llb::llb::EnvList;
use dockerfile_llb::source::Escape;
use dockerfile_llb::syntax;
use serde_json::Value;

use super::generate::{self, Build};
use super::mutate::{Random, mutate};
use super::{STACK, on_small_stack, run_made};
use crate::conformance::case::Case;
use crate::conformance::run::outputs;
use crate::lock::corpus::{self, Tally};
use crate::{conformance, format as layout};

/// Builds by the grammar.
#[test]
fn builds() {
    target("builds", |_, random| generate::build(random));
}

/// Changed files of testdata, with options.
#[test]
fn changed_builds() {
    target("changed_builds", |seeds, random| {
        let changed = mutate(&seeds[random.below(seeds.len())], seeds, random);
        Build {
            dockerfile: String::from_utf8_lossy(&changed).into_owned(),
            case: generate::settings(&[], random),
        }
    });
}

/// An input is what the reference is asked: a line of JSON.
fn target(name: &'static str, make: fn(&[Vec<u8>], &mut Random) -> Build) {
    on_small_stack(STACK, move || {
        let seeds = super::dockerfiles();
        let make = |random: &mut Random| serde_json::to_vec(&make(&seeds, random)).unwrap();
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("robust-{name}.case"));
        run_made(name, &seeds, make, |input, seeds, random| {
            laws(&serde_json::from_slice(input).unwrap(), &dir, seeds, random);
        });
    });
}

/// What holds for every build.
fn laws(build: &Build, dir: &Path, seeds: &[Vec<u8>], random: &mut Random) {
    let bytes = build.dockerfile.as_bytes();
    super::dockerfile(bytes, seeds, random);
    layouts(bytes);
    pins(build);
    words(&build.dockerfile);
    write(build, dir);
    let ours = outputs(&Case::read(dir).unwrap()).unwrap();
    questions(build, &ours);
    ORACLE.with_borrow_mut(|oracle| {
        if let Some(oracle) = oracle {
            oracle.compare(build, &ours);
        }
    });
}

/// Another layout is the same build.
fn layouts(bytes: &[u8]) {
    if let Some(formatted) = layout::promises(bytes) {
        assert_eq!(layout::compiled::noticed(bytes, &formatted), None);
    }
    assert_eq!(
        format(bytes).is_ok(),
        syntax::parse(bytes).errors.is_empty()
    );
}

/// A lock gives the ops that its pins in the file give.
fn pins(build: &Build) {
    let text = build.dockerfile.to_ascii_lowercase();
    // A build that findings end has no ops, and what a trigger names is not pinned in its place: docs/lock.md.
    if !text.contains("error=true") && !text.contains("onbuild") {
        let bytes = build.dockerfile.clone().into();
        corpus::check("generated", bytes, &mut Tally::default());
    }
}

/// What holds for words, whatever is in them.
fn words(text: &str) {
    let env: EnvList = [("A", "a b"), ("B", ""), ("PATH", "/bin")]
        .into_iter()
        .collect();
    let keep = expander(Escape::Backslash, Quotes::Keep, Escapes::Keep, Unset::Keep);
    let usual = Expander::new(Escape::Backslash);
    // A mark at the start of a word is dropped, as the reference's reader does.
    for word in text.split_whitespace().take(40) {
        let word = word.trim_start_matches('\u{feff}');
        // Without variables there is nothing to do for an expander that keeps everything.
        let expanded = keep.expand_word(word.as_bytes(), &EnvList::default());
        if !word.contains('$')
            && let Ok(expanded) = &expanded
        {
            assert_eq!(expanded.text, word);
        }
        // A slash is part of no variable: words beside each other do not meet.
        let alone = usual.expand_word(word.as_bytes(), &env);
        let both = format!("{word}/{word}");
        let twice = usual.expand_word(both.as_bytes(), &env);
        if let (Ok(alone), Ok(twice)) = (alone, twice) {
            assert_eq!(twice.text, format!("{0}/{0}", alone.text), "{word:?}");
            assert_eq!(twice.matched, alone.matched, "{word:?}");
        }
    }
}

/// The answers about a file fit to the file.
fn questions(build: &Build, ours: &BTreeMap<String, Vec<u8>>) {
    let read = |name: &str| {
        ours.get(name)
            .map(|json| serde_json::from_slice::<Value>(json).unwrap())
    };
    let parsed = syntax::parse(build.dockerfile.as_bytes());
    if let Some(targets) = read("targets.json") {
        let listed = targets["targets"].as_array().map_or(0, Vec::len);
        assert_eq!(listed, parsed.dockerfile.stages.len(), "{targets}");
    }
    if let Some(outline) = read("outline.json") {
        let wanted = build.case["target"].as_str();
        if let (Some(name), Some(wanted)) = (outline["name"].as_str(), wanted) {
            assert!(name.eq_ignore_ascii_case(wanted), "{name} for {wanted}");
        }
    }
}

/// The case as a directory: where it fails, it is there for `examples/conformance`.
fn write(build: &Build, dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("Dockerfile"), &build.dockerfile).unwrap();
    fs::write(dir.join("case.json"), build.case.to_string()).unwrap();
}

std::thread_local! {
    /// The reference, if one is named.
    static ORACLE: RefCell<Option<Oracle>> = RefCell::new(std::env::var_os("RDF_REF_ORACLE").map(Oracle::start));
}

/// A program that knows what is right.
struct Oracle {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start(command: OsString) -> Oracle {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (questions, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Oracle {
            child,
            questions,
            answers: BufReader::new(answers),
        }
    }

    /// Asks for the case, and holds ours against the answer.
    fn compare(&mut self, build: &Build, ours: &BTreeMap<String, Vec<u8>>) {
        let question = serde_json::to_string(build).unwrap();
        writeln!(self.questions, "{question}").expect("the reference takes questions");
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .expect("the reference answers");
        let answer: Answer = serde_json::from_str(&line).expect("an answer");
        let theirs = match answer {
            Answer::Skipped(why) => return println!("the reference has no answer: {why}"),
            Answer::Files(files) => files,
        };
        let decode = |text: String| STANDARD.decode(text).expect("base64");
        let theirs = theirs
            .into_iter()
            .map(|(name, content)| (name, decode(content)))
            .collect();
        assert_eq!(conformance::differing(&theirs, ours), [""; 0]);
    }
}

/// A line of the reference.
#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    /// Files of the case by what follows `expected.` in their names, in base64.
    Files(BTreeMap<String, String>),
    /// It has no answer, and why.
    Skipped(String),
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was recorded of a case, as a reference would answer it.
#[test]
fn a_reference_answers_line_by_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance/cases");
    let case = Case::read(&root.join("add-git-basic")).unwrap();
    let ours = outputs(&case).unwrap();
    let mut recorded = BTreeMap::new();
    for name in ours.keys() {
        let file = case.dir.join(format!("expected.{name}"));
        recorded.insert(name, STANDARD.encode(fs::read(file).unwrap()));
    }
    let right = serde_json::json!({ "files": recorded }).to_string();
    let wrong = serde_json::json!({ "files": { "pb": "eA==" } }).to_string();
    let script = format!("read x; echo '{right}'; read x; echo '{wrong}'");
    let mut oracle = Oracle::start(script.into());
    let build = Build {
        dockerfile: String::new(),
        case: Value::Null,
    };
    oracle.compare(&build, &ours);
    let caught = catch_unwind(AssertUnwindSafe(|| oracle.compare(&build, &ours)));
    assert!(caught.is_err(), "another definition is a difference");
}
