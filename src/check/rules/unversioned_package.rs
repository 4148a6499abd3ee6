//! # UnversionedPackage
//!
//! ## What it does
//!
//! Finds packages that are installed without saying which version, by `apt-get`, `apk`, `dnf`,
//! `yum`, `zypper`, `pip`, `npm`, `gem` and `go`.
//!
//! ## Why it is bad
//!
//! What is installed depends on the day on which the step is run, not on the Dockerfile, and a cached
//! step keeps an old version for as long as the cache lives.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl=7.88.1-10+deb12u12
//! ```
//!
//! ## Notes
//!
//! Distributions delete old versions from their mirrors: with versions in the Dockerfile, a build fails
//! where it would have taken another version. Many turn the rule off and hold the mirror to a day instead.
//! Words with variables, files and addresses are left alone. `@latest` is not a version.

use super::packages::{Manager, PackageCommand, codes, packages, recognise};
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::Word;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UnversionedPackage",
    "Packages should be installed in a version that is named",
)
.aliases(&[
    "DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062",
])
.codes_apart();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        for (script, command) in run.commands() {
            let Some((manager, PackageCommand::Install, words)) = recognise(command) else {
                continue;
            };
            if manager.pins.is_empty() {
                continue;
            }
            let unversioned: Vec<&Word> = packages(manager, words)
                .filter(|word| !is_computed(word) && !is_file(&word.text))
                .filter(|word| !is_pinned(manager, &word.text, words))
                .collect();
            let Some(first) = unversioned.first() else {
                continue;
            };
            let message = match unversioned.len() - 1 {
                0 => format!("`{}` is installed in whatever version there is", first.text),
                others => format!(
                    "`{}` and {others} more are installed in whatever version there is",
                    first.text
                ),
            };
            let advice = Advice::at(script.span(first.range.clone()), "no version is named")
                .hint(format!("write {}", manager.pin_hint));
            findings.add_coded(
                codes(command).unversioned,
                run.run.meta.location,
                message,
                advice,
            );
        }
    }
}

/// Whether the shell makes the name; brackets are read as they stand, for they are the extras of a package of Python.
fn is_computed(word: &Word) -> bool {
    word.expands && (word.text.contains(['$', '`', '*', '?', '{', '~']) || !word.text.contains('['))
}

/// Whether a version is said, in the word of a package or by a flag.
fn is_pinned(manager: &Manager, package: &str, words: &[Word]) -> bool {
    let has = |program: &str| manager.programs.contains(&program);
    if has("dnf") {
        // `name-1.2`, `@group`, `name-*`
        let parts = package.split('-').skip(1);
        let mut numbers =
            parts.filter(|part| part.starts_with(|c: char| c.is_ascii_digit() || c == '*'));
        return numbers.next().is_some()
            || package.starts_with('@')
            || package.contains(['=', '*']);
    }
    if has("gem")
        && words
            .iter()
            .any(|word| word.text == "-v" || word.text.starts_with("--version"))
    {
        return true;
    }
    // `@scope/name`, and modules of the project itself
    let name = match has("npm") {
        true => package.strip_prefix('@').unwrap_or(package),
        false => package,
    };
    name.contains(manager.pins) && !name.ends_with("@latest") || has("go") && !package.contains('.')
}

/// A package that is a file or an address.
fn is_file(word: &str) -> bool {
    word.contains("://")
        || word.starts_with(['.', '/'])
        || word.ends_with(".deb")
        || [".whl", ".rpm", ".tgz", ".gem", ".git"]
            .iter()
            .any(|end| word.ends_with(end))
        || word.starts_with("git+")
}
