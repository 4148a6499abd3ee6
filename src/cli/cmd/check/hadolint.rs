//! hadolint's config, as far as it has a meaning here: which rules are ignored, and which registries are trusted.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use saphyr_parser::{Event, Parser};

use super::super::super::exit::{Exit, Failure};
use super::super::super::shell::{Shell, counted};
use crate::check::Selector;
use crate::check::config::Config;
use crate::cli::files::read_text;
use crate::limits::MAX_FILE_BYTES;

/// Names of the file, the one that counts first.
pub(super) const NAMES: [&str; 2] = [".hadolint.yaml", ".hadolint.yml"];

/// What a config of hadolint says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hadolint {
    /// Codes of rules that are off and have a rule here.
    pub ignored: Vec<String>,
    /// Codes of rules that are off and have none.
    pub unknown: Vec<String>,
    pub trusted: Vec<String>,
    /// Keys that have no meaning here.
    pub others: Vec<String>,
}

impl Hadolint {
    /// Reads the file.
    ///
    /// # Errors
    /// Why it is not YAML, with the line.
    pub(super) fn parse(text: &str) -> Result<Hadolint, String> {
        let mut found = Hadolint::default();
        // Keys of the maps and lists that are open; an empty one until a key comes.
        let mut path: Vec<(bool, String)> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, _) = event
                .map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
            match event {
                Event::MappingStart(..) => path.push((true, String::new())),
                Event::SequenceStart(..) => path.push((false, String::new())),
                Event::MappingEnd | Event::SequenceEnd => {
                    path.pop();
                    done(&mut path);
                }
                Event::Scalar(text, ..) => match path.last_mut() {
                    Some((true, key)) if key.is_empty() => {
                        *key = text.into_owned();
                        if let [(true, key)] = path.as_slice() {
                            found.open(key);
                        }
                    }
                    _ => {
                        found.add(&path, &text);
                        done(&mut path);
                    }
                },
                _ => {}
            }
        }
        Ok(found)
    }

    fn open(&mut self, key: &str) {
        if !matches!(key, "ignored" | "trustedRegistries") {
            self.others.push(key.to_owned());
        }
    }

    fn add(&mut self, path: &[(bool, String)], text: &str) {
        let [(true, key), (false, _)] = path else {
            return;
        };
        match key.as_str() {
            "ignored" if Selector::parse(text).is_ok() => self.ignored.push(text.to_owned()),
            "ignored" => self.unknown.push(text.to_owned()),
            "trustedRegistries" => self.trusted.push(text.to_owned()),
            _ => {}
        }
    }

    /// The same as a config of ours.
    pub(super) fn config(&self) -> Config {
        let selectors = self
            .ignored
            .iter()
            .filter_map(|code| Selector::parse(code).ok());
        Config {
            ignore: selectors.collect(),
            trusted_registries: self.trusted.clone(),
            ..Config::default()
        }
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
        if !self.trusted.is_empty() {
            let _ = writeln!(text, "trusted-registries = [{}]", list(&self.trusted));
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
            .hint("run it in the directory of the config"));
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
        let text = "failure-threshold: warning\nignored:\n  - DL3008\n  - SC2086\n\
                    trustedRegistries: [docker.io, \"*.gcr.io\"]\noverride:\n  error:\n    - DL3001\n";
        let found = Hadolint::parse(text).unwrap();
        assert_eq!(found.ignored, ["DL3008"]);
        assert_eq!(found.unknown, ["SC2086"]);
        assert_eq!(found.trusted, ["docker.io", "*.gcr.io"]);
        assert_eq!(found.others, ["failure-threshold", "override"]);
        let config = Config::parse(&found.to_toml(Path::new(".hadolint.yaml"))).unwrap();
        assert_eq!(config.ignore, found.config().ignore);
        assert_eq!(config.trusted_registries, found.trusted);
        assert!(Hadolint::parse("ignored: [").is_err());
        assert_eq!(Hadolint::parse(""), Ok(Hadolint::default()));
    }
}
