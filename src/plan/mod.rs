//! Which stages a build needs, on what they depend, and what must be known from outside before they can
//! be lowered.
//!
//! Planning is a loop without I/O: [`Need`]s go out, [`Answer`]s come in, until nothing is missing. It
//! owns stage names, reachability, base images, named contexts and ONBUILD; it builds no steps.

mod base;
mod convert;
mod cycle;
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
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

use base::FoundImage;

use crate::collect::{CollectSmall as _, IdVec};
use crate::context::{LoadError, Loader};
use crate::diagnostic::ErrorCode;
use crate::diagnostic::suggest::{self, Case};
use crate::expand::{Expander, NameSet};
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
pub(crate) fn plan<'a>(
    dockerfile: &'a Dockerfile,
    options: &'a Options,
    answers: &'a Answers,
    linter: &mut Linter,
) -> Result<Plan<'a>, Stop> {
    let mut planner = Planner::new(dockerfile, options, answers, linter)?;
    planner.resolve_epoch()?;
    planner.name_stages()?;
    let target = planner.find_target()?;
    planner.find_sources()?;
    planner.written_sources = planner.stages.len();
    let reachable = planner.resolve_bases(target)?;
    planner.finish(target, reachable)
}

struct Planner<'a, 'l> {
    dockerfile: &'a Dockerfile,
    options: &'a Options,
    loader: Loader<'a>,
    linter: &'l mut Linter,
    expander: Expander,
    build_args: Cow<'a, BTreeMap<String, String>>,
    globals: GlobalArgs,
    build_platform: Arc<Platform>,
    target_platform: Arc<Platform>,
    /// The builder's platform counts, apart from what [`GlobalArgs::env`] knows.
    builder_read: bool,
    stages: IdVec<StageId, PlannedStage<'a>>,
    by_name: HashMap<String, StageId>,
    epoch: Option<Timestamp>,
    pending_locals: Vec<(StageId, PendingLocal)>,
    remote_uses: Vec<RemoteUse>,
    context_uses: BTreeMap<String, Option<LineRange>>,
    /// Base images that were found so far, by their names as `FROM` has them.
    found: HashMap<Cow<'a, str>, FoundImage>,
    /// Stages and other sources that the file itself names.
    written_sources: usize,
}

impl<'a, 'l> Planner<'a, 'l> {
    fn new(
        dockerfile: &'a Dockerfile,
        options: &'a Options,
        answers: &'a Answers,
        linter: &'l mut Linter,
    ) -> Result<Self, CompileError> {
        let build_platform = Arc::new(options.client.builder());
        let target_platform = match &options.target_platform {
            Some(platform) => Arc::new(platform.clone()),
            None => build_platform.clone(),
        };
        let expander = Expander::new(dockerfile.escape);
        let last = dockerfile.stages.last().map_or("", Stage::name);
        let target = if options.client.target.is_empty() {
            last
        } else {
            &options.client.target
        };
        let predefined = global_args::predefined(
            &build_platform,
            &target_platform,
            target,
            &options.client.build_args,
        );
        invalid_default_arg_in_from::check(dockerfile, &expander, linter, || {
            let none = BTreeMap::new();
            global_args::define(predefined.clone(), &dockerfile.meta_args, &none, &expander)
                .ok()
                .map(|g| g.env.to_list())
        });
        let globals = global_args::define(
            predefined,
            &dockerfile.meta_args,
            &options.client.build_args,
            &expander,
        )?;
        Ok(Planner {
            dockerfile,
            options,
            loader: Loader::new(&options.client, answers),
            linter,
            expander,
            build_args: Cow::Borrowed(&options.client.build_args),
            globals,
            // What no platform was asked for is for the builder's, also in named contexts.
            builder_read: options.target_platform.is_none() || !options.client.contexts.is_empty(),
            build_platform,
            target_platform,
            stages: IdVec::with_capacity(dockerfile.stages.len()),
            by_name: HashMap::with_capacity(dockerfile.stages.len()),
            epoch: None,
            pending_locals: Vec::new(),
            remote_uses: Vec::new(),
            context_uses: BTreeMap::new(),
            found: HashMap::new(),
            written_sources: 0,
        })
    }

    /// The stage called `name`, in any case.
    fn by_name(&self, name: &str) -> Option<StageId> {
        self.by_name
            .get(crate::go::text::to_lower(name).as_ref())
            .copied()
    }

    /// Names for suggestions.
    fn display_names(&self) -> Vec<&str> {
        self.stages
            .values()
            .map(|stage| stage.display_name.as_ref())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// Expands names and platforms of every `FROM`, and finds out which stage continues which.
    fn name_stages(&mut self) -> Result<(), CompileError> {
        for (index, ast) in self.dockerfile.stages.iter().enumerate() {
            let location = ast.meta.location;
            let scope = self.linter.base().with_comments(&ast.meta.comments);
            let expanded = self
                .expander
                .expand_word(ast.base_name.as_bytes(), &self.globals.env);
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
        let below = self.by_name.get(stage.base_name.as_ref()).copied();
        stage.base_stage = below.filter(|_| may_continue);
        // What the stage below used is used, also where a context takes its place.
        stage.used_args = used;
        if let Some(below) = below {
            let used = self.stages[below].used_args.iter();
            stage.used_args.extend(used.cloned());
        }
        let name = stage.name();
        let id = self.stages.push(stage);
        if !name.is_empty() {
            self.by_name.insert(name.to_owned(), id);
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
        let stage = &mut self.stages[id];
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
        let expanded = self.expander.expand_word(written, &self.globals.env);
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
            &self.globals.env,
            scope,
            self.linter,
        );
        from_platform_flag_const_disallowed::check(
            ast,
            &expanded,
            &self.build_platform,
            scope,
            self.linter,
        );
        if expanded.text.is_empty() {
            let message = format!("empty platform value from expression {written}");
            return Err(CompileError::new(ErrorCode::InvalidPlatform, message)
                .suggest(self.nearest(&expanded.unmatched))
                .with_span(span)
                .at(&[location]));
        }
        // A single word leaves something to the builder.
        self.builder_read |= !expanded.text.contains('/');
        match Platform::parse(&expanded.text, &self.build_platform) {
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
        let known = || self.globals.env.names();
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
            .globals
            .infos
            .keys()
            .map(String::as_str)
            .collect_small();
        known.extend(self.globals.env.names());
        for name in unmatched
            .iter()
            .filter(|name| !known.contains(name.as_str()))
        {
            let violation = UndefinedArgInFrom {
                name: name.clone(),
                nearest: suggest::suggest(name, known.iter().copied(), Case::Sensitive),
                word,
            };
            self.linter.report(scope, Some(location), violation);
        }
    }

    fn find_target(&self) -> Result<StageId, CompileError> {
        let wanted = self.options.client.target.as_str();
        if wanted.is_empty() {
            return self.stages.last().ok_or_else(no_stages);
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
        let mut seen = self.stages.for_each(false);
        let mut todo = vec![from];
        while let Some(id) = todo.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            let stage = &self.stages[id];
            todo.extend(stage.base_stage);
            todo.extend(stage.deps.keys());
        }
        seen
    }

    fn finish(
        mut self,
        target: StageId,
        mut reachable: IdVec<StageId, bool>,
    ) -> Result<Plan<'a>, Stop> {
        let ignore_patterns = self.ignore_patterns()?;
        if !self.loader.missing.is_empty() {
            return Err(Stop::Needs(self.loader.missing));
        }
        if self.options.all_stages {
            reachable.values_mut().for_each(|flag| *flag = true);
        }
        Ok(Plan {
            stages: self.stages,
            reachable,
            target,
            globals: self.globals,
            builder_read: self.builder_read,
            build_platform: self.build_platform,
            target_platform: self.target_platform,
            implicit_target: self.options.target_platform.is_none(),
            epoch: self.epoch,
            build_args: self.build_args,
            pending_locals: self.pending_locals,
            ignore_patterns,
            remote_uses: self.remote_uses,
            context_uses: self.context_uses,
            answers: self.loader.answers(),
        })
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
