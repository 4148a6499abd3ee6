//! A stage as the plan knows it: a stage of the file, or something outside it that a `COPY --from` or a
//! mount names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use super::named_context::NamedContext;
use crate::collect::ids;
use crate::image::{ImageConfig, Platform};
use crate::lint::rules::invalid_base_image_platform::InvalidBaseImagePlatform;
use crate::llb;
use crate::source::{LineRange, Span};
use crate::syntax::{Instruction, Stage};

ids! {
    /// Index of a stage in its [`Plan`](super::Plan).
    StageId;
}

/// An instruction of the file, or one that an ONBUILD trigger brought.
#[derive(Clone, Debug)]
pub(crate) enum InstructionRef<'a> {
    /// Written in the stage.
    InFile(&'a Instruction),
    /// Out of a trigger.
    Trigger(Arc<Instruction>),
}

impl Deref for InstructionRef<'_> {
    type Target = Instruction;

    fn deref(&self) -> &Instruction {
        match self {
            InstructionRef::InFile(instruction) => instruction,
            InstructionRef::Trigger(instruction) => instruction,
        }
    }
}

/// An instruction and the stages that it reads.
#[derive(Clone, Debug)]
pub(crate) struct PlannedInstruction<'a> {
    pub instruction: InstructionRef<'a>,
    /// `COPY --from`: that stage. `RUN`: one for each mount. Otherwise empty.
    pub sources: Vec<StageId>,
}

impl PlannedInstruction<'_> {
    /// Whether an ONBUILD trigger brought it.
    pub(crate) fn is_onbuild(&self) -> bool {
        matches!(self.instruction, InstructionRef::Trigger(_))
    }
}

/// Where a stage starts, once that is known.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// File system and settings to start from.
    pub state: llb::State,
    /// Image config to start from.
    pub image: Arc<ImageConfig>,
    /// Config of the base image as it was resolved.
    pub original: Option<Arc<ImageConfig>>,
}

/// Where a stage reads another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependency {
    /// Lines of the instruction.
    pub location: LineRange,
    /// The word that names the other stage; `None` where that is not in the file.
    pub span: Option<Span>,
}

/// Counts the steps that `[stage 2/7]` shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepCounter {
    /// Steps named so far.
    pub index: usize,
    /// All steps.
    pub total: usize,
}

/// A stage of the file or a stand-in for something outside it.
#[derive(Debug)]
pub(crate) struct PlannedStage<'a> {
    /// The stage in the file; `None` for a stand-in.
    pub ast: Option<&'a Stage>,
    /// Base image or stage, expanded; for a stand-in the image it stands for.
    pub base_name: Cow<'a, str>,
    /// The image that was asked for, normalised; `None` where something else is in its place.
    pub image: Option<String>,
    /// Lines of its `FROM`, or of the `COPY` that names it.
    pub location: Option<LineRange>,
    /// Name in step names: `builder`, `stage-2`; empty when the build has one stage only.
    pub display_name: Cow<'a, str>,
    /// Platform of the stage; `None` until it is known.
    pub platform: Option<Arc<Platform>>,
    /// The stage it continues.
    pub base_stage: Option<StageId>,
    /// Where its base is named; `None` where that is not in the file.
    pub span: Option<Span>,
    /// Stages that its instructions read, each with the last instruction that does.
    pub deps: BTreeMap<StageId, Dependency>,
    /// Its instructions, those of triggers first.
    pub instructions: Vec<PlannedInstruction<'a>>,
    /// The context that replaces the whole stage.
    pub replaced_by: Option<NamedContext>,
    /// Its steps ignore the cache.
    pub ignore_cache: bool,
    /// Step numbers.
    pub steps: StepCounter,
    /// Global variables that its `FROM` used, and those of the stages that it continues.
    pub used_args: BTreeSet<String>,
    /// What it starts from; `None` for a stage on top of another stage, and until it is resolved.
    pub base: Option<Box<Base>>,
    /// There is nothing left to dispatch: a stand-in, or replaced by a context.
    pub complete: bool,
    /// Its base image is one of another platform, which is still to be reported.
    pub(super) other_platform: Option<Box<InvalidBaseImagePlatform>>,
    /// Base image was resolved while the stage was reachable.
    pub(super) resolved: bool,
    /// ONBUILD instructions of the stage below were taken over.
    pub(super) took_triggers: bool,
}

impl<'a> PlannedStage<'a> {
    pub(super) fn new(ast: Option<&'a Stage>, base_name: Cow<'a, str>) -> Self {
        PlannedStage {
            ast,
            base_name,
            image: None,
            location: ast.map(|stage| stage.meta.location),
            display_name: Cow::Borrowed(""),
            platform: None,
            base_stage: None,
            span: ast.map(|stage| stage.base_name.span),
            deps: BTreeMap::new(),
            instructions: Vec::new(),
            replaced_by: None,
            ignore_cache: false,
            steps: StepCounter::default(),
            used_args: BTreeSet::new(),
            base: None,
            complete: false,
            other_platform: None,
            resolved: false,
            took_triggers: false,
        }
    }

    /// A stand-in for an image or context that an instruction at `location` names, by the word at `span`.
    pub(super) fn outside(
        base_name: Cow<'a, str>,
        location: Option<LineRange>,
        span: Option<Span>,
    ) -> Self {
        PlannedStage {
            location,
            span,
            ..PlannedStage::new(None, base_name)
        }
    }

    /// Name in the file, lower case; empty when it has none.
    pub(crate) fn name(&self) -> &'a str {
        self.ast.map_or("", Stage::name)
    }

    /// Whether it stands for something outside the file.
    pub(crate) fn is_stand_in(&self) -> bool {
        self.ast.is_none()
    }

    /// The location as a list, as errors take it.
    pub(crate) fn lines(&self) -> &[LineRange] {
        self.location.as_slice()
    }
}
