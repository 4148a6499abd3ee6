//! Lint rules: the cases of testdata/lint, one file for each rule.
//!
//! A file holds many Dockerfiles. `#= name` begins one; before it begins, `#! 2 Rule: detail` says what
//! is found in its second line (`2-4` for lines, `-` for no line) and `#? …` sets something up:
//! `arg X=1`, `platform linux/arm64`, `image linux/arm64` (what every base image is for), `ignore
//! pattern`, `check options` and `error text`, which the build then fails with. Findings are
//! compared as a set; all of them must be listed, of whatever rule.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockerfile_llb::compile::{Answer, ImageAnswer, ImageMeta, Need, Options, Source};
use dockerfile_llb::image::Platform;
use dockerfile_llb::internals::lint::{self, Config, Warning};
use dockerfile_llb::internals::set_lint;

#[derive(Default)]
struct Case {
    name: String,
    expected: Vec<String>,
    error: Option<String>,
    options: Options,
    image_platform: Option<String>,
    ignore: String,
    dockerfile: String,
}

fn platform(text: &str) -> Platform {
    let host = Platform::parse("linux/amd64", &Platform::default()).expect("a platform");
    Platform::parse(text, &host).expect("a platform")
}

impl Case {
    fn new(name: &str) -> Self {
        Case {
            name: name.to_owned(),
            ..Case::default()
        }
    }

    fn set(&mut self, setting: &str) {
        let (key, value) = setting.split_once(' ').expect("a setting and its value");
        match key {
            "arg" => {
                let (name, value) = value.split_once('=').expect("name=value");
                let args = &mut self.options.client.build_args;
                args.insert(name.into(), value.into());
            }
            "platform" => self.options.target_platform = Some(platform(value)),
            "image" => self.image_platform = Some(value.to_owned()),
            "ignore" => self.ignore.push_str(&format!("{value}\n")),
            "check" => set_lint(
                &mut self.options,
                Config::parse(value).expect("check options"),
            ),
            "error" => self.error = Some(value.to_owned()),
            other => panic!("unknown setting {other}"),
        }
    }

    fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::Image(image) => {
                let wanted = image
                    .platform
                    .clone()
                    .unwrap_or_else(|| platform("linux/amd64"));
                let platform = self.image_platform.as_deref().map_or(wanted, platform);
                let config = format!(
                    r#"{{"architecture":"{}","os":"{}","variant":"{}","config":{{"Env":["PATH=/bin"]}},
                        "rootfs":{{"type":"layers","diff_ids":["sha256:{:064}"]}}}}"#,
                    platform.architecture, platform.os, platform.variant, 0
                );
                Answer::Image(Ok(ImageAnswer::Found(ImageMeta {
                    reference: image.reference.clone(),
                    digest: Some(format!("sha256:{}", "0".repeat(64))),
                    config: Arc::from(config.into_bytes()),
                })))
            }
            Need::ContextIgnoreFile { .. } => {
                Answer::File(Ok(Some(Arc::from(self.ignore.clone().into_bytes()))))
            }
            other => panic!("{}: nobody answers {other:?}", self.name),
        }
    }

    fn check(&self, place: &str) {
        let source = Source::new(self.dockerfile.as_bytes());
        let compiled = source.compile_with(&self.options, |need| self.answer(need));
        let mut found: Vec<String> = compiled.warnings.iter().map(shown).collect();
        found.sort();
        let mut expected = self.expected.clone();
        expected.sort();
        assert_eq!(found, expected, "{place}: {}", self.name);
        let error = compiled.result.err().map(|error| error.to_string());
        assert_eq!(error, self.error, "{place}: {}", self.name);
    }
}

/// A finding as a case lists it.
fn shown(warning: &Warning) -> String {
    let lines = match warning.location.first() {
        None => "-".to_owned(),
        Some(lines) if lines.start == lines.end => lines.start.to_string(),
        Some(lines) => format!("{}-{}", lines.start, lines.end),
    };
    format!("{lines} {}: {}", warning.rule_name(), warning.detail)
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#= ") {
            cases.push(Case::new(name));
            continue;
        }
        let case = cases
            .last_mut()
            .expect("a file begins with the name of a case");
        if let Some(expected) = line.strip_prefix("#! ") {
            case.expected.push(expected.to_owned());
        } else if let Some(setting) = line.strip_prefix("#? ") {
            case.set(setting);
        } else {
            case.dockerfile.push_str(line);
            case.dockerfile.push('\n');
        }
    }
    cases
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("testdata/lint")).expect("testdata/lint");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[test]
fn cases_find_what_they_list() {
    for path in files() {
        let text = fs::read_to_string(&path).expect("a readable file");
        for case in cases(&text) {
            case.check(&path.display().to_string());
        }
    }
}

/// A file for each rule is read, so that none can be lost: in it are cases for and against.
#[test]
fn every_rule_has_cases_for_and_against() {
    let mut names = BTreeSet::from(["config"]);
    for rule in lint::ALL {
        let path = root().join(format!("testdata/lint/{}.Dockerfile", rule.name));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let about = format!(" {}: ", rule.name);
        let fires = |case: &Case| {
            case.expected
                .iter()
                .any(|expected| expected.contains(&about))
        };
        let cases = cases(&text);
        assert!(cases.iter().any(fires), "{}: no case fires", rule.name);
        assert!(
            !cases.iter().all(fires),
            "{}: no case stays silent",
            rule.name
        );
        names.insert(rule.name);
    }
    let files = files();
    let found = files.iter().map(|path| path.file_stem().expect("a name"));
    assert_eq!(
        found
            .map(|name| name.to_str().expect("text"))
            .collect::<BTreeSet<_>>(),
        names
    );
}
