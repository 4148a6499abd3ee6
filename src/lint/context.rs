//! What advice and fixes look at: the file, its tree, and what its stages are built on.

use std::borrow::Cow;

use super::advice::Advice;
use crate::expand::{Expander, Reference};
use crate::source::{Edit, Escape, Span};
use crate::syntax::{Argument, Dockerfile, Instruction, Stage, join};

/// A file as advice sees it.
#[derive(Clone, Copy)]
pub(crate) struct Context<'d> {
    pub bytes: &'d [u8],
    pub dockerfile: &'d Dockerfile,
    /// What is known about the image of each stage's `FROM`; none where it names no image.
    pub bases: &'d [Option<Base>],
    /// The finding is about a trigger of what this stage is built on: its spans are not of this file.
    pub trigger: Option<&'d Stage>,
}

/// An image that a stage is built on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Base {
    /// Its name, normalised.
    pub image: String,
    /// What it brings that changes what instructions on top of it mean.
    pub start: Start,
    /// Whether it is one of Windows; `None` when its name does not tell.
    pub is_windows: Option<bool>,
}

/// What an image brings that changes what instructions on top of it mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Start {
    /// It has an entrypoint; `None` when that is not known.
    pub entrypoint: Option<bool>,
    /// Its user, empty for root; `None` when that is not known.
    pub user: Option<String>,
    /// Its working directory; `None` when that is not known.
    pub workdir: Option<String>,
    /// All variables that it sets are known to the compiler.
    pub knows_variables: bool,
}

impl Start {
    /// Nothing is known.
    fn is_unknown(&self) -> bool {
        *self == Start::default()
    }

    /// No entrypoint, and the root as working directory.
    pub(crate) fn plain() -> Self {
        Start {
            entrypoint: Some(false),
            user: None,
            workdir: Some("/".to_owned()),
            knows_variables: false,
        }
    }

    /// Nothing at all.
    fn scratch() -> Self {
        Start {
            knows_variables: true,
            ..Start::plain()
        }
    }
}

/// What a stage is built on.
#[derive(Debug)]
pub(crate) struct Chain<'d> {
    /// The stage and those below it, top first.
    pub stages: Vec<&'d Stage>,
    /// The image, or what to call it.
    pub image: &'d str,
    /// What it brings.
    pub start: Start,
    /// Shells and paths are those of Windows.
    pub is_windows: bool,
}

impl<'d> Context<'d> {
    /// Advice about bytes of the file; of a finding in a trigger, about the `FROM` that fires it.
    pub(crate) fn at(&self, span: Span, label: impl Into<Cow<'static, str>>) -> Advice {
        let from = self.trigger.map(|from| self.first_line(from.meta.args));
        Advice {
            outside: from.is_some(),
            ..Advice::at(from.unwrap_or(span), label)
        }
    }

    /// Advice about the arguments of an instruction; of those in several lines the first is pointed at.
    pub(crate) fn at_arguments(
        &self,
        arguments: Span,
        label: impl Into<Cow<'static, str>>,
    ) -> Advice {
        self.at(self.first_line(arguments), label)
    }

    /// Advice about a variable in a word: the bytes from `$` to its end, and whether it has a default.
    pub(crate) fn at_variable(
        &self,
        word: Span,
        name: &str,
        expander: &Expander,
        label: impl FnOnce(bool) -> &'static str,
    ) -> Advice {
        let found = (self.trigger.is_none())
            .then(|| self.variable(word, name, expander))
            .flatten();
        let (span, has_default) = found.unwrap_or((word, false));
        self.at(span, label(has_default))
    }

    fn variable(&self, word: Span, name: &str, expander: &Expander) -> Option<(Span, bool)> {
        let (text, pieces) = join(self.bytes, word, self.escape())?;
        let references = expander.references(std::str::from_utf8(&text).ok()?);
        let is_meant = |reference: &Reference<'_>| reference.name == name;
        let found = references.into_iter().find(is_meant)?;
        let has_default = found.has_default();
        Some((pieces.span(found.range), has_default))
    }

    /// The first line of a part of the file, without what joins it to the next.
    fn first_line(&self, span: Span) -> Span {
        let text = span.of(self.bytes);
        let length = memchr::memchr(b'\n', text).unwrap_or(text.len());
        let line = text.get(..length).unwrap_or_default().trim_ascii_end();
        let token = [self.escape().byte()];
        let line = line.strip_suffix(&token).unwrap_or(line).trim_ascii_end();
        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
        Span::new(span.start, span.start.saturating_add(length))
    }

    pub(crate) fn escape(&self) -> Escape {
        self.dockerfile.escape
    }

    /// What stands at `span`, if it is text.
    pub(crate) fn text(&self, span: Span) -> Option<&'d str> {
        text_at(self.bytes, span)
    }

    /// The word stands in the file as it is: not continued on another line, no escapes of JSON.
    pub(crate) fn is_plain(&self, word: &Argument) -> bool {
        word.span.of(self.bytes) == word.as_bytes()
    }

    /// Only blanks stand between two parts of one line.
    pub(crate) fn is_blank(&self, between: Span) -> bool {
        let blanks = |text: &str| text.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        self.text(between).is_some_and(blanks)
    }

    /// `word` in other letters.
    pub(crate) fn recase(&self, word: &Argument, lower: bool) -> Result<Edit, String> {
        match word.is_ascii() && self.is_plain(word) {
            true => Ok(Edit::replace(word.span, in_case(word, lower))),
            false => Err("the word is not written in one piece".to_owned()),
        }
    }

    /// The stage that a place belongs to, by its index.
    pub(crate) fn stage_at(&self, place: Span) -> Option<(usize, &'d Stage)> {
        let stages = &self.dockerfile.stages;
        let after = stages.partition_point(|stage| stage.meta.span.start <= place.start);
        let index = after.checked_sub(1)?;
        Some((index, stages.get(index)?))
    }

    /// The instruction that a place belongs to; none for a `FROM`.
    pub(crate) fn instruction_at(&self, place: Span) -> Option<&'d Instruction> {
        let (_, stage) = self.stage_at(place)?;
        let instructions = &stage.instructions;
        let after = instructions.partition_point(|it| it.meta().span.start <= place.start);
        instructions.get(after.checked_sub(1)?)
    }

    /// What the stage at a place is built on.
    pub(crate) fn chain(&self, place: Span) -> Option<Chain<'d>> {
        let (mut index, mut stage) = self.stage_at(place)?;
        let mut stages = vec![stage];
        while let Some(below) = self.below(index, stage) {
            (index, stage) = (below, self.dockerfile.stages.get(below)?);
            stages.push(stage);
        }
        let scratch = stage.base_name.as_str() == "scratch";
        let base = self.bases.get(index).and_then(Option::as_ref);
        Some(Chain {
            stages,
            image: base.map_or("the base image", |base| &base.image),
            start: match base {
                _ if scratch => Start::scratch(),
                Some(base) => base.start.clone(),
                None => Start::default(),
            },
            is_windows: is_windows(
                self.dockerfile,
                stage,
                base.and_then(|base| base.is_windows),
            ),
        })
    }

    /// Whether nothing is known about the image below the stage at a place.
    pub(crate) fn has_unknown_base(&self, place: Span) -> bool {
        // Places of a trigger are not of this file.
        let chain = self.chain(place).filter(|_| self.trigger.is_none());
        chain.is_some_and(|chain| chain.start.is_unknown())
    }

    /// The stages that are built on the one at a place, itself included.
    pub(crate) fn above(&self, place: Span) -> Vec<&'d Stage> {
        let Some((first, stage)) = self.stage_at(place) else {
            return Vec::new();
        };
        let mut found = vec![first];
        let mut stages = vec![stage];
        for (index, stage) in self.dockerfile.stages.iter().enumerate().skip(first + 1) {
            if self
                .below(index, stage)
                .is_some_and(|below| found.contains(&below))
            {
                found.push(index);
                stages.push(stage);
            }
        }
        stages
    }

    fn below(&self, index: usize, stage: &Stage) -> Option<usize> {
        let base = stage.base_name.to_lowercase();
        let mut before = self.dockerfile.stages.iter().take(index);
        before.rposition(|below| !below.name().is_empty() && below.name() == base)
    }
}

/// Whether a stage without `SHELL` has shell and paths of Windows: by its platform, or by what the name of the image says
/// that it is built on. Where neither tells, by the escape token, which is there for paths of Windows.
pub(crate) fn is_windows(dockerfile: &Dockerfile, stage: &Stage, by_image: Option<bool>) -> bool {
    let platform = stage.platform.as_ref().map_or("", |it| it.as_str());
    if platform.starts_with("windows") || by_image == Some(true) {
        return true;
    }
    let is_linux = platform.starts_with("linux") || by_image == Some(false);
    dockerfile.escape == Escape::Backtick && !is_linux
}

/// What stands at `span`, if it is text.
pub(crate) fn text_at(bytes: &[u8], span: Span) -> Option<&str> {
    std::str::from_utf8(bytes.get(span.range())?).ok()
}

/// A word in lower or upper case.
pub(crate) fn in_case(word: &str, lower: bool) -> String {
    match lower {
        true => word.to_ascii_lowercase(),
        false => word.to_ascii_uppercase(),
    }
}
