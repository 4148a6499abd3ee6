//! # MisspelledStage
//!
//! ## What it does
//!
//! Finds `COPY --from` and mounts of an image whose name is almost that of a stage.
//!
//! ## Why it is bad
//!
//! What is not the name of a stage is the name of an image. With a typing error in it the build asks a
//! registry for an image of that name, and ends because there is none; if there is one, the files come from it.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! RUN go build -o /app
//!
//! FROM alpine:3.20
//! COPY --from=biuld /app /app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! RUN go build -o /app
//!
//! FROM alpine:3.20
//! COPY --from=build /app /app
//! ```
//!
//! ## Notes
//!
//! Names with a tag, a digest or a slash are those of images, and so are names that a `FROM` has. Names of three
//! characters and less are left alone: too many of them are similar. Contexts of the command line
//! (`--build-context`) are not known here: one that is named almost like a stage is found as well.

use super::{Facts, Findings};
use crate::diagnostic::suggest::{Case, suggest};
use crate::lint::{Advice, Rule};
use crate::source::{LineRange, Span};
use crate::syntax::{Dockerfile, Instruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "MisspelledStage",
    "Stages that are copied from should be in the file",
)
.recommended();

/// Shorter names are similar by chance.
const MIN_LENGTH: usize = 4;

/// The stage whose name was probably meant by the name of an image.
pub(crate) fn meant(dockerfile: &Dockerfile, name: &str) -> Option<String> {
    let is_image = |c: char| matches!(c, '/' | ':' | '@' | '$');
    let stages = || dockerfile.stages.iter();
    if name.len() < MIN_LENGTH
        || name.contains(is_image)
        || stages().any(|stage| stage.base_name.as_str().split([':', '@']).next() == Some(name))
    {
        return None;
    }
    let names = stages().map(|stage| stage.name().to_lowercase());
    suggest(name, names, Case::Sensitive).filter(|meant| meant.len() >= MIN_LENGTH)
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut look = |location: LineRange, span: Span, name: &str| {
        if facts.stage_named(name).is_none()
            && let Some(meant) = meant(facts.dockerfile, name)
        {
            let advice = Advice::at(span, "not a stage, and so taken for an image")
                .hint(format!("did you mean `{meant}`?"));
            findings.add(location, format!("unknown stage `{name}`"), advice);
        }
    };
    for (_, instruction) in facts.instructions() {
        if let Instruction::Copy(copy) = instruction
            && let Some(from) = &copy.from
        {
            look(copy.meta.location, from.span, from.as_str());
        }
    }
    for run in facts.own_runs() {
        for (mount, written) in run.mounts_as_written() {
            look(run.run.meta.location, written.span, &mount.from);
        }
    }
}
