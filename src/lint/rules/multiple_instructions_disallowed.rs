//! # MultipleInstructionsDisallowed
//!
//! ## What it does
//!
//! Finds a `CMD`, `ENTRYPOINT` or `HEALTHCHECK` that a later one in the same stage replaces. The
//! finding points at the earlier one.
//!
//! ## Why it is bad
//!
//! Only the last one counts. The others look as if they did something.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! CMD ["prepare"]
//! CMD ["serve"]
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! CMD ["prepare-and-serve"]
//! ```

use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "MultipleInstructionsDisallowed",
    "Multiple instructions of the same type should not be used in the same stage",
)
.aliases(&["DL3012", "DL4003", "DL4004"])
.url("https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/");

/// An instruction that a later one replaces.
#[derive(Debug)]
pub(crate) struct MultipleInstructionsDisallowed {
    /// The keyword of the later one as written.
    pub keyword: String,
    /// The arguments of the earlier one.
    pub earlier: Span,
}

impl Violation for MultipleInstructionsDisallowed {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        format!(
            "Multiple {} instructions should not be used in the same stage because only the last one will be used",
            self.keyword
        ).into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for MultipleInstructionsDisallowed {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at_arguments(self.earlier, "replaced by a later one")
                .hint("take this one out, or put both into one")
        }
    }
}
