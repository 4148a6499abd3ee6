//! # ConsistentInstructionCasing
//!
//! ## What it does
//!
//! Finds instructions that are not written in the letters, upper or lower case, that most
//! instructions of the file are written in, and instructions in mixed case.
//!
//! ## Why it is bad
//!
//! Case means nothing in a keyword, so a reader who meets two spellings looks for a difference
//! that does not exist. Searching for `RUN` misses `run`.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! run apk add --no-cache git
//! Workdir /src
//! COPY . .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk add --no-cache git
//! WORKDIR /src
//! COPY . .
//! ```
//!
//! ## Notes
//!
//! With as many instructions of one kind as of the other, upper case is expected. `ARG` above the
//! first `FROM` is neither counted nor reported.

use crate::lint::{Linter, Rule, Violation};
use crate::syntax::{Argument, Dockerfile, InstructionMeta, Stage, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "ConsistentInstructionCasing",
    "All commands within the Dockerfile should use the same casing (either upper or lower)",
)
.url("https://docs.docker.com/go/dockerfile/rule/consistent-instruction-casing/")
.fixable();

/// A keyword in other letters than most.
#[derive(Debug)]
struct ConsistentInstructionCasing {
    keyword: Argument,
    /// What most are.
    lower: bool,
}

impl Violation for ConsistentInstructionCasing {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let command = self.keyword.as_str();
        let casing = if self.lower { "lowercase" } else { "uppercase" };
        format!("Command '{command}' should match the case of the command majority ({casing})")
            .into()
    }
}

/// Reports instructions in other letters than most of the file's; upper case counts where there are as many.
pub(super) fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let count = |wanted: Casing| {
        let keywords = keywords(dockerfile).filter(|meta| casing(&meta.keyword) == wanted);
        keywords.count()
    };
    let lower = count(Casing::Lower) > count(Casing::Upper);
    let wanted = if lower { Casing::Lower } else { Casing::Upper };
    let base = linter.base();
    for meta in keywords(dockerfile).filter(|meta| casing(&meta.keyword) != wanted) {
        let keyword = meta.keyword.clone();
        let violation = ConsistentInstructionCasing { keyword, lower };
        linter.report(&base, Some(meta.location), violation);
    }
}

fn keywords(dockerfile: &Dockerfile) -> impl Iterator<Item = &InstructionMeta> {
    dockerfile.stages.iter().flat_map(Stage::metas)
}

#[derive(PartialEq)]
enum Casing {
    Lower,
    Upper,
    Mixed,
}

fn casing(keyword: &str) -> Casing {
    if !keyword.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Casing::Lower
    } else if !keyword.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Casing::Upper
    } else {
        Casing::Mixed
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer, in_case};

    impl Advise for ConsistentInstructionCasing {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.keyword.span, "not like the others")
                .hint("write it like the others")
                .fix(|| self.fix(cx))
        }
    }

    impl ConsistentInstructionCasing {
        /// An `AS` that had the letters of its `FROM` goes with it.
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let mut edits = vec![cx.recase(&self.keyword, self.lower)?];
            if let Some((_, stage)) = cx.stage_at(self.keyword.span)
                && stage.meta.keyword.span == self.keyword.span
                && let Some(word) = &stage.as_keyword
                && stage.as_matches_from_casing()
            {
                edits.push(cx.recase(word, self.lower)?);
            }
            let title = format!("write `{}`", in_case(&self.keyword, self.lower));
            Ok(Fix::new(title, edits))
        }
    }
}
