//! # CacheMountConflict
//!
//! ## What it does
//!
//! Finds cache mounts that have the id of an earlier one and another `sharing`.
//!
//! ## Why it is bad
//!
//! The steps share the directory, but not the rule for it: one waits for the other while that one writes
//! without waiting, or has a copy of its own. Package managers break when two write at once.
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

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut seen: BTreeMap<String, (Option<Sharing>, Span)> = BTreeMap::new();
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
            match seen.get(id) {
                Some((other, first)) if *other != sharing => {
                    let advice = Advice::at(written.span, "")
                        .related(*first, "first mounted here")
                        .hint("give both the same `sharing`, or an `id` of their own");
                    let message = format!("the cache `{id}` is shared in two ways");
                    findings.add(run.run.meta.location, message, advice);
                }
                Some(_) => {}
                None => {
                    seen.insert(id.to_owned(), (sharing, written.span));
                }
            }
        }
    }
}
