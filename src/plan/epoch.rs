//! `SOURCE_DATE_EPOCH`: a number, or something whose own time is taken.

use super::global_args::value_of;
use super::{Answer, CompileError, Need, Planner, RemoteUse, SCRATCH, Stop};
use crate::context::LoadError;
use crate::diagnostic::ErrorCode;
use crate::go::{number, text};
use crate::image::{Digest, Timestamp};
use crate::llb::{self, Constraints, EnvList};
use crate::remote;
use crate::syntax::{AddInstruction, ArgDefinition, Argument, Instruction, Stage, Text};

/// Name of the variable.
pub(crate) const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

const ONE_REMOTE_ADD: &str = "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD";

const ONE_SOURCE: &str = "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source";

#[cold]
fn invalid(message: impl Into<Text>) -> CompileError {
    CompileError::new(ErrorCode::InvalidSourceDateEpoch, message)
}

/// A source whose time counts, and how the question about it is shown.
struct TimeSource {
    state: llb::State,
    log_name: String,
}

impl Planner<'_, '_> {
    /// Resolves the variable and puts its value in the place of what was asked for.
    pub(super) fn resolve_epoch(&mut self) -> Result<(), Stop> {
        let Some(value) = value_of(self.options, &self.draft.globals.env, SOURCE_DATE_EPOCH) else {
            return Ok(());
        };
        let value = value.to_owned();
        self.draft.epoch = self.epoch_of(&value)?;
        if !self.loader.missing.is_empty() {
            return Err(Stop::Needs(std::mem::take(&mut self.loader.missing)));
        }
        let resolved = self.draft.epoch.map(|time| time.seconds.to_string());
        let given = &self.options.client.build_args;
        if given.contains_key(SOURCE_DATE_EPOCH) {
            let args = self.draft.resolved_args.insert(given.clone());
            match &resolved {
                Some(seconds) => args.insert(SOURCE_DATE_EPOCH.to_owned(), seconds.clone()),
                None => args.remove(SOURCE_DATE_EPOCH),
            };
        }
        if self.draft.globals.env.get(SOURCE_DATE_EPOCH).is_some() {
            match resolved {
                Some(seconds) => self
                    .draft
                    .globals
                    .env
                    .add_or_replace(SOURCE_DATE_EPOCH, &seconds),
                None => self.draft.globals.env.delete(SOURCE_DATE_EPOCH),
            }
        }
        Ok(())
    }

    /// The time that `value` stands for; `None` also while an answer is missing.
    fn epoch_of(&mut self, value: &str) -> Result<Option<Timestamp>, CompileError> {
        if value.is_empty() {
            return Ok(None);
        }
        if let Ok(seconds) = number::atoi(value) {
            return Ok(Some(Timestamp::from_unix(seconds)));
        }
        let Some(source) = self.time_source(value)? else {
            return Ok(None);
        };
        if !self.loader.missing.is_empty() {
            return Ok(None);
        }
        let Some(description) = self.single_source(&source.state)? else {
            return Ok(None);
        };
        match self.loader.answer(Need::SourceTime {
            source: description,
            log_name: source.log_name,
        }) {
            None => Ok(None),
            Some(Answer::Time(time)) => Ok(time.clone()?),
            Some(_) => Err(LoadError::wrong_answer("a source's time").into()),
        }
    }

    /// The one source that a state is made of; `None` when there are several or none.
    fn single_source(
        &self,
        state: &llb::State,
    ) -> Result<Option<llb::SourceDescription>, CompileError> {
        let definition = state.marshal(&llb::MarshalOptions {
            caps: self.options.client.caps.clone(),
            ..Default::default()
        });
        let definition = definition
            .map_err(|error| CompileError::new(ErrorCode::InvalidGraph, error.to_string()))?;
        let mut sources = definition
            .sources()
            .map_err(|error| CompileError::new(ErrorCode::Internal, error.to_string()))?;
        Ok(if sources.len() == 1 {
            sources.pop()
        } else {
            None
        })
    }

    fn time_source(&mut self, value: &str) -> Result<Option<TimeSource>, CompileError> {
        if value == "context" {
            let log_name = "[internal] resolve main build context metadata".to_owned();
            let state = self.whole_main_context()?;
            return Ok(state.map(|state| TimeSource { state, log_name }));
        }
        if let Some(context) = self.context_given(value, None)? {
            let log_name = format!("[internal] resolve SOURCE_DATE_EPOCH named context {value}");
            // Parity: the mode that the client chose for images is not asked for.
            let Some(loaded) = self.load_context(&context, None, None, None)? else {
                return Ok(None);
            };
            if let Some(pending) = &loaded.pending {
                pending.fill(Vec::new());
            }
            return Ok(Some(TimeSource {
                state: loaded.state,
                log_name,
            }));
        }
        let stage = self
            .draft
            .dockerfile
            .stages
            .iter()
            .find(|stage| text::equal_fold(stage.name(), value));
        let Some(stage) = stage else {
            return Err(invalid(format!("invalid SOURCE_DATE_EPOCH: {value}")));
        };
        let state = self
            .stage_source(stage)
            .map_err(|error| error.at(&[stage.meta.location]))?;
        let log_name = format!(
            "[internal] resolve SOURCE_DATE_EPOCH source stage {}",
            stage.name()
        );
        Ok(Some(TimeSource { state, log_name }))
    }

    /// The main context with all its files; `None` while its ignore file is missing.
    fn whole_main_context(&mut self) -> Result<Option<llb::State>, CompileError> {
        let exclude_patterns = self.ignore_patterns()?;
        if !self.loader.missing.is_empty() {
            return Ok(None);
        }
        let context = &self.options.main_context;
        Ok(Some(context.state(exclude_patterns, Vec::new())))
    }

    /// The remote source of a stage that has nothing else.
    fn stage_source(&mut self, stage: &Stage) -> Result<llb::State, CompileError> {
        let mut env = self.draft.globals.env.to_list();
        env.delete(SOURCE_DATE_EPOCH);
        let written = stage.base_name.as_bytes();
        let base = self
            .draft
            .expander
            .expand_word(written, &env)
            .map_err(|error| {
                let quoted = crate::go::quote::quote(written);
                CompileError::from(error)
                    .with_span(stage.base_name.span)
                    .context(format!("failed to process source stage base name {quoted}"))
            })?;
        if base.text != SCRATCH {
            return Err(invalid("SOURCE_DATE_EPOCH stage must use FROM scratch")
                .with_span(stage.base_name.span));
        }
        let mut source = None;
        for instruction in &stage.instructions {
            match instruction {
                Instruction::Arg(arg) => self.define_args(&arg.args, &mut env)?,
                Instruction::Add(add) if source.is_none() => {
                    source = Some(self.add_source(add, &env)?)
                }
                Instruction::Add(add) => {
                    return Err(invalid(ONE_REMOTE_ADD).with_span(add.meta.keyword.span));
                }
                other => {
                    let name = other.meta().keyword.as_str();
                    let message = format!(
                        "SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported {name} instruction"
                    );
                    return Err(invalid(message).with_span(other.meta().keyword.span));
                }
            }
        }
        source.ok_or_else(|| invalid(ONE_REMOTE_ADD))
    }

    fn expand(&self, word: &Argument, env: &EnvList) -> Result<String, CompileError> {
        match self.draft.expander.expand_word(word.as_bytes(), env) {
            Ok(expanded) => Ok(expanded.text.into_owned()),
            Err(error) => Err(CompileError::from(error).with_span(word.span)),
        }
    }

    fn define_args(&self, args: &[ArgDefinition], env: &mut EnvList) -> Result<(), CompileError> {
        for arg in args {
            let name = arg.key.as_str();
            let value = match (self.options.client.build_args.get(name), &arg.value) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.expand(default, env)?,
                (None, None) => continue,
            };
            env.add_or_replace(name, &value);
        }
        Ok(())
    }

    fn add_source(
        &mut self,
        add: &AddInstruction,
        env: &EnvList,
    ) -> Result<llb::State, CompileError> {
        let [written] = add.paths.sources.as_slice() else {
            return Err(invalid(ONE_SOURCE).with_span(add.meta.args));
        };
        if !add.paths.contents.is_empty() {
            return Err(invalid(ONE_SOURCE).with_span(add.meta.args));
        }
        let source = self.expand(written, env)?;
        let checksum = match add
            .checksum
            .as_ref()
            .filter(|checksum| !checksum.is_empty())
        {
            Some(checksum) => Some(self.expand(checksum, env)?),
            None => None,
        };
        if remote::is_http_source(&source) {
            if let Some(checksum) = checksum.as_deref().filter(|checksum| !checksum.is_empty()) {
                Digest::parse(checksum).map_err(|error| {
                    CompileError::new(ErrorCode::InvalidChecksum, error.to_string())
                        .with_span(add.checksum.as_ref().map_or(written.span, |it| it.span))
                })?;
            }
            let options = llb::HttpOptions {
                filename: remote::http_filename(&source),
                checksum: checksum.unwrap_or_default(),
                ..Default::default()
            };
            let pin = self.loader.pin(remote::RemoteSource::http(&source));
            let used = RemoteUse::http(&source, options, pin, Some(add.meta.location));
            return Ok(self.used(used));
        }
        match remote::parse_git_ref(&source) {
            remote::GitRefResult::Invalid(error) => Err(CompileError::new(
                ErrorCode::InvalidGitSource,
                error.to_string(),
            )
            .with_span(written.span)),
            remote::GitRefResult::Git(git) if !git.indistinguishable_from_local => {
                let mut source = git.source();
                source.keep_git_dir |= add.keep_git_dir.unwrap_or(false);
                if let Some(checksum) = checksum {
                    source.checksum = checksum;
                }
                // Parity: neither of these is looked at here.
                source.mtime.clear();
                source.fetch_by_commit = false;
                source.advice = self.options.client.git_advice;
                let pin = self.loader.pin(source.remote_source());
                let location = Some(add.meta.location);
                Ok(self.used(RemoteUse::git(source, pin, location, Constraints::new())))
            }
            _ => Err(
                invalid("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD")
                    .with_span(written.span),
            ),
        }
    }
}
