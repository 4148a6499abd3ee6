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
use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "CopyIgnoredFile",
    description: "Attempting to Copy file that is excluded by .dockerignore",
    url: "https://docs.docker.com/go/dockerfile/rule/copy-ignored-file/",
    experimental: false,
};

/// Words a finding.
pub fn detail(command: &str, file: &str) -> String {
    format!(
        "Attempting to {command} file {} that is excluded by .dockerignore",
        quote::quote(file)
    )
}

/// Whether `path`, cleaned, is kept out of the context.
///
/// With exclusions among the patterns nothing is certain, and nothing is said. The root itself only
/// counts where a pattern excludes everything in it.
pub fn is_ignored(matcher: &PatternMatcher, path: &str) -> bool {
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
