//! Answers to the compiler's questions: from directories, a metadata file and registries.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::exit::Failure;
use super::files::read_file;
use crate::compile::{Answer, AnswerError, ImageAnswer, ImageMeta, ImageNeed, Need};
use crate::image::{Platform, Reference, Timestamp};
use crate::limits::MAX_FILE_BYTES;
use crate::llb::{SourceDescription, SourceScheme};
use crate::registry::credentials::Credentials;
use crate::registry::{Client, Config};

const IGNORE_FILE: &str = ".dockerignore";

/// Marks errors of questions that had no answer, unlike those of the Dockerfile.
#[derive(Debug)]
pub(super) struct Unresolved;

/// What is known about an image beforehand.
#[derive(Clone, Debug, Deserialize)]
struct KnownImage {
    #[serde(default)]
    digest: Option<String>,
    /// The config. Where it has no `architecture` or `os`, those asked for are filled in.
    #[serde(default)]
    config: Map<String, Value>,
}

/// Finds answers.
pub(super) struct Answerer {
    /// Directories by name of the local source.
    pub(super) locals: BTreeMap<String, PathBuf>,
    /// Platform of images that are asked for without one.
    pub(super) platform: Platform,
    images: BTreeMap<String, KnownImage>,
    registry: Option<Client>,
}

impl Answerer {
    /// Answers from the metadata file, if there is one, and from registries, unless `offline`.
    pub(super) fn new(metadata: Option<&Path>, offline: bool) -> Result<Self, Failure> {
        let images = match metadata {
            None => BTreeMap::new(),
            Some(path) => known(path)?,
        };
        let registry = match offline {
            true => None,
            false => Some(registry()?),
        };
        Ok(Answerer {
            locals: BTreeMap::new(),
            platform: Platform::default(),
            images,
            registry,
        })
    }

    /// Answers all of `needs`, at once where they need the network.
    pub(super) async fn answer(&self, needs: &[Need]) -> Vec<Answer> {
        join_all(needs.iter().map(|need| self.find(need))).await
    }

    async fn find(&self, need: &Need) -> Answer {
        match need {
            Need::Image(need) => Answer::Image(self.image(need).await.map(ImageAnswer::Found)),
            Need::ContextIgnoreFile { local, .. } | Need::NamedContextIgnoreFile { local, .. } => {
                Answer::File(Ok(self.ignore_file(local)))
            }
            Need::Input { .. } => Answer::Input(Ok(None)),
            Need::SourceTime { source, .. } => Answer::Time(source_time(source)),
            Need::Pin(_) => Answer::Pin(None),
        }
    }

    fn ignore_file(&self, local: &str) -> Option<Arc<[u8]>> {
        let dir = self.locals.get(local)?;
        let read = read_file(&dir.join(IGNORE_FILE), MAX_FILE_BYTES);
        read.ok().map(Arc::from)
    }

    async fn image(&self, need: &ImageNeed) -> Result<ImageMeta, AnswerError> {
        let platform = need.platform.as_ref().unwrap_or(&self.platform);
        if let Some(known) = self.images.get(&need.reference) {
            return Ok(ImageMeta {
                reference: need.reference.clone(),
                digest: known.digest.clone(),
                config: config_for(known, platform).into(),
            });
        }
        let registry = self
            .registry
            .as_ref()
            .filter(|_| need.oci_store.is_none())
            .ok_or_else(|| {
                unresolved(format!(
                    "the metadata of `{}` is not known and the network is not asked",
                    need.reference
                ))
            })?;
        let reference = Reference::parse_normalized(&need.reference)
            .map_err(|error| unresolved(error.to_string()))?;
        let resolved = registry
            .resolve_image(&reference, std::slice::from_ref(platform))
            .await
            .map_err(|error| unresolved(error.to_string()))?;
        let Some(image) = resolved.platforms.into_iter().next() else {
            let reference = &need.reference;
            return Err(unresolved(format!(
                "`{reference}` has no image for {}",
                platform.format_all()
            )));
        };
        Ok(ImageMeta {
            reference: need.reference.clone(),
            digest: Some(resolved.digest),
            config: image.config.into(),
        })
    }
}

/// Reads a metadata file.
fn known(path: &Path) -> Result<BTreeMap<String, KnownImage>, Failure> {
    let failed =
        |error: String| Failure::usage(format_args!("cannot read {}: {error}", path.display()));
    let text = read_file(path, MAX_FILE_BYTES).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
}

/// The configs of the images in a metadata file, JSON, by reference.
pub(super) fn configs(
    path: &Path,
    platform: &Platform,
) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let images = known(path)?.into_iter();
    Ok(images
        .map(|(reference, image)| (reference, config_for(&image, platform)))
        .collect())
}

/// Times of sources on the web are the daemon's to find; directories have none.
fn source_time(source: &SourceDescription) -> Result<Option<Timestamp>, AnswerError> {
    match source.scheme() {
        SourceScheme::Git | SourceScheme::Http => Err(unresolved(format!(
            "the time of `{}` is not known here: give SOURCE_DATE_EPOCH as a number",
            source.identifier
        ))),
        _ => Ok(None),
    }
}

/// A client with the credentials that Docker and Podman keep.
fn registry() -> Result<Client, Failure> {
    let credentials = Credentials::find_all(|name| std::env::var(name).ok());
    Client::new(Config::default(), credentials).map_err(Failure::usage)
}

fn config_for(known: &KnownImage, platform: &Platform) -> Vec<u8> {
    let mut config = known.config.clone();
    let mut fill = |key: &str, fields: [(&str, &str); 2]| {
        if !config.contains_key(key) {
            for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                config.insert(key.to_owned(), Value::from(value));
            }
        }
    };
    fill(
        "architecture",
        [
            ("architecture", &platform.architecture),
            ("variant", &platform.variant),
        ],
    );
    fill(
        "os",
        [("os", &platform.os), ("os.version", &platform.os_version)],
    );
    Value::Object(config).to_string().into_bytes()
}

fn unresolved(message: String) -> AnswerError {
    AnswerError {
        message,
        cause: Some(Arc::new(Unresolved)),
    }
}
