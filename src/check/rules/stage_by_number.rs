//! # StageByNumber
//!
//! ## What it does
//!
//! Finds `COPY --from` and mounts that name a stage by its number.
//!
//! ## Why it is bad
//!
//! A stage that is put in between changes what a number means, and the build goes on with files of another
//! stage.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM golang:1.25
//! RUN go build -o /app
//! FROM alpine:3.20
//! COPY --from=0 /app /app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM golang:1.25 AS build
//! RUN go build -o /app
//! FROM alpine:3.20
//! COPY --from=build /app /app
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::source::Span;
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("StageByNumber", "Stages should be referred to by name").aliases(&["DL3022"]);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let stages = &facts.dockerfile.stages;
    for (_, instruction) in facts.instructions() {
        let mut numbers: Vec<(Span, &str)> = Vec::new();
        match instruction {
            Instruction::Copy(copy) => {
                numbers.extend(copy.from.iter().map(|from| (from.span, from.as_str())));
            }
            Instruction::Run(run) => numbers.extend(run.mounts.iter().filter_map(|mount| {
                let mut options = mount.as_str().split(',');
                let from = options.find_map(|option| option.strip_prefix("from="))?;
                Some((mount.span, from))
            })),
            _ => {}
        }
        for (span, number) in numbers {
            let stage = number
                .parse()
                .ok()
                .and_then(|index: usize| stages.get(index));
            let Some(stage) = stage else {
                continue;
            };
            let hint = match stage.name() {
                "" => "name it: `FROM … AS name`, and use the name".to_owned(),
                name => format!("write `from={name}`"),
            };
            let advice = Advice::at(span, "means another stage once one is put before it")
                .related(stage.meta.keyword.span, "this stage")
                .hint(hint);
            let message = format!("a stage is referred to by its number, {number}");
            findings.add(instruction.meta().location, message, advice);
        }
    }
}
