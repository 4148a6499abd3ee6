//! `rdf.toml`: which files are Dockerfiles, which rules are on, by file, and which style.
//!
//! ```toml
//! [files]
//! include = ["docker/*.build"]      # Dockerfiles by other names
//! exclude = ["vendor"]              # directories and files that are not looked at
//!
//! [check]
//! select = ["docker", "rdf"]        # instead of the usual ones
//! extend-select = ["LatestTag"]     # besides them
//! ignore = ["UnversionedPackage"]
//! extend = "../rdf.toml"            # what this file is built on
//! trusted-registries = ["docker.io"]
//! strict-labels = true              # no labels but those below
//! fail-on = "warning"               # what is less bad is told, and does not fail
//! format = "github"
//! shellcheck = "tools/shellcheck"   # instead of the one on the search path
//!
//! [check.per-file-ignores]
//! "dev/*.Dockerfile" = ["LatestTag"]
//!
//! [fmt]
//! style = "tidy"                    # of `rdf fmt`
//! [check.per-file-extend-select]
//! "release/*" = ["hadolint"]
//!
//! [check.severity]
//! DL3008 = "info"
//!
//! [check.labels]
//! "org.opencontainers.image.source" = "url"
//! ```
//! A table or key that is not known is an error.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LabelKind;
use super::selection::{Selection, Selector, UnknownRule};
use crate::diagnostic::Severity;
use crate::ignore::{PatternError, PatternMatcher};

/// A way to write Dockerfiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// White space and casing, never another build.
    #[default]
    Usual,
    /// Besides, what steps may lose their cache for.
    Tidy,
}

/// What the file says about `rdf check`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What is on; none for the usual rules.
    pub select: Option<Vec<Selector>>,
    /// What else is on.
    pub extend_select: Vec<Selector>,
    /// What is off.
    pub ignore: Vec<Selector>,
    /// Patterns of files that are Dockerfiles by other names, relative to the file.
    pub include: Vec<String>,
    /// Patterns of files and directories that are skipped, relative to the file.
    pub exclude: Vec<String>,
    /// What is off in files that match a pattern.
    pub per_file_ignores: Vec<(String, Vec<Selector>)>,
    /// Registries that images may come from; none for any.
    pub trusted_registries: Vec<String>,
    /// The style of `rdf fmt`.
    pub style: Style,
    /// The program `shellcheck`; none for the one on the search path.
    pub shellcheck: Option<String>,
    /// What else is on in files that match a pattern.
    pub per_file_extend_select: Vec<(String, Vec<Selector>)>,
    /// Labels that images must have, and the forms of their values.
    pub labels: BTreeMap<String, LabelKind>,
    /// They may have no others.
    pub strict_labels: Option<bool>,
    /// How bad findings are, in the place of what their rules say.
    pub severities: Vec<(Selector, Severity)>,
    /// How bad a finding must be for the command to fail.
    pub fail_on: Option<FailOn>,
    /// The form of the findings, by its name.
    pub format: Option<String>,
    /// Files that this one is built on, relative to it; what it says itself counts more.
    pub extend: Vec<String>,
}

/// How bad a finding must be for the command to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// This bad, or worse.
    Level(Severity),
    /// No finding is.
    Nothing,
}

impl FailOn {
    /// Reads `error`, `warning`, `info`, `style` or `none`.
    pub fn parse(text: &str) -> Option<FailOn> {
        match text {
            "none" => Some(FailOn::Nothing),
            text => Severity::parse(text).map(FailOn::Level),
        }
    }

    /// Whether a finding of that level makes the command fail.
    pub fn includes(self, severity: Severity) -> bool {
        match self {
            FailOn::Nothing => false,
            FailOn::Level(level) => severity <= level,
        }
    }
}

impl Default for FailOn {
    /// Any finding.
    fn default() -> Self {
        FailOn::Level(Severity::Style)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    files: Files,
    #[serde(default)]
    check: Table,
    #[serde(default)]
    fmt: Fmt,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fmt {
    #[serde(default)]
    style: Style,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    select: Option<Vec<String>>,
    #[serde(default)]
    extend_select: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    per_file_ignores: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    trusted_registries: Vec<String>,
    shellcheck: Option<String>,
    #[serde(default)]
    per_file_extend_select: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    strict_labels: Option<bool>,
    #[serde(default)]
    severity: BTreeMap<String, String>,
    fail_on: Option<String>,
    format: Option<String>,
    #[serde(default)]
    extend: Paths,
}

/// One path, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Paths {
    One(String),
    Several(Vec<String>),
}

impl Default for Paths {
    fn default() -> Self {
        Paths::Several(Vec::new())
    }
}

/// What is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is not TOML, or not of this form.
    #[error("{}{message}", .line.map_or_else(String::new, |line| format!("line {line}: ")))]
    Format {
        /// The line, from one.
        line: Option<usize>,
        /// What is wrong there.
        message: String,
    },
    /// A pattern of files cannot be read.
    #[error("the pattern `{pattern}`: {error}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        error: PatternError,
    },
    /// A key has a value that is none of those that it may have.
    #[error("`{value}` is not a valid value of `{key}`: expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A word selects nothing.
    #[error(transparent)]
    Rule(#[from] UnknownRule),
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, with the line where the format is broken.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| {
                let before = text.get(..span.start).unwrap_or_default();
                before.matches('\n').count() + 1
            });
            ConfigError::Format {
                line,
                message: match is_old_exclude(text) {
                    true => "`exclude` belongs to `[files]`".to_owned(),
                    false => error.message().replace('\n', ", "),
                },
            }
        })?;
        let table = file.check;
        let per_file = || {
            let ignores = table.per_file_ignores.keys();
            ignores.chain(table.per_file_extend_select.keys())
        };
        let files = file.files.include.iter().chain(&file.files.exclude);
        for pattern in files.chain(per_file()) {
            PatternMatcher::new(&[pattern]).map_err(|error| ConfigError::Pattern {
                pattern: pattern.clone(),
                error,
            })?;
        }
        Ok(Config {
            select: table.select.as_deref().map(selectors).transpose()?,
            extend_select: selectors(&table.extend_select)?,
            ignore: selectors(&table.ignore)?,
            per_file_ignores: by_pattern(&table.per_file_ignores)?,
            per_file_extend_select: by_pattern(&table.per_file_extend_select)?,
            include: file.files.include,
            exclude: file.files.exclude,
            style: file.fmt.style,
            trusted_registries: table.trusted_registries,
            shellcheck: table.shellcheck,
            labels: labels(table.labels)?,
            strict_labels: table.strict_labels,
            severities: severities(table.severity)?,
            fail_on: fail_on(table.fail_on)?,
            format: table.format,
            extend: match table.extend {
                Paths::One(path) => vec![path],
                Paths::Several(paths) => paths,
            },
        })
    }

    /// This file on top of one that it is built on: lists are added to, single values replaced.
    #[must_use]
    pub fn on_top_of(self, base: Config) -> Config {
        fn joined<T>(mut base: Vec<T>, own: Vec<T>) -> Vec<T> {
            base.extend(own);
            base
        }
        let mut labels = base.labels;
        labels.extend(self.labels);
        Config {
            select: self.select.or(base.select),
            extend_select: joined(base.extend_select, self.extend_select),
            ignore: joined(base.ignore, self.ignore),
            include: joined(base.include, self.include),
            exclude: joined(base.exclude, self.exclude),
            per_file_ignores: joined(base.per_file_ignores, self.per_file_ignores),
            per_file_extend_select: joined(
                base.per_file_extend_select,
                self.per_file_extend_select,
            ),
            trusted_registries: joined(base.trusted_registries, self.trusted_registries),
            shellcheck: self.shellcheck.or(base.shellcheck),
            labels,
            strict_labels: self.strict_labels.or(base.strict_labels),
            severities: joined(base.severities, self.severities),
            fail_on: self.fail_on.or(base.fail_on),
            style: match self.style {
                Style::Usual => base.style,
                chosen => chosen,
            },
            format: self.format.or(base.format),
            extend: Vec::new(),
        }
    }

    /// The rules that are on for a file; `path` is relative to the config file, with slashes.
    /// What the command line says comes on top.
    pub fn selection(&self, path: &str, line: &Flags) -> Selection {
        let mut select = line
            .select
            .clone()
            .or_else(|| self.select.clone())
            .unwrap_or_else(Selection::usual);
        select.extend(self.extend_select.iter().chain(&line.extend_select));
        let per_file = self.per_file_extend_select.iter();
        for (_, more) in per_file.filter(|(pattern, _)| matches(pattern, path)) {
            select.extend(more);
        }
        let ignore: Vec<Selector> = self.ignore.iter().chain(&line.ignore).copied().collect();
        let mut selection = Selection::new(&select, &ignore);
        for (pattern, ignore) in &self.per_file_ignores {
            if matches(pattern, path) {
                selection = selection.without(ignore);
            }
        }
        selection
    }

    /// Whether a file is a Dockerfile, whatever its name.
    pub fn includes(&self, path: &str) -> bool {
        self.include.iter().any(|pattern| matches(pattern, path))
    }

    /// Whether a file or directory is skipped.
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|pattern| matches(pattern, path))
    }
}

/// What the command line says about rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--select`, in the place of the file's.
    pub select: Option<Vec<Selector>>,
    /// `--extend-select`
    pub extend_select: Vec<Selector>,
    /// `--ignore`
    pub ignore: Vec<Selector>,
}

/// Reads names of rules and groups.
///
/// # Errors
/// The first word that is not one.
pub fn selectors(names: &[String]) -> Result<Vec<Selector>, UnknownRule> {
    names.iter().map(|name| Selector::parse(name)).collect()
}

fn by_pattern(
    table: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<(String, Vec<Selector>)>, UnknownRule> {
    let rows = table.iter();
    rows.map(|(pattern, names)| Ok((pattern.clone(), selectors(names)?)))
        .collect()
}

/// Whether files are excluded in the table of `rdf check` alone.
fn is_old_exclude(text: &str) -> bool {
    let file = text.parse::<toml::Table>().ok();
    let check = file.as_ref().and_then(|file| file.get("check")?.as_table());
    check.is_some_and(|check| check.contains_key("exclude"))
}

fn labels(table: BTreeMap<String, String>) -> Result<BTreeMap<String, LabelKind>, ConfigError> {
    let kind = |(key, name): (String, String)| match LabelKind::parse(&name) {
        Some(kind) => Ok((key, kind)),
        None => Err(ConfigError::Value {
            key,
            value: name,
            expected: "`text`, `url`, `rfc3339`, `semver`, `hash`, `spdx` or `email`",
        }),
    };
    table.into_iter().map(kind).collect()
}

fn severities(table: BTreeMap<String, String>) -> Result<Vec<(Selector, Severity)>, ConfigError> {
    let severity = |(key, name): (String, String)| match Severity::parse(&name) {
        Some(severity) => Ok((Selector::parse(&key)?, severity)),
        None => Err(ConfigError::Value {
            key,
            value: name,
            expected: "`error`, `warning`, `info` or `style`",
        }),
    };
    table.into_iter().map(severity).collect()
}

fn fail_on(value: Option<String>) -> Result<Option<FailOn>, ConfigError> {
    let read = |value: String| {
        FailOn::parse(&value).ok_or(ConfigError::Value {
            key: "fail-on".to_owned(),
            value,
            expected: "`error`, `warning`, `info`, `style` or `none`",
        })
    };
    value.map(read).transpose()
}

/// A pattern without a slash is for names anywhere.
fn matches(pattern: &str, path: &str) -> bool {
    let anywhere = format!("**/{pattern}");
    let pattern = match pattern.contains('/') {
        true => pattern,
        false => &anywhere,
    };
    PatternMatcher::new(&[pattern])
        .and_then(|matcher| matcher.matches_or_parent_matches(path))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue;

    fn on(config: &Config, path: &str, rule: &str) -> bool {
        let rule = catalogue::find(rule).unwrap().rule;
        config.selection(path, &Flags::default()).has(rule)
    }

    #[test]
    fn rules_are_chosen_by_file() {
        let config = Config::parse(
            "[check]\nextend-select = ['LatestTag']\nignore = ['UndefinedVar']\n\
             [files]\ninclude = ['*.build']\nexclude = ['old', 'a/*.x']\n[check.per-file-ignores]\n'dev/*' = ['LatestTag']\n",
        )
        .unwrap();
        assert!(on(&config, "Dockerfile", "LatestTag"));
        assert!(!on(&config, "dev/Dockerfile", "LatestTag"));
        assert!(!on(&config, "Dockerfile", "UndefinedVar"));
        assert!(on(&config, "Dockerfile", "MaintainerDeprecated"));
        assert!(config.excludes("b/old/Dockerfile") && config.excludes("a/b.x"));
        assert!(!config.excludes("b/a/b.x"));
        assert!(config.includes("b/web.build") && !config.includes("b/web.x"));
    }

    #[test]
    fn a_style_can_be_chosen() {
        let style = |text: &str| Config::parse(text).map(|config| config.style);
        assert_eq!(style(""), Ok(Style::Usual));
        assert_eq!(style("[fmt]\nstyle = 'tidy'"), Ok(Style::Tidy));
        let error = style("[fmt]\nstyle = 'neat'").unwrap_err().to_string();
        assert!(
            error.contains("line 2") && error.contains("tidy"),
            "{error}"
        );
    }

    #[test]
    fn a_file_may_be_built_on_another() {
        let read = |text: &str| Config::parse(text).unwrap();
        let base = read(
            "[check]\nselect = ['docker']\nignore = ['UndefinedVar']\nfail-on = 'error'\nformat = 'gnu'\n\
             [check.severity]\nLatestTag = 'info'\n[check.labels]\na = 'url'\nb = 'text'\n",
        );
        let own = read(
            "[check]\nextend = '../rdf.toml'\nignore = ['LatestTag']\nfail-on = 'none'\n[check.labels]\na = 'semver'\n",
        );
        assert_eq!(own.extend, ["../rdf.toml"]);
        let config = own.on_top_of(base);
        assert_eq!(config.ignore.len(), 2);
        assert_eq!(config.select.as_ref().map(Vec::len), Some(1));
        assert_eq!(config.fail_on, Some(FailOn::Nothing));
        assert_eq!(config.format.as_deref(), Some("gnu"));
        assert_eq!(
            config.severities,
            [(Selector::Rule("LatestTag"), Severity::Info)]
        );
        assert_eq!(config.labels.get("a"), Some(&LabelKind::Semver));
        assert_eq!(config.labels.get("b"), Some(&LabelKind::Text));
    }

    #[test]
    fn files_can_have_more_rules() {
        let config =
            Config::parse("[check.per-file-extend-select]\n'release/*' = ['LatestTag']").unwrap();
        assert!(on(&config, "release/Dockerfile", "LatestTag"));
        assert!(!on(&config, "Dockerfile", "LatestTag"));
    }

    #[test]
    fn levels_are_ordered() {
        let fails = |fail_on: &str, level| FailOn::parse(fail_on).unwrap().includes(level);
        assert!(fails("warning", Severity::Error) && fails("warning", Severity::Warning));
        assert!(!fails("warning", Severity::Info) && !fails("none", Severity::Error));
        assert!(FailOn::default().includes(Severity::Style));
        assert_eq!(FailOn::parse("bad"), None);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert!(error("[check]\nselct = []").starts_with("line 2: unknown field `selct`"));
        assert_eq!(
            error("[check]\nselect = ['LatestTg']"),
            "unknown rule `LatestTg` (did you mean `LatestTag`?)"
        );
        assert_eq!(
            error("[check]\nfail-on = 'bad'"),
            "`bad` is not a valid value of `fail-on`: expected `error`, `warning`, `info`, `style` or `none`"
        );
        assert!(
            error("[check.severity]\nLatestTag = 'bad'")
                .starts_with("`bad` is not a valid value of `LatestTag`")
        );
        assert!(
            error("[check.labels]\na = 'date'").starts_with("`date` is not a valid value of `a`")
        );
        assert!(error("[chek]\nignore = []").starts_with("line 1: unknown field `chek`"));
        assert!(error("ignore = []").starts_with("line 1: unknown field `ignore`"));
        assert_eq!(
            error("[check]\nexclude = ['a']"),
            "line 2: `exclude` belongs to `[files]`"
        );
        assert!(error("[files]\nexclude = ['[']").starts_with("the pattern `[`: "));
    }
}
