//! # SecretMountUnused
//!
//! ## What it does
//!
//! Finds `RUN --mount=type=secret` whose commands do not read the secret.
//!
//! ## Why it is bad
//!
//! Who builds must have the secret at hand, and every command of the step could read it, for nothing. Often
//! it is a slip: the command reads a path that is not the one of the mount.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN --mount=type=secret,id=token curl -fsS -H "$(cat /run/secret/token)" https://example.com
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN --mount=type=secret,id=token curl -fsS -H "$(cat /run/secrets/token)" https://example.com
//! ```
//!
//! ## Notes
//!
//! Left alone is what a program may read without being told: a mount with a `target` or an `env` of its
//! own, and steps that start scripts, or programs that are not those of a distribution.

use super::{Facts, Findings, Run};
use crate::lint::{Advice, Rule};
use crate::syntax::{RunMount, RunMountKind};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "SecretMountUnused",
    "Secrets should be mounted where they are read",
)
.recommended();

/// Programs that read no file that they are not told of.
const KNOWN: &str = " \
    [ [[ test : true false echo printf set cd export unset exit read \
    apt-get apt apt-cache dpkg apk dnf yum microdnf zypper \
    cat chmod chown cp curl cut date env find git grep gunzip gzip head install jq ln ls mkdir mv openssl rm rmdir sed \
    sha256sum sort tail tar tee touch tr unzip wget xargs \
    adduser addgroup useradd groupadd usermod ";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let mut mounts = run.mounts.iter();
        let has_secret = mounts.any(|mount| mount.kind == RunMountKind::Secret);
        // What is not read as a script may read anything.
        if !has_secret || run.scripts.is_empty() || !only_known_programs(run) {
            continue;
        }
        for (mount, written) in run.mounts_as_written() {
            if mount.kind == RunMountKind::Secret && mount.env.is_none() && !is_read(run, &mount) {
                let path = format!("/run/secrets/{}", mount.id);
                let advice = Advice::at(written.span, "no command reads it")
                    .hint(format!("read `{path}`, or remove the mount"));
                let message = format!("secret `{}` is mounted and not read", mount.id);
                findings.add(run.run.meta.location, message, advice);
            }
        }
    }
}

fn only_known_programs(run: &Run<'_>) -> bool {
    let mut commands = run.commands();
    commands.all(|(_, command)| {
        let words = command.wrappers().iter().chain(command.program_word());
        let mut names = words.filter(|word| !crate::shell::is_assignment(&word.text));
        names.all(|word| {
            let name = word.text.rsplit('/').next().unwrap_or_default();
            KNOWN.split_ascii_whitespace().any(|known| known == name) || name.starts_with('-')
        })
    })
}

fn is_read(run: &Run<'_>, mount: &RunMount) -> bool {
    let is_elsewhere = !mount.target.is_empty() && !mount.target.starts_with("/run/secrets/");
    // The directory of all secrets may be given.
    is_elsewhere
        || mount.id.contains('$')
        || run.says("/run/secrets")
        || !mount.target.is_empty() && run.says(&mount.target)
}
