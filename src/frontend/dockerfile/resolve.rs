//! Answers to the compiler's questions, asked of the daemon.
//!
//! A question is asked once per build, whatever number of platforms ask it, and all questions of a round
//! are asked at once.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;

use super::lock::InForce;
use crate::compile::{
    Answer, AnswerError, Answers, Compiled, ImageAnswer, ImageMeta, ImageNeed, Need, Options,
    Rounds, Source,
};
use crate::frontend::daemon::IgnoreFileLoad;
pub(super) use crate::frontend::daemon::{input_state, marshal_error, single};
use crate::frontend::source_time;
use crate::gateway::{Bridge, Error, ResolveImageConfigRequest, Result};
use crate::image::{Platform, Timestamp};
use crate::llb::{self, ResolveMode};
use crate::pb::ops::Definition;

/// Values of `resolver_type`.
const REGISTRY: i32 = 0;
const OCI_LAYOUT: i32 = 1;

/// Finds answers.
pub(super) struct Resolver<'b> {
    bridge: &'b dyn Bridge,
    /// The lock, and whether what it lacks is an error.
    lock: Option<(&'b InForce, bool)>,
    builder: Platform,
    inputs: tokio::sync::OnceCell<Result<Rc<BTreeMap<String, Definition>>>>,
}

impl<'b> Resolver<'b> {
    pub(super) fn new(
        bridge: &'b dyn Bridge,
        lock: Option<(&'b InForce, bool)>,
        builder: Platform,
    ) -> Self {
        Resolver {
            bridge,
            lock,
            builder,
            inputs: tokio::sync::OnceCell::new(),
        }
    }

    /// Compiles for several platforms together, asking round by round what is not known yet. Also gives what was
    /// answered.
    pub(super) async fn compile(
        &self,
        source: &Source,
        targets: &[Options],
    ) -> (Vec<Compiled>, Answers) {
        let mut rounds = Rounds::new(source, targets, Answers::new());
        loop {
            let needs = rounds.needs();
            if needs.is_empty() {
                return rounds.finish();
            }
            let answers = join_all(needs.iter().map(|need| self.find(need))).await;
            rounds.answer(needs.into_iter().zip(answers));
        }
    }

    async fn find(&self, need: &Need) -> Answer {
        match need {
            Need::Image(need) => Answer::Image(self.pinned_image(need).await),

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
            Need::SourceTime {
                identifier,
                attrs,
                log_name,
            } => Answer::Time(
                self.source_time(identifier, attrs, log_name)
                    .await
                    .map_err(answer_error),
            ),
        }
    }

    /// The image, by the digest that the lock holds it to.
    async fn pinned_image(&self, need: &ImageNeed) -> Result<ImageAnswer, AnswerError> {
        let Some((lock, strict)) = self.lock else {
            return self.image(need).await.map_err(answer_error);
        };
        let reference = lock.image(need, strict, Some(&self.builder))?;
        let need = ImageNeed {
            reference,
            ..need.clone()
        };
        self.image(&need).await.map_err(answer_error)
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
            .get_or_init(|| async { self.bridge.inputs().await.map(Rc::new) })
            .await
            .clone()?;
        inputs.get(name).map(input_state).transpose()
    }

    async fn source_time(
        &self,
        identifier: &str,
        attrs: &BTreeMap<String, String>,
        log_name: &str,
    ) -> Result<Option<Timestamp>> {
        let pinned = self.lock.and_then(|(lock, _)| {
            lock.lock
                .pin_source(&(identifier.to_owned(), attrs.clone()))
        });
        let (identifier, attrs) = pinned
            .as_ref()
            .map_or((identifier, attrs), |(identifier, attrs)| {
                (identifier.as_str(), attrs)
            });
        source_time(self.bridge, identifier, attrs, log_name).await
    }
}

fn answer_error(error: Error) -> AnswerError {
    AnswerError {
        message: error.message().to_owned(),
        cause: Some(Arc::new(error)),
    }
}
