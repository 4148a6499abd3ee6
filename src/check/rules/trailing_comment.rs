//! # TrailingComment
//!
//! ## What it does
//!
//! Finds `#` behind the arguments of an instruction that takes no comments there.
//!
//! ## Why it is bad
//!
//! Only a line that begins with `#` is a comment. Elsewhere it is text like any other: a path, a name, a
//! value.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! WORKDIR /app # where it is
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! # where it is
//! WORKDIR /app
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule, text_at};
use crate::source::Span;
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "TrailingComment",
    "Comments should stand on a line of their own",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        match instruction {
            Instruction::Add(_)
            | Instruction::Arg(_)
            | Instruction::Copy(_)
            | Instruction::Env(_)
            | Instruction::User(_)
            | Instruction::Volume(_)
            | Instruction::Workdir(_) => {}
            // For a shell it is a comment.
            _ => continue,
        }
        let meta = instruction.meta();
        let text = text_at(facts.bytes, meta.args).unwrap_or_default();
        let Some(at) = comment(text) else {
            continue;
        };
        let offset = |at: usize| {
            meta.args
                .start
                .saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
        };
        let rest = text.get(at..).unwrap_or_default();
        let length = rest.lines().next().unwrap_or_default().trim_end().len();
        let span = Span::new(offset(at), offset(at + length));
        let advice =
            Advice::at(span, "part of the arguments").hint("put it on a line of its own, above");
        let message = format!(
            "what follows `#` is part of {}, not a comment",
            instruction.name()
        );
        findings.add(meta.location, message, advice);
    }
}

/// Where `# word` stands behind a blank, outside of quotes.
fn comment(text: &str) -> Option<usize> {
    let first = text.lines().next()?;
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in first.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {
                let rest = first.get(at + 1..).unwrap_or_default();
                let is_text =
                    rest.starts_with(' ') && rest.trim_start().starts_with(char::is_alphabetic);
                if c == '#' && before.is_whitespace() && at > 0 && is_text {
                    return Some(at);
                }
            }
        }
        before = c;
    }
    None
}
