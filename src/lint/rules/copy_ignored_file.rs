//! CopyIgnoredFile

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
