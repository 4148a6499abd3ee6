//! # CopyFromEmptyStage
//!
//! ## What it does
//!
//! Finds `COPY --from` and mounts of a stage that begins with `scratch` and puts no file into it.
//!
//! ## Why it is bad
//!
//! There is nothing to copy: the build ends with an error, or what was meant is another stage.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM scratch AS assets
//! LABEL org.example.kind="assets"
//!
//! FROM debian:12
//! COPY --from=assets /dist /srv
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM scratch AS assets
//! COPY dist /dist
//!
//! FROM debian:12
//! COPY --from=assets /dist /srv
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::{Instruction, RunMountKind};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "CopyFromEmptyStage",
    "Stages that are copied from should hold files",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        if let Instruction::Copy(copy) = instruction
            && let Some(from) = &copy.from
            && let Some(stage) = facts.stage_named(from)
            // All of nothing can be copied.
            && copy.paths.sources.iter().any(|source| !is_root(source))
            && is_empty(facts, stage)
        {
            let advice = Advice::at(from.span, "an image without a file")
                .hint("copy from the stage that has the files, or put them into this one");
            let message = format!("stage `{}` is empty", from.as_str());
            findings.add(copy.meta.location, message, advice);
        }
    }
    for run in facts.own_runs() {
        for (mount, written) in run.mounts_as_written() {
            if mount.kind == RunMountKind::Bind
                && !is_root(&mount.source)
                && let Some(stage) = facts.stage_named(&mount.from)
                && is_empty(facts, stage)
            {
                let advice = Advice::at(written.span, "an image without a file")
                    .hint("mount the stage that has the files, or put them into this one");
                let message = format!("stage `{}` is empty", mount.from);
                findings.add(run.run.meta.location, message, advice);
            }
        }
    }
}

fn is_root(path: &str) -> bool {
    path.chars().all(|c| matches!(c, '/' | '.' | '*'))
}

/// Whether nothing puts a file into a stage, or into those below it.
fn is_empty(facts: &Facts<'_>, stage: usize) -> bool {
    let makes_files = |it: &Instruction| {
        matches!(
            it,
            Instruction::Add(_)
                | Instruction::Copy(_)
                | Instruction::Run(_)
                | Instruction::Workdir(_)
                | Instruction::Onbuild(_)
        )
    };
    facts.base_image(stage) == Some("scratch")
        && !facts
            .chain(stage)
            .any(|(_, stage)| stage.instructions.iter().any(makes_files))
}
