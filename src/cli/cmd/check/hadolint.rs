//! hadolint's config: all of it that has a meaning here, as a config of ours.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use saphyr_parser::{Event, Parser};

use super::super::super::exit::{Exit, Failure};
use super::super::super::shell::{Shell, counted};
use crate::check::config::{Config, FailOn};
use crate::check::{LabelKind, Selector};
use crate::cli::files::read_text;
use crate::diagnostic::Severity;
use crate::limits::MAX_FILE_BYTES;

/// Names of the file, the one that counts first.
pub(super) const NAMES: [&str; 2] = [".hadolint.yaml", ".hadolint.yml"];

/// hadolint's forms of its output, and ours that is the nearest.
const FORMATS: [(&str, &str); 8] = [
    ("tty", "text"),
    ("json", "json"),
    ("sarif", "sarif"),
    ("checkstyle", "checkstyle"),
    ("codeclimate", "gitlab"),
    ("gitlab_codeclimate", "gitlab"),
    ("gnu", "gnu"),
    ("junit", "junit"),
];

/// How bad hadolint takes findings, where that is not how bad they are here.
const LEVELS: [(&str, Severity); 10] = [
    ("DL3000", Severity::Error),
    ("DL3004", Severity::Error),
    ("DL3009", Severity::Info),
    ("DL3012", Severity::Error),
    ("DL3019", Severity::Info),
    ("DL3020", Severity::Error),
    ("DL3044", Severity::Error),
    ("DL3060", Severity::Info),
    ("DL4000", Severity::Error),
    ("DL4004", Severity::Error),
];

/// What a config of hadolint says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hadolint {
    /// The same as a config of ours.
    pub config: Config,
    /// Codes of rules that are off, as written.
    ignored: Vec<String>,
    /// Severities, by code as written.
    levels: BTreeMap<String, Severity>,
    /// Codes that have no rule here.
    unknown: Vec<String>,
    /// What else has no meaning here.
    others: Vec<String>,
}

impl Hadolint {
    /// Reads the file.
    ///
    /// # Errors
    /// Why it is not YAML, with the line; a value that is not valid.
    pub(super) fn parse(text: &str) -> Result<Hadolint, String> {
        let mut found = Hadolint {
            config: Config {
                extend_select: vec![Selector::Hadolint],
                ..Config::default()
            },
            ignored: Vec::new(),
            levels: LEVELS.map(|(code, level)| (code.to_owned(), level)).into(),
            unknown: Vec::new(),
            others: Vec::new(),
        };
        // Keys of the maps and lists that are open; an empty one until a key comes.
        let mut path: Vec<(bool, String)> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event
                .map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
            match event {
                Event::MappingStart(..) => path.push((true, String::new())),
                Event::SequenceStart(..) => path.push((false, String::new())),
                Event::MappingEnd | Event::SequenceEnd => {
                    path.pop();
                    done(&mut path);
                }
                Event::Scalar(text, ..) => match path.last_mut() {
                    Some((true, key)) if key.is_empty() => *key = text.into_owned(),
                    _ => {
                        let keys: Vec<&str> = path.iter().map(|(_, key)| key.as_str()).collect();
                        found
                            .add(&keys, &text)
                            .map_err(|why| format!("line {}: {why}", span.start.line()))?;
                        done(&mut path);
                    }
                },
                _ => {}
            }
        }
        // hadolint does not fail for matters of taste.
        let usual = FailOn::Level(Severity::Info);
        found.config.fail_on.get_or_insert(usual);
        let levels = found.levels.iter();
        let levels = levels.filter_map(|(code, level)| Some((Selector::parse(code).ok()?, *level)));
        found.config.severities = levels.collect();
        Ok(found)
    }

    /// A value, below its keys; that of a list is empty.
    fn add(&mut self, keys: &[&str], text: &str) -> Result<(), String> {
        let is_true = || match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(format!("`{text}` is not a boolean")),
        };
        match keys {
            ["ignored", ""] => match Selector::parse(text) {
                Ok(selector) => {
                    self.config.ignore.push(selector);
                    self.ignored.push(text.to_owned());
                }
                Err(_) => self.unknown.push(text.to_owned()),
            },
            ["trustedRegistries", ""] => self.config.trusted_registries.push(text.to_owned()),
            ["override", level, ""] => {
                let level = Severity::parse(level)
                    .ok_or_else(|| format!("`{level}` is not a valid severity"))?;
                match Selector::parse(text) {
                    Ok(_) => {
                        self.levels.insert(text.to_owned(), level);
                    }
                    Err(_) => self.unknown.push(text.to_owned()),
                }
            }
            ["label-schema", label] => {
                let kind = LabelKind::parse(text)
                    .ok_or_else(|| format!("`{text}` is not a valid form of a label"))?;
                self.config.labels.insert((*label).to_owned(), kind);
            }
            ["strict-labels"] => self.config.strict_labels = Some(is_true()?),
            ["failure-threshold"] => {
                let level = match text {
                    "ignore" | "none" => FailOn::Nothing,
                    text => FailOn::parse(text)
                        .ok_or_else(|| format!("`{text}` is not a valid severity"))?,
                };
                // `no-fail` counts more.
                self.config.fail_on.get_or_insert(level);
            }
            ["no-fail"] => {
                let nothing = is_true()?.then_some(FailOn::Nothing);
                self.config.fail_on = nothing.or(self.config.fail_on);
            }
            ["format"] => match FORMATS.iter().find(|(theirs, _)| *theirs == text) {
                Some((_, ours)) => self.config.format = Some((*ours).to_owned()),
                None => self.others.push(format!("format: {text}")),
            },
            // Colours are for terminals, unless `--color` says otherwise.
            ["no-color"] => {}
            ["disable-ignore-pragma"] => {
                let left = is_true()?.then(|| "disable-ignore-pragma".to_owned());
                self.others.extend(left);
            }
            [key, ..] if !self.others.iter().any(|other| other == key) => {
                self.others.push((*key).to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// What is left out, for people; empty if nothing is.
    pub(super) fn left_out(&self) -> String {
        let mut text = String::new();
        for (what, names) in [
            ("no rule here", &self.unknown),
            ("no meaning here", &self.others),
        ] {
            if !names.is_empty() {
                let blank = if text.is_empty() { "" } else { "; " };
                let _ = write!(text, "{blank}{what}: {}", names.join(", "));
            }
        }
        text
    }

    fn to_toml(&self, path: &Path) -> String {
        let list = |names: &[String]| {
            let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            quoted.join(", ")
        };
        let config = &self.config;
        let mut text = format!(
            "# Made from {} by `rdf check --import-hadolint`.\n",
            path.display()
        );
        let left = self.left_out();
        if !left.is_empty() {
            let _ = writeln!(text, "# Left out: {left}.");
        }
        text.push_str("[check]\nextend-select = [\"hadolint\"]\n");
        let _ = writeln!(text, "ignore = [{}]", list(&self.ignored));
        if !config.trusted_registries.is_empty() {
            let registries = list(&config.trusted_registries);
            let _ = writeln!(text, "trusted-registries = [{registries}]");
        }
        match config.fail_on {
            Some(FailOn::Nothing) => text.push_str("fail-on = \"none\"\n"),
            Some(FailOn::Level(level)) => {
                let _ = writeln!(text, "fail-on = \"{}\"", level.as_str());
            }
            None => {}
        }
        if let Some(format) = &config.format {
            let _ = writeln!(text, "format = {format:?}");
        }
        if let Some(strict) = config.strict_labels {
            let _ = writeln!(text, "strict-labels = {strict}");
        }
        text.push_str(
            "\n# hadolint's levels, where they are not the usual ones here.\n[check.severity]\n",
        );
        for (code, level) in &self.levels {
            let _ = writeln!(text, "{code} = \"{}\"", level.as_str());
        }
        if !config.labels.is_empty() {
            text.push_str("\n[check.labels]\n");
        }
        for (label, kind) in &config.labels {
            let _ = writeln!(text, "{label:?} = \"{kind}\"");
        }
        text
    }
}

/// The value of a key is read.
fn done(path: &mut [(bool, String)]) {
    if let Some((true, key)) = path.last_mut() {
        key.clear();
    }
}

/// Reads a config file of hadolint.
pub(super) fn read(path: &Path) -> Result<Hadolint, Failure> {
    let shown = path.display();
    let text = read_text(path, MAX_FILE_BYTES)
        .map_err(|error| Failure::usage(format_args!("cannot read {shown}: {error}")))?;
    Hadolint::parse(&text).map_err(|why| Failure::usage(format_args!("{shown}: {why}")))
}

/// `--import-hadolint`: writes `rdf.toml` from the config of hadolint in this directory.
pub(super) fn import(target: &str, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut names = NAMES.iter().map(PathBuf::from);
    let Some(path) = names.find(|path| path.is_file()) else {
        return Err(Failure::usage("no such file: `.hadolint.yaml`")
            .hint("run it in the directory of the config; `--extend-select hadolint` needs none"));
    };
    if Path::new(target).exists() {
        let failure = Failure::usage(format_args!("`{target}` already exists"));
        return Err(failure.hint("remove it, or add to it what is wanted"));
    }
    let hadolint = read(&path)?;
    super::super::write(Path::new(target), hadolint.to_toml(&path).as_bytes())?;
    let rules = counted(hadolint.ignored.len(), "ignored rule");
    shell.note(&format!(
        "Wrote {target}: hadolint's rules are on, with {rules}."
    ));
    let left = hadolint.left_out();
    if !left.is_empty() {
        shell.warning(&format!("left out of {}: {left}", path.display()), "");
    }
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_of_hadolint_are_read() {
        let text = "failure-threshold: warning\nignored:\n  - DL3008\n  - SC2086\n  - DL9999\n\
                    trustedRegistries: [docker.io, \"*.gcr.io\"]\noverride:\n  error:\n    - DL3001\n  \
                    style: [DL3015]\nlabel-schema:\n  author: text\n  org.x.source: url\nstrict-labels: true\n\
                    format: gitlab_codeclimate\nno-color: true\nother:\n  key: [a, b]\n";
        let found = Hadolint::parse(text).unwrap();
        assert_eq!(found.ignored, ["DL3008", "SC2086"]);
        assert_eq!(
            found.left_out(),
            "no rule here: DL9999; no meaning here: other"
        );
        let config = Config::parse(&found.to_toml(Path::new(".hadolint.yaml"))).unwrap();
        assert_eq!(config, found.config);
        assert_eq!(config.extend_select, [Selector::Hadolint]);
        assert_eq!(config.fail_on, Some(FailOn::Level(Severity::Warning)));
        assert_eq!(config.labels.len(), 2);
        let level = |code: &str| found.levels.get(code).copied();
        assert_eq!(level("DL3001"), Some(Severity::Error));
        assert_eq!(level("DL3004"), Some(Severity::Error));
        assert_eq!(level("DL3002"), None);
    }

    #[test]
    fn thresholds_of_hadolint_are_kept() {
        let fail_on = |text: &str| Hadolint::parse(text).unwrap().config.fail_on;
        assert_eq!(fail_on(""), Some(FailOn::Level(Severity::Info)));
        assert_eq!(fail_on("failure-threshold: ignore"), Some(FailOn::Nothing));
        assert_eq!(
            fail_on("no-fail: true\nfailure-threshold: error"),
            Some(FailOn::Nothing)
        );
        assert_eq!(
            fail_on("no-fail: false\nfailure-threshold: error"),
            Some(FailOn::Level(Severity::Error))
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, why) in [
            ("ignored: [", ""),
            (
                "a: 1\nfailure-threshold: bad",
                "line 2: `bad` is not a valid severity",
            ),
            (
                "override:\n  bad: [DL3000]",
                "line 2: `bad` is not a valid severity",
            ),
            (
                "label-schema:\n  a: date",
                "line 2: `date` is not a valid form of a label",
            ),
            ("strict-labels: maybe", "line 1: `maybe` is not a boolean"),
        ] {
            let told = Hadolint::parse(text).unwrap_err();
            assert!(told.starts_with(why), "{told}");
        }
    }
}
