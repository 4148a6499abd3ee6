//! Named contexts of a build, and images where the client gave none: `FROM`-like names of any frontend.

use crate::context::{ContextSource, NamedContext};
use crate::gateway::{
    Bridge, Error, ResolveImageConfigRequest, ResolveImageConfigResponse, Result,
};
use crate::ignore;
use crate::image::{ImageConfig, Platform, Reference};
use crate::limits::MAX_POLICY_REDIRECTS;
use crate::llb::{Constraints, ImageOptions, State};

use super::ClientOptions;
use super::daemon::{IgnoreFileLoad, input_state};

/// Values of `resolver_type`.
const REGISTRY: i32 = 0;
const OCI_LAYOUT: i32 = 1;

/// What names stand for in a build: contexts that the client gave (`--build-context`), else images.
#[derive(Clone, Copy)]
pub struct Contexts<'b> {
    bridge: &'b dyn Bridge,
    options: &'b ClientOptions,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub struct LoadedContext {
    /// Its files. Those of an image come with the image's platform; environment and working directory are in
    /// `image` ([`State::with_image_config`] takes them over).
    pub state: State,
    /// Config of the image, where it is one or comes with one.
    pub image: Option<ImageConfig>,
    /// Digest of the image, where it came from a registry or an OCI layout: `sha256:<hex>`, of the index where
    /// there is one.
    pub digest: Option<String>,
}

impl LoadedContext {
    /// Files that are no image.
    fn files(state: State) -> Self {
        LoadedContext {
            state,
            image: None,
            digest: None,
        }
    }

    fn image(state: State, image: ImageConfig, digest: String) -> Self {
        let platform = &image.platform;
        let stated = !platform.architecture.is_empty() && !platform.os.is_empty();
        LoadedContext {
            state: match stated {
                true => state.with_platform(platform.into()),
                false => state,
            },
            image: Some(image),
            digest: Some(digest).filter(|digest| !digest.is_empty()),
        }
    }

    /// The state with environment, working directory and platform of the image.
    ///
    /// # Errors
    /// Those of [`State::with_image_config`].
    pub fn state_with_config(&self) -> Result<State> {
        let state = self.state.clone();
        match &self.image {
            None => Ok(state),
            Some(image) => state
                .with_image_config(image.to_json().as_bytes())
                .map_err(|error| Error::new(error.to_string())),
        }
    }
}

/// What became of one spec.
enum Step {
    Loaded(Box<LoadedContext>),
    /// A source policy says to load this instead.
    Redirected(String),
}

impl<'b> Contexts<'b> {
    /// The contexts of a build.
    pub fn new(bridge: &'b dyn Bridge, options: &'b ClientOptions) -> Self {
        Contexts { bridge, options }
    }

    /// The context that the client gave for `name`, the one for `platform` first; `None` without one, and for
    /// `scratch` and `context`, which always mean the same.
    ///
    /// # Errors
    /// When `name` can be no image's name, or its context cannot be loaded.
    pub async fn named(
        self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<LoadedContext>> {
        if NamedContext::is_reserved(name) {
            return Ok(None);
        }
        let found = NamedContext::find(self.options, name, platform);
        let Some(context) = found.map_err(invalid)? else {
            return Ok(None);
        };
        let mut spec = context.spec.clone();
        for _ in 0..=MAX_POLICY_REDIRECTS {
            match self.load(&context, &spec).await? {
                Step::Loaded(loaded) => return Ok(Some(*loaded)),
                Step::Redirected(updated) => spec = updated,
            }
        }
        Err(Error::new(NamedContext::redirected_too_often(&spec)))
    }

    /// What `name` stands for as a base: the empty file system for `scratch`, the client's context, or the image
    /// of that name for `platform`. The image is used by the digest that it has now.
    ///
    /// # Errors
    /// When there is no such context or image.
    pub async fn base(self, name: &str, platform: &Platform) -> Result<LoadedContext> {
        if name == "scratch" {
            return Ok(LoadedContext::files(State::scratch()));
        }
        if let Some(loaded) = self.named(name, Some(platform)).await? {
            return Ok(loaded);
        }
        let named =
            Reference::parse_normalized(name).map_err(|error| Error::new(error.to_string()))?;
        let answer = self
            .bridge
            .resolve_image_config(ResolveImageConfigRequest {
                r#ref: named.tag_name_only().to_string(),
                platform: Some(platform.into()),
                resolve_mode: self.options.resolve_mode.as_str().to_owned(),
                log_name: format!("[internal] load metadata for {name}"),
                resolver_type: REGISTRY,
                ..Default::default()
            })
            .await?;
        let image = ImageConfig::from_json(&answer.config).map_err(invalid)?;
        let options = ImageOptions {
            resolve_mode: self.options.resolve_mode,
            constraints: Constraints::new()
                .custom_name(format!("FROM {name}"))
                .platform(crate::llb::Platform::from(platform)),
            ..Default::default()
        };
        let state = State::image(&pinned(&answer)?, options);
        Ok(LoadedContext::image(state, image, answer.digest))
    }

    async fn load(&self, context: &NamedContext, spec: &str) -> Result<Step> {
        let loaded = match context
            .source(spec, self.options.git_advice)
            .map_err(invalid)?
        {
            ContextSource::Scratch => LoadedContext::files(State::scratch()),
            ContextSource::Git(git) => {
                LoadedContext::files(git.state(context.git_constraints(spec)))
            }
            ContextSource::Http(url) => {
                LoadedContext::files(State::http(url, context.http_options(url)))
            }
            ContextSource::Image(reference) => return self.load_image(context, reference).await,
            ContextSource::OciLayout(layout) => self.load_layout(context, layout).await?,
            ContextSource::Local(local) => self.load_local(context, local).await?,
            ContextSource::Input(input) => self.load_input(context, input).await?,
        };
        Ok(Step::Loaded(Box::new(loaded)))
    }

    async fn load_image(&self, context: &NamedContext, reference: &str) -> Result<Step> {
        let named = Reference::parse_normalized(reference)
            .map_err(|error| Error::new(error.to_string()))?;
        let request = ResolveImageConfigRequest {
            r#ref: named.tag_name_only().to_string(),
            platform: context.platform.as_ref().map(Into::into),
            resolve_mode: self.options.resolve_mode.as_str().to_owned(),
            log_name: context.resolve_name(reference),
            resolver_type: REGISTRY,
            ..Default::default()
        };
        let answer = match self.bridge.resolve_image_config(request).await {
            Ok(answer) => answer,
            Err(error) => match error.other_source() {
                Some(updated) => {
                    let spec = NamedContext::redirected(updated).map_err(invalid)?;
                    return Ok(Step::Redirected(spec));
                }
                None => return Err(error),
            },
        };
        let mut image = ImageConfig::from_json(&answer.config).map_err(invalid)?;
        // Parity: of the other kinds of contexts, the time stays.
        image.created = None;
        let state = context.image_state(reference, &answer.r#ref);
        let loaded = LoadedContext::image(state, image, answer.digest);
        Ok(Step::Loaded(Box::new(loaded)))
    }

    async fn load_layout(&self, context: &NamedContext, spec: &str) -> Result<LoadedContext> {
        let layout = context.layout_image(spec).map_err(invalid)?;
        let session_id = self.options.session_id.clone().unwrap_or_default();
        let request = ResolveImageConfigRequest {
            r#ref: layout.reference.clone(),
            platform: context.platform.as_ref().map(Into::into),
            log_name: context.resolve_name(&layout.reference),
            resolver_type: OCI_LAYOUT,
            session_id: session_id.clone(),
            store_id: layout.store_id.clone(),
            ..Default::default()
        };
        let answer = self.bridge.resolve_image_config(request).await?;
        let image = ImageConfig::from_json(&answer.config)
            .map_err(|error| invalid(error).context("could not parse oci-layout image config"))?;
        let state = context.layout_state(layout, session_id);
        Ok(LoadedContext::image(state, image, answer.digest))
    }

    async fn load_local(&self, context: &NamedContext, local: &str) -> Result<LoadedContext> {
        let session_id = self.options.session_for(local);
        let load = IgnoreFileLoad::named(&context.key, session_id.clone());
        let patterns = match load.read(self.bridge, local).await? {
            None => Vec::new(),
            Some(data) => ignore::read_patterns(&data)
                .map_err(|error| Error::new(format!("failed parsing .dockerignore: {error}")))?,
        };
        let shared_key = self.options.context_shared_keys.get(&context.key);
        let shared_key = shared_key.map_or("", String::as_str);
        let options = context.local_options(shared_key, session_id, patterns);
        Ok(LoadedContext::files(State::local(local, options)))
    }

    async fn load_input(&self, context: &NamedContext, input: &str) -> Result<LoadedContext> {
        let inputs = self.bridge.inputs().await?;
        let definition = inputs
            .get(input)
            .ok_or_else(|| Error::new(format!("invalid input {input} for {}", context.key)))?;
        let state = input_state(definition)?;
        let image = match self.options.input_metadata.get(input) {
            None => None,
            Some(metadata) => context.input_image(metadata).map_err(invalid)?,
        };
        Ok(match image {
            None => LoadedContext::files(state),
            Some(image) => LoadedContext::image(state, image, String::new()),
        })
    }
}

fn invalid(error: impl std::error::Error) -> Error {
    Error::new(error.to_string())
}

/// The reference of an answer, held to its digest.
fn pinned(answer: &ResolveImageConfigResponse) -> Result<String> {
    if answer.digest.is_empty() {
        return Ok(answer.r#ref.clone());
    }
    let invalid = |error: String| Error::new(format!("{}: {error}", answer.r#ref));
    let named = Reference::parse_normalized(&answer.r#ref).map_err(|e| invalid(e.to_string()))?;
    if named.digest().is_some() {
        return Ok(named.to_string());
    }
    let digest = answer
        .digest
        .parse()
        .map_err(|_| invalid(answer.digest.clone()))?;
    let pinned = named
        .with_digest(digest)
        .map_err(|e| invalid(e.to_string()))?;
    Ok(pinned.to_string())
}
