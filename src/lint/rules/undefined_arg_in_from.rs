//! # UndefinedArgInFrom
//!
//! ## What it does
//!
//! Finds a variable in `FROM` that no `ARG` above the first `FROM` declares.
//!
//! ## Why it is bad
//!
//! It is empty, whatever is given on the command line: only declared arguments are visible, and to
//! `FROM` only those that are declared above all stages.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node:22${VARIANT} AS build
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! ARG VARIANT=-alpine
//! FROM node:22${VARIANT} AS build
//! ```
//!
//! ## Notes
//!
//! Arguments that every build has, such as `TARGETPLATFORM`, need no declaration here.

use crate::diagnostic::suggest::with_suggestion;
use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule =
    Rule::new("UndefinedArgInFrom", "FROM command must use declared ARGs")
        .url("https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/");

/// A variable that no `ARG` declares.
#[derive(Debug)]
pub(crate) struct UndefinedArgInFrom {
    pub name: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
    /// The word with the variable in it.
    pub word: Span,
}

impl Violation for UndefinedArgInFrom {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let name = &self.name;
        with_suggestion(
            format!("FROM argument '{name}' is not declared"),
            self.nearest.as_deref(),
        )
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::expand::Expander;
    use crate::lint::{Advice, Advise, Context};
    use crate::syntax::{ArgInstruction, Instruction};

    impl Advise for UndefinedArgInFrom {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            let expander = Expander::new(cx.escape());
            let label = |has_default| match has_default {
                true => "always its default",
                false => "empty",
            };
            let advice = cx.at_variable(self.word, &self.name, &expander, label);
            match self.of_a_stage(cx) {
                Some(arg) => advice
                    .related(arg, "for its own stage only")
                    .hint("move this `ARG` above the first `FROM`, or repeat it there"),
                None => advice.hint("declare it above the first FROM: `ARG NAME=default`"),
            }
        }
    }

    impl UndefinedArgInFrom {
        /// Where an earlier stage declares it.
        fn of_a_stage(&self, cx: &Context<'_>) -> Option<Span> {
            let stages = cx.dockerfile.stages.iter();
            let before = stages.take_while(|stage| stage.meta.span.start < self.word.start);
            let mut args = before
                .flat_map(|stage| &stage.instructions)
                .filter_map(|it| match it {
                    Instruction::Arg(arg) => Some(arg),
                    _ => None,
                });
            let names =
                |arg: &&ArgInstruction| arg.args.iter().any(|it| it.key.as_str() == self.name);
            args.find(names).map(|arg| arg.meta.args)
        }
    }
}
