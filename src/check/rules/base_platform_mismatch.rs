//! # BasePlatformMismatch
//!
//! ## What it does
//!
//! Finds programs that are compiled in a stage of the builder's platform and copied into an image of the
//! target's, where nothing tells the compiler about the target.
//!
//! ## Why it is bad
//!
//! `FROM --platform=$BUILDPLATFORM` is fast, since nothing is emulated. But a compiler makes programs for
//! where it runs: on `docker build --platform linux/arm64` an image for arm64 gets a program for amd64, and
//! the build says nothing.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM --platform=$BUILDPLATFORM golang:1.23 AS build
//! COPY . /src
//! RUN go build -C /src -o /app .
//!
//! FROM debian:12
//! COPY --from=build /app /app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM --platform=$BUILDPLATFORM golang:1.23 AS build
//! ARG TARGETOS TARGETARCH
//! COPY . /src
//! RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -C /src -o /app .
//!
//! FROM debian:12
//! COPY --from=build /app /app
//! ```
//!
//! ## Notes
//!
//! Only images that are shipped count. Left alone are stages that name `TARGETPLATFORM`, `TARGETARCH` or
//! `TARGETOS`, cross compilers (`--target`, `xx-go`), and stages that compile nothing.

use super::{Facts, Findings, Run};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Script};
use crate::syntax::{Instruction, Stage};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "BasePlatformMismatch",
    "Programs should be compiled for the platform of the image that gets them",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, instruction) in facts.instructions() {
        let Instruction::Copy(copy) = instruction else {
            continue;
        };
        let from = copy
            .from
            .as_ref()
            .and_then(|from| Some((from, facts.stage_named(from)?)));
        let Some((from, source)) = from else {
            continue;
        };
        let is_final = facts.is_shipped(index) && !may_be_built_on(facts, index);
        if !is_final || is_of_builder(facts, index) || !is_of_builder(facts, source) {
            continue;
        }
        if facts
            .chain(source)
            .any(|(_, stage)| knows_target(facts, stage))
        {
            continue;
        }
        let stages: Vec<usize> = facts.chain(source).map(|(index, _)| index).collect();
        let runs = facts.runs.iter().filter(|run| stages.contains(&run.stage));
        if let Some((script, command)) = runs.filter_map(compiler).next() {
            let program = command.program().unwrap_or_default();
            let advice = Advice::at(from.span, "a stage of the builder's platform")
                .related(script.span(command.range()), "compiled for the builder")
                .hint("declare `ARG TARGETOS TARGETARCH` in that stage and tell the compiler, or leave `--platform=$BUILDPLATFORM` out");
            let message = format!("what `{program}` makes is for the platform of the builder");
            findings.add(copy.meta.location, message, advice);
        }
    }
}

/// Whether a `FROM` with a variable in the name of a stage may mean a stage.
fn may_be_built_on(facts: &Facts<'_>, stage: usize) -> bool {
    let stages = &facts.dockerfile.stages;
    let name = stages.get(stage).map_or("", Stage::name);
    stages.iter().any(|other| {
        let start = other
            .base_name
            .split_once('$')
            .map_or("", |(start, _)| start);
        !start.is_empty() && name.starts_with(&start.to_lowercase())
    })
}

/// Whether a stage is built on the platform of the builder.
fn is_of_builder(facts: &Facts<'_>, stage: usize) -> bool {
    facts.chain(stage).any(|(_, stage)| {
        let platform = stage.platform.as_ref().map_or("", |it| it.as_str());
        matches!(platform, "$BUILDPLATFORM" | "${BUILDPLATFORM}")
    })
}

/// Whether something in a stage is about the platform of the target.
fn knows_target(facts: &Facts<'_>, stage: &Stage) -> bool {
    let names = ["TARGET", "GOARCH", "--target", "xx-", "CROSS", "cross"];
    stage.instructions.iter().any(|instruction| {
        let text = instruction.meta().span.of(facts.bytes);
        names
            .iter()
            .any(|name| memchr::memmem::find(text, name.as_bytes()).is_some())
    })
}

/// The first command of a step that compiles a program.
fn compiler<'r>(run: &'r Run<'_>) -> Option<(&'r Script, &'r Command)> {
    run.commands().find(|(_, command)| {
        let (program, words) = command.arguments();
        let first = words.iter().find(|word| !word.text.starts_with('-'));
        let first = first.map_or("", |word| word.text.as_str());
        match program.unwrap_or_default() {
            "go" | "cargo" => matches!(first, "build" | "install"),
            "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "rustc" => !words.is_empty(),
            _ => false,
        }
    })
}
