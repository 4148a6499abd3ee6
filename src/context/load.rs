//! Loading named contexts: what is known makes the state, what is not becomes a question.

use std::collections::BTreeSet;

use super::{
    Answer, AnswerError, Answers, ContextError, ContextSource, ImageAnswer, ImageMeta, ImageNeed,
    NamedContext, Need, OciStore, RemoteUse,
};
use crate::ignore;
use crate::image::{ImageConfig, Platform, Reference};
use crate::limits::MAX_POLICY_REDIRECTS;
use crate::llb::{Deferred, LocalOptions, ResolveMode, State};
use crate::options::ClientOptions;
use crate::remote::{Pin, RemoteSource};
use crate::source::LineRange;

/// A local directory whose op is made last, when it is known which of its files the build uses.
#[derive(Clone, Debug)]
pub struct PendingLocal {
    /// The vertex to fill in.
    pub slot: Deferred,
    /// Name of the local source.
    pub name: String,
    /// Everything but the paths to follow.
    pub options: LocalOptions,
}

impl PendingLocal {
    /// Makes the op; without `follow_paths` all files are sent.
    pub fn fill(&self, follow_paths: Vec<String>) {
        let options = LocalOptions {
            follow_paths,
            ..self.options.clone()
        };
        self.slot.set(&State::local(&self.name, options));
    }
}

/// A named context, loaded.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// Its files. Those of an image come with the image's platform.
    pub state: State,
    /// Its config, when it is an image or comes with one.
    pub image: Option<ImageConfig>,
    /// Digest of the image, where whoever resolved it gave one.
    pub digest: Option<String>,
    /// Set for a local directory.
    pub pending: Option<PendingLocal>,
    /// Set for a git repository and for a file on the web.
    pub used: Option<RemoteUse>,
}

impl Loaded {
    fn files(state: State) -> Self {
        Loaded {
            state,
            ..Loaded::default()
        }
    }

    fn remote((used, state): (RemoteUse, State)) -> Self {
        Loaded {
            used: Some(used),
            ..Loaded::files(state)
        }
    }

    pub(crate) fn image(state: State, image: ImageConfig) -> Self {
        let state = match image_platform(&image) {
            Some(platform) => state.with_platform(platform),
            None => state,
        };
        Loaded {
            image: Some(image),
            ..Loaded::files(state)
        }
    }
}

/// What kept a context from being loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// The context itself: its specifier, its metadata, an input that does not exist.
    Context,
    /// The reference of an image.
    Reference,
    /// An image could not be resolved.
    Image,
    /// The config of an image.
    Config,
    /// Another source could not be resolved.
    Source,
    /// The ignore file of a directory.
    IgnoreFile,
    /// Source policies that lead from one context to the next.
    Redirects,
    /// An answer of another kind than the question.
    WrongAnswer,
}

/// Why a context could not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .error.message)]
pub struct LoadError {
    /// What kept it from being loaded.
    pub kind: LoadErrorKind,
    /// Its text; what came of a question is as it was answered.
    pub error: AnswerError,
}

impl LoadError {
    #[cold]
    fn new(kind: LoadErrorKind, message: impl Into<String>) -> Self {
        let error = AnswerError::new(message);
        LoadError { kind, error }
    }

    /// A caller that answers the wrong kind is a bug of the caller; it must not go unnoticed.
    #[cold]
    pub(crate) fn wrong_answer(what: &str) -> Self {
        let message = format!("internal: the answer to a question about {what} is of another kind");
        LoadError::new(LoadErrorKind::WrongAnswer, message)
    }

    /// A source policy put the source `updated` in the place of the image `reference`.
    #[cold]
    pub(crate) fn not_an_image(reference: &str, updated: &str) -> Self {
        let message =
            format!("ref mutated by policy to non-image: docker-image://{reference} -> {updated}");
        LoadError::new(LoadErrorKind::Image, message)
    }

    /// What became of a question that was not about an image.
    #[cold]
    fn unresolved(error: &AnswerError) -> Self {
        LoadError {
            kind: LoadErrorKind::Source,
            error: error.clone(),
        }
    }
}

impl From<ContextError> for LoadError {
    fn from(error: ContextError) -> Self {
        LoadError::new(LoadErrorKind::Context, error.to_string())
    }
}

/// What is known of the world outside, and what has to be asked.
///
/// Pure: equal answers give equal contexts. Whoever loads answers what is missing and loads again.
#[derive(Debug)]
pub struct Loader<'a> {
    options: &'a ClientOptions,
    answers: &'a Answers,
    /// What has to be answered first.
    pub missing: BTreeSet<Need>,
}

enum Progress {
    Missing,
    Loaded(Box<Loaded>),
    /// A source policy says to load this instead.
    Redirected(String),
}

impl From<Loaded> for Progress {
    fn from(loaded: Loaded) -> Self {
        Progress::Loaded(Box::new(loaded))
    }
}

impl<'a> Loader<'a> {
    /// Loads for a client of these options.
    pub fn new(options: &'a ClientOptions, answers: &'a Answers) -> Self {
        Loader {
            options,
            answers,
            missing: BTreeSet::new(),
        }
    }

    /// What was answered so far.
    #[cfg(feature = "compile")]
    pub(crate) fn answers(&self) -> &'a Answers {
        self.answers
    }

    /// The answer to `need`; where there is none, the need is noted.
    pub fn answer(&mut self, need: Need) -> Option<&'a Answer> {
        let answer = self.answers.get(&need);
        if answer.is_none() {
            self.missing.insert(need);
        }
        answer
    }

    /// The answer about an image; `None` while it is missing.
    ///
    /// # Errors
    /// When it could not be resolved.
    pub fn image(&mut self, need: ImageNeed) -> Result<Option<&'a ImageAnswer>, LoadError> {
        match self.answer(Need::Image(need)) {
            None => Ok(None),
            Some(Answer::Image(Ok(answer))) => Ok(Some(answer)),
            Some(Answer::Image(Err(error))) => Err(LoadError {
                kind: LoadErrorKind::Image,
                error: error.clone(),
            }),
            Some(_) => Err(LoadError::wrong_answer("image")),
        }
    }

    /// What the answers hold `source` to; nothing while the answer is missing.
    pub fn pin(&mut self, source: RemoteSource) -> Option<&'a Pin> {
        self.answers.pin(source, &mut self.missing)
    }

    /// Loads a context that the instruction at `location` names; `None` while an answer is missing. An image is
    /// resolved by `resolve_mode`.
    ///
    /// # Errors
    /// When it is of no known kind, or an answer is an error.
    pub fn load(
        &mut self,
        context: &NamedContext,
        location: Option<LineRange>,
        resolve_mode: Option<ResolveMode>,
    ) -> Result<Option<Loaded>, LoadError> {
        let mut spec = context.spec.clone();
        for _ in 0..=MAX_POLICY_REDIRECTS {
            match self.load_spec(context, &spec, location, resolve_mode)? {
                Progress::Missing => return Ok(None),
                Progress::Loaded(loaded) => return Ok(Some(*loaded)),
                Progress::Redirected(updated) => spec = updated,
            }
        }
        let message = NamedContext::redirected_too_often(&spec);
        Err(LoadError::new(LoadErrorKind::Redirects, message))
    }

    fn load_spec(
        &mut self,
        context: &NamedContext,
        spec: &str,
        location: Option<LineRange>,
        resolve_mode: Option<ResolveMode>,
    ) -> Result<Progress, LoadError> {
        match context.source(spec, self.options.git_advice)? {
            ContextSource::Scratch => Ok(Loaded::default().into()),
            ContextSource::Git(git) => {
                let pin = self.pin(git.remote_source());
                let constraints = context.git_constraints(spec);
                Ok(Loaded::remote(RemoteUse::git(*git, pin, location, constraints)).into())
            }
            ContextSource::Http(url) => {
                let pin = self.pin(RemoteSource::http(url));
                let options = context.http_options(url);
                Ok(Loaded::remote(RemoteUse::http(url, options, pin, location)).into())
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
    ) -> Result<Progress, LoadError> {
        let named = Reference::parse_normalized(reference)
            .map_err(|error| LoadError::new(LoadErrorKind::Reference, error.to_string()))?;
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
        let mut image = meta.parse()?;
        // Parity: of the other kinds of contexts, the time stays.
        image.created = None;
        let state = context.image_state(reference, &meta.reference);
        Ok(Progress::from(Loaded {
            digest: meta.digest.clone(),
            ..Loaded::image(state, image)
        }))
    }

    fn load_oci_layout(
        &mut self,
        context: &NamedContext,
        spec: &str,
    ) -> Result<Progress, LoadError> {
        let layout = context.layout_image(spec)?;
        let store = OciStore {
            session_id: self.options.session_id.clone().unwrap_or_default(),
            store_id: layout.store_id,
        };
        let need = ImageNeed {
            reference: layout.reference.clone(),
            platform: context.platform.clone(),
            resolve_mode: None,
            log_name: context.resolve_name(&layout.reference),
            context: Some(context.name.clone()),
            oci_store: Some(store.clone()),
        };
        let meta = match self.image(need)? {
            None => return Ok(Progress::Missing),
            Some(ImageAnswer::Found(meta)) => meta,
            Some(ImageAnswer::NotAnImage { updated }) => {
                return Err(LoadError::not_an_image(&layout.reference, updated));
            }
        };
        let image = meta.parse().map_err(|error| {
            let message = format!("could not parse oci-layout image config: {error}");
            LoadError::new(error.kind, message)
        })?;
        let state = context.layout_state(&layout.reference, store);
        Ok(Progress::from(Loaded {
            digest: meta.digest.clone(),
            ..Loaded::image(state, image)
        }))
    }

    fn load_local(&mut self, context: &NamedContext, local: &str) -> Result<Progress, LoadError> {
        let session_id = self.options.session_for(local);
        let need = Need::NamedContextIgnoreFile {
            local: local.to_owned(),
            context: context.key.clone(),
            session_id: session_id.clone(),
        };
        let data = match self.answer(need) {
            None => return Ok(Progress::Missing),
            Some(Answer::File(Ok(data))) => data.as_deref(),
            Some(Answer::File(Err(error))) => return Err(LoadError::unresolved(error)),
            Some(_) => return Err(LoadError::wrong_answer("ignore file")),
        };
        let exclude_patterns = match data {
            None => Vec::new(),
            Some(data) => ignore::read_patterns(data).map_err(|error| {
                let message = format!("failed parsing .dockerignore: {error}");
                LoadError::new(LoadErrorKind::IgnoreFile, message)
            })?,
        };
        let shared_key = self.options.context_shared_keys.get(&context.key);
        let shared_key = shared_key.map_or("", String::as_str);
        let slot = Deferred::new();
        let state = slot.state();
        let pending = PendingLocal {
            slot,
            name: local.to_owned(),
            options: context.local_options(shared_key, session_id, exclude_patterns),
        };
        Ok(Progress::from(Loaded {
            pending: Some(pending),
            ..Loaded::files(state)
        }))
    }

    fn load_input(&mut self, context: &NamedContext, input: &str) -> Result<Progress, LoadError> {
        let state = match self.answer(Need::Input {
            name: input.to_owned(),
        }) {
            None => return Ok(Progress::Missing),
            Some(Answer::Input(Ok(state))) => state.clone(),
            Some(Answer::Input(Err(error))) => return Err(LoadError::unresolved(error)),
            Some(_) => return Err(LoadError::wrong_answer("input")),
        };
        let Some(state) = state else {
            let message = format!("invalid input {input} for {}", context.key);
            return Err(LoadError::new(LoadErrorKind::Context, message));
        };
        let image = match self.options.input_metadata.get(input) {
            None => None,
            Some(metadata) => context.input_image(metadata)?,
        };
        Ok(match image {
            None => Loaded::files(state).into(),
            Some(image) => Loaded::image(state, image).into(),
        })
    }
}

impl ImageMeta {
    /// The config.
    ///
    /// # Errors
    /// When it is not one.
    pub(crate) fn parse(&self) -> Result<ImageConfig, LoadError> {
        ImageConfig::from_json(&self.config)
            .map_err(|error| LoadError::new(LoadErrorKind::Config, error.to_string()))
    }
}

/// The platform that an image config states, if it states one.
pub(crate) fn image_platform(image: &ImageConfig) -> Option<Platform> {
    let platform = &image.platform;
    (!platform.architecture.is_empty() && !platform.os.is_empty()).then(|| platform.clone())
}
