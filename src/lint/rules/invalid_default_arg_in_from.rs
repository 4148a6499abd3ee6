//! # InvalidDefaultArgInFrom
//!
//! ## What it does
//!
//! Finds a `FROM` that names no image unless build arguments are given.
//!
//! ## Why it is bad
//!
//! A file that cannot be built without arguments surprises everyone who tries, and tools that only
//! read it cannot find its base image.
//!
//! ## Example
//!
//! ```dockerfile
//! ARG TAG
//! FROM busybox:${TAG}
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! ARG TAG=1.37
//! FROM busybox:${TAG}
//! ```
//!
//! ## Notes
//!
//! A default within the word will do as well: `FROM busybox:${TAG:-1.37}`.

use crate::expand::{Env, Expander};
use crate::image::Reference;
use crate::lint::{Linter, Rule};
use crate::syntax::Dockerfile;

/// The rule.
pub static RULE: Rule = Rule {
    name: "InvalidDefaultArgInFrom",
    description: "Default value for global ARG results in an empty or invalid base image name",
    url: "https://docs.docker.com/go/dockerfile/rule/invalid-default-arg-in-from/",
    experimental: false,
};

/// Words a finding.
pub fn detail(base_name: &str) -> String {
    format!("Default value for ARG {base_name} results in empty or invalid base image name")
}

/// Reports every `FROM` that names no image when no build argument is given. `defaults` gives the
/// variables then; it may fail, which is an error elsewhere.
pub fn check<E: Env>(
    dockerfile: &Dockerfile,
    expander: &Expander,
    linter: &mut Linter,
    defaults: impl FnOnce() -> Option<E>,
) {
    let mut with_variables = dockerfile
        .stages
        .iter()
        .any(|stage| stage.base_name.contains('$'));
    with_variables |= dockerfile
        .stages
        .iter()
        .any(|stage| !Reference::is_legal(stage.base_name.as_str()));
    if !with_variables {
        return;
    }
    let Some(env) = defaults() else { return };
    let base = linter.base();
    for stage in &dockerfile.stages {
        let written = stage.base_name.as_str();
        let Ok(expanded) = expander.expand_word(written, &env) else {
            return;
        };
        if !Reference::is_legal(&expanded.text) {
            linter.report(&base, &RULE, Some(stage.meta.location), detail(written));
        }
    }
}
