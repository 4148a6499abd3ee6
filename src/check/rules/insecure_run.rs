//! # InsecureRun
//!
//! ## What it does
//!
//! Finds `RUN --security=insecure` and `RUN --network=host`.
//!
//! ## Why it is bad
//!
//! Such a step can do to the builder what root can, or reach whatever listens on it. Builders have to allow
//! it explicitly, and many will not.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN --security=insecure mount -t tmpfs none /mnt
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN --mount=type=tmpfs,target=/mnt true
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::{Network, Security};

/// The rule.
pub(super) static RULE: Rule = Rule::new("InsecureRun", "Steps should run in the sandbox");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let what = match (run.run.security, run.run.network) {
            (Security::Insecure, _) => "with all privileges",
            (_, Network::Host) => "in the network of the builder",
            _ => continue,
        };
        let flag = run
            .run
            .meta
            .flags
            .iter()
            .find(|flag| matches!(&*flag.name, "security" | "network"));
        let span = flag.map_or(run.run.meta.keyword.span, |flag| flag.span);
        let advice =
            Advice::at(span, "").hint("remove the flag, or give the step what it needs by a mount");
        findings.add(run.run.meta.location, format!("a step runs {what}"), advice);
    }
}
