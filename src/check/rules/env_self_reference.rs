//! # EnvSelfReference
//!
//! ## What it does
//!
//! Finds `ENV` that uses a variable which the same `ENV` sets.
//!
//! ## Why it is bad
//!
//! All values of an `ENV` are replaced before the first is set. The variable is empty there, or has the
//! value that it had before.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENV APP=/opt/app PATH=$APP/bin:$PATH
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENV APP=/opt/app
//! ENV PATH=$APP/bin:$PATH
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "EnvSelfReference",
    "Variables should not be used in the ENV that sets them",
)
.aliases(&["DL3044"])
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        let Instruction::Env(env) = instruction else {
            continue;
        };
        for (at, pair) in env.pairs.iter().enumerate() {
            let mut before = env.pairs.iter().take(at);
            let used = before.find(|other| {
                other.key.as_str() != pair.key.as_str() && uses(&pair.value, &other.key)
            });
            if let Some(used) = used {
                let name = used.key.as_str();
                let advice = Advice::at(pair.value.span, "replaced before the variable is set")
                    .related(used.key.span, "set here")
                    .hint(format!(
                        "set `{}` in an `ENV` of its own, below",
                        pair.key.as_str()
                    ));
                let message = format!("`{name}` is used in the `ENV` that sets it");
                findings.add(env.meta.location, message, advice);
            }
        }
    }
}

/// Whether a value has `$name` or `${name…}` in it.
fn uses(value: &str, name: &str) -> bool {
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('$') {
        rest = after;
        // A value in single quotes stays as it is.
        let is_literal = before.ends_with('\\') || value.starts_with('\'');
        let word = after.strip_prefix('{').unwrap_or(after);
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if !is_literal && word.get(..end.unwrap_or(word.len())) == Some(name) {
            return true;
        }
    }
    false
}
