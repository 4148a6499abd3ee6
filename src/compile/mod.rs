//! Dockerfile in, LLB out: one pure call.
//!
//! [`compile`] takes the bytes, the [`Options`] and the [`Answers`] known so far. Where something is
//! missing it says what ([`Outcome::Needs`]); the caller finds out, inserts the answers and calls again.
//! [`Source::compile_with`] does that for a caller who has the answers at hand, [`Rounds`] for one who waits for them.
#![deny(missing_docs)]

mod rounds;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::diagnostic::ErrorCode;
use crate::image::ImageConfig;
pub use crate::lint::Warning;
use crate::lint::{self, Linter};
use crate::llb::{self, MarshalOptions};
use crate::lower;
use crate::plan::{self, Draft, Plan, Stop};
pub use crate::remote::Pin;
use crate::source::LineRange;
use crate::syntax::{self, DirectiveKind, Text};

pub use rounds::Rounds;

pub(crate) use crate::lower::outline::Outline;
pub use crate::options::{ClientOptions, Sbom};
pub use crate::plan::{
    Answer, AnswerError, Answers, CompileError, IgnoreFile, ImageAnswer, ImageMeta, ImageNeed,
    MainContext, Need, NoCache, OciStore, Options, RemoteSource, ResolveMode,
};
pub(crate) use crate::plan::{
    BaseShape, ImageUse, InstructionShape, MountedFile, RECORDED, RecordedStep, RecordingMode,
    RemoteUse, Shape, StageShape, StepRecording, StepReplay,
};

/// What came of one call of [`compile`].
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and it is taken apart at once"
)]
pub enum Outcome {
    /// These must be answered first. Never empty; independent of each other, so ask them all at once.
    Needs(Vec<Need>),
    /// Compilation has ended, well or badly.
    Done(Compiled),
}

/// The end of a compilation.
#[derive(Debug)]
pub struct Compiled {
    /// Lint warnings up to the end or the first error, in the order in which they were found.
    pub warnings: Vec<Warning>,
    /// The result, or the error that a build tells.
    pub result: Result<Lowered, CompileError>,
}

/// A Dockerfile compiled for one platform.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// File system of the target stage, ready to be marshalled.
    pub state: llb::State,
    /// Defaults for marshalling `state`: the target platform and the daemon's capabilities.
    pub marshal: llb::MarshalOptions,
    /// Config of the resulting image.
    pub image: ImageConfig,
    /// Config of the target's base image as it was resolved.
    pub(crate) base_image: Option<Arc<ImageConfig>>,
    /// `SOURCE_DATE_EPOCH`, resolved, in seconds.
    pub(crate) epoch: Option<i64>,
    /// What an SBOM scanner should look at beside the result: `context` and stage names.
    pub(crate) sbom_extras: BTreeMap<String, llb::State>,
    /// Whether the target, or a stage to be scanned, was asked not to use the cache.
    pub(crate) ignore_cache: bool,
    /// Build arguments, secrets and SSH sockets that the target uses.
    pub(crate) outline: Outline,
    /// The images that the target needs, each with every place that names it.
    pub(crate) image_uses: Vec<ImageUse>,
    /// The git repositories and files on the web that the target needs, the main context apart, each with every
    /// place that names it.
    pub(crate) remote_uses: Vec<RemoteUse>,
    /// The named contexts that the target needs, by key, each with a place that names it.
    pub(crate) context_uses: BTreeMap<String, Option<LineRange>>,
    /// Lines of each `RUN` of the target that has a network.
    pub(crate) networked: Vec<LineRange>,
    /// Lines of each `RUN` of the target that keeps its network where a recording leaves the others none.
    pub(crate) allowed_network: Vec<LineRange>,
    /// With [`Options::all_stages`], the file systems of all stages; otherwise empty.
    pub(crate) stages: Vec<llb::State>,
    /// With [`RecordingMode::Record`], the steps that are recorded, in order; otherwise empty.
    pub(crate) recorded: Vec<RecordedStep>,
    /// Another platform of the builder might give another result.
    pub(crate) builder_read: bool,
    /// The first instruction of which text that is not UTF-8 has reached an op, which cannot be marshalled then.
    pub(crate) invalid_text: Option<LineRange>,
}

/// A Dockerfile, read once, to be compiled any number of times.
#[derive(Debug)]
pub struct Source {
    parsed: syntax::Parsed,
    check: Option<Text>,
    empty: bool,
}

impl Source {
    /// Reads a Dockerfile. Any bytes will do: what is wrong with them is told by [`Source::compile`].
    pub fn new(bytes: &[u8]) -> Self {
        Source {
            parsed: syntax::parse(bytes),
            check: syntax::parse_directive(DirectiveKind::Check, bytes)
                .map(|directive| directive.value),
            empty: bytes.is_empty(),
        }
    }

    /// The syntax tree and the problems in it.
    pub fn parsed(&self) -> &syntax::Parsed {
        &self.parsed
    }

    /// Compiles, or says what is missing. Pure: equal arguments give equal results.
    pub fn compile(&self, options: &Options, answers: &Answers) -> Outcome {
        self.go_on(&mut None, options, answers)
    }

    /// [`Source::compile`] of what was planned in an earlier call; what is planned in this one stays in `draft`.
    fn go_on<'s>(
        &'s self,
        draft: &mut Option<Draft<'s>>,
        options: &Options,
        answers: &Answers,
    ) -> Outcome {
        let config = match self.lint_config(options) {
            Ok(config) => config,
            Err(error) => {
                return Outcome::Done(Compiled {
                    warnings: Vec::new(),
                    result: Err(error),
                });
            }
        };
        let mut linter = match options.unlinted {
            true => Linter::silent(),
            false => Linter::new(config),
        };
        let result = self.lower(draft, options, answers, &mut linter);
        let result = match result {
            Ok(lowered) => Ok(lowered),
            Err(Stop::Needs(needs)) => return Outcome::Needs(needs.into_iter().collect()),
            Err(Stop::Failed(error)) => Err(error),
        };
        Outcome::Done(Compiled {
            warnings: linter.into_warnings(),
            result,
        })
    }

    /// The stages and what they read. `answers` are those by which the Dockerfile compiles; without
    /// them there is no shape, and neither for a Dockerfile that cannot be planned.
    ///
    /// # Errors
    /// The compiler's, of a Dockerfile that cannot be planned.
    pub(crate) fn shape(
        &self,
        options: &Options,
        answers: &Answers,
    ) -> Result<Shape, CompileError> {
        self.plan_shape(options, answers)
            .map_err(|stop| match stop {
                Stop::Failed(error) => error,
                Stop::Needs(_) => unanswered(),
            })
    }

    fn plan_shape(&self, options: &Options, answers: &Answers) -> Result<Shape, Stop> {
        self.plan_of(options, answers, |plan| plan.shape())
    }

    fn plan_of<T>(
        &self,
        options: &Options,
        answers: &Answers,
        part: impl FnOnce(&Plan<'_>) -> T,
    ) -> Result<T, Stop> {
        let mut linter = Linter::new(lint::Config::default());
        let plan = plan::plan(
            &mut None,
            &self.parsed.dockerfile,
            options,
            answers,
            &mut linter,
        )?;
        Ok(part(&plan))
    }

    fn lint_config(&self, options: &Options) -> Result<lint::Config, CompileError> {
        if self.empty {
            let message = "the Dockerfile cannot be empty";
            return Err(CompileError::new(ErrorCode::EmptyFile, message));
        }
        match (&options.lint, &self.check) {
            (Some(config), _) => Ok(config.clone()),
            (None, Some(text)) => lint::Config::parse(text.as_bytes()).map_err(|error| {
                let error = CompileError::new(ErrorCode::InvalidCheckDirective, error.to_string())
                    .context("failed to parse check options");
                self.at_check_directive(error)
            }),
            (None, None) => Ok(lint::Config::default()),
        }
    }

    #[cold]
    fn at_check_directive(&self, error: CompileError) -> CompileError {
        let mut directives = self.parsed.dockerfile.directives.iter();
        match directives.find(|directive| directive.kind == DirectiveKind::Check) {
            Some(directive) => error.with_span(directive.span),
            None => error,
        }
    }

    fn lower<'s>(
        &'s self,
        draft: &mut Option<Draft<'s>>,
        options: &Options,
        answers: &Answers,
        linter: &mut Linter,
    ) -> Result<Lowered, Stop> {
        let dockerfile = &self.parsed.dockerfile;
        // Of a round that ends in needs nothing is told, so planning goes first.
        let mut planned = linter.fresh();
        let is_complete = self.parsed.error().is_none() && !dockerfile.stages.is_empty();
        let plan =
            is_complete.then(|| plan::plan(draft, dockerfile, options, answers, &mut planned));
        let plan = match plan {
            Some(Err(needs @ Stop::Needs(_))) => return Err(needs),
            plan => plan,
        };
        lint::rules::check_syntax(&self.parsed, linter);
        if let Some(error) = self.parsed.error() {
            return Err(CompileError::from(error).into());
        }
        let Some(plan) = plan else {
            return Err(plan::no_stages().into());
        };
        lint::rules::check_stages(dockerfile, linter);
        linter.append(planned);
        let plan = plan?;
        let target =
            lower::lower(&plan, options, dockerfile.escape, linter).map_err(|error| {
                match (error.code(), &options.lint) {
                    (ErrorCode::CheckFailed, None) => self.at_check_directive(error),
                    _ => error,
                }
            })?;
        if !target.missing.is_empty() {
            return Err(Stop::Needs(target.missing));
        }
        Ok(Lowered {
            state: target.state,
            marshal: MarshalOptions {
                caps: options.client.caps.clone(),
                ..MarshalOptions::for_platform((*plan.target_platform).clone())
            },
            image: target.image,
            base_image: target.base_image,
            epoch: plan.epoch.map(|time| time.seconds),
            sbom_extras: target.sbom_extras,
            ignore_cache: target.ignore_cache,
            outline: target.outline,
            image_uses: plan.image_uses(),
            remote_uses: target.remote_uses,
            context_uses: plan.context_uses,
            networked: target.networked,
            allowed_network: target.allowed_network,
            stages: target.stages,
            recorded: target.recorded,
            builder_read: plan.builder_read || plan.globals.env.builder_read(),
            invalid_text: target.invalid_text,
        })
    }
}

/// Reads and compiles in one call; see [`Source`] for compiling more than once.
pub fn compile(source: &[u8], options: &Options, answers: &Answers) -> Outcome {
    Source::new(source).compile(options, answers)
}

impl Lowered {
    /// The result as a definition that a daemon can solve.
    ///
    /// # Errors
    /// When the graph cannot be marshalled, for one because the Dockerfile has text in it that is not UTF-8.
    pub fn definition(&self) -> Result<llb::Definition, CompileError> {
        self.marshal()
            .map_err(|error| error.context("failed to marshal LLB definition"))
    }

    /// [`Lowered::definition`], with errors that do not say what was being done.
    pub(crate) fn marshal(&self) -> Result<llb::Definition, CompileError> {
        if self.invalid_text.is_some() {
            let message = "string field contains invalid UTF-8";
            return Err(CompileError::new(ErrorCode::InvalidUtf8, message));
        }
        self.state.marshal(&self.marshal).map_err(invalid_graph)
    }

    /// With [`Options::all_stages`], all stages as one definition. Its last op lays them over each other, as that of
    /// [`Lowered::definition`] points at the result.
    pub(crate) fn every_stage(&self) -> Result<llb::Definition, CompileError> {
        let mut states = vec![self.state.clone()];
        states.extend(self.stages.iter().cloned());
        states.retain(|state| !state.is_scratch());
        let merged = match states.as_slice() {
            [] => llb::State::scratch(),
            [only] => only.clone(),
            several => llb::State::merge(several, llb::Constraints::new()),
        };
        let options = llb::MarshalOptions {
            caps: llb::CapSupport::All,
            ..self.marshal.clone()
        };
        let mut every = merged.marshal(&options).map_err(invalid_graph)?;
        if states.len() > 1 {
            every.ops.pop();
        }
        Ok(every)
    }
}

fn invalid_graph(error: llb::MarshalError) -> CompileError {
    CompileError::new(ErrorCode::InvalidGraph, error.to_string())
}

/// Why a compilation whose needs were not answered has no result.
fn unanswered() -> CompileError {
    CompileError::new(ErrorCode::Internal, "not everything is answered yet")
}
