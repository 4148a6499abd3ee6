//! # ArchiveCopied
//!
//! ## What it does
//!
//! Finds archives that are copied from the build context and unpacked by `tar` in a later step.
//!
//! ## Why it is bad
//!
//! The archive stays in the image, though nobody needs it once it is unpacked. `ADD` unpacks it on the way
//! and leaves nothing behind.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! COPY rootfs.tar.gz /tmp/
//! RUN tar xzf /tmp/rootfs.tar.gz -C /
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ADD rootfs.tar.gz /
//! ```

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::shell::Command;
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new("ArchiveCopied", "Archives should be unpacked by ADD")
    .aliases(&["DL3010"])
    .severity(Severity::Info);

/// Ends of names of what `ADD` unpacks.
const ARCHIVES: [&str; 9] = [
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (stage, instruction) in facts.instructions() {
        let Instruction::Copy(copy) = instruction else {
            continue;
        };
        if copy.from.as_ref().is_some_and(|from| !from.is_empty()) {
            continue;
        }
        for source in &copy.paths.sources {
            let name = source.rsplit('/').next().unwrap_or_default();
            if !ARCHIVES.iter().any(|end| name.ends_with(end)) || name.contains(['*', '$', '?']) {
                continue;
            }
            let mut later = facts.runs.iter();
            let unpacks = later.find_map(|run| {
                let follows = run.stage == stage && run.run.meta.span.start > copy.meta.span.start;
                let found = run
                    .commands()
                    .find(|(_, command)| follows && unpacks(command, name));
                found.map(|(script, command)| script.span(command.range()))
            });
            if let Some(unpacks) = unpacks {
                let advice = Advice::at(source.span, "stays in the image as it is")
                    .related(unpacks, "unpacked here")
                    .hint("write `ADD`, which unpacks it");
                let message = format!("`{name}` is copied and unpacked by a step");
                findings.add(copy.meta.location, message, advice);
            }
        }
    }
}

fn unpacks(command: &Command, name: &str) -> bool {
    let (program, words) = command.arguments();
    let mut words = words.iter().map(|word| word.text.as_str());
    let is_tar = matches!(program, Some("tar" | "bsdtar"));
    is_tar
        && words.clone().any(|word| word.ends_with(name))
        && words.any(|word| {
            word == "--extract"
                || !word.starts_with("--") && !word.contains('/') && word.contains('x')
        })
}
