//! Answers to the compiler's questions, asked of the daemon.
//!
//! A question is asked once per build, whatever number of platforms ask it, and all questions of a round
//! are asked at once.

use std::cell::Cell;

use futures_util::future::join_all;

use super::lock::ActiveLock;
use crate::compile::{
    Answer, Answers, Compiled, ImageAnswer, ImageNeed, Need, Options, Rounds, Source,
};
use crate::frontend::answer::Asker;
pub(super) use crate::frontend::daemon::{marshal_error, single};
use crate::gateway::Bridge;
use crate::image::Platform;
use crate::lock::assume;

/// Finds answers.
pub(super) struct Resolver<'b> {
    asker: Asker<'b>,
    /// The lock, and whether what it lacks is an error.
    lock: Option<(&'b ActiveLock, bool)>,
    builder: Platform,
    /// The build is going to be refused: nothing is asked any more, only looked for what else is missing.
    refuses: Cell<bool>,
}

impl<'b> Resolver<'b> {
    pub(super) fn new(
        bridge: &'b dyn Bridge,
        lock: Option<(&'b ActiveLock, bool)>,
        builder: Platform,
    ) -> Self {
        Resolver {
            asker: Asker::new(bridge),
            lock,
            builder,
            refuses: Cell::new(false),
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
    fn refusing(&self, needs: &[Need]) -> Option<&ActiveLock> {
        let (lock, strict) = self.lock?;
        let lacks = strict && lock.mode.is_strict() && needs.iter().any(|need| lock.lacks(need));
        self.refuses.set(self.refuses.get() || lacks);
        self.refuses.get().then_some(lock)
    }

    async fn find(&self, need: &Need) -> Answer {
        match (need, self.lock) {
            (Need::Image(need), Some((lock, strict))) => {
                self.pinned_image(need, lock, strict).await
            }
            _ => self.asker.answer(need).await,
        }
    }

    /// The image, by the digest that the lock holds it to.
    async fn pinned_image(&self, need: &ImageNeed, lock: &ActiveLock, strict: bool) -> Answer {
        let need = ImageNeed {
            reference: lock.image(need),
            ..need.clone()
        };
        let is_held = strict && lock.mode.is_strict() && need.oci_store.is_none();
        let need = Need::Image(need);
        let answer = self.asker.answer(&need).await;
        if let (Need::Image(need), Answer::Image(Ok(ImageAnswer::Found(meta)))) = (&need, &answer)
            && is_held
            && let Err(error) = lock.check_image(&need.reference, meta)
        {
            return Answer::Image(Err(error));
        }
        answer
    }
}
