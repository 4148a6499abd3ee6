//! # UnpinnedSource
//!
//! ## What it does
//!
//! Finds what a build fetches without saying exactly what: images without a digest, `ADD` of a file from
//! the web without `--checksum`, `ADD` of a repository without a commit.
//!
//! ## Why it is bad
//!
//! Tags and branches move, and files behind addresses change. The same Dockerfile then gives another image
//! tomorrow, and whoever can move the tag decides what is in it.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ADD https://example.com/tool.tar.gz /
//! ```
//!
//! ## Use instead
//!
//! ```sh
//! rdf lock    # leaves the Dockerfile as it is, and writes Dockerfile.lock
//! ```
//!
//! ## Notes
//!
//! Nothing is found where a lock lies beside the Dockerfile, and of an image without a tag nothing where
//! LatestTag is on. `rdf pin` writes digests into the file itself.

use super::{Facts, Findings, latest_tag};
use crate::image::Reference;
use crate::lint::{Advice, Rule};
use crate::remote::{self, GitRefResult};
use crate::syntax::{AddInstruction, Argument, Instruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UnpinnedSource",
    "What a build fetches should be pinned to its exact content",
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.input.locked {
        return;
    }
    for image in facts.images {
        let Ok(reference) = Reference::parse_normalized(&image.reference) else {
            continue;
        };
        // Of one word one thing is said.
        let is_told = facts.input.selection.has(&latest_tag::RULE);
        if reference.digest().is_some() || is_told && latest_tag::is_latest(&reference) {
            continue;
        }
        if let (Some(location), Some(span)) = (image.location, image.span) {
            let message = format!(
                "`{}` is not pinned to a digest",
                reference.familiar_string()
            );
            let advice = Advice::at(span, "the tag may move").hint("run `rdf lock`");
            findings.add(location, message, advice);
        }
    }
    for (_, instruction) in facts.instructions() {
        if let Instruction::Add(add) = instruction {
            check_add(add, findings);
        }
    }
}

fn check_add(add: &AddInstruction, findings: &mut Findings) {
    if add.checksum.is_some() {
        return;
    }
    for source in &add.paths.sources {
        let Some((message, label, hint)) = unpinned(source) else {
            continue;
        };
        let advice = Advice::at(source.span, label).hint(hint);
        findings.add(add.meta.location, message, advice);
    }
}

fn unpinned(source: &Argument) -> Option<(String, &'static str, &'static str)> {
    let text = source.as_str();
    match remote::parse_git_ref(text) {
        GitRefResult::Git(git) if !git.indistinguishable_from_local => {
            let reference = git.source().reference;
            let is_commit = matches!(reference.len(), 40 | 64)
                && reference.bytes().all(|b| b.is_ascii_hexdigit());
            (!is_commit && !reference.contains('$')).then(|| {
                let message = format!("`{text}` is not pinned to a commit");
                (
                    message,
                    "branches and tags may move",
                    "run `rdf lock`, or name the commit: `…#<commit>`",
                )
            })
        }
        _ if remote::is_http_source(text) => {
            let message = format!("`{text}` is not pinned to a checksum");
            let hint = "run `rdf lock`, or write `ADD --checksum=sha256:… …`";
            Some((message, "the file behind it may change", hint))
        }
        _ => None,
    }
}
