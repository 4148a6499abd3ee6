//! What `rdf check` finds in a text that an editor has open, with the config and the files beside it.

use std::path::Path;
use std::thread;

use super::super::super::exit::Failure;
use super::super::super::files::Verdict;
use super::super::super::inputs::Dockerfiles;
use super::super::super::variant::Variant;
use super::args::CheckArguments;
use super::input::{self, Configs};
use crate::check::config::Flags;
use crate::check::{self, CheckInput, Checked, Fix, Fixed, Memory, Settings};
use crate::compile::Source;
use crate::lint::Rule;

/// Checks texts in the place of a file.
pub(in crate::cli) struct Checker {
    settings: Settings,
    input: CheckInput,
    is_skipped: bool,
}

impl Checker {
    /// For a build of a file, whose config must be readable.
    pub(in crate::cli) fn new(path: &Path, variant: Variant) -> Result<Self, Failure> {
        let mut arguments = CheckArguments {
            variant,
            ..CheckArguments::default()
        };
        arguments.dockerfiles = Dockerfiles::only(path);
        Checker::with(path, &arguments)
    }

    /// For a file whose config cannot be read.
    pub(in crate::cli) fn without_config(path: &Path, variant: Variant) -> Result<Self, Failure> {
        let arguments = CheckArguments {
            variant,
            no_config: true,
            ..CheckArguments::default()
        };
        Checker::with(path, &arguments)
    }

    fn with(path: &Path, arguments: &CheckArguments) -> Result<Self, Failure> {
        let configs = Configs::new(arguments, Flags::default())?;
        Ok(Checker {
            settings: super::settings(arguments)?,
            input: input::without_programs(path, arguments, &configs),
            is_skipped: configs.verdict(path) == Verdict::Excluded,
        })
    }

    /// Whether the config says to skip the file.
    pub(in crate::cli) fn is_skipped(&self) -> bool {
        self.is_skipped
    }

    /// Checks a text that was read, on two threads. The one that is done first, mostly, does what is to be done
    /// `meanwhile`; that is left out where the text has an error.
    pub(in crate::cli) fn check(
        &self,
        bytes: &[u8],
        source: &Source,
        memory: &mut Memory,
        meanwhile: impl FnOnce(),
    ) -> Checked {
        let (settings, input) = (&self.settings, &self.input);
        let Memory { needs, scripts } = memory;
        let known = needs.clone();
        thread::scope(|scope| {
            let own = || check::own_problems(bytes, source, settings, input, &known, scripts);
            let own = scope.spawn(own);
            let own = || {
                meanwhile();
                own.join().ok().flatten()
            };
            check::check_source(bytes, source, settings, input, needs, own)
        })
    }

    /// What `--fix` makes of it.
    pub(in crate::cli) fn fix(&self, bytes: &[u8]) -> Fixed {
        check::fix(bytes, &self.settings, &self.input, false)
    }

    /// Whether a fix of a finding leaves what is built as it is, but for what the fix says that it changes.
    pub(in crate::cli) fn is_proven(&self, bytes: &[u8], rule: &'static Rule, fix: &Fix) -> bool {
        check::fix_one(bytes, rule, fix, &self.settings, &self.input).is_ok()
    }
}
