//! # MissingSource
//!
//! ## What it does
//!
//! Finds sources of `COPY` and `ADD` that the build context does not have, where it has one of nearly the
//! same name.
//!
//! ## Why it is bad
//!
//! The build ends there, after all that comes before has been built.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! COPY requirement.txt /app/
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! COPY requirements.txt /app/
//! ```
//!
//! ## Notes
//!
//! The context is the directory that `--context` names; otherwise the nearest one, from the Dockerfile's
//! directory up to the root of the repository, that has any of the sources. Patterns and variables are left
//! alone. What has no name like it in the context may be made before the build; it is reported with
//! `--context` only.

use super::{Facts, Findings};
use crate::check::ContextFiles;
use crate::diagnostic::suggest::{Case, suggest};
use crate::lint::{Advice, Rule};
use crate::remote::{self, GitRefResult};
use crate::source::LineRange;
use crate::syntax::{Argument, Instruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "MissingSource",
    "Files that are copied should be in the build context",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let contexts = &facts.input.contexts;
    if contexts.is_empty() {
        return;
    }
    let sources: Vec<(LineRange, &Argument, String)> = facts
        .instructions()
        .flat_map(|(_, instruction)| sources(instruction))
        .collect();
    let has_any = |context: &&std::sync::Arc<dyn ContextFiles>| {
        sources.iter().any(|(_, _, path)| context.exists(path))
    };
    let is_sure = facts.input.context_is_named;
    let found = contexts.iter().find(has_any);
    let Some(context) = found.or_else(|| contexts.first().filter(|_| is_sure)) else {
        return;
    };
    for (location, source, path) in &sources {
        if context.exists(path) {
            continue;
        }
        let nearest = nearest(context.as_ref(), path);
        let hint = match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None if is_sure => "correct the path, or make the file before the build".to_owned(),
            None => continue,
        };
        let advice = Advice::at(source.span, "not in the build context").hint(hint);
        findings.add(
            *location,
            format!("no such file or directory: `{path}`"),
            advice,
        );
    }
}

/// Sources that are plain paths in the context.
fn sources(instruction: &Instruction) -> Vec<(LineRange, &Argument, String)> {
    let (paths, meta) = match instruction {
        Instruction::Copy(it) if it.from.as_ref().is_none_or(|from| from.is_empty()) => {
            (&it.paths, &it.meta)
        }
        Instruction::Add(it) => (&it.paths, &it.meta),
        _ => return Vec::new(),
    };
    let plain = |source: &Argument| {
        let text = source.as_str();
        let is_remote = remote::is_http_source(text)
            || matches!(remote::parse_git_ref(text), GitRefResult::Git(git) if !git.indistinguishable_from_local);
        let is_plain = !text.contains(['$', '*', '?', '[', '\\', '"', '\'', '`']);
        let path = clean(text)?;
        (!is_remote && is_plain).then_some(path)
    };
    let found = paths.sources.iter();
    found
        .filter_map(|source| Some((meta.location, source, plain(source)?)))
        .collect()
}

/// A path from the root of the context; none for the root itself.
fn clean(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            // Nothing leads out of the context.
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The path with its first unknown part put right, as far as one is near.
fn nearest(context: &dyn ContextFiles, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let known = (0..parts.len()).take_while(|count| {
        let upto = parts.get(..count + 1).unwrap_or_default().join("/");
        context.exists(&upto)
    });
    let known = known.count();
    let (directory, rest) = parts.split_at_checked(known)?;
    let (wrong, rest) = rest.split_first()?;
    let names = context.names(&directory.join("/"));
    let is_case = |name: &&String| name.eq_ignore_ascii_case(wrong) && name != wrong;
    let near = match names.iter().find(is_case) {
        Some(name) => name.clone(),
        None => suggest(wrong, &names, Case::Sensitive).filter(|near| is_near(wrong, near))?,
    };
    let parts = directory
        .iter()
        .copied()
        .chain([near.as_str()])
        .chain(rest.iter().copied());
    let path = parts.collect::<Vec<&str>>().join("/");
    context.exists(&path).then_some(path)
}

/// Short names that differ in much are others: `dist` is not `test`.
fn is_near(wrong: &str, near: &str) -> bool {
    let same = wrong
        .chars()
        .zip(near.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let end = wrong.chars().rev().zip(near.chars().rev());
    let same_end = end.take_while(|(a, b)| a == b).count();
    let length = wrong.chars().count().max(near.chars().count());
    let allowed = if length < 6 { 1 } else { 2 };
    same + same_end + allowed >= length
}
