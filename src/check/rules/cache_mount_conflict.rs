//! # CacheMountConflict
//!
//! ## What it does
//!
//! Finds cache mounts that have the id of an earlier one and another `sharing`, or a target with another name.
//!
//! ## Why it is bad
//!
//! The steps share the directory, but not the rule for it: one waits for the other while that one writes
//! without waiting, or has a copy of its own. Package managers break when two write at once, and when they
//! find the files of another one.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12 AS a
//! RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update
//! FROM debian:12
//! RUN --mount=type=cache,target=/var/cache/apt apt-get update
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12 AS a
//! RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update
//! FROM debian:12
//! RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update
//! ```

use std::collections::BTreeMap;

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::source::Span;
use crate::syntax::{ArgumentError, RunMountKind, Sharing, parse_mount};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "CacheMountConflict",
    "Cache mounts of one id should agree how they are shared",
)
.recommended();

/// The first mount of a cache.
struct Mounted {
    sharing: Option<Sharing>,
    target: String,
    span: Span,
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut seen: BTreeMap<String, Mounted> = BTreeMap::new();
    for run in &facts.runs {
        for written in &run.run.mounts {
            let parsed = parse_mount::<ArgumentError>(written, |value| Ok(value.to_owned()));
            let Ok(mount) = parsed else {
                continue;
            };
            let id = match mount.id.as_str() {
                "" => mount.target.trim_end_matches('/'),
                id => id,
            };
            if mount.kind != RunMountKind::Cache || id.contains('$') {
                continue;
            }
            let sharing = mount.sharing.filter(|sharing| *sharing != Sharing::Shared);
            let Some(first) = seen.get(id) else {
                let first = Mounted {
                    sharing,
                    target: mount.target.clone(),
                    span: written.span,
                };
                seen.insert(id.to_owned(), first);
                continue;
            };
            let (message, hint) = if first.sharing != sharing {
                let message = format!("the cache `{id}` is shared in two ways");
                (
                    message,
                    "give both the same `sharing`, or an `id` of their own",
                )
            } else if are_other_places(&first.target, &mount.target) {
                let (one, other) = (&first.target, &mount.target);
                let message = format!("the cache `{id}` is both `{one}` and `{other}`");
                (message, "give each an `id` of its own")
            } else {
                continue;
            };
            let advice = Advice::at(written.span, "")
                .related(first.span, "first mounted here")
                .hint(hint);
            findings.add(run.run.meta.location, message, advice);
        }
    }
}

/// Whether directories have other names, as far as they are known.
fn are_other_places(one: &str, other: &str) -> bool {
    let name = |path: &str| {
        path.trim_end_matches('/')
            .rsplit('/')
            .next()
            .map(str::to_owned)
    };
    let is_known = !one.contains('$') && !other.contains('$');
    is_known && name(one) != name(other)
}
