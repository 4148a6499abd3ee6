//! # ConsistentInstructionCasing
//!
//! ## What it does
//!
//! Finds instructions that are not written in the letters, upper or lower case, that most
//! instructions of the file are written in, and instructions in mixed case.
//!
//! ## Why it is bad
//!
//! Case means nothing in a keyword, so a reader who meets two spellings looks for a difference
//! that is not there. Searching for `RUN` misses `run`.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! run apk add --no-cache git
//! Workdir /src
//! COPY . .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN apk add --no-cache git
//! WORKDIR /src
//! COPY . .
//! ```
//!
//! ## Notes
//!
//! With as many instructions of one kind as of the other, upper case is expected. `ARG` above the
//! first `FROM` is neither counted nor reported.

use crate::lint::{Linter, Rule};
use crate::source::LineRange;
use crate::syntax::{Dockerfile, InstructionMeta};

/// The rule.
pub static RULE: Rule = Rule {
    name: "ConsistentInstructionCasing",
    description: "All commands within the Dockerfile should use the same casing (either upper or lower)",
    url: "https://docs.docker.com/go/dockerfile/rule/consistent-instruction-casing/",
    experimental: false,
};

/// Words a finding.
pub fn detail(command: &str, casing: &str) -> String {
    format!("Command '{command}' should match the case of the command majority ({casing})")
}

/// Whether most instructions of the file are in lower case; upper case counts where there are as many.
pub fn majority_is_lower(dockerfile: &Dockerfile) -> bool {
    let (mut lower, mut upper) = (0_usize, 0_usize);
    for meta in keywords(dockerfile) {
        match casing(meta.keyword.as_str()) {
            Casing::Lower => lower += 1,
            Casing::Upper => upper += 1,
            Casing::Mixed => {}
        }
    }
    lower > upper
}

/// Reports instructions in other letters than most of the file's.
pub fn check(dockerfile: &Dockerfile, linter: &mut Linter) {
    let (wanted, name) = if majority_is_lower(dockerfile) {
        (Casing::Lower, "lowercase")
    } else {
        (Casing::Upper, "uppercase")
    };
    let base = linter.base();
    for meta in keywords(dockerfile).filter(|meta| casing(meta.keyword.as_str()) != wanted) {
        let location: LineRange = meta.location;
        linter.report(
            &base,
            &RULE,
            Some(location),
            detail(meta.keyword.as_str(), name),
        );
    }
}

fn keywords(dockerfile: &Dockerfile) -> impl Iterator<Item = &InstructionMeta> {
    dockerfile.stages.iter().flat_map(|stage| {
        std::iter::once(&stage.meta).chain(stage.instructions.iter().map(|it| it.meta()))
    })
}

#[derive(PartialEq)]
enum Casing {
    Lower,
    Upper,
    Mixed,
}

fn casing(keyword: &str) -> Casing {
    if !keyword.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Casing::Lower
    } else if !keyword.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Casing::Upper
    } else {
        Casing::Mixed
    }
}
