//! # IgnoredMountSource
//!
//! ## What it does
//!
//! Finds `RUN --mount=type=bind` of files that the ignore file keeps out of the build context.
//!
//! ## Why it is bad
//!
//! What is ignored never reaches the builder: the mount fails, or is an empty directory.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! # .dockerignore has `secrets`
//! RUN --mount=type=bind,source=secrets/key,target=/key cat /key
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN --mount=type=secret,id=key,target=/key cat /key
//! ```

use super::{Facts, Findings};
use crate::ignore::{PatternMatcher, read_patterns};
use crate::lint::{Advice, Rule, is_ignored};
use crate::syntax::RunMountKind;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "IgnoredMountSource",
    "Files that are mounted should not be ignored",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let input = facts.input;
    let own = input.own_ignore.as_ref().map(|file| &file.data);
    let Some(file) = own.or(input.context_ignore.as_ref()) else {
        return;
    };
    let matcher = read_patterns(file)
        .ok()
        .and_then(|it| PatternMatcher::new(&it).ok());
    let Some(matcher) = matcher else {
        return;
    };
    for run in facts.own_runs() {
        for (mount, written) in run.mounts_as_written() {
            let path = mount
                .source
                .trim_start_matches(['/', '.'])
                .trim_end_matches('/');
            let is_of_context = mount.kind == RunMountKind::Bind && mount.from.is_empty();
            if !is_of_context || path.is_empty() || path.contains('$') {
                continue;
            }
            if is_ignored(&matcher, path) {
                let advice = Advice::at(written.span, "never reaches the builder")
                    .hint("take it out of the ignore file, or do not mount it");
                let message = format!("`{path}` is mounted, and excluded by .dockerignore");
                findings.add(run.run.meta.location, message, advice);
            }
        }
    }
}
