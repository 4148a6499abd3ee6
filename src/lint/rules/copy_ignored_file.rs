//! # CopyIgnoredFile
//!
//! ## What it does
//!
//! Finds `COPY` and `ADD` of a path that the ignore file keeps out of the build context.
//!
//! ## Why it is bad
//!
//! The file never reaches the builder, so the step fails, at the end of a build that may have
//! taken long, with a message that does not mention the ignore file.
//!
//! ## Example
//!
//! ```dockerfile
//! # .dockerignore holds: config
//! FROM scratch
//! COPY config/app.toml /etc/app.toml
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! # .dockerignore holds: config/secret.toml
//! FROM scratch
//! COPY config/app.toml /etc/app.toml
//! ```
//!
//! ## Notes
//!
//! Nothing is reported if any pattern of the ignore file begins with `!`: what such a file lets
//! through cannot be told from one path. The root of the context is reported only if a pattern
//! excludes everything.

use crate::go::quote;
use crate::ignore::PatternMatcher;
use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "CopyIgnoredFile",
    "Attempting to Copy file that is excluded by .dockerignore",
)
.url("https://docs.docker.com/go/dockerfile/rule/copy-ignored-file/");

/// A source that never reaches the builder.
#[derive(Debug)]
pub(crate) struct CopyIgnoredFile {
    /// `Add` or `Copy`
    pub command: &'static str,
    /// The path, expanded and cleaned.
    pub path: String,
    /// The source as written.
    pub source: Span,
}

impl Violation for CopyIgnoredFile {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        format!(
            "Attempting to {} file {} that is excluded by .dockerignore",
            self.command,
            quote::quote(&self.path)
        )
        .into()
    }
}

/// Whether `path`, cleaned, is kept out of the context.
///
/// With exclusions among the patterns nothing is certain, and nothing is said. The root itself only
/// counts where a pattern excludes everything in it.
pub(crate) fn is_ignored(matcher: &PatternMatcher, path: &str) -> bool {
    if matcher.has_exclusions() {
        return false;
    }
    let excludes_all = |pattern: &str| matches!(pattern, "*" | "**" | "**/*");
    if (path == "." || path == "/")
        && !matcher
            .patterns()
            .iter()
            .any(|pattern| excludes_all(pattern.as_str()))
    {
        return false;
    }
    matcher.matches_or_parent_matches(path).unwrap_or(false)
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for CopyIgnoredFile {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.source, "never reaches the builder")
                .hint("take it out of the ignore file, or do not copy it")
        }
    }
}
