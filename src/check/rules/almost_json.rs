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

use std::ops::Range;

use super::{Facts, Findings};
use crate::lint::{Advice, Fix, Rule, text_at};
use crate::source::{Edit, Span};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule =
    Rule::new("AlmostJson", "What looks like a JSON array should be one")
        .recommended()
        .fixable();

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
        let offset = |at: usize| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            meta.args.start.saturating_add(at)
        };
        let reading = read(text);
        let span = Span::new(offset(reading.at.start), offset(reading.at.end));
        let hint = "write `[\"program\", \"argument\"]`";
        let advice = Advice::at(span, reading.why).hint(hint).fix(|| {
            let array = reading
                .array
                .ok_or_else(|| "it is not clear where the array ends".to_owned())?;
            let whole = Span::new(meta.args.start, offset(text.len()));
            let title = format!("write `{array}`");
            let mut fix = Fix::new(title, vec![Edit::replace(whole, array)]).changes_commands();
            fix.unsafe_because = Some("what is run or copied is another thing".to_owned());
            Ok(fix)
        });
        let message = format!(
            "the arguments of {} look like JSON and are not",
            instruction.name()
        );
        findings.add(meta.location, message, advice);
    }
}

/// What keeps a text from being an array.
struct Reading {
    /// The first bytes that do not fit.
    at: Range<usize>,
    why: &'static str,
    /// The array that was meant, where all of the text can be read as one.
    array: Option<String>,
}

/// Reads strings in any quotes, with or without commas between them.
fn read(text: &str) -> Reading {
    let mut first: Option<(Range<usize>, &'static str)> = None;
    let mut note = |at: Range<usize>, why| {
        first.get_or_insert((at, why));
    };
    let (mut words, mut at) = (Vec::new(), 1);
    // Whether a comma, or the beginning, stands before what follows.
    let mut is_separated = true;
    let mut end = None;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let here = at..at + c.len_utf8();
        match c {
            ' ' | '\t' => {}
            ',' => {
                if is_separated {
                    note(here.clone(), "a comma without a string before it");
                }
                is_separated = true;
            }
            ']' => {
                if is_separated && !words.is_empty() {
                    note(here.clone(), "a comma before the end");
                }
                end = Some(here.end);
                break;
            }
            '"' | '\'' => {
                if !is_separated {
                    note(here.clone(), "no comma before this string");
                }
                if c == '\'' {
                    note(here.clone(), "strings must be in double quotes");
                }
                is_separated = false;
                let Some((word, length)) = string(text.get(at + 1..).unwrap_or_default(), c) else {
                    note(here, "not closed");
                    break;
                };
                let whole = at..at + length + 2;
                if c == '"'
                    && serde_json::from_str::<String>(text.get(whole.clone()).unwrap_or_default())
                        .is_err()
                {
                    note(whole.clone(), "backslashes are doubled in JSON");
                }
                words.push(word);
                at = whole.end;
                continue;
            }
            _ => {
                note(here, "strings must be in double quotes");
                break;
            }
        }
        at = here_end(at, c);
    }
    let rest = end.map(|end| text.get(end..).unwrap_or_default());
    match (rest, end) {
        (Some(rest), Some(end)) if !rest.trim().is_empty() => {
            let from = end + rest.len() - rest.trim_start().len();
            let line = rest.trim_start().lines().next().unwrap_or_default();
            note(from..from + line.trim_end().len(), "text behind the array");
        }
        (None, _) => {
            let line = text.lines().next().unwrap_or_default().trim_end();
            note(0..line.len(), "not closed by `]`");
        }
        _ => {}
    }
    let is_whole = rest.is_some_and(|rest| rest.trim().is_empty()) && !text.contains('\n');
    let quoted = || {
        let words = words
            .iter()
            .map(|word| serde_json::Value::from(word.as_str()).to_string());
        format!("[{}]", words.collect::<Vec<String>>().join(", "))
    };
    let array = is_whole.then(quoted);
    let length = text.lines().next().unwrap_or_default().trim_end().len();
    let (at, why) = first.unwrap_or((0..length, "not valid JSON"));
    Reading { at, why, array }
}

fn here_end(at: usize, c: char) -> usize {
    at + c.len_utf8()
}

/// A string up to its closing quote: what it says, and its length. Backslashes that JSON does not know are kept.
fn string(text: &str, quote: char) -> Option<(String, usize)> {
    let (mut word, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((word, at)),
            '\\' if quote == '"' => match chars.next()?.1 {
                c @ ('"' | '\\' | '/') => word.push(c),
                'n' => word.push('\n'),
                't' => word.push('\t'),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
    None
}
