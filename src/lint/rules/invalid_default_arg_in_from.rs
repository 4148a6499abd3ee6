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
use crate::lint::{Linter, Rule, Violation};
use crate::syntax::{Argument, Dockerfile, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "InvalidDefaultArgInFrom",
    "Default value for global ARG results in an empty or invalid base image name",
)
.url("https://docs.docker.com/go/dockerfile/rule/invalid-default-arg-in-from/");

/// A base that names no image when no build argument is given.
#[derive(Debug)]
struct InvalidDefaultArgInFrom {
    base_name: Argument,
}

impl Violation for InvalidDefaultArgInFrom {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        Text::concat([
            b"Default value for ARG ",
            self.base_name.as_bytes(),
            b" results in empty or invalid base image name",
        ])
    }
}

/// Reports every `FROM` that names no image when no build argument is given. `defaults` gives the
/// variables then; it may fail, which is an error elsewhere.
pub(crate) fn check<E: Env>(
    dockerfile: &Dockerfile,
    expander: &Expander,
    linter: &mut Linter,
    defaults: impl FnOnce() -> Option<E>,
) {
    let is_certain = |name: &str| !name.contains('$') && Reference::is_legal(name);
    let mut names = dockerfile.stages.iter().map(|stage| &stage.base_name);
    if names.all(|name| is_certain(name.as_str())) {
        return;
    }
    let Some(env) = defaults() else { return };
    let base = linter.base();
    for stage in &dockerfile.stages {
        let Ok(expanded) = expander.expand_word(stage.base_name.as_str(), &env) else {
            return;
        };
        if !Reference::is_legal(&expanded.text) {
            let base_name = stage.base_name.clone();
            let violation = InvalidDefaultArgInFrom { base_name };
            linter.report(&base, Some(stage.meta.location), violation);
        }
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for InvalidDefaultArgInFrom {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(
                self.base_name.span,
                "no image, if no build argument is given",
            )
            .hint("give the ARG a default")
        }
    }
}
