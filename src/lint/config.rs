//! `skip=A,B;error=true;experimental=all`: which rules are on and whether findings fail a build.

use std::collections::BTreeSet;

use crate::collect::CollectSmall as _;
use crate::go::utf8::to_valid;
use crate::go::{number, quote, text};

/// What the linter looks for, from `# check=` or `BUILDKIT_DOCKERFILE_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Turn all rules off.
    pub skip_all: bool,
    /// Turn these rules off.
    pub skip: BTreeSet<String>,
    /// Turn all experimental rules on.
    pub experimental_all: bool,
    /// Turn these experimental rules on.
    pub experimental: BTreeSet<String>,
    /// A finding fails the build.
    pub error: bool,
}

/// Why lint options cannot be read: the text that clients see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LintConfigError {
    /// There is no such option, or it has no value; the option, quoted.
    #[error("invalid check option {0}")]
    Unknown(String),
    /// The value is not a boolean; the option, quoted, and why.
    #[error("failed to parse check option {0}: {1}")]
    Value(String, number::NumberError),
}

impl Config {
    /// Reads the options, any bytes.
    ///
    /// # Errors
    /// An option that there is none of, or one without a value that it can have.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Config, LintConfigError> {
        let text = text::trim_space_bytes(text.as_ref());
        let mut config = Config::default();
        if text.is_empty() {
            return Ok(config);
        }
        for option in text.splitn(3, |byte| *byte == b';') {
            let mut parts = option.splitn(2, |byte| *byte == b'=');
            let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
                return Err(LintConfigError::Unknown(quote::quote(option)));
            };
            let value = text::trim_space_bytes(value);
            match text::trim_space_bytes(key) {
                b"skip" => (config.skip_all, config.skip) = rule_list(value),
                b"experimental" => {
                    (config.experimental_all, config.experimental) = rule_list(value);
                }
                b"error" => {
                    config.error = number::parse_bool(value)
                        .map_err(|error| LintConfigError::Value(quote::quote(option), error))?;
                }
                unknown => return Err(LintConfigError::Unknown(quote::quote(unknown))),
            }
        }
        Ok(config)
    }

    /// This configuration with what `other` turns on or off as well. Failing is decided for the whole file.
    #[must_use]
    pub fn merged(&self, other: &Config) -> Config {
        let mut merged = self.clone();
        merged.skip_all |= other.skip_all;
        merged.experimental_all |= other.experimental_all;
        merged.skip.extend(other.skip.iter().cloned());
        merged
            .experimental
            .extend(other.experimental.iter().cloned());
        merged
    }
}

/// `all`, or names separated by commas.
fn rule_list(value: &[u8]) -> (bool, BTreeSet<String>) {
    if value == b"all" {
        return (true, BTreeSet::new());
    }
    (
        false,
        to_valid(value)
            .split(',')
            .map(|name| text::trim_space(name).to_owned())
            .collect_small(),
    )
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn options_are_read_in_any_order() {
        let config = Config::parse(" error=true; skip = A , B ;experimental=all").unwrap();
        assert!(config.error && config.experimental_all && !config.skip_all);
        assert_eq!(
            config.skip.iter().map(String::as_str).collect::<Vec<_>>(),
            ["A", "B"]
        );
    }

    #[test]
    fn errors_quote_what_is_wrong() {
        assert_eq!(
            Config::parse("skip").unwrap_err().to_string(),
            "invalid check option \"skip\""
        );
        assert_eq!(
            Config::parse("x=1").unwrap_err().to_string(),
            "invalid check option \"x\""
        );
        assert_eq!(
            Config::parse(b"error=\xff").unwrap_err().to_string(),
            "failed to parse check option \"error=\\xff\": strconv.ParseBool: parsing \"\\xff\": invalid syntax"
        );
        assert!(
            Config::parse("error=maybe")
                .unwrap_err()
                .to_string()
                .starts_with("failed to parse check option \"error=maybe\": ")
        );
    }
}
