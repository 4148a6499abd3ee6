//! What `rdf check` finds in a text that an editor has open, with the config and the files beside it.

use std::path::Path;

use super::super::super::exit::Failure;
use super::super::super::variant::Variant;
use super::args::CheckArguments;
use super::input::{self, Configs};
use crate::check::config::Flags;
use crate::check::{self, Checked, Fix, Fixed, Settings};
use crate::lint::Rule;

/// Checks texts in the place of files.
pub(in crate::cli) struct Checker {
    arguments: CheckArguments,
    configs: Configs,
    settings: Settings,
}

impl Checker {
    /// For a build; `path` is the file, whose config must be readable.
    pub(in crate::cli) fn new(path: &Path, variant: Variant) -> Result<Self, Failure> {
        let mut arguments = CheckArguments {
            variant,
            ..CheckArguments::default()
        };
        arguments.paths.paths = vec![path.to_owned()];
        Ok(Checker {
            settings: super::settings(&arguments)?,
            configs: Configs::new(&arguments, Flags::default())?,
            arguments,
        })
    }

    /// For files whose config cannot be read.
    pub(in crate::cli) fn without_config() -> Result<Self, Failure> {
        let arguments = CheckArguments {
            no_config: true,
            ..CheckArguments::default()
        };
        Ok(Checker {
            settings: super::settings(&arguments)?,
            configs: Configs::new(&arguments, Flags::default())?,
            arguments,
        })
    }

    /// Whether the config says to skip the file.
    pub(in crate::cli) fn skips(&self, path: &Path) -> bool {
        self.configs.excludes(path)
    }

    pub(in crate::cli) fn check(&self, path: &Path, bytes: &[u8]) -> Checked {
        let input = input::of(path, &self.arguments, &self.configs);
        check::check(bytes, &self.settings, &input)
    }

    /// What `--fix` makes of it.
    pub(in crate::cli) fn fix(&self, path: &Path, bytes: &[u8]) -> Fixed {
        let input = input::of(path, &self.arguments, &self.configs);
        check::fix(bytes, &self.settings, &input, false)
    }

    /// Whether a fix leaves what is built as it is.
    pub(in crate::cli) fn is_proven(
        &self,
        path: &Path,
        bytes: &[u8],
        rule: &'static Rule,
        fix: &Fix,
    ) -> bool {
        let input = input::of(path, &self.arguments, &self.configs);
        check::fix_one(bytes, rule, fix, &self.settings, &input).is_ok()
    }
}
