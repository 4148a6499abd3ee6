//! # NoEmptyContinuation
//!
//! ## What it does
//!
//! Finds an empty line within an instruction that is continued by an escape token.
//!
//! ## Why it is bad
//!
//! Empty lines are skipped there, so an instruction reaches further than it looks: a forgotten token
//! at the end of a line takes the next instruction in. They will be an error.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk add \
//!
//!     git
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk add \
//!     git
//! ```
//!
//! ## Notes
//!
//! A line with a comment may stand there instead.

use crate::lint::{Linter, Rule, Violation};
use crate::source::Span;
use crate::syntax::{Dockerfile, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "NoEmptyContinuation",
    "Empty continuation lines will become errors in a future release",
)
.url("https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/")
.fixable();

/// An instruction with empty lines in it.
#[derive(Debug)]
struct NoEmptyContinuation {
    /// Its lines.
    lines: Span,
}

impl Violation for NoEmptyContinuation {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        "Empty continuation line".into()
    }
}

/// Reports empty lines within continued instructions.
pub(super) fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let base = linter.base();
    for empty in &dockerfile.empty_continuations {
        let violation = NoEmptyContinuation { lines: empty.span };
        linter.report(&base, Some(empty.location), violation);
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::source::Edit;

    impl Advise for NoEmptyContinuation {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            let first = empty_lines(cx.bytes, self.lines).next();
            let place = first.map_or(self.lines, |line| Span::new(line.start, line.start));
            cx.at(place, "the instruction goes on")
                .hint("take the empty line out")
                .fix(|| self.fix(cx))
        }
    }

    impl NoEmptyContinuation {
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let lines = empty_lines(cx.bytes, self.lines);
            let edits: Vec<Edit> = lines.map(Edit::delete).collect();
            match edits.len() {
                0 => Err("the lines are not found".to_owned()),
                1 => Ok(Fix::new("take the empty line out", edits)),
                _ => Ok(Fix::new("take the empty lines out", edits)),
            }
        }
    }

    /// The empty lines in a part of the file, each with its end.
    fn empty_lines(bytes: &[u8], span: Span) -> impl Iterator<Item = Span> {
        let place = |offset: u32| {
            usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(bytes.len())
        };
        let mut at = place(span.start);
        let end = place(span.end);
        std::iter::from_fn(move || {
            while at < end {
                let rest = bytes.get(at..).unwrap_or_default();
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |feed| feed + 1);
                let line = rest.get(..length).unwrap_or_default();
                let start = at;
                at += length.max(1);
                if line.trim_ascii().is_empty() {
                    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                    return Some(Span::new(number(start), number(start + length)));
                }
            }
            None
        })
    }
}
