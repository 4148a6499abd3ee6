//! # UndefinedVar
//!
//! ## What it does
//!
//! Finds a variable that is used before anything sets it: no `ARG` or `ENV` above it in the stage, and
//! none in the base image.
//!
//! ## Why it is bad
//!
//! It is empty. Most of the time it is a slip, and then a near name is suggested.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ARG VERSION=1
//! COPY $VERSOIN .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ARG VERSION=1
//! COPY $VERSION .
//! ```
//!
//! ## Notes
//!
//! An `ARG` above the first `FROM` is not visible in a stage until the stage declares it again. What a
//! shell sees in `RUN` is not looked at.
//!
//! `rdf check` asks no registry: where it knows nothing about a base image, it does not report variables
//! that the image may set. `--metadata` tells it.

use crate::diagnostic::suggest::with_suggestion;
use crate::expand::Expander;
use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "UndefinedVar",
    "Variables should be defined before their use",
)
.url("https://docs.docker.com/go/dockerfile/rule/undefined-var/");

/// A variable that nothing sets.
#[derive(Debug)]
pub(crate) struct UndefinedVar {
    pub name: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
    /// The text with the variable in it.
    pub text: Span,
    /// How that text is read.
    pub expander: Expander,
}

impl Violation for UndefinedVar {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let name = &self.name;
        let nearest = self.nearest.as_ref().map(|nearest| format!("${nearest}"));
        with_suggestion(
            format!("Usage of undefined variable '${name}'"),
            nearest.as_deref(),
        )
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for UndefinedVar {
        fn is_guess(&self, cx: &Context<'_>) -> bool {
            cx.has_unknown_base(self.text)
        }

        fn advise(&self, cx: &Context<'_>) -> Advice {
            let chain = cx.chain(self.text);
            let is_certain = chain.is_some_and(|chain| chain.start.knows_variables);
            let label = |has_default| match (has_default, is_certain) {
                (false, false) => "empty, unless the base image sets it",
                (true, false) => "its default, unless the base image sets it",
                (false, true) => "empty",
                (true, true) => "always its default",
            };
            cx.at_variable(self.text, &self.name, &self.expander, label)
                .hint("declare it in this stage with ARG or ENV")
        }
    }
}
