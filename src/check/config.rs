//! `rdf.toml`: which rules are on, by file, and which style.
//!
//! ```toml
//! [check]
//! select = ["docker", "rdf"]        # instead of the usual ones
//! extend-select = ["LatestTag"]     # besides them
//! ignore = ["UnversionedPackage"]
//! exclude = ["vendor"]              # directories and files that are not looked at
//!
//! trusted-registries = ["docker.io"]
//!
//! [check.per-file-ignores]
//! "dev/*.Dockerfile" = ["LatestTag"]
//!
//! [fmt]
//! style = "tidy"                    # of `rdf fmt`
//! ```
//! A table or key that is not known is an error.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::selection::{Selection, Selector, UnknownRule};
use crate::format::Style;
use crate::ignore::{PatternError, PatternMatcher};

/// What the file says about `rdf check`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What is on; none for the usual rules.
    pub select: Option<Vec<Selector>>,
    /// What else is on.
    pub extend_select: Vec<Selector>,
    /// What is off.
    pub ignore: Vec<Selector>,
    /// Patterns of files and directories that are skipped, relative to the file.
    pub exclude: Vec<String>,
    /// What is off in files that match a pattern.
    pub per_file_ignores: Vec<(String, Vec<Selector>)>,
    /// Registries that images may come from; none for any.
    pub trusted_registries: Vec<String>,
    /// The style of `rdf fmt`.
    pub style: Style,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    check: Table,
    #[serde(default)]
    fmt: Fmt,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fmt {
    #[serde(default)]
    style: StyleName,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StyleName {
    #[default]
    Usual,
    Tidy,
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
    exclude: Vec<String>,
    #[serde(default)]
    per_file_ignores: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    trusted_registries: Vec<String>,
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
                message: error.message().replace('\n', ", "),
            }
        })?;
        let table = file.check;
        let patterns = || table.exclude.iter().chain(table.per_file_ignores.keys());
        for pattern in patterns() {
            PatternMatcher::new(&[pattern]).map_err(|error| ConfigError::Pattern {
                pattern: pattern.clone(),
                error,
            })?;
        }
        let per_file = table.per_file_ignores.iter();
        Ok(Config {
            select: table.select.as_deref().map(selectors).transpose()?,
            extend_select: selectors(&table.extend_select)?,
            ignore: selectors(&table.ignore)?,
            per_file_ignores: per_file
                .map(|(pattern, names)| Ok((pattern.clone(), selectors(names)?)))
                .collect::<Result<_, UnknownRule>>()?,
            exclude: table.exclude,
            style: match file.fmt.style {
                StyleName::Usual => Style::Usual,
                StyleName::Tidy => Style::Tidy,
            },
            trusted_registries: table.trusted_registries,
        })
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
        let ignore: Vec<Selector> = self.ignore.iter().chain(&line.ignore).copied().collect();
        let mut selection = Selection::new(&select, &ignore);
        for (pattern, ignore) in &self.per_file_ignores {
            if matches(pattern, path) {
                selection = selection.without(ignore);
            }
        }
        selection
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
            "[check]\nextend-select = ['LatestTag']\nignore = ['UndefinedVar']\nexclude = ['old', 'a/*.x']\n\
             [check.per-file-ignores]\n'dev/*' = ['LatestTag']\n",
        )
        .unwrap();
        assert!(on(&config, "Dockerfile", "LatestTag"));
        assert!(!on(&config, "dev/Dockerfile", "LatestTag"));
        assert!(!on(&config, "Dockerfile", "UndefinedVar"));
        assert!(on(&config, "Dockerfile", "MaintainerDeprecated"));
        assert!(config.excludes("b/old/Dockerfile") && config.excludes("a/b.x"));
        assert!(!config.excludes("b/a/b.x"));
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
    fn mistakes_are_named() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert!(error("[check]\nselct = []").starts_with("line 2: unknown field `selct`"));
        assert_eq!(
            error("[check]\nselect = ['LatestTg']"),
            "unknown rule `LatestTg` (did you mean `LatestTag`?)"
        );
        assert!(error("[chek]\nignore = []").starts_with("line 1: unknown field `chek`"));
        assert!(error("ignore = []").starts_with("line 1: unknown field `ignore`"));
        assert!(error("[check]\nexclude = ['[']").starts_with("the pattern `[`: "));
    }
}
