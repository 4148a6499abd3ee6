//! Named contexts: what a client puts in the place of an image or a stage (`--build-context`).

use super::need::{Answer, ImageAnswer, ImageMeta, ImageNeed, Need, OciStore};
use super::{CompileError, Planner, RemoteSource, RemoteUse, ResolveMode};
use crate::context::ContextSource;
pub(super) use crate::context::NamedContext;
use crate::diagnostic::ErrorCode;
use crate::ignore;
use crate::image::{ImageConfig, Platform, Reference};
use crate::limits::MAX_POLICY_REDIRECTS;
use crate::llb::{self, Deferred, LocalOptions};
use crate::remote::Pin;
use crate::source::LineRange;

/// A local directory whose op is made last, when it is known which of its files the build uses.
#[derive(Clone, Debug)]
pub(crate) struct PendingLocal {
    /// The vertex to fill in.
    pub slot: Deferred,
    /// Name of the local source.
    pub name: String,
    /// Everything but the paths to follow.
    pub options: LocalOptions,
}

/// A named context, loaded.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// Its files.
    pub state: llb::State,
    /// Its config, when it is an image or comes with one.
    pub image: Option<ImageConfig>,
    /// Set for a local directory.
    pub pending: Option<PendingLocal>,
}

impl Loaded {
    fn state(state: llb::State) -> Self {
        Loaded {
            state,
            image: None,
            pending: None,
        }
    }
}

impl<'a> Planner<'a, '_> {
    /// The context that the client gave for `name`, the one for `platform` first.
    pub(super) fn named_context(
        &self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, CompileError> {
        match NamedContext::is_reserved(name) {
            true => Ok(None),
            false => self.context_given(name, platform),
        }
    }

    /// The same of any name, also one that stands for something else in a Dockerfile.
    pub(super) fn context_given(
        &self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, CompileError> {
        NamedContext::find(&self.options.client, name, platform).map_err(CompileError::from)
    }

    /// Loads a context that the instruction at `location` names; `None` while an answer is missing. An image is
    /// resolved by `resolve_mode`.
    pub(super) fn load_context(
        &mut self,
        context: &NamedContext,
        location: Option<LineRange>,
        resolve_mode: Option<ResolveMode>,
    ) -> Result<Option<Loaded>, CompileError> {
        let mut spec = context.spec.clone();
        for _ in 0..=MAX_POLICY_REDIRECTS {
            match self.load_spec(context, &spec, location, resolve_mode)? {
                Progress::Missing => return Ok(None),
                Progress::Loaded(loaded) => return Ok(Some(*loaded)),
                Progress::Redirected(updated) => spec = updated,
            }
        }
        Err(CompileError::new(
            ErrorCode::LimitExceeded,
            NamedContext::redirected_too_often(&spec),
        ))
    }

    fn load_spec(
        &mut self,
        context: &NamedContext,
        spec: &str,
        location: Option<LineRange>,
        resolve_mode: Option<ResolveMode>,
    ) -> Result<Progress, CompileError> {
        match context.source(spec, self.options.client.git_advice)? {
            ContextSource::Scratch => Ok(Progress::loaded(llb::State::scratch())),
            ContextSource::Git(git) => {
                let pin = self.pin(git.remote_source());
                let constraints = context.git_constraints(spec);
                let used = RemoteUse::git(*git, pin, location, constraints);
                Ok(Progress::loaded(self.used(used)))
            }
            ContextSource::Http(url) => {
                let pin = self.pin(RemoteSource::http(url));
                let used = RemoteUse::http(url, context.http_options(url), pin, location);
                Ok(Progress::loaded(self.used(used)))
            }
            ContextSource::Image(reference) => self.load_image(context, reference, resolve_mode),
            ContextSource::OciLayout(layout) => self.load_oci_layout(context, layout),
            ContextSource::Local(local) => self.load_local(context, local),
            ContextSource::Input(input) => self.load_input(context, input),
        }
    }

    fn load_image(
        &mut self,
        context: &NamedContext,
        reference: &str,
        resolve_mode: Option<ResolveMode>,
    ) -> Result<Progress, CompileError> {
        let named = Reference::parse_normalized(reference).map_err(|error| {
            CompileError::new(ErrorCode::InvalidImageReference, error.to_string())
        })?;
        let need = ImageNeed {
            reference: named.tag_name_only().to_string(),
            platform: context.platform.clone(),
            resolve_mode,
            log_name: context.resolve_name(reference),
            context: Some(context.name.clone()),
            oci_store: None,
        };
        let meta = match self.image(need)? {
            None => return Ok(Progress::Missing),
            Some(ImageAnswer::Found(meta)) => meta,
            Some(ImageAnswer::NotAnImage { updated }) => {
                let spec = NamedContext::redirected(updated)?;
                return Ok(Progress::Redirected(spec));
            }
        };
        let mut image = parse_config(meta)?;
        // Parity: of the other kinds of contexts, the time stays.
        image.created = None;
        let state = context.image_state(reference, &meta.reference);
        Ok(Progress::with_image(state, image))
    }

    fn load_oci_layout(
        &mut self,
        context: &NamedContext,
        spec: &str,
    ) -> Result<Progress, CompileError> {
        let layout = context.layout_image(spec)?;
        let session_id = self.options.client.session_id.clone().unwrap_or_default();
        let need = ImageNeed {
            reference: layout.reference.clone(),
            platform: context.platform.clone(),
            resolve_mode: None,
            log_name: context.resolve_name(&layout.reference),
            context: Some(context.name.clone()),
            oci_store: Some(OciStore {
                session_id: session_id.clone(),
                store_id: layout.store_id.clone(),
            }),
        };
        let meta = match self.image(need)? {
            None => return Ok(Progress::Missing),
            Some(ImageAnswer::Found(meta)) => meta,
            Some(ImageAnswer::NotAnImage { updated }) => {
                return Err(not_an_image(&layout.reference, updated));
            }
        };
        let image = parse_config(meta)
            .map_err(|error| error.context("could not parse oci-layout image config"))?;
        let state = context.layout_state(layout, session_id);
        Ok(Progress::with_image(state, image))
    }

    fn load_local(
        &mut self,
        context: &NamedContext,
        local: &str,
    ) -> Result<Progress, CompileError> {
        let session_id = self.session_for(local);
        let need = Need::NamedContextIgnoreFile {
            local: local.to_owned(),
            context: context.key.clone(),
            session_id: session_id.clone(),
        };
        let data = match self.answer(need) {
            None => return Ok(Progress::Missing),
            Some(Answer::File(file)) => file.clone()?,
            Some(_) => return Err(wrong_answer("ignore file")),
        };
        let exclude_patterns = match data {
            None => Vec::new(),
            Some(data) => ignore::read_patterns(&data).map_err(|error| {
                let message = format!("failed parsing .dockerignore: {error}");
                CompileError::new(ErrorCode::InvalidIgnoreFile, message)
            })?,
        };
        let shared_key = self.options.client.context_shared_keys.get(&context.key);
        let shared_key = shared_key.map_or("", String::as_str);
        let slot = Deferred::new();
        let state = slot.state();
        let pending = PendingLocal {
            slot,
            name: local.to_owned(),
            options: context.local_options(shared_key, session_id, exclude_patterns),
        };
        Ok(Progress::Loaded(Box::new(Loaded {
            state,
            image: None,
            pending: Some(pending),
        })))
    }

    fn load_input(
        &mut self,
        context: &NamedContext,
        input: &str,
    ) -> Result<Progress, CompileError> {
        let state = match self.answer(Need::Input {
            name: input.to_owned(),
        }) {
            None => return Ok(Progress::Missing),
            Some(Answer::Input(state)) => state.clone()?,
            Some(_) => return Err(wrong_answer("input")),
        };
        let Some(state) = state else {
            let message = format!("invalid input {input} for {}", context.key);
            return Err(CompileError::new(ErrorCode::InvalidNamedContext, message));
        };
        let Some(metadata) = self.options.client.input_metadata.get(input) else {
            return Ok(Progress::loaded(state));
        };
        match context.input_image(metadata)? {
            None => Ok(Progress::loaded(state)),
            Some(image) => Ok(Progress::with_image(state, image)),
        }
    }

    /// The answer about an image; `None` while it is missing.
    pub(super) fn image(
        &mut self,
        need: ImageNeed,
    ) -> Result<Option<&'a ImageAnswer>, CompileError> {
        match self.answer(Need::Image(need)) {
            None => Ok(None),
            Some(Answer::Image(Ok(answer))) => Ok(Some(answer)),
            Some(Answer::Image(Err(error))) => Err(CompileError::answer(
                ErrorCode::ImageNotResolved,
                error.clone(),
            )),
            Some(_) => Err(wrong_answer("image")),
        }
    }

    /// What the answers hold `source` to; nothing while the answer is missing.
    pub(super) fn pin(&mut self, source: RemoteSource) -> Option<&'a Pin> {
        self.answers.pin(source, &mut self.missing)
    }

    /// The files of a source that is used.
    pub(super) fn used(&mut self, (used, state): (RemoteUse, llb::State)) -> llb::State {
        self.remote_uses.push(used);
        state
    }

    /// The session that offers the local source `name`.
    pub(super) fn session_for(&self, name: &str) -> Option<String> {
        self.options.client.session_for(name)
    }
}

enum Progress {
    Missing,
    Loaded(Box<Loaded>),
    /// A source policy says to load this instead.
    Redirected(String),
}

impl Progress {
    fn loaded(state: llb::State) -> Self {
        Progress::Loaded(Box::new(Loaded::state(state)))
    }

    fn with_image(state: llb::State, image: ImageConfig) -> Self {
        let state = match image_platform(&image) {
            Some(platform) => state.with_platform((&platform).into()),
            None => state,
        };
        Progress::Loaded(Box::new(Loaded {
            state,
            image: Some(image),
            pending: None,
        }))
    }
}

/// The platform that an image config states, if it states one.
pub(super) fn image_platform(image: &ImageConfig) -> Option<Platform> {
    let platform = &image.platform;
    (!platform.architecture.is_empty() && !platform.os.is_empty()).then(|| platform.clone())
}

pub(super) fn parse_config(meta: &ImageMeta) -> Result<ImageConfig, CompileError> {
    ImageConfig::from_json(&meta.config)
        .map_err(|error| CompileError::new(ErrorCode::InvalidImageConfig, error.to_string()))
}

/// A source policy put the source `updated` in the place of the image `reference`.
pub(super) fn not_an_image(reference: &str, updated: &str) -> CompileError {
    let message =
        format!("ref mutated by policy to non-image: docker-image://{reference} -> {updated}");
    CompileError::new(ErrorCode::ImageNotResolved, message)
}

/// A caller that answers the wrong kind is a bug of the caller; it must not go unnoticed.
pub(super) fn wrong_answer(what: &str) -> CompileError {
    CompileError::new(
        ErrorCode::Internal,
        format!("internal: the answer to a question about {what} is of another kind"),
    )
}
