//! # WholeStageCopied
//!
//! ## What it does
//!
//! Finds `COPY` of the root directory of a stage or image.
//!
//! ## Why it is bad
//!
//! The image gets every file of the other one, its package lists and its tools among them, and files that
//! both have are replaced.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! RUN go build -o /app
//! FROM alpine:3.20
//! COPY --from=build / /
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! RUN go build -o /app
//! FROM alpine:3.20
//! COPY --from=build /app /app
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "WholeStageCopied",
    "Files that are needed should be copied, not the whole stage",
)
.aliases(&["DL3067"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (stage, instruction) in facts.instructions() {
        let Instruction::Copy(copy) = instruction else {
            continue;
        };
        // `tonistiigi/xx` and stages that begin with nothing hold only what is meant to be copied.
        let from = copy.from.as_ref().map_or("", |from| from.as_str());
        let name = from.split(['@', ':']).next().unwrap_or_default();
        if name.rsplit('/').next() == Some("xx") || facts.begins_with_scratch(from) {
            continue;
        }
        // What is copied whole to `/usr/local/bin` is made for that.
        if !copy.paths.dest.trim_matches('/').is_empty() {
            continue;
        }
        // On nothing, that is how an image is made one layer.
        if copy
            .from
            .as_ref()
            .is_none_or(|from| from.is_empty() || from.as_str() == "scratch")
            || facts.base_image(stage) == Some("scratch")
            || !facts.is_shipped(stage)
        {
            continue;
        }
        let mut sources = copy.paths.sources.iter();
        if let Some(source) = sources.find(|source| matches!(source.as_str(), "/" | "/*" | "/.")) {
            let advice = Advice::at(source.span, "every file of it")
                .hint("name the files and directories that are needed");
            findings.add(
                copy.meta.location,
                "a whole stage or image is copied",
                advice,
            );
        }
    }
}
