//! The rounds of a compilation: needs go out, answers come in, until nothing is missing.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use super::{Answer, Answers, Compiled, Need, Options, Outcome, Source};
#[cfg(feature = "cli")]
use super::{CompileError, ImageUse, Stop};
use crate::plan::Draft;
#[cfg(feature = "cli")]
use crate::plan::Plan;

/// Compilations of one Dockerfile, run together: what several of them need is asked once.
///
/// For callers that wait for answers, or compile for several platforms; [`Source::compile_with`] is all this in one
/// call. Whatever a compilation keeps from one round to the next is kept here.
///
/// ```
/// use dockerfile_llb::compile::{Answer, Answers, Options, Rounds, Source};
///
/// let source = Source::new(b"FROM scratch\nCOPY / /\n");
/// let options = Options::default();
/// let mut rounds = Rounds::new(&source, [&options], Answers::new());
/// loop {
///     let needs = rounds.needs();
///     if needs.is_empty() {
///         break;
///     }
///     // All at once, and by whoever knows: here there is no ignore file.
///     let answers = needs.iter().map(|_| Answer::File(Ok(None))).collect::<Vec<_>>();
///     rounds.answer(needs.into_iter().zip(answers));
/// }
/// let (compiled, _) = rounds.finish();
/// assert!(compiled[0].result.is_ok());
/// ```
#[derive(Debug)]
pub struct Rounds<'s, O = &'s Options> {
    source: &'s Source,
    answers: Answers,
    targets: Vec<Target<'s, O>>,
}

#[derive(Debug)]
struct Target<'s, O> {
    options: O,
    /// What is planned, while something is missing.
    draft: Option<Draft<'s>>,
    compiled: Option<Compiled>,
}

impl<O> Target<'_, O> {
    fn new(options: O) -> Self {
        Target {
            options,
            draft: None,
            compiled: None,
        }
    }
}

impl<'s, O: Borrow<Options>> Rounds<'s, O> {
    /// One compilation for each of `targets`; `answers` are those that are known beforehand.
    pub fn new(source: &'s Source, targets: impl IntoIterator<Item = O>, answers: Answers) -> Self {
        Rounds {
            source,
            answers,
            targets: targets.into_iter().map(Target::new).collect(),
        }
    }

    /// Another compilation.
    #[cfg(feature = "lock")]
    pub(crate) fn add(&mut self, options: O) {
        self.targets.push(Target::new(options));
    }

    /// How many compilations there are.
    #[cfg(feature = "lock")]
    pub(crate) fn len(&self) -> usize {
        self.targets.len()
    }

    /// The compilations that have ended, by their places.
    #[cfg(feature = "lock")]
    pub(crate) fn done(&self) -> impl Iterator<Item = (usize, &O, &Compiled)> {
        let targets = self.targets.iter().enumerate();
        targets.filter_map(|(at, target)| Some((at, &target.options, target.compiled.as_ref()?)))
    }

    /// Compiles as far as the answers reach, and tells what must be answered next: sorted, each need once, all
    /// independent of each other. Empty when all compilations have ended.
    pub fn needs(&mut self) -> Vec<Need> {
        let mut open = BTreeSet::new();
        for target in &mut self.targets {
            if target.compiled.is_none() {
                let options = target.options.borrow();
                match self.source.go_on(&mut target.draft, options, &self.answers) {
                    Outcome::Needs(needs) => open.extend(needs),
                    Outcome::Done(done) => target.compiled = Some(done),
                }
            }
        }
        open.into_iter().collect()
    }

    /// Takes answers.
    pub fn answer(&mut self, answers: impl IntoIterator<Item = (Need, Answer)>) {
        for (need, answer) in answers {
            self.answers.insert(need, answer);
        }
    }

    /// What came of each target, in their order, and everything that was answered. A compilation that still needs
    /// something has failed.
    pub fn finish(self) -> (Vec<Compiled>, Answers) {
        let targets = self.targets.into_iter();
        let compiled = targets.map(|target| target.compiled.unwrap_or_else(unanswered));
        (compiled.collect(), self.answers)
    }

    /// What came of each target that has ended, by its place, and everything that was answered.
    #[cfg(feature = "lock")]
    pub(crate) fn ended(self) -> (Vec<(usize, O, Compiled)>, Answers) {
        let targets = self.targets.into_iter().enumerate();
        let ended = targets.filter_map(|(at, target)| Some((at, target.options, target.compiled?)));
        (ended.collect(), self.answers)
    }

    /// [`Rounds::finish`] of a single target.
    pub fn finish_one(self) -> (Compiled, Answers) {
        let (mut compiled, answers) = self.finish();
        (compiled.pop().unwrap_or_else(unanswered), answers)
    }
}

impl Source {
    /// Compiles; `answer` answers one need after the other.
    pub fn compile_with(&self, options: &Options, answer: impl FnMut(&Need) -> Answer) -> Compiled {
        self.complete(options, &mut Answers::new(), answer)
    }

    /// [`Source::compile_with`] with `answers` at hand; new ones are added to them.
    pub fn complete(
        &self,
        options: &Options,
        answers: &mut Answers,
        mut answer: impl FnMut(&Need) -> Answer,
    ) -> Compiled {
        let mut rounds = Rounds::new(self, [options], std::mem::take(answers));
        loop {
            let needs = rounds.needs();
            if needs.is_empty() {
                let (compiled, known) = rounds.finish_one();
                *answers = known;
                return compiled;
            }
            rounds.answer(needs.into_iter().map(|need| {
                let answer = answer(&need);
                (need, answer)
            }));
        }
    }
}

#[cfg(feature = "cli")]
impl Source {
    /// By stage of a Dockerfile without errors, whether the target needs it; `answer` answers one need after the other.
    /// Nothing is lowered.
    pub(crate) fn planned_needed(
        &self,
        options: &Options,
        answers: &mut Answers,
        answer: impl FnMut(&Need) -> Answer,
    ) -> Result<Vec<bool>, CompileError> {
        self.planned(options, answers, answer, |plan| plan.needed())
    }

    /// The images that a build needs, as [`Lowered::image_uses`](super::Lowered::image_uses) of a compilation with the
    /// same options has them. Nothing is lowered.
    pub(crate) fn planned_images(
        &self,
        options: &Options,
        answers: &mut Answers,
        answer: impl FnMut(&Need) -> Answer,
    ) -> Result<Vec<ImageUse>, CompileError> {
        self.planned(options, answers, answer, |plan| plan.image_uses())
    }

    fn planned<T>(
        &self,
        options: &Options,
        answers: &mut Answers,
        mut answer: impl FnMut(&Need) -> Answer,
        part: impl Fn(&Plan<'_>) -> T,
    ) -> Result<T, CompileError> {
        loop {
            match self.plan_of(options, answers, &part) {
                Ok(part) => return Ok(part),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Needs(needs)) => {
                    for need in needs {
                        let known = answer(&need);
                        answers.insert(need, known);
                    }
                }
            }
        }
    }
}

fn unanswered() -> Compiled {
    Compiled {
        warnings: Vec::new(),
        result: Err(super::unanswered()),
    }
}
