//! Named contexts: what a client puts in the place of an image or a stage (`--build-context`).

use std::sync::Arc;

use base64::Engine as _;

use super::need::{Answer, ImageAnswer, ImageMeta, ImageNeed, Need, OciStore};
use super::{CompileError, Planner};
use crate::go::text;
use crate::ignore;
use crate::image::{ImageConfig, Platform, Reference};
use crate::llb::{self, Constraints, Deferred, LocalOptions};
use crate::remote;

/// How often a source policy may turn one source into another.
const MAX_REDIRECTS: usize = 10;

/// A context that the client gave for a name.
#[derive(Clone, Debug)]
pub(crate) struct NamedContext {
    /// What it is: `docker-image://…`, `local:…`, …
    spec: String,
    /// The name, `:latest` trimmed.
    name: String,
    /// The name, with `::platform` where the client gave one.
    key: String,
    /// Platform of the image, if it is one.
    platform: Option<Platform>,
}

impl NamedContext {
    /// The image that it is, normalised; `None` for anything else.
    pub(super) fn image(&self) -> Option<String> {
        let reference = self.spec.strip_prefix("docker-image:")?;
        let reference = reference.strip_prefix("//").unwrap_or(reference);
        Some(
            Reference::parse_normalized(reference)
                .ok()?
                .tag_name_only()
                .to_string(),
        )
    }
}

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

impl NamedContext {
    fn constraints(&self, name: String) -> Constraints {
        let constraints = Constraints::new().custom_name(name);
        match &self.platform {
            Some(platform) => constraints.platform(llb::Platform::from(platform)),
            None => constraints,
        }
    }
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

impl Planner<'_, '_> {
    /// The context that the client gave for `name`, the one for `platform` first.
    pub(super) fn named_context(
        &self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, CompileError> {
        if text::equal_fold(name, "scratch") || text::equal_fold(name, "context") {
            return Ok(None);
        }
        self.context_given(name, platform)
    }

    /// The same of any name, also one that stands for something else in a Dockerfile.
    pub(super) fn context_given(
        &self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, CompileError> {
        let contexts = &self.options.contexts;
        // The common case needs no reference: a plain word is always one.
        if contexts.is_empty() && is_plain(name) {
            return Ok(None);
        }
        let reference = Reference::parse_normalized(name)
            .map_err(|error| CompileError::new(format!("invalid context name {name}: {error}")))?;
        if contexts.is_empty() {
            return Ok(None);
        }
        let familiar = reference.familiar_string();
        let name = familiar.strip_suffix(":latest").unwrap_or(&familiar);
        let shown = platform
            .unwrap_or(&self.build_platform)
            .normalized()
            .format_all();
        let found = [format!("{name}::{shown}"), name.to_owned()]
            .into_iter()
            .find_map(|key| contexts.get(&key).map(|spec| (key, spec.clone())));
        Ok(found.map(|(key, spec)| NamedContext {
            spec,
            name: name.to_owned(),
            key,
            platform: platform.cloned(),
        }))
    }

    /// Loads a context; `None` while an answer is missing.
    pub(super) fn load_context(
        &mut self,
        context: &NamedContext,
    ) -> Result<Option<Loaded>, CompileError> {
        let mut spec = context.spec.clone();
        for _ in 0..=MAX_REDIRECTS {
            match self.load_spec(context, &spec)? {
                Progress::Missing => return Ok(None),
                Progress::Loaded(loaded) => return Ok(Some(*loaded)),
                Progress::Redirected(updated) => spec = updated,
            }
        }
        Err(CompileError::new(format!(
            "context recursion limit exceeded; this may indicate a cycle in the provided source policies: {spec}"
        )))
    }

    fn load_spec(&mut self, context: &NamedContext, spec: &str) -> Result<Progress, CompileError> {
        let Some((scheme, rest)) = spec.split_once(':') else {
            return Err(CompileError::new(format!(
                "invalid context specifier {spec} for {}",
                context.key
            )));
        };
        match scheme {
            "docker-image" => self.load_image(context, rest.strip_prefix("//").unwrap_or(rest)),
            "oci-layout" => self.load_oci_layout(context, rest.strip_prefix("//").unwrap_or(rest)),
            "local" => self.load_local(context, rest),
            "input" => self.load_input(context, rest),
            "http" | "https" => match remote::detect_git_context(spec) {
                Some(git) => Ok(Progress::loaded(git_state(&git.map_err(invalid)?, spec))),
                None => {
                    let constraints =
                        Constraints::new().custom_name(format!("[context {}] {spec}", context.key));
                    let filename = "context".to_owned();
                    let options = llb::HttpOptions {
                        filename,
                        constraints,
                        ..Default::default()
                    };
                    Ok(Progress::loaded(llb::State::http(spec, options)))
                }
            },
            // `git@host:path` has no protocol of its own.
            _ if scheme == "git" || scheme.starts_with("git@") => {
                match remote::detect_git_context(spec) {
                    Some(git) => Ok(Progress::loaded(git_state(&git.map_err(invalid)?, spec))),
                    None => Err(CompileError::new(format!("invalid git context {spec}"))),
                }
            }
            _ => {
                let scheme = if scheme.starts_with("git@") {
                    "git"
                } else {
                    scheme
                };
                Err(CompileError::new(format!(
                    "unsupported context source {scheme} for {}",
                    context.key
                )))
            }
        }
    }

    fn load_image(
        &mut self,
        context: &NamedContext,
        reference: &str,
    ) -> Result<Progress, CompileError> {
        if reference == "scratch" {
            return Ok(Progress::loaded(llb::State::scratch()));
        }
        let named = Reference::parse_normalized(reference)
            .map_err(|error| CompileError::new(error.to_string()))?;
        let need = ImageNeed {
            reference: named.tag_name_only().to_string(),
            platform: context.platform.clone(),
            resolve_mode: self.options.resolve_mode,
            log_name: format!("[context {}] load metadata for {reference}", context.key),
            oci_store: None,
        };
        let meta = match self.image(need)? {
            None => return Ok(Progress::Missing),
            Some(ImageAnswer::Found(meta)) => meta,
            Some(ImageAnswer::NotAnImage { updated }) => {
                let Some((scheme, rest)) = updated.split_once("://") else {
                    return Err(CompileError::new(format!("could not parse ref: {updated}")));
                };
                return Ok(Progress::Redirected(format!("{scheme}:{rest}")));
            }
        };
        let mut image = parse_config(&meta).map_err(CompileError::new)?;
        let constraints = context.constraints(format!("[context {}] {reference}", context.key));
        let options = llb::ImageOptions {
            constraints,
            ..Default::default()
        };
        let state = llb::State::image(&meta.reference, options);
        // Parity: of the other kinds of contexts, the time stays.
        image.created = None;
        Ok(Progress::with_image(state, image))
    }

    fn load_oci_layout(
        &mut self,
        context: &NamedContext,
        spec: &str,
    ) -> Result<Progress, CompileError> {
        let layout = remote::parse_oci_layout(spec).map_err(invalid)?;
        // The reference is only shown; what is loaded is decided by store and digest.
        let shown = Reference::parse_normalized(&context.name)
            .map_err(|e| {
                CompileError::new(format!(
                    "could not parse oci-layout reference \"{}\": {e}",
                    context.name
                ))
            })?
            .with_digest(layout.digest)
            .map_err(|e| {
                CompileError::new(format!(
                    "could not wrap \"{}\" with digest: {e}",
                    context.name
                ))
            })?
            .to_string();
        let session_id = self.options.session_id.clone().unwrap_or_default();
        let need = ImageNeed {
            reference: shown.clone(),
            platform: context.platform.clone(),
            resolve_mode: super::ResolveMode::Default,
            log_name: format!("[context {}] load metadata for {shown}", context.key),
            oci_store: Some(OciStore {
                session_id: session_id.clone(),
                store_id: layout.store_id.clone(),
            }),
        };
        let meta = match self.image(need)? {
            None => return Ok(Progress::Missing),
            Some(ImageAnswer::Found(meta)) => meta,
            Some(ImageAnswer::NotAnImage { updated }) => {
                return Err(CompileError::new(format!("could not parse ref: {updated}")));
            }
        };
        let image = parse_config(&meta)
            .map_err(|e| CompileError::new(e).context("could not parse oci-layout image config"))?;
        let options = llb::OciLayoutOptions {
            session_id,
            store_id: layout.store_id,
            constraints: context
                .constraints(format!("[context {}] OCI load from client", context.key)),
            ..Default::default()
        };
        let state = llb::State::oci_layout(&shown, options);
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
                CompileError::new(format!("failed parsing .dockerignore: {error}"))
            })?,
        };
        let key = self
            .options
            .context_shared_keys
            .get(&context.key)
            .map_or("", String::as_str);
        let options = LocalOptions {
            session_id: session_id.unwrap_or_default(),
            shared_key_hint: format!("context:{}-{key}", context.key),
            exclude_patterns,
            constraints: Constraints::new()
                .custom_name(format!("[context {}] load from client", context.key)),
            ..Default::default()
        };
        let slot = Deferred::new();
        let state = slot.state();
        let pending = PendingLocal {
            slot,
            name: local.to_owned(),
            options,
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
            return Err(CompileError::new(format!(
                "invalid input {input} for {}",
                context.key
            )));
        };
        let Some(metadata) = self.options.input_metadata.get(input) else {
            return Ok(Progress::loaded(state));
        };
        let config = input_config(metadata).map_err(|error| {
            CompileError::new(format!(
                "failed to parse input metadata {metadata}: {error}"
            ))
        })?;
        let Some(config) = config else {
            return Ok(Progress::loaded(state));
        };
        let image = ImageConfig::from_json(&config).map_err(|error| {
            CompileError::new(format!(
                "failed to parse image config for {}: {error}",
                context.key
            ))
        })?;
        Ok(Progress::with_image(state, image))
    }

    /// The answer about an image; `None` while it is missing.
    pub(super) fn image(&mut self, need: ImageNeed) -> Result<Option<ImageAnswer>, CompileError> {
        match self.answer(Need::Image(need)) {
            None => Ok(None),
            Some(Answer::Image(answer)) => Ok(Some(answer.clone()?)),
            Some(_) => Err(wrong_answer("image")),
        }
    }

    /// The session that offers the local source `name`.
    pub(super) fn session_for(&self, name: &str) -> Option<String> {
        self.options
            .local_session_ids
            .get(name)
            .or(self.options.session_id.as_ref())
            .cloned()
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

pub(super) fn parse_config(meta: &ImageMeta) -> Result<ImageConfig, String> {
    ImageConfig::from_json(&meta.config)
}

fn invalid(error: impl std::fmt::Display) -> CompileError {
    CompileError::new(error.to_string())
}

/// A git source as context, named as its load step.
fn git_state(git: &remote::GitSource, spec: &str) -> llb::State {
    git.state(Constraints::new().custom_name(format!("[internal] load git source {spec}")))
}

/// A caller that answers the wrong kind is a bug of the caller; it must not go unnoticed.
pub(super) fn wrong_answer(what: &str) -> CompileError {
    CompileError::new(format!(
        "internal: the answer to a question about {what} is of another kind"
    ))
}

/// Letters, digits and single inner dashes: a reference whatever else holds.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 64
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The image config in the metadata of an input: JSON, a map of names to base64 bytes.
fn input_config(metadata: &str) -> Result<Option<Arc<[u8]>>, String> {
    let map: std::collections::BTreeMap<String, Option<String>> =
        serde_json::from_str(metadata).map_err(|error| error.to_string())?;
    let Some(Some(encoded)) = map.get("containerimage.config") else {
        return Ok(None);
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded);
    bytes
        .map(|bytes| Some(bytes.into()))
        .map_err(|error| error.to_string())
}
