//! # AlmostJson
//!
//! ## What it does
//!
//! Finds `RUN`, `CMD`, `ENTRYPOINT`, `COPY`, `ADD` and `VOLUME` whose arguments begin like a JSON array and
//! are none.
//!
//! ## Why it is bad
//!
//! Docker takes the text as it is then: a shell is asked to run a program called `[a,`, or files of such
//! names are looked for. It fails late, or never: a `CMD` is only run with the container.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! CMD ['sleep', '60']
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! CMD ["sleep", "60"]
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule, text_at};
use crate::source::Span;
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("AlmostJson", "What looks like a JSON array should be one").recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        let is_array = match instruction {
            Instruction::Run(it) => !it.command.shell,
            Instruction::Cmd(it) => !it.command.shell,
            Instruction::Entrypoint(it) => !it.command.shell,
            Instruction::Copy(it) => it.paths.json,
            Instruction::Add(it) => it.paths.json,
            Instruction::Volume(it) => !it.volumes.iter().any(|path| path.starts_with('[')),
            _ => continue,
        };
        let meta = instruction.meta();
        let text = text_at(facts.bytes, meta.args).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default().trim_end();
        let inside = first.strip_prefix('[').unwrap_or_default();
        // `[ "$A" = b ]`
        let is_test = matches!(instruction, Instruction::Run(_)) && inside.starts_with(' ');
        let inner = inside.trim_start();
        if is_array || is_test || !inner.starts_with(['"', '\'']) {
            continue;
        }
        let label = match inner {
            _ if inner.starts_with('\'') => "strings must be in double quotes",
            _ if text.trim_end().ends_with(']') => {
                "not valid JSON: commas between strings, none at the end, and `\\\\` for a backslash"
            }
            _ => "not closed by `]`, or followed by something else",
        };
        let length = u32::try_from(first.len()).unwrap_or(u32::MAX);
        let span = Span::new(meta.args.start, meta.args.start.saturating_add(length));
        let advice = Advice::at(span, label).hint("write `[\"program\", \"argument\"]`");
        let message = format!(
            "the arguments of {} look like JSON and are not",
            instruction.name()
        );
        findings.add(meta.location, message, advice);
    }
}
