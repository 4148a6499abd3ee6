//! Named contexts of a build, and images where the client gave none: `FROM`-like names of any frontend.

use super::ClientOptions;
use super::answer::{Asker, load_error};
use crate::context::{
    Answers, ImageAnswer, ImageMeta, ImageNeed, LoadError, Loaded, Loader, NamedContext,
};
use crate::gateway::{Bridge, Error, Result};
use crate::image::{ImageConfig, Platform, Reference};
use crate::llb::{Constraints, ImageOptions, State};

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

impl From<Loaded> for LoadedContext {
    fn from(loaded: Loaded) -> Self {
        if let Some(pending) = &loaded.pending {
            pending.fill(Vec::new());
        }
        LoadedContext {
            state: loaded.state,
            image: loaded.image,
            digest: loaded.digest,
        }
    }
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
    /// When `name` cannot be an image's name, or its context cannot be loaded.
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
        let mode = Some(self.options.resolve_mode);
        let load = |loader: &mut Loader<'_>| {
            let loaded = loader.load(&context, None, mode)?;
            Ok(loaded.map(LoadedContext::from))
        };
        self.answered(load).await.map(Some)
    }

    /// What `load` makes of answers, once all that it needs is answered.
    async fn answered<T>(
        self,
        load: impl Fn(&mut Loader<'_>) -> std::result::Result<Option<T>, LoadError>,
    ) -> Result<T> {
        let asker = Asker::new(self.bridge);
        let mut answers = Answers::new();
        loop {
            let mut loader = Loader::new(self.options, &answers);
            if let Some(loaded) = load(&mut loader).map_err(load_error)? {
                return Ok(loaded);
            }
            for need in loader.missing {
                let answer = asker.answer(&need).await;
                answers.insert(need, answer);
            }
        }
    }

    /// What `name` stands for as a base: the empty file system for `scratch`, the client's context, or the image
    /// of that name for `platform`. The image is used by the digest that it has now.
    ///
    /// # Errors
    /// When there is no such context or image.
    pub async fn base(self, name: &str, platform: &Platform) -> Result<LoadedContext> {
        if name == "scratch" {
            return Ok(Loaded::default().into());
        }
        if let Some(loaded) = self.named(name, Some(platform)).await? {
            return Ok(loaded);
        }
        let named =
            Reference::parse_normalized(name).map_err(|error| Error::new(error.to_string()))?;
        let reference = named.tag_name_only().to_string();
        let need = ImageNeed {
            reference: reference.clone(),
            platform: Some(platform.clone()),
            resolve_mode: Some(self.options.resolve_mode),
            log_name: format!("[internal] load metadata for {name}"),
            context: None,
            oci_store: None,
        };
        let load = |loader: &mut Loader<'_>| match loader.image(need.clone())? {
            None => Ok(None),
            Some(ImageAnswer::Found(meta)) => Ok(Some((meta.clone(), meta.parse()?))),
            Some(ImageAnswer::NotAnImage { updated }) => {
                Err(LoadError::not_an_image(&reference, updated))
            }
        };
        let (meta, image) = self.answered(load).await?;
        let options = ImageOptions {
            resolve_mode: self.options.resolve_mode,
            constraints: Constraints::new()
                .custom_name(format!("FROM {name}"))
                .platform(platform.clone()),
            ..Default::default()
        };
        let state = State::image(&pinned(&meta)?, options);
        let loaded = Loaded {
            digest: meta.digest,
            ..Loaded::image(state, image)
        };
        Ok(loaded.into())
    }
}

fn invalid(error: impl std::error::Error) -> Error {
    Error::new(error.to_string())
}

/// The reference of an answer, held to its digest.
fn pinned(meta: &ImageMeta) -> Result<String> {
    let Some(digest) = &meta.digest else {
        return Ok(meta.reference.clone());
    };
    let invalid = |error: String| Error::new(format!("{}: {error}", meta.reference));
    let named = Reference::parse_normalized(&meta.reference).map_err(|e| invalid(e.to_string()))?;
    if named.digest().is_some() {
        return Ok(named.to_string());
    }
    let digest = digest.parse().map_err(|_| invalid(digest.clone()))?;
    let pinned = named
        .with_digest(digest)
        .map_err(|e| invalid(e.to_string()))?;
    Ok(pinned.to_string())
}
