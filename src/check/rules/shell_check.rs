//! # ShellCheck
//!
//! ## What it does
//!
//! Hands the scripts of `RUN`, and the commands of `CMD`, `ENTRYPOINT` and `HEALTHCHECK` in shell form, also
//! where they stand behind `ONBUILD`, to the program `shellcheck`, and reports what it finds at the bytes of
//! the Dockerfile, by the codes that it has: `SC2086`.
//!
//! ## Why it is bad
//!
//! A script of a Dockerfile runs unattended: a word that falls into two, a `cd` that fails, a file that is
//! written before it is read. What is built then is not what was meant.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN cd /src; rm -rf *
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! WORKDIR /src
//! RUN rm -rf ./*
//! ```
//!
//! ## Notes
//!
//! [ShellCheck](https://www.shellcheck.net) must be installed, or `shellcheck` in `rdf.toml` name the
//! program; without it a note says that scripts were not checked. The scripts of all files go to
//! it together. The shell is the one that `SHELL`, the first line of a heredoc or the base image says; scripts
//! of zsh, PowerShell and other programs are not looked at. Variables of `ARG` and `ENV` are set, and for the
//! commands of a container `HOSTNAME` is.
//!
//! `rdf lsp` does not start the program: a config of a directory that was only opened could name any other.
//!
//! Unless more is selected, what ShellCheck calls errors and warnings is on; with `hadolint`, `ShellCheck`
//! or a code in `select`, the rest is as well. A code can be written wherever a rule can be named, and
//! ignored by `# rdf: ignore=SC2086`, `# hadolint ignore=SC2086` or `# shellcheck disable=SC2086` above an
//! instruction or between its lines. Fixes are ShellCheck's own, where they stay within a line; since they
//! change what the shell is given, they are made with `--unsafe-fixes`.

use super::{Facts, Findings};
use crate::check::shellcheck::{ShellCode, blocks};
use crate::lint::{Advice, Rule};

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("ShellCheck", "Shell scripts should pass ShellCheck").recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(shellcheck) = &facts.input.shellcheck else {
        return;
    };
    let most = match shellcheck.is_there() {
        true => usize::MAX,
        false => 1,
    };
    let blocks = blocks(facts, most);
    if blocks.is_empty() {
        return;
    }
    let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
    for (block, comments) in blocks.iter().zip(shellcheck.comments(&texts)) {
        for comment in comments.iter() {
            let Some(span) = block.span(comment) else {
                continue;
            };
            let mut advice = Advice::at(span, "");
            if let Some(fix) = block.fix(comment, facts.bytes) {
                advice = advice.fix(|| Ok(fix));
            }
            let code = ShellCode {
                code: comment.code,
                level: comment.level,
            };
            findings.add_shell(block.location, code, comment.message.clone(), advice);
        }
    }
}
