//! Answers to the compiler's questions, asked of the daemon.
//!
//! A question is asked once per build, whatever number of platforms ask it, and all questions of a round
//! are asked at once.

use std::cell::Cell;
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
use crate::image::Platform;
use crate::llb::{self, ResolveMode};
use crate::lock::assume;
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
    /// The build is going to be refused: nothing is asked any more, only looked for what else is missing.
    refuses: Cell<bool>,
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
            refuses: Cell::new(false),
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
        let answers = self.lock.map(|(lock, _)| lock.lock.answers());
        let mut rounds = Rounds::new(source, targets, answers.unwrap_or_default());
        loop {
            let needs = rounds.needs();
            if needs.is_empty() {
                return rounds.finish();
            }
            let answers = match self.refusing(&needs) {
                Some(lock) => {
                    let lock = Some(&lock.lock);
                    let assumed = needs.iter().map(|need| assume(need, &self.builder, lock));
                    assumed.collect()
                }
                None => join_all(needs.iter().map(|need| self.find(need))).await,
            };
            rounds.answer(needs.into_iter().zip(answers));
        }
    }

    /// Asks nothing any more: the build is going to be refused.
    pub(super) fn refuse(&self) {
        self.refuses.set(true);
    }

    /// The lock that leads to a refusal, where `needs` or something before them do.
    fn refusing(&self, needs: &[Need]) -> Option<&InForce> {
        let (lock, strict) = self.lock?;
        let lacks = strict && lock.mode.is_strict() && needs.iter().any(|need| lock.lacks(need));
        self.refuses.set(self.refuses.get() || lacks);
        self.refuses.get().then_some(lock)
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
                source_time(self.bridge, identifier, attrs, log_name)
                    .await
                    .map_err(answer_error),
            ),
            // What a lock holds was answered beforehand.
            Need::Pin(_) => Answer::Pin(None),
        }
    }

    /// The image, by the digest that the lock holds it to.
    async fn pinned_image(&self, need: &ImageNeed) -> Result<ImageAnswer, AnswerError> {
        let Some((lock, strict)) = self.lock else {
            return self.image(need).await.map_err(answer_error);
        };
        let need = ImageNeed {
            reference: lock.image(need),
            ..need.clone()
        };
        let answer = self.image(&need).await.map_err(answer_error)?;
        if let ImageAnswer::Found(meta) = &answer
            && strict
            && lock.mode.is_strict()
            && need.oci_store.is_none()
        {
            lock.check_image(&need.reference, meta)?;
        }
        Ok(answer)
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
}

fn answer_error(error: Error) -> AnswerError {
    AnswerError {
        message: error.message().to_owned(),
        cause: Some(Arc::new(error)),
    }
}
