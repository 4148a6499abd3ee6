//! Answers to what must be known from outside, asked of the daemon.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::daemon::{IgnoreFileLoad, input_state};
use super::source_time::source_time;
use crate::context::{Answer, AnswerError, ImageAnswer, ImageMeta, ImageNeed, LoadError, Need};
use crate::gateway::{Bridge, Error, Result};
use crate::llb::Definition;
use crate::llb::{self, ResolveMode};
use crate::pb::gateway::ResolveImageConfigRequest;

/// Values of `resolver_type`.
const REGISTRY: i32 = 0;
const OCI_LAYOUT: i32 = 1;

/// Asks the daemon.
pub(super) struct Asker<'b> {
    bridge: &'b dyn Bridge,
    inputs: tokio::sync::OnceCell<Result<Arc<BTreeMap<String, Definition>>>>,
}

impl<'b> Asker<'b> {
    pub(super) fn new(bridge: &'b dyn Bridge) -> Self {
        Asker {
            bridge,
            inputs: tokio::sync::OnceCell::new(),
        }
    }

    /// The answer to one question.
    pub(super) async fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::Image(need) => Answer::Image(self.image(need).await.map_err(answer_error)),
            Need::ContextIgnoreFile { local, session_id } => {
                let load = IgnoreFileLoad::main(local, session_id.clone());
                Answer::File(load.read(self.bridge, local).await.map_err(answer_error))
            }
            Need::NamedContextIgnoreFile {
                local,
                context,
                session_id,
            } => {
                let load = IgnoreFileLoad::named(context, session_id.clone());
                Answer::File(load.read(self.bridge, local).await.map_err(answer_error))
            }
            Need::Input { name } => Answer::Input(self.input(name).await.map_err(answer_error)),
            Need::SourceTime { source, log_name } => {
                let time = source_time(self.bridge, source, log_name).await;
                Answer::Time(time.map_err(answer_error))
            }
            // What a lock holds was answered beforehand.
            Need::Pin(_) => Answer::Pin(None),
        }
    }

    async fn image(&self, need: &ImageNeed) -> Result<ImageAnswer> {
        let store = need.oci_store.as_ref();
        let answer = self
            .bridge
            .resolve_image_config(ResolveImageConfigRequest {
                r#ref: need.reference.clone(),
                platform: need.platform.as_ref().map(Into::into),
                resolve_mode: need.resolve_mode.map_or("", ResolveMode::as_str).to_owned(),
                log_name: need.log_name.clone(),
                resolver_type: if store.is_some() {
                    OCI_LAYOUT
                } else {
                    REGISTRY
                },
                session_id: store
                    .map(|store| store.session_id.clone())
                    .unwrap_or_default(),
                store_id: store
                    .map(|store| store.store_id.clone())
                    .unwrap_or_default(),
                source_policies: Vec::new(),
            })
            .await;
        match answer {
            Ok(answer) => Ok(ImageAnswer::Found(ImageMeta {
                reference: answer.r#ref,
                digest: Some(answer.digest).filter(|digest| !digest.is_empty()),
                config: answer.config.into(),
            })),
            Err(error) => match error.other_source() {
                Some(updated) => Ok(ImageAnswer::NotAnImage {
                    updated: updated.to_owned(),
                }),
                None => Err(error),
            },
        }
    }

    async fn input(&self, name: &str) -> Result<Option<llb::State>> {
        let inputs = self
            .inputs
            .get_or_init(|| async { self.bridge.inputs().await.map(Arc::new) })
            .await
            .clone()?;
        inputs.get(name).map(input_state).transpose()
    }
}

fn answer_error(error: Error) -> AnswerError {
    AnswerError {
        message: error.message().to_owned(),
        cause: Some(Arc::new(error)),
    }
}

/// What the daemon said about a failed question goes on unchanged.
pub(super) fn load_error(LoadError { error, .. }: LoadError) -> Error {
    let cause = error.cause.as_ref();
    match cause.and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(cause) => cause.clone().with_message(error.message),
        None => Error::new(error.message),
    }
}
