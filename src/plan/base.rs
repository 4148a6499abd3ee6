//! Base images: what each needed stage starts from.

use std::borrow::Cow;
use std::sync::Arc;

use super::draft::{Draft, Pass};
use super::step_name;
use super::{Base, CompileError, ImageAnswer, ImageNeed, Planner, SCRATCH, StageId, Stop};
use crate::collect::IdVec;
use crate::context::{LoadError, Loaded, image_platform};
use crate::diagnostic::ErrorCode;
use crate::diagnostic::suggest::{self, Case};
use crate::image::{Digest, ImageConfig, Platform, Reference, platform};
use crate::limits::MAX_TRIGGER_DEPTH;
use crate::lint::rules::invalid_base_image_platform::{self, InvalidBaseImagePlatform};
use crate::llb::{self, Constraints};
use crate::remote::RemoteSource;
use crate::source::LineRange;
use crate::syntax::Instruction;

/// Images that a misspelt name may have meant.
const COMMON_IMAGES: [&str; 7] = [
    "alpine", "busybox", "centos", "debian", "golang", "ubuntu", "fedora",
];

/// A base image as it was found. Files name the same one for many stages.
#[derive(Clone, Debug)]
pub(super) struct FoundImage {
    /// The platform that the stage asked for.
    asked: Option<Arc<Platform>>,
    /// Reference, normalised, without what was found out.
    wanted: String,
    /// The same with the digest.
    name: String,
    /// The platform that it is for.
    platform: Arc<Platform>,
    /// Its config, to start from.
    image: Arc<ImageConfig>,
    /// Its config.
    original: Arc<ImageConfig>,
}

/// A config to start from: the new image was not made when the old one was.
fn without_time(original: &Arc<ImageConfig>) -> Arc<ImageConfig> {
    let mut image = original.clone();
    if image.created.is_some() {
        Arc::make_mut(&mut image).created = None;
    }
    image
}

impl Planner<'_, '_> {
    /// A pass over all stages, those that were resolved before among them.
    pub(super) fn pass(&self, target: StageId, depth: usize) -> Pass {
        Pass {
            target,
            reachable: self.reachable(target),
            open: self.draft.stages.ids().collect(),
            depth,
            is_last: false,
        }
    }

    /// Finds out what the stages that the target needs start from, until ONBUILD triggers bring nothing new.
    pub(super) fn resolve_bases(&mut self, pass: &mut Pass) -> Result<(), Stop> {
        while !pass.is_last {
            self.resolve_open(pass)?;
            if self.take_triggers(&pass.reachable)? {
                if pass.depth == MAX_TRIGGER_DEPTH {
                    let message = format!(
                        "ONBUILD triggers lead from image to image more than {MAX_TRIGGER_DEPTH} times"
                    );
                    return Err(CompileError::new(ErrorCode::LimitExceeded, message).into());
                }
                *pass = self.pass(pass.target, pass.depth + 1);
            } else {
                // Stand-ins that triggers brought without being stages to wait for are not among them.
                pass.reachable = self.reachable(pass.target);
                pass.is_last = true;
            }
        }
        Ok(())
    }

    fn resolve_open(&mut self, pass: &mut Pass) -> Result<(), Stop> {
        let all = self.options.all_stages;
        // Parity: the reference resolves all at once, and of several that fail the one that it began last is mostly
        // the first to tell.
        let mut failed = None;
        pass.open.retain(|id| {
            let needed = pass.reachable[*id] || all;
            let resolved = self.resolve_base(*id, needed).unwrap_or_else(|error| {
                failed = Some(error);
                false
            });
            !resolved
        });
        if !self.loader.missing.is_empty() {
            // Whatever else will be asked can go out with these; what is wrong with it is told in its turn.
            let _ = self.ignore_patterns();
            self.note_literal_sources(&pass.reachable);
            return Err(Stop::Needs(std::mem::take(&mut self.loader.missing)));
        }
        self.report_platforms();
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Asks for the pins of the addresses that `ADD` has without a variable: the others are known when all is lowered.
    fn note_literal_sources(&mut self, reachable: &IdVec<StageId, bool>) {
        if !self.loader.answers().asks_pins() {
            return;
        }
        let needed = self.draft.stages.values().zip(reachable.values());
        let instructions = needed
            .filter(|(stage, needed)| **needed && stage.replaced_by.is_none())
            .flat_map(|(stage, _)| &stage.instructions);
        let words = instructions.flat_map(|planned| match &*planned.instruction {
            Instruction::Add(add) => add.paths.sources.as_slice(),
            _ => &[],
        });
        let is_special = |byte| matches!(byte, b'$' | b'\\' | b'`' | b'"' | b'\'');
        let literal = words
            .map(|word| word.as_str())
            .filter(|word| !word.bytes().any(is_special));
        let sources = literal.filter_map(RemoteSource::of_add);
        for source in sources {
            self.loader.pin(source);
        }
    }

    /// Whether that was possible: an answer may be missing.
    fn resolve_base(&mut self, id: StageId, needed: bool) -> Result<bool, CompileError> {
        let stage = &mut self.draft.stages[id];
        if stage.base_stage.is_some() || stage.complete || stage.resolved {
            return Ok(true);
        }
        let stand_in = stage.is_stand_in();
        if stage.base_name == SCRATCH && stage.replaced_by.is_none() {
            stage.platform = Some(self.draft.target_platform.clone());
            let image = if stand_in {
                ImageConfig::default()
            } else {
                ImageConfig::empty(&self.draft.target_platform)
            };
            stage.base = Some(Box::new(Base {
                state: llb::State::scratch(),
                image: Arc::new(image),
                original: None,
            }));
            stage.complete = stand_in;
            stage.resolved = needed;
            return Ok(true);
        }
        let (location, span) = (stage.location, stage.span);
        let base = self.find_base(id, needed).map_err(|error| {
            let error = error.at(location.as_slice());
            match span {
                Some(span) => error.with_span(span),
                None => error,
            }
        })?;
        let Some(base) = base else {
            return Ok(false);
        };
        let stage = &mut self.draft.stages[id];
        stage.complete |= stand_in;
        stage.resolved = needed;
        stage.base = Some(Box::new(base));
        Ok(true)
    }

    /// The base of one stage; `None` while an answer is missing.
    fn find_base(&mut self, id: StageId, needed: bool) -> Result<Option<Base>, CompileError> {
        let stage = &self.draft.stages[id];
        let written = stage.base_name.clone();
        let asked = stage.platform.clone();
        let context = stage.replaced_by.clone();
        let known = self.draft.found.get(&written);
        if let (Some(known), true, None) = (known, needed, &context)
            && known.asked == asked
        {
            let found = known.clone();
            return Ok(Some(self.base_from_image(id, &written, &found)));
        }
        let reference = Reference::parse_normalized(&written).map_err(|error| {
            let quoted = crate::go::quote::quote(&*written);
            CompileError::new(
                ErrorCode::InvalidImageReference,
                format!("failed to parse stage name {quoted}: {error}"),
            )
        })?;
        let platform = asked
            .clone()
            .unwrap_or_else(|| self.draft.target_platform.clone());
        let reference = reference.tag_name_only();
        let name = reference.to_text();
        if !needed {
            let state = self.image_state(id, &name, &platform);
            self.set_platform(id, platform);
            return Ok(Some(Base {
                state,
                image: Arc::default(),
                original: None,
            }));
        }
        if let Some(context) = context {
            self.note_context_image(id, &context);
            return self.base_from_stage_context(id, &context);
        }
        // Without contexts only a name of no host could be in the way.
        let unnamed = self.options.client.contexts.is_empty() && !reference.domain().is_empty();
        let context = match unnamed {
            true => None,
            false => self.named_context(&name, Some(&platform))?,
        };
        if let Some(context) = context {
            self.note_context_image(id, &context);
            return self.base_from_context(id, &context, platform);
        }
        let Some(found) = self.find_image(&written, reference, name, platform, asked)? else {
            return Ok(None);
        };
        let base = self.base_from_image(id, &written, &found);
        if unnamed {
            self.draft.found.insert(written, found);
        }
        Ok(Some(base))
    }

    /// The image `wanted` for `platform`; `None` while the answer is missing. `asked` is the platform that the
    /// stage asked for.
    fn find_image(
        &mut self,
        written: &str,
        mut reference: Reference,
        wanted: String,
        mut platform: Arc<Platform>,
        asked: Option<Arc<Platform>>,
    ) -> Result<Option<FoundImage>, CompileError> {
        let need = ImageNeed {
            reference: wanted.clone(),
            platform: Some((*platform).clone()),
            resolve_mode: Some(self.options.client.resolve_mode),
            log_name: self.load_metadata_name(&wanted, &platform),
            context: None,
            oci_store: None,
        };
        let answer = self.loader.image(need);
        let answer = answer.map_err(|error| self.unresolved(error.into(), written))?;
        let meta = match answer {
            None => return Ok(None),
            Some(ImageAnswer::Found(meta)) => meta,
            Some(ImageAnswer::NotAnImage { updated }) => {
                return Err(
                    self.unresolved(LoadError::not_an_image(&wanted, updated).into(), written)
                );
            }
        };
        if !reference.is_written(&meta.reference) {
            reference = Reference::parse_normalized(&meta.reference).map_err(|error| {
                let quoted = crate::go::quote::quote(&meta.reference);
                CompileError::new(
                    ErrorCode::InvalidImageReference,
                    format!("failed to parse ref {quoted}: {error}"),
                )
            })?;
        }
        let original = meta
            .parse()
            .map_err(|error| CompileError::from(error).context("failed to parse image config"))?;
        if asked.is_none() && self.options.target_platform.is_none() {
            let supported = std::slice::from_ref(&*self.draft.build_platform);
            let detected = platform::auto_detect(&original.platform, &platform, supported);
            if *detected != *platform {
                platform = Arc::new(detected.clone());
            }
        }
        if let Some(digest) = meta.digest.as_deref().filter(|digest| !digest.is_empty()) {
            let invalid = |error: &dyn std::fmt::Display| {
                CompileError::new(ErrorCode::InvalidImageReference, error.to_string())
            };
            let digest = Digest::parse(digest).map_err(|error| invalid(&error))?;
            reference = reference
                .with_digest(digest)
                .map_err(|error| invalid(&error))?;
        }
        let original = Arc::new(original);
        Ok(Some(FoundImage {
            asked,
            wanted,
            name: reference.to_text(),
            platform,
            image: without_time(&original),
            original,
        }))
    }

    fn base_from_image(&mut self, id: StageId, written: &str, found: &FoundImage) -> Base {
        self.draft.stages[id].image = Some(found.wanted.clone());
        let state = if found.image.is_scratch() {
            self.draft.stages[id].base_name = Cow::Owned(found.name.clone());
            llb::State::scratch()
        } else {
            let state = self.image_state(id, &found.name, &found.platform);
            self.check_platform(id, written, found);
            state
        };
        self.set_platform(id, found.platform.clone());
        Base {
            state,
            image: found.image.clone(),
            original: Some(found.original.clone()),
        }
    }

    fn check_platform(&mut self, id: StageId, written: &str, found: &FoundImage) {
        let (expected, actual) = (&*found.platform, &found.image.platform);
        if !invalid_base_image_platform::differs(expected, actual) {
            return;
        }
        let stage = &mut self.draft.stages[id];
        stage.other_platform = Some(Box::new(InvalidBaseImagePlatform {
            image: written.to_owned(),
            expected: expected.clone(),
            actual: actual.clone(),
            written: stage.span.unwrap_or_default(),
        }));
    }

    /// Reports images of other platforms in the order of stages, however many rounds it took to find them.
    fn report_platforms(&mut self) {
        let Draft { stages, linter, .. } = &mut self.draft;
        for stage in stages.values_mut() {
            if let Some(violation) = stage.other_platform.take() {
                let scope = linter.base().of_trigger(stage.span.is_none());
                linter.report(&scope, stage.location, *violation);
            }
        }
    }

    /// Remembers the image that a context puts in the place of a stage or its base.
    fn note_context_image(&mut self, id: StageId, context: &super::named_context::NamedContext) {
        self.draft.stages[id].image = context.image();
    }

    /// Lines of the first instruction that reads what a stage starts from.
    fn first_reader(&self, id: StageId) -> Option<LineRange> {
        let stage = &self.draft.stages[id];
        let own = stage.instructions.first().map(|it| it.instruction.meta());
        let own = own.map(|meta| meta.location).or(stage.location);
        let reader = || {
            let mut stages = self.draft.stages.values();
            let reader = stages.find_map(|stage| stage.deps.get(&id));
            reader.map(|reader| reader.location)
        };
        own.or_else(reader)
    }

    /// Loads a context that stands for a stage or its base; `None` while an answer is missing.
    fn load_stage_context(
        &mut self,
        id: StageId,
        context: &super::named_context::NamedContext,
    ) -> Result<Option<Loaded>, CompileError> {
        let mode = Some(self.options.client.resolve_mode);
        let place = self.draft.stages[id].location;
        let loaded = self.load_context(context, place, self.first_reader(id), mode)?;
        Ok(loaded.map(|mut loaded| {
            let pending = loaded.pending.take();
            self.draft
                .pending_locals
                .extend(pending.map(|pending| (id, pending)));
            loaded
        }))
    }

    /// A context that stands for the stage itself: there is nothing left to build in it.
    fn base_from_stage_context(
        &mut self,
        id: StageId,
        context: &super::named_context::NamedContext,
    ) -> Result<Option<Base>, CompileError> {
        let Some(loaded) = self.load_stage_context(id, context)? else {
            return Ok(None);
        };
        let mut image = loaded.image.unwrap_or_default();
        image.created = None;
        let stage = &mut self.draft.stages[id];
        stage.complete = true;
        if let Some(platform) = image_platform(&image) {
            stage.platform = Some(Arc::new(platform));
        }
        Ok(Some(Base {
            state: loaded.state,
            image: Arc::new(image),
            original: None,
        }))
    }

    /// A context in the place of a base image.
    fn base_from_context(
        &mut self,
        id: StageId,
        context: &super::named_context::NamedContext,
        platform: Arc<Platform>,
    ) -> Result<Option<Base>, CompileError> {
        let Some(loaded) = self.load_stage_context(id, context)? else {
            return Ok(None);
        };
        let image = loaded
            .image
            .unwrap_or_else(|| ImageConfig::empty(&platform));
        let original = Arc::new(image);
        let state = loaded.state.with_shared_platform(platform.clone());
        self.set_platform(id, platform);
        Ok(Some(Base {
            state,
            image: without_time(&original),
            original: Some(original),
        }))
    }

    /// The image as a source op, with its name in the progress.
    fn image_state(&mut self, id: StageId, name: &str, platform: &Arc<Platform>) -> llb::State {
        let stage = &mut self.draft.stages[id];
        stage.base_name = Cow::Owned(name.to_owned());
        let command = stage.ast.map_or("", |ast| ast.meta.code.as_str());
        let shown = self.options.client.multi_platform.then_some(&**platform);
        let text = ["FROM ", name].concat();
        let prefix = step_name::Prefix {
            stage: &stage.display_name,
            onbuild: false,
            platform: shown,
            env: None,
            host: &self.draft.build_platform,
        };
        let custom_name = step_name::prefixed(&mut stage.steps, &prefix, &text);
        let mut constraints = Constraints::new()
            .platform(platform.clone())
            .custom_name(custom_name)
            .description(step_name::COMMAND_KEY, command);
        if let Some(map) = &self.options.source_map {
            constraints = constraints.location(match stage.location {
                Some(lines) => map.each_line(lines),
                None => map.lines(&[]),
            });
        }
        let resolve_mode = self.options.client.resolve_mode;
        llb::State::named_image(
            name,
            llb::ImageOptions {
                resolve_mode,
                constraints,
                ..Default::default()
            },
        )
    }

    fn set_platform(&mut self, id: StageId, platform: Arc<Platform>) {
        self.draft.stages[id].platform = Some(platform);
    }

    fn load_metadata_name(&self, name: &str, platform: &Platform) -> String {
        let (platform, blank) = match self.options.client.multi_platform {
            true => (platform.format_all(), " "),
            false => (String::new(), ""),
        };
        ["[", &platform, blank, "internal] load metadata for ", name].concat()
    }

    /// An image that could not be resolved, with a suggestion for its name.
    fn unresolved(&self, error: CompileError, written: &str) -> CompileError {
        // Parity: no slash after `library`, on the wire. Such a name leads nowhere, so that people are told the other.
        let common = COMMON_IMAGES.iter().flat_map(|name| {
            [
                (name.to_string(), None),
                (
                    format!("docker.io/library{name}"),
                    Some(format!("docker.io/library/{name}")),
                ),
                (format!("{name}:latest"), None),
                (
                    format!("docker.io/library{name}:latest"),
                    Some(format!("docker.io/library/{name}:latest")),
                ),
            ]
        });
        let stages = self.display_names().into_iter();
        let known: Vec<(String, Option<String>)> = stages
            .map(|name| (name.to_owned(), None))
            .chain(common)
            .collect();
        let names = known.iter().map(|(name, _)| name);
        let nearest = suggest::suggest(written, names, Case::Sensitive);
        let entry = known
            .iter()
            .find(|(name, _)| Some(name) == nearest.as_ref());
        let meant = entry.and_then(|(_, meant)| meant.clone());
        let error = error.context(written).suggest(nearest);
        match meant {
            Some(word) => error.suggest_instead(word),
            None => error,
        }
    }
}
