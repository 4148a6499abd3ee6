//! Turns planned stages into LLB and an image config, instruction by instruction.
//!
//! Pure: everything from outside is in the plan already. A stage is a `DispatchState` that each
//! instruction changes; `dispatch/` has a file for each kind of instruction.

mod chmod;
mod dispatch;
mod history;
mod os_path;
pub mod outline;
mod path_set;
mod ports;
mod signal;
#[cfg(feature = "cli")]
pub(crate) use signal::NAMES as SIGNALS;
mod start;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::collect::IdVec;
use crate::diagnostic::ErrorCode;
use crate::diagnostic::suggest::Case;
use crate::expand::{Expander, NameSet};
use crate::go::text::cut;
use crate::ignore::PatternMatcher;
use crate::image::{ImageConfig, Platform};
use crate::lint::rules::undefined_var::UndefinedVar;
use crate::lint::{Linter, Scope, Violation};
use crate::llb::{self, Constraints, CopyOptions, Deferred, FileAction};
use crate::plan::{
    CompileError, Growth, MainContext, Need, Options, Plan, PlannedInstruction, RecordedStep,
    RemoteUse, StageId, step_name,
};
use crate::recording::StepKey;
use crate::remote::{Pin, RemoteSource};
use crate::source::{Escape, LineRange, Span};
use crate::syntax::{Argument, Text};
use history::HistoryLog;
use outline::Outline;
use path_set::PathSet;
use state::DispatchState;

/// Build arguments that steer the SBOM scanner; they are not environment variables.
const SBOM_SCAN_CONTEXT: &str = "BUILDKIT_SBOM_SCAN_CONTEXT";
const SBOM_SCAN_STAGE: &str = "BUILDKIT_SBOM_SCAN_STAGE";

/// The target stage, lowered.
#[derive(Debug)]
pub(crate) struct LoweredTarget {
    pub state: llb::State,
    pub image: ImageConfig,
    pub base_image: Option<Arc<ImageConfig>>,
    pub sbom_extras: BTreeMap<String, llb::State>,
    pub ignore_cache: bool,
    pub outline: Outline,
    /// All stages, where all were asked for.
    pub stages: Vec<llb::State>,
    /// The first instruction of which text that is not UTF-8 has reached an op.
    pub invalid_text: Option<LineRange>,
    /// Repositories and files on the web, with the places that name them.
    pub remote_uses: Vec<RemoteUse>,
    /// Steps that have a network, by their lines.
    pub networked: Vec<LineRange>,
    /// Pins that must be asked for before this is the result.
    pub missing: BTreeSet<Need>,
    /// Lines of each `RUN` that keeps its network where the others have none.
    pub allowed_network: Vec<LineRange>,
    /// Steps that are recorded.
    pub recorded: Vec<RecordedStep>,
}

/// Lowers the stages of `plan` in order.
pub(crate) fn lower(
    plan: &Plan<'_>,
    options: &Options,
    escape: Escape,
    linter: &mut Linter,
) -> Result<LoweredTarget, CompileError> {
    let mut lowering = Lowering::new(plan, options, escape, linter)?;
    lowering.place_outside();
    for id in plan.stages.ids() {
        lowering.stage(id)?;
    }
    lowering.finish()
}

struct Lowering<'l, 'a> {
    plan: &'l Plan<'a>,
    options: &'l Options,
    linter: &'l mut Linter,
    expander: Expander,
    /// Stages that were dispatched.
    states: IdVec<StageId, Option<Box<DispatchState>>>,
    /// What instructions can read from: dispatched stages and stand-ins.
    sources: IdVec<StageId, Option<StageResult>>,
    /// Paths read from each stage.
    paths: IdVec<StageId, PathSet>,
    /// Paths read from the main context.
    context_paths: PathSet,
    context: Deferred,
    context_state: llb::State,
    ignore: Option<PatternMatcher>,
    proxy: Option<Arc<llb::ProxyEnv>>,
    build_platform: Arc<Platform>,
    /// Numbers progress groups within this build.
    groups: usize,
    history: HistoryLog,
    /// What variables have added so far.
    growth: Growth,
    invalid_text: Option<LineRange>,
    remote_uses: Vec<RemoteUse>,
    networked: Vec<LineRange>,
    allowed_network: Vec<LineRange>,
    missing: BTreeSet<Need>,
    /// Steps that are recorded so far.
    recorded: Vec<RecordedStep>,
    /// How often a step of this name was met, where steps are recorded or replayed.
    equal_steps: BTreeMap<StepKey, u32>,
}

/// A stage as others read it.
#[derive(Clone, Debug)]
struct StageResult {
    state: llb::State,
    paths: StageId,
}

/// What every instruction of a stage shares.
struct Site<'s> {
    stage: StageId,
    /// The instruction's lines.
    location: LineRange,
    /// Lint rules that are on here.
    scope: Scope,
    onbuild: bool,
    sources: &'s [StageId],
}

impl<'l, 'a> Lowering<'l, 'a> {
    fn new(
        plan: &'l Plan<'a>,
        options: &'l Options,
        escape: Escape,
        linter: &'l mut Linter,
    ) -> Result<Self, CompileError> {
        let ignore = match plan.ignore_patterns.as_slice() {
            [] => None,
            patterns => Some(PatternMatcher::new(patterns).map_err(|error| {
                CompileError::new(ErrorCode::InvalidIgnoreFile, error.to_string())
            })?),
        };
        let context = Deferred::new();
        let context_state = context.state();
        Ok(Lowering {
            plan,
            options,
            linter,
            expander: Expander::new(escape),
            states: plan.stages.for_each(None),
            sources: plan.stages.for_each(None),
            paths: plan.stages.for_each(PathSet::default()),
            context_paths: PathSet::default(),
            context,
            context_state,
            ignore,
            proxy: llb::proxy_of_args(&plan.build_args).map(Arc::new),
            build_platform: plan.build_platform.clone(),
            groups: 0,
            history: HistoryLog::new(),
            growth: Growth::default(),
            invalid_text: None,
            remote_uses: plan.remote_uses.clone(),
            networked: Vec::new(),
            missing: BTreeSet::new(),
            recorded: Vec::new(),
            allowed_network: Vec::new(),
            equal_steps: BTreeMap::new(),
        })
    }

    /// Makes readable what is not dispatched: images and contexts that instructions name.
    fn place_outside(&mut self) {
        for (id, stage) in self.plan.stages.iter() {
            let needed = self.plan.reachable[id];
            if let Some(base) = stage.base.as_deref().filter(|_| needed && stage.complete) {
                self.sources[id] = Some(StageResult {
                    state: base.state.clone(),
                    paths: id,
                });
            }
        }
    }

    /// Dispatches the instructions of a stage, if the build needs it.
    fn stage(&mut self, id: StageId) -> Result<(), CompileError> {
        let planned = &self.plan.stages[id];
        let needed = self.plan.reachable[id];
        let outside = planned.complete && !self.options.all_stages;
        if !needed || (outside && id != self.plan.target) && planned.is_stand_in() {
            return Ok(());
        }
        let mut state = self.initial(id);
        // Each stage has its own copy of the config that it inherits.
        self.growth
            .add("inherited settings", state.inherited_bytes())
            .map_err(|error| error.at(planned.lines()))?;
        if !outside {
            self.prepare(&mut state)
                .map_err(|error| error.at(planned.lines()))?;
            self.instructions(id, &planned.instructions, &mut state)?;
            self.scan_flags(&mut state, &planned.display_name);
            // A stage on a context of no platform is itself of none while it is dispatched; from then on it is of
            // the target's.
            if *state.platform == Platform::default() {
                state.set_platform(self.plan.target_platform.clone());
            }
        }
        self.publish(id, &state);
        self.states[id] = Some(Box::new(state));
        Ok(())
    }

    fn instructions(
        &mut self,
        stage: StageId,
        instructions: &[PlannedInstruction<'_>],
        state: &mut DispatchState,
    ) -> Result<(), CompileError> {
        for planned in instructions {
            let meta = planned.instruction.meta();
            // Only a trigger can read its own stage: it sees what is there so far.
            if planned.sources.contains(&stage) {
                self.publish(stage, state);
            }
            let site = Site {
                stage,
                location: meta.location,
                scope: self
                    .linter
                    .base()
                    .with_comments(&meta.comments)
                    .of_trigger(planned.is_onbuild()),
                onbuild: planned.is_onbuild(),
                sources: &planned.sources,
            };
            self.dispatch(state, &site, &planned.instruction)
                .map_err(|error| match site.onbuild {
                    true => error.outside_file(),
                    false => error,
                })
                .map_err(|error| error.at(&[meta.location]))?;
        }
        Ok(())
    }

    /// Adds a history entry to a stage; `layer` tells whether it comes with a layer.
    fn commit(&mut self, state: &mut DispatchState, created_by: impl AsRef<[u8]>, layer: bool) {
        let entry = self.history.add(state.history, created_by.as_ref(), layer);
        state.history = Some(entry);
    }

    /// [`Lowering::commit`] of a text that was put together in the log's memory.
    fn commit_text(&mut self, state: &mut DispatchState, created_by: String, layer: bool) {
        self.commit(state, &created_by, layer);
        self.history.give_back(created_by);
    }

    /// What the answers hold `source` to; nothing while the answer is missing.
    fn pin(&mut self, source: RemoteSource) -> Option<&'l Pin> {
        self.plan.answers.pin(source, &mut self.missing)
    }

    /// Lets instructions read `stage` as it is now.
    fn publish(&mut self, stage: StageId, state: &DispatchState) {
        self.sources[stage] = Some(StageResult {
            state: state.state.clone(),
            paths: state.paths,
        });
    }

    /// What can be read from a stage; `None` for one that comes later.
    fn dispatched(&self, stage: StageId) -> Option<&StageResult> {
        self.sources[stage].as_ref()
    }

    /// Notes that `path` of a stage is read.
    fn mark_path(&mut self, paths: StageId, path: String) {
        self.paths[paths].insert(path);
    }

    /// Notes that anything of a stage may be read.
    fn mark_all(&mut self, paths: StageId) {
        self.paths[paths].insert_all();
    }

    /// Whether the SBOM scanner looks at the stage or at the main context.
    fn scan_flags(&self, state: &mut DispatchState, name: &str) {
        let asks = |variable: &str| {
            let own = state.build_args.iter().rev().find_map(|arg| {
                (&*arg.key == variable)
                    .then_some(arg.value.as_deref())
                    .flatten()
            });
            own.or_else(|| self.plan.globals.env.get(variable))
                .is_some_and(|value| enabled_for(name, value))
        };
        let (context, stage) = (asks(SBOM_SCAN_CONTEXT), asks(SBOM_SCAN_STAGE));
        (state.scan_context, state.scan_stage) = (context, stage);
    }

    /// Replaces the variables of `word` and reports those that are not set.
    fn expand<'w>(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        word: &'w Argument,
    ) -> Result<std::borrow::Cow<'w, str>, CompileError> {
        self.expand_with(&self.expander.clone(), state, site, &word.value, word.span)
            .map_err(|error| error.with_span(word.span))
    }

    fn expand_with<'w>(
        &mut self,
        expander: &Expander,
        state: &DispatchState,
        site: &Site<'_>,
        text: &'w Text,
        span: Span,
    ) -> Result<std::borrow::Cow<'w, str>, CompileError> {
        let mut report = |names: &NameSet| {
            for name in names {
                self.report_unset(state, site, name, span, expander);
            }
        };
        let expanded = match expander.expand_text(text, state.state.env()) {
            Ok(expanded) => expanded,
            Err(error) => {
                report(&error.unmatched);
                return Err(error.into());
            }
        };
        report(&expanded.unmatched);
        self.growth.expansion(text.len(), expanded.text.len())?;
        Ok(expanded.text)
    }

    fn report_unset(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        name: &str,
        text: Span,
        expander: &Expander,
    ) {
        let declared = state.build_args.iter().any(|arg| &*arg.key == name);
        if declared || name == SBOM_SCAN_CONTEXT || name == SBOM_SCAN_STAGE {
            return;
        }
        let known = state.state.env().iter().map(|(key, _)| key);
        let violation = UndefinedVar {
            name: name.to_owned(),
            nearest: crate::diagnostic::suggest::suggest(name, known, Case::Sensitive),
            text,
            expander: *expander,
        };
        self.report(site, violation);
    }

    /// Reports what was found in the instruction at `site`.
    fn report(&mut self, site: &Site<'_>, violation: impl Violation) {
        self.linter
            .report(&site.scope, Some(site.location), violation);
    }

    /// The name of a step at `site`.
    fn step_name(
        &self,
        state: &mut DispatchState,
        site: &Site<'_>,
        platform: Option<&Platform>,
        text: &str,
    ) -> String {
        let prefix = step_name::Prefix {
            stage: &self.plan.stages[site.stage].display_name,
            onbuild: site.onbuild,
            platform: platform.filter(|_| self.options.client.multi_platform),
            env: Some(state.state.env()),
            host: &self.build_platform,
        };
        step_name::prefixed(&mut state.steps, &prefix, text)
    }

    /// Whether steps at `site` must not use the cache.
    fn ignores_cache(&self, site: &Site<'_>) -> bool {
        self.plan.stages[site.stage].ignore_cache
    }

    /// Constraints with the place of an instruction.
    fn at(&self, constraints: Constraints, location: LineRange) -> Constraints {
        match &self.options.source_map {
            None => constraints,
            Some(map) => constraints.location(map.each_line(location)),
        }
    }

    fn finish(mut self) -> Result<LoweredTarget, CompileError> {
        let target = self.plan.target;
        let Some(mut state) = self.states[target].take() else {
            return Err(CompileError::new(
                ErrorCode::Internal,
                "internal: the target stage was not lowered",
            ));
        };
        // The result is the whole of the target.
        self.mark_all(state.paths);
        for (name, value) in &self.options.client.labels {
            let labels = &mut state.config_mut().labels;
            labels.insert(name.clone(), value.clone());
        }
        if let Some(failure) = self.linter.failure() {
            return Err(CompileError::new(ErrorCode::CheckFailed, failure));
        }
        self.fill_locals()?;
        let mut image = Arc::unwrap_or_clone(std::mem::take(&mut state.image));
        image
            .history
            .extend(self.history.up_to(state.history, self.plan.epoch));
        self.set_platform(&mut image);
        let outline = match self.options.findings_only {
            true => Outline::default(),
            false => outline::of_target(self.plan, target, &state, &self.states),
        };
        let sbom_extras = self.sbom_extras(&state);
        let scanned_ignores_cache = self.states.iter().any(|(id, other)| {
            other.as_deref().is_some_and(|other| other.scan_stage)
                && self.plan.stages[id].ignore_cache
        });
        Ok(LoweredTarget {
            ignore_cache: self.plan.stages[target].ignore_cache || scanned_ignores_cache,
            base_image: state.base_image,
            state: state.state,
            image,
            sbom_extras,
            outline,
            stages: self.all_stages(),
            invalid_text: self.invalid_text,
            remote_uses: self.remote_uses,
            networked: self.networked,
            allowed_network: self.allowed_network,
            missing: self.missing,
            recorded: self.recorded,
        })
    }

    /// What every stage has become, but for the target: its state has been taken.
    fn all_stages(&self) -> Vec<llb::State> {
        if !self.options.all_stages {
            return Vec::new();
        }
        let stages = self.states.values().flatten();
        stages.map(|stage| stage.state.clone()).collect()
    }

    fn sbom_extras(&self, target: &DispatchState) -> BTreeMap<String, llb::State> {
        let mut extras = BTreeMap::new();
        if target.scan_context {
            extras.insert("context".to_owned(), self.context_state.clone());
        }
        for (id, other) in self.states.iter() {
            if let Some(other) = other.as_deref().filter(|other| other.scan_stage) {
                let name = self.plan.stages[id].display_name.to_string();
                extras.insert(name, other.state.clone());
            }
        }
        extras
    }

    /// Makes the ops of local sources, now that it is known what is read from them.
    fn fill_locals(&mut self) -> Result<(), CompileError> {
        for (stage, pending) in &self.plan.pending_locals {
            let read = self.dispatched(*stage).map(|source| source.paths);
            pending.fill(self.paths[read.unwrap_or(*stage)].follow_paths());
        }
        let context = self.options.main_context.state(
            self.plan.ignore_patterns.clone(),
            self.context_paths.follow_paths(),
        );
        self.context.set(&self.without_recordings(context));
        Ok(())
    }

    /// The main context without the lock and its store, where it is not a directory of the client: of that they are not
    /// sent.
    fn without_recordings(&self, context: llb::State) -> llb::State {
        match (&self.options.main_context, &self.options.recording) {
            (MainContext::State(_), Some(recording)) => {
                let options = CopyOptions {
                    copy_dir_contents_only: true,
                    exclude_patterns: recording.left_out.clone(),
                    ..CopyOptions::default()
                };
                let copy = FileAction::new().copy(&context, "/", "/", options);
                let constraints =
                    Constraints::new().custom_name("[internal] leave out the lock and its store");
                llb::State::scratch().file(copy, constraints)
            }
            _ => context,
        }
    }

    /// An explicit target platform wins over what the base image says.
    fn set_platform(&self, image: &mut ImageConfig) {
        let target = &self.plan.target_platform;
        if !self.plan.implicit_target {
            let same = target.os == image.platform.os
                && target.architecture == image.platform.architecture;
            image.platform.os.clone_from(&target.os);
            image.platform.architecture.clone_from(&target.architecture);
            if !target.variant.is_empty() || !same {
                image.platform.variant.clone_from(&target.variant);
            }
            if !target.os_version.is_empty() || !same {
                image.platform.os_version.clone_from(&target.os_version);
            }
            if !target.os_features.is_empty() {
                image.platform.os_features.clone_from(&target.os_features);
            }
        }
        image.platform.normalize();
    }
}

/// Name and value of an entry of an image's `Env`.
pub(crate) fn split_env(entry: &str) -> (&str, &str) {
    cut(entry, b'=').unwrap_or((entry, ""))
}

/// `value` is a boolean for every stage, or a list of stages.
fn enabled_for(stage: &str, value: &str) -> bool {
    crate::go::number::parse_bool(value)
        .unwrap_or_else(|_| value.split(',').any(|name| name == stage))
}
