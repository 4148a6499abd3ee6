//! What a build looks like from afar: its stages, what they start from and what they read.
//!
//! A plain copy of the plan for drawing and telling; no step is built for it.

use super::{Plan, PlannedInstruction, PlannedStage, SCRATCH, StageId};
use crate::collect::Id as _;
use crate::context::RemoteUse;
use crate::go::csv;
use crate::image::{Platform, Reference};
use crate::remote::{self, RemoteSource};
use crate::source::LineRange;
use crate::syntax::Instruction;

/// The stages of a build, and what comes from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The stages of the file in order, then images and contexts that only instructions name.
    pub stages: Vec<StageShape>,
    /// Index of the stage to build.
    pub target: usize,
}

/// A stage, or something outside the file that instructions read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageShape {
    /// Its name as written, `stage-2` without one; for what is outside the image or context.
    pub name: String,
    /// Written in the file.
    pub in_file: bool,
    /// What it starts from, or is.
    pub base: BaseShape,
    /// Platform, where it is known: `linux/amd64`.
    pub platform: Option<String>,
    /// Lines of its `FROM`.
    pub location: Option<LineRange>,
    /// The target needs it.
    pub needed: bool,
    /// Its instructions, those of triggers first.
    pub instructions: Vec<InstructionShape>,
}

/// What a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseShape {
    /// Nothing.
    Scratch,
    /// The stage with this index.
    Stage(usize),
    /// An image, in its familiar form: `alpine:3.20`.
    Image(String),
    /// A named context of the client.
    Context(String),
}

/// An instruction of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstructionShape {
    /// The word, in upper case.
    pub keyword: &'static str,
    /// Its text, on one line.
    pub code: String,
    /// Its lines.
    pub location: LineRange,
    /// An ONBUILD trigger brought it.
    pub onbuild: bool,
    /// Stages that it reads, by index.
    pub reads: Vec<usize>,
    /// It reads the main context.
    pub context: bool,
    /// Addresses that it fetches: as written, or without variables after [`Shape::expand`].
    pub fetches: Vec<Fetch>,
    /// Sources of an `ADD`, as written.
    sources: Vec<String>,
}

/// An address that `ADD` fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// As written.
    pub url: String,
    /// A repository, not a file.
    pub git: bool,
}

impl InstructionShape {
    /// Whether it is a step of the build, as progress counts them, and not just a setting.
    pub fn is_step(&self) -> bool {
        matches!(self.keyword, "ADD" | "COPY" | "RUN" | "WORKDIR")
    }
}

impl Plan<'_> {
    /// By stage of the file, whether the target needs it.
    #[cfg(feature = "cli")]
    pub(crate) fn needed(&self) -> Vec<bool> {
        let in_file = self.stages.iter().filter(|(_, stage)| stage.ast.is_some());
        in_file.map(|(id, _)| self.reachable[id]).collect()
    }

    /// The plan from afar.
    pub(crate) fn shape(&self) -> Shape {
        let stages = self.stages.iter().map(|(id, stage)| {
            let needed = self.reachable[id];
            self.stage_shape(id.place(), stage, needed)
        });
        Shape {
            stages: stages.collect(),
            target: self.target.place(),
        }
    }

    fn stage_shape(&self, index: usize, stage: &PlannedStage<'_>, needed: bool) -> StageShape {
        let base = base_shape(stage);
        let written = stage.ast.and_then(|ast| ast.written_name.as_ref());
        let name = match (&base, written) {
            (_, Some(name)) => name.as_str().to_owned(),
            (_, None) if stage.ast.is_some() => format!("stage-{index}"),
            (BaseShape::Image(name) | BaseShape::Context(name), None) => name.clone(),
            (_, None) => stage.base_name.to_string(),
        };
        StageShape {
            name,
            in_file: stage.ast.is_some(),
            base,
            platform: stage.platform.as_deref().map(Platform::format_all),
            location: stage.location,
            needed,
            instructions: stage
                .instructions
                .iter()
                .map(|planned| self.instruction_shape(planned))
                .collect(),
        }
    }

    fn instruction_shape(&self, planned: &PlannedInstruction<'_>) -> InstructionShape {
        let instruction = &*planned.instruction;
        let mut shape = InstructionShape {
            keyword: instruction.name(),
            code: instruction.meta().code.as_str().to_owned(),
            location: instruction.meta().location,
            onbuild: planned.is_onbuild(),
            reads: Vec::new(),
            context: false,
            fetches: Vec::new(),
            sources: Vec::new(),
        };
        // A mount without `from` has a stand-in for nothing.
        let is_something = |id: &StageId| {
            let stage = &self.stages[*id];
            stage.ast.is_some() || stage.base_name != SCRATCH
        };
        let reads = planned.sources.iter().filter(|id| is_something(id));
        shape.reads = reads.map(|id| id.place()).collect();
        shape.reads.sort_unstable();
        shape.reads.dedup();
        match instruction {
            Instruction::Add(add) => {
                let sources = add.paths.sources.iter();
                shape.sources = sources.map(|source| source.as_str().to_owned()).collect();
                shape.add_sources();
            }
            Instruction::Copy(copy) => {
                let from = copy.from.as_ref().is_some_and(|from| !from.is_empty());
                shape.context = !from && !copy.paths.sources.is_empty();
            }
            Instruction::Run(run) => {
                let mut mounts = run.mounts.iter();
                shape.context = mounts.any(|mount| mounts_context(mount.as_str()));
            }
            _ => {}
        }
        shape
    }
}

impl InstructionShape {
    /// What the sources of an `ADD` look like as they are written.
    fn add_sources(&mut self) {
        for url in &self.sources {
            let git = matches!(remote::detect_git_context(url), Some(Ok(_)));
            if git || url.starts_with("http://") || url.starts_with("https://") {
                let url = url.clone();
                self.fetches.push(Fetch { url, git });
            } else {
                self.context = true;
            }
        }
    }

    fn has_variables(&self) -> bool {
        self.sources.iter().any(|source| source.contains('$'))
    }
}

impl Shape {
    /// Some `ADD` names its sources with variables.
    pub fn has_variables(&self) -> bool {
        self.adds().any(|add| add.has_variables())
    }

    fn adds(&self) -> impl Iterator<Item = &InstructionShape> {
        let instructions = self.stages.iter().flat_map(|stage| &stage.instructions);
        instructions.filter(|instruction| !instruction.sources.is_empty())
    }

    /// Takes the sources of `ADD` with variables from what a compilation of all stages fetches.
    pub fn expand(&mut self, uses: &[RemoteUse]) {
        let lines = self.adds().map(|add| add.location);
        let lines: Vec<LineRange> = lines.collect();
        let stages = self.stages.iter_mut();
        for add in stages.flat_map(|stage| &mut stage.instructions) {
            // Triggers have the lines of their `FROM`, all of them.
            let is_only = lines.iter().filter(|other| **other == add.location).count() == 1;
            if !add.has_variables() || !is_only {
                continue;
            }
            let own = uses.iter().filter(|it| it.location == Some(add.location));
            let fetches: Vec<Fetch> = own.map(|used| Fetch::of(&used.source)).collect();
            if fetches.len() <= add.sources.len() {
                add.context = fetches.len() < add.sources.len();
                add.fetches = fetches;
            }
        }
    }
}

impl Fetch {
    fn of(source: &RemoteSource) -> Self {
        match source {
            RemoteSource::Http { url } => Fetch {
                url: url.clone(),
                git: false,
            },
            RemoteSource::Git { remote, reference } => Fetch {
                url: match reference.as_str() {
                    "" => remote.clone(),
                    reference => format!("{remote}#{reference}"),
                },
                git: true,
            },
        }
    }
}

fn base_shape(stage: &PlannedStage<'_>) -> BaseShape {
    let name = stage.base_name.as_ref();
    if let Some(below) = stage.base_stage {
        return BaseShape::Stage(below.place());
    }
    if stage.replaced_by.is_some() {
        return BaseShape::Context(name.to_owned());
    }
    if let Some(image) = &stage.image {
        return BaseShape::Image(familiar(image));
    }
    if name == SCRATCH {
        return BaseShape::Scratch;
    }
    // What the target does not need is not resolved, and so taken for what it looks like.
    match stage.resolved && stage.base.is_some() {
        true => BaseShape::Context(name.to_owned()),
        false => BaseShape::Image(familiar(name)),
    }
}

/// An image's name as people write it.
fn familiar(name: &str) -> String {
    match Reference::parse_normalized(name) {
        Ok(reference) => reference.familiar_string(),
        Err(_) => name.to_owned(),
    }
}

/// A bind mount that reads no stage reads the main context.
fn mounts_context(mount: &str) -> bool {
    let fields = csv::fields(mount).unwrap_or_default();
    let value = |wanted: &str| {
        let mut pairs = fields.iter().filter_map(|field| field.split_once('='));
        pairs
            .find(|(key, _)| key.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
    };
    value("type").is_none_or(|kind| kind.eq_ignore_ascii_case("bind"))
        && value("from").is_none_or(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bind_mounts_without_from_read_the_context() {
        assert!(mounts_context("target=/src"));
        assert!(mounts_context("type=bind,target=/src"));
        assert!(!mounts_context("type=bind,from=build,target=/src"));
        assert!(!mounts_context("type=cache,target=/root/.cache"));
        assert!(!mounts_context("type=secret,id=token"));
    }

    #[test]
    fn images_have_the_names_that_people_use() {
        assert_eq!(familiar("docker.io/library/alpine:3.20"), "alpine:3.20");
        assert_eq!(familiar("ghcr.io/a/b:1"), "ghcr.io/a/b:1");
    }
}
