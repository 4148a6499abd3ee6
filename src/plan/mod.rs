//! Which stages a build needs, on what they depend, and what must be known from outside before they can
//! be lowered.
//!
//! Planning is a loop without I/O: [`Need`]s go out, [`Answer`]s come in, until nothing is missing. What is planned
//! by then stays, as a [`Draft`]. It owns stage names, reachability, base images, named contexts and ONBUILD; it builds no steps.

mod base;
mod convert;
mod cycle;
mod draft;
mod epoch;
mod error;
mod global_args;
mod growth;
mod named_context;
mod onbuild;
mod options;
mod recorded;
mod shape;
mod sources;
mod stage;
pub(crate) mod step_name;
mod uses;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::context::{
    Answer, AnswerError, Answers, ImageAnswer, ImageMeta, ImageNeed, Need, OciStore, RemoteUse,
};
pub use crate::remote::RemoteSource;
pub use error::CompileError;
pub use options::{IgnoreFile, MainContext, NoCache, Options, ResolveMode};
pub use recorded::{MountedFile, RECORDED, RecordedStep, RecordingMode, StepRecording, StepReplay};
pub use shape::{BaseShape, InstructionShape, Shape, StageShape};
pub use uses::{ImageUse, UseKind};

pub(crate) use crate::context::PendingLocal;
pub(crate) use global_args::{ArgInfo, GlobalArgs, PREDEFINED, doc};
pub(crate) use growth::Growth;
pub(crate) use stage::{
    Base, Dependency, InstructionRef, PlannedInstruction, PlannedStage, StageId, StepCounter,
};

pub(crate) use draft::Draft;
use draft::Pass;

use crate::collect::{CollectSmall as _, IdVec};
use crate::context::{LoadError, Loader};
use crate::diagnostic::ErrorCode;
use crate::diagnostic::suggest::{self, Case};
use crate::expand::NameSet;
use crate::image::{Platform, Timestamp};
use crate::lint::rules::undefined_arg_in_from::UndefinedArgInFrom;
use crate::lint::rules::{
    from_platform_flag_const_disallowed, invalid_default_arg_in_from, redundant_target_platform,
};
use crate::lint::{Linter, Scope};
use crate::source::{LineRange, Span};
use crate::syntax::{Argument, Dockerfile, Instruction, Stage, Text};

/// Name of the base that is nothing.
pub(crate) const SCRATCH: &str = "scratch";

/// Everything that lowering must know.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The stages of the file in order, then the stand-ins.
    pub stages: IdVec<StageId, PlannedStage<'a>>,
    /// Which stages the target needs, itself among them; by stage index.
    pub reachable: IdVec<StageId, bool>,
    /// The stage to build.
    pub target: StageId,
    /// Global variables.
    pub globals: GlobalArgs,
    /// The platform that steps run on.
    pub build_platform: Arc<Platform>,
    /// The platform to build for.
    pub target_platform: Arc<Platform>,
    /// The platform was not asked for.
    pub implicit_target: bool,
    /// `SOURCE_DATE_EPOCH`.
    pub epoch: Option<Timestamp>,
    /// Build arguments, `SOURCE_DATE_EPOCH` replaced by its resolved value.
    pub build_args: Cow<'a, BTreeMap<String, String>>,
    /// Local named contexts whose ops are still to be made, each with the stage that reads it.
    pub pending_locals: Vec<(StageId, PendingLocal)>,
    /// Patterns of the main context's ignore file.
    pub ignore_patterns: Vec<String>,
    /// Repositories and files on the web that named contexts bring in.
    pub remote_uses: Vec<RemoteUse>,
    /// Named contexts that are used, by key, each with a place that names it.
    pub context_uses: BTreeMap<String, Option<LineRange>>,
    /// What was answered: lowering takes the pins of further sources out of it.
    pub answers: &'a Answers,
    /// The plan may be another one for another builder, apart from what [`GlobalArgs::env`] knows.
    pub builder_read: bool,
}

/// Why planning stopped short.
#[derive(Debug)]
pub(crate) enum Stop {
    /// These have to be answered first.
    Needs(BTreeSet<Need>),
    /// The Dockerfile cannot be built.
    Failed(CompileError),
}

impl From<CompileError> for Stop {
    fn from(error: CompileError) -> Self {
        Stop::Failed(error)
    }
}

/// Plans `dockerfile`, or says what is missing. Pure: equal arguments give equal results.
///
/// What is known when something is missing stays in `draft`, for a call with more answers and the rest as it was.
/// `linter` is told what was found when nothing is missing any more.
pub(crate) fn plan<'r, 'a: 'r>(
    draft: &mut Option<Draft<'a>>,
    dockerfile: &'a Dockerfile,
    options: &'r Options,
    answers: &'r Answers,
    linter: &mut Linter,
) -> Result<Plan<'r>, Stop> {
    let mut planner = Planner {
        options,
        loader: Loader::new(&options.client, answers),
        draft: draft
            .take()
            .unwrap_or_else(|| Draft::new(dockerfile, options, linter.fresh())),
    };
    let planned = planner.run();
    let Planner { draft: made, .. } = planner;
    let (pass, ignore_patterns) = match planned {
        Ok(planned) => planned,
        Err(stop) => {
            match &stop {
                Stop::Needs(_) => *draft = made.kept(options),
                Stop::Failed(_) => linter.append(made.linter),
            }
            return Err(stop);
        }
    };
    linter.append(made.linter);
    Ok(Plan {
        stages: made.stages,
        reachable: pass.reachable,
        target: pass.target,
        globals: made.globals,
        builder_read: made.builder_read,
        build_platform: made.build_platform,
        target_platform: made.target_platform,
        implicit_target: options.target_platform.is_none(),
        epoch: made.epoch,
        build_args: match made.resolved_args {
            Some(args) => Cow::Owned(args),
            None => Cow::Borrowed(&options.client.build_args),
        },
        pending_locals: made.pending_locals,
        ignore_patterns,
        remote_uses: made.remote_uses,
        context_uses: made.context_uses,
        answers,
    })
}

struct Planner<'a, 'r> {
    options: &'r Options,
    loader: Loader<'r>,
    draft: Draft<'a>,
}

impl<'a> Planner<'a, '_> {
    /// What the target needs, and the patterns of the ignore file.
    fn run(&mut self) -> Result<(Pass, Vec<String>), Stop> {
        let mut pass = match self.draft.pass.take() {
            Some(pass) => pass,
            None => self.begin()?,
        };
        match self.resolve(&mut pass) {
            Ok(ignore_patterns) => Ok((pass, ignore_patterns)),
            Err(stop) => {
                self.draft.pass = Some(pass);
                Err(stop)
            }
        }
    }

    /// All that comes before base images.
    fn begin(&mut self) -> Result<Pass, Stop> {
        self.define_globals()?;
        self.resolve_epoch()?;
        self.name_stages()?;
        let target = self.find_target()?;
        self.find_sources()?;
        self.draft.written_sources = self.draft.stages.len();
        Ok(self.pass(target, 0))
    }

    fn resolve(&mut self, pass: &mut Pass) -> Result<Vec<String>, Stop> {
        self.resolve_bases(pass)?;
        let ignore_patterns = self.ignore_patterns()?;
        if !self.loader.missing.is_empty() {
            return Err(Stop::Needs(std::mem::take(&mut self.loader.missing)));
        }
        if self.options.all_stages {
            pass.reachable.values_mut().for_each(|flag| *flag = true);
        }
        Ok(ignore_patterns)
    }

    fn define_globals(&mut self) -> Result<(), CompileError> {
        let Draft {
            dockerfile,
            expander,
            linter,
            globals,
            ..
        } = &mut self.draft;
        let predefined = globals.env.clone();
        invalid_default_arg_in_from::check(dockerfile, expander, linter, || {
            let none = BTreeMap::new();
            global_args::define(predefined.clone(), &dockerfile.meta_args, &none, expander)
                .ok()
                .map(|g| g.env.to_list())
        });
        let given = &self.options.client.build_args;
        *globals = global_args::define(predefined, &dockerfile.meta_args, given, expander)?;
        Ok(())
    }

    /// The stage called `name`, in any case.
    fn by_name(&self, name: &str) -> Option<StageId> {
        self.draft
            .by_name
            .get(crate::go::text::to_lower(name).as_ref())
            .copied()
    }

    /// Names for suggestions.
    fn display_names(&self) -> Vec<&str> {
        self.draft
            .stages
            .values()
            .map(|stage| stage.display_name.as_ref())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// Expands names and platforms of every `FROM`, and finds out which stage continues which.
    fn name_stages(&mut self) -> Result<(), CompileError> {
        for (index, ast) in self.draft.dockerfile.stages.iter().enumerate() {
            let location = ast.meta.location;
            let scope = self.draft.linter.base().with_comments(&ast.meta.comments);
            let expanded = self
                .draft
                .expander
                .expand_word(ast.base_name.as_bytes(), &self.draft.globals.env);
            let unmatched = expanded
                .as_ref()
                .map_or_else(|it| &it.unmatched, |it| &it.unmatched);
            self.report_undeclared(&scope, unmatched, location, ast.base_name.span);
            let expanded = expanded.map_err(|error| {
                CompileError::from(error)
                    .with_span(ast.base_name.span)
                    .at(&[location])
            })?;
            if expanded.text.is_empty() {
                let written = ast.base_name.as_bytes();
                let message = Text::concat([b"base name (", written, b") should not be blank"]);
                return Err(CompileError::new(ErrorCode::EmptyBaseName, message)
                    .with_span(ast.base_name.span)
                    .at(&[location]));
            }
            let mut stage = PlannedStage::new(Some(ast), expanded.text);
            let mut used = expanded.matched;
            if let Some(written) = ast.platform.as_ref().filter(|value| !value.is_empty()) {
                let (platform, matched) = self.stage_platform(ast, written, &scope)?;
                stage.platform = Some(Arc::new(platform));
                used.extend(matched);
            }
            let name = ast.name();
            if !name.is_empty()
                && let Some(context) = self.named_context(
                    name,
                    stage
                        .platform
                        .as_deref()
                        .or(self.options.target_platform.as_ref()),
                )?
            {
                stage.replaced_by = Some(context);
                stage.display_name = Cow::Borrowed(name);
                self.add_named(stage, NameSet::new(), false);
                continue;
            }
            stage.display_name = if name.is_empty() {
                Cow::Owned(format!("stage-{index}"))
            } else {
                Cow::Borrowed(name)
            };
            stage.ignore_cache = self.options.client.no_cache.covers(name);
            let id = self.add_named(stage, used, true);
            self.count_steps(id, ast);
        }
        Ok(())
    }

    /// Adds a stage of the file, whose `FROM` used these variables; `may_continue` lets it continue an earlier stage
    /// of its base's name.
    fn add_named(
        &mut self,
        mut stage: PlannedStage<'a>,
        used: NameSet,
        may_continue: bool,
    ) -> StageId {
        // Parity: the base's exact text against lower-case names, unlike every other lookup.
        let below = self.draft.by_name.get(stage.base_name.as_ref()).copied();
        stage.base_stage = below.filter(|_| may_continue);
        // What the stage below used is used, also where a context takes its place.
        stage.used_args = used;
        if let Some(below) = below {
            let used = self.draft.stages[below].used_args.iter();
            stage.used_args.extend(used.cloned());
        }
        let name = stage.name();
        let id = self.draft.stages.push(stage);
        if !name.is_empty() {
            self.draft.by_name.insert(name.to_owned(), id);
        }
        id
    }

    fn count_steps(&mut self, id: StageId, ast: &Stage) {
        let steps = ast.instructions.iter().filter(|instruction| {
            matches!(
                instruction,
                Instruction::Add(_)
                    | Instruction::Copy(_)
                    | Instruction::Run(_)
                    | Instruction::Workdir(_)
            )
        });
        let steps = steps.count();
        let stage = &mut self.draft.stages[id];
        let pulls = stage.base_name != SCRATCH && stage.base_stage.is_none();
        stage.steps.total = steps + usize::from(pulls);
    }

    /// The platform of `FROM --platform=`, and the variables in it.
    fn stage_platform(
        &mut self,
        ast: &Stage,
        platform: &Argument,
        scope: &Scope,
    ) -> Result<(Platform, NameSet), CompileError> {
        let location = ast.meta.location;
        let (written, span) = (platform.as_str(), platform.span);
        let expanded = self
            .draft
            .expander
            .expand_word(written, &self.draft.globals.env);
        let unmatched = expanded
            .as_ref()
            .map_or_else(|it| &it.unmatched, |it| &it.unmatched);
        self.report_undeclared(scope, unmatched, location, span);
        let expanded = expanded.map_err(|error| {
            CompileError::from(error)
                .context("failed to process arguments for platform ")
                .with_span(span)
                .at(&[location])
        })?;
        redundant_target_platform::check(
            ast,
            written,
            &expanded,
            &self.draft.globals.env,
            scope,
            &mut self.draft.linter,
        );
        from_platform_flag_const_disallowed::check(
            ast,
            &expanded,
            &self.draft.build_platform,
            scope,
            &mut self.draft.linter,
        );
        if expanded.text.is_empty() {
            let message = format!("empty platform value from expression {written}");
            return Err(CompileError::new(ErrorCode::InvalidPlatform, message)
                .suggest(self.nearest(&expanded.unmatched))
                .with_span(span)
                .at(&[location]));
        }
        // A single word leaves something to the builder.
        self.draft.builder_read |= !expanded.text.contains('/');
        match Platform::parse(&expanded.text, &self.draft.build_platform) {
            Ok(platform) => Ok((platform, expanded.matched)),
            Err(error) => {
                // Parity: the place is added twice, and so the client prints two frames.
                Err(
                    CompileError::new(ErrorCode::InvalidPlatform, error.to_string())
                        .suggest(self.nearest(&expanded.unmatched))
                        .context(format_args!("failed to parse platform {written}"))
                        .with_span(span)
                        .at(&[location])
                        .at(&[location]),
                )
            }
        }
    }

    /// The variable that the first of `names` with a suggestion was probably meant to be.
    fn nearest(&self, names: &NameSet) -> Option<String> {
        let known = || self.draft.globals.env.names();
        let nearest = |name: &String| suggest::suggest(name, known(), Case::Sensitive);
        names.iter().find_map(nearest)
    }

    fn report_undeclared(
        &mut self,
        scope: &Scope,
        unmatched: &NameSet,
        location: LineRange,
        word: Span,
    ) {
        if unmatched.is_empty() {
            return;
        }
        let mut known: BTreeSet<&str> = self
            .draft
            .globals
            .infos
            .keys()
            .map(String::as_str)
            .collect_small();
        known.extend(self.draft.globals.env.names());
        for name in unmatched
            .iter()
            .filter(|name| !known.contains(name.as_str()))
        {
            let violation = UndefinedArgInFrom {
                name: name.clone(),
                nearest: suggest::suggest(name, known.iter().copied(), Case::Sensitive),
                word,
            };
            self.draft.linter.report(scope, Some(location), violation);
        }
    }

    fn find_target(&self) -> Result<StageId, CompileError> {
        let wanted = self.options.client.target.as_str();
        if wanted.is_empty() {
            return self.draft.stages.last().ok_or_else(no_stages);
        }
        self.by_name(wanted).ok_or_else(|| {
            let message = format!(
                "target stage {} could not be found",
                crate::go::quote::quote(wanted)
            );
            let nearest = suggest::suggest(wanted, self.display_names(), Case::Sensitive);
            CompileError::new(ErrorCode::TargetNotFound, message).suggest(nearest)
        })
    }

    /// Stages that `from` needs, itself among them.
    fn reachable(&self, from: StageId) -> IdVec<StageId, bool> {
        let mut seen = self.draft.stages.for_each(false);
        let mut todo = vec![from];
        while let Some(id) = todo.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            let stage = &self.draft.stages[id];
            todo.extend(stage.base_stage);
            todo.extend(stage.deps.keys());
        }
        seen
    }

    /// Patterns of the main context's ignore file, empty while they are missing, and behind them those of what no
    /// ignore file can bring back.
    fn ignore_patterns(&mut self) -> Result<Vec<String>, CompileError> {
        let mut patterns = self.ignore_file_patterns()?;
        if let (MainContext::Local { .. }, Some(recording)) =
            (&self.options.main_context, &self.options.recording)
        {
            patterns.extend(recording.left_out.iter().cloned());
        }
        Ok(patterns)
    }

    fn ignore_file_patterns(&mut self) -> Result<Vec<String>, CompileError> {
        let options = self.options;
        let MainContext::Local {
            name,
            session_id,
            ignore_file,
        } = &options.main_context
        else {
            return Ok(Vec::new());
        };
        let (shown, data) = match ignore_file {
            Some(file) => (file.name.as_str(), Some(&file.data)),
            None => {
                let need = Need::ContextIgnoreFile {
                    local: name.clone(),
                    session_id: session_id.clone(),
                };
                match self.loader.answer(need) {
                    None => return Ok(Vec::new()),
                    Some(Answer::File(Ok(data))) => (".dockerignore", data.as_ref()),
                    Some(Answer::File(Err(error))) => return Err(error.clone().into()),
                    Some(_) => return Err(LoadError::wrong_answer("ignore file").into()),
                }
            }
        };
        let Some(data) = data else {
            return Ok(Vec::new());
        };
        crate::ignore::read_patterns(data).map_err(|error| {
            let message = format!("failed parsing {shown}: {error}");
            CompileError::new(ErrorCode::InvalidIgnoreFile, message)
        })
    }
}

/// A Dockerfile with nothing to build.
pub(crate) fn no_stages() -> CompileError {
    CompileError::new(
        ErrorCode::NoStages,
        "dockerfile contains no stages to build",
    )
}
