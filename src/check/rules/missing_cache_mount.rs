//! # MissingCacheMount
//!
//! ## What it does
//!
//! Finds package managers and compilers that run without a cache mount for what they download or build.
//!
//! ## Why it is bad
//!
//! When the step runs again everything is downloaded and compiled again, though one file changed. A
//! cache mount is kept between builds and is not part of the image.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25
//! RUN go build ./...
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25
//! RUN --mount=type=cache,target=/root/.cache/go-build --mount=type=cache,target=/go/pkg/mod \
//!     go build ./...
//! ```
//!
//! ## Notes
//!
//! Any cache mount whose target looks like the manager's will do. Commands that are told to keep no cache
//! (`--no-cache`, `--no-cache-dir`) are left alone.

use super::{Facts, Findings};
use crate::diagnostic::Severity;
use crate::lint::{Advice, Rule};
use crate::shell::Command;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "MissingCacheMount",
    "Package managers should keep their downloads in a cache mount",
)
.severity(Severity::Info);

/// A program, its words that fetch or build, parts of the targets of its caches, the usual target.
type Tool = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const TOOLS: [Tool; 17] = [
    (
        &["apt-get", "apt"],
        &["install"],
        &["apt"],
        "/var/cache/apt",
    ),
    (&["apk"], &["add"], &["apk"], "/var/cache/apk"),
    (
        &["dnf", "microdnf"],
        &["install"],
        &["dnf"],
        "/var/cache/dnf",
    ),
    (&["yum"], &["install"], &["yum"], "/var/cache/yum"),
    (
        &["pip", "pip3"],
        &["install", "wheel", "download"],
        &["pip", ".cache"],
        "/root/.cache/pip",
    ),
    (
        &["uv"],
        &["sync", "pip"],
        &["uv", ".cache"],
        "/root/.cache/uv",
    ),
    (
        &["poetry"],
        &["install"],
        &["poetry", ".cache"],
        "/root/.cache/pypoetry",
    ),
    (&["npm"], &["ci", "install", "i"], &["npm"], "/root/.npm"),
    (
        &["yarn"],
        &["install"],
        &["yarn"],
        "/usr/local/share/.cache/yarn",
    ),
    (
        &["pnpm"],
        &["install", "i", "fetch"],
        &["pnpm"],
        "/pnpm/store",
    ),
    (
        &["go"],
        &["build", "install", "test", "get", "mod"],
        &["go-build", "pkg/mod", "/go"],
        "/root/.cache/go-build",
    ),
    (
        &["cargo"],
        &["build", "install", "test", "fetch"],
        &["cargo", "target"],
        "/usr/local/cargo/registry",
    ),
    (
        &["mvn", "mvnw"],
        &[
            "package",
            "install",
            "verify",
            "compile",
            "dependency:go-offline",
            "dependency:resolve",
        ],
        &[".m2"],
        "/root/.m2",
    ),
    (
        &["gradle", "gradlew"],
        &["build", "assemble", "bootJar", "jar"],
        &["gradle"],
        "/root/.gradle",
    ),
    (
        &["composer"],
        &["install", "update"],
        &["composer", "cache"],
        "/root/.composer/cache",
    ),
    (
        &["bundle"],
        &["install"],
        &["bundle", "gem"],
        "/usr/local/bundle/cache",
    ),
    (
        &["dotnet"],
        &["restore", "build", "publish"],
        &["nuget"],
        "/root/.nuget/packages",
    ),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for run in &facts.runs {
        let mut told: Vec<&str> = Vec::new();
        for (script, command) in run.commands() {
            let Some((program, (_, _, names, target))) = tool(command) else {
                continue;
            };
            let keeps_nothing = program.starts_with("pip")
                && (facts.sets_variable(run, "PIP_NO_CACHE_DIR") || run.says("PIP_NO_CACHE_DIR"));
            if told.contains(target) || run.keeps_out(names) || keeps_nothing {
                continue;
            }
            told.push(target);
            let advice = Advice::at(
                script.span(command.range()),
                "starts from nothing whenever the step runs",
            )
            .hint(format!("write `RUN --mount=type=cache,target={target} …`"));
            findings.add(
                run.run.meta.location,
                format!("`{program}` runs without a cache mount"),
                advice,
            );
        }
    }
}

fn tool(command: &Command) -> Option<(&str, &'static Tool)> {
    let (program, words) = super::packages::program(command)?;
    let tool = TOOLS
        .iter()
        .find(|(programs, ..)| programs.contains(&program))?;
    let texts = || words.iter().map(|word| word.text.as_str());
    let no_cache = texts().any(|word| word.starts_with("--no-cache"));
    let fetches =
        texts().any(|word| tool.1.contains(&word)) || (program == "yarn" && words.is_empty());
    (fetches && !no_cache).then_some((program, tool))
}
