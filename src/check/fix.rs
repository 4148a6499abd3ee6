//! Makes the changes that fixes are, and keeps those after which the build is the same.
//!
//! A rule offers a fix only where the build stays what it is, but for what the rule is about. That is tried, too,
//! before a change is kept: the changed file is compiled, and must have the same ops and no finding that
//! did not exist before.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{CheckInput, Checked, Problem, Settings, check_all};
use crate::limits::MAX_FIX_ROUNDS;
use crate::lint::{Fix, Rule};
use crate::source::{LineRange, apply};

/// A finding that stays, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule, or the code of ShellCheck.
    pub rule: Cow<'static, str>,
    /// The instruction.
    pub location: Option<LineRange>,
    /// Why it is not fixed.
    pub why: String,
}

/// A file with its findings fixed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many findings of each rule are gone, by rule or by code of ShellCheck.
    pub fixed: BTreeMap<Cow<'static, str>, usize>,
    /// Changes that were tried and taken back.
    pub refused: Vec<Refused>,
}

impl Fixed {
    /// How many findings are gone.
    pub fn count(&self) -> usize {
        self.fixed.values().sum()
    }
}

/// Fixes what can be fixed of the rules in the selection. `with_unsafe` takes the fixes in as well that
/// might change what is built. A file with an error stays as it is.
pub fn fix(bytes: &[u8], settings: &Settings, input: &CheckInput, with_unsafe: bool) -> Fixed {
    let mut fixed = Fixed {
        bytes: bytes.to_vec(),
        ..Fixed::default()
    };
    let mut tried = BTreeSet::new();
    // Scripts are looked at where that may change something.
    let input = &CheckInput {
        shellcheck: input.shellcheck.clone().filter(|_| with_unsafe),
        ..input.clone()
    };
    let mut before = check_all(bytes, settings, input);
    for _ in 0..MAX_FIX_ROUNDS {
        if before.has_errors() {
            break;
        }
        let Some((code, batch)) = next_batch(&fixed.bytes, &before, input, &tried, with_unsafe)
        else {
            break;
        };
        let all: Vec<&Fix> = batch.iter().map(|(_, fix)| *fix).collect();
        match attempt(&fixed.bytes, &all, &code, &before, settings, input) {
            Ok((bytes, checked, gone)) => {
                *fixed.fixed.entry(code).or_default() += gone;
                (fixed.bytes, before) = (bytes, checked);
            }
            Err(why) => {
                // One after the other; the first that is kept begins a new round.
                let mut kept = None;
                for (problem, fix) in &batch {
                    let why = match attempt(&fixed.bytes, &[*fix], &code, &before, settings, input)
                    {
                        Ok(done) if batch.len() > 1 => {
                            kept = Some(done);
                            break;
                        }
                        Ok(_) => why,
                        Err(why) => why,
                    };
                    tried.insert((code.clone(), line(problem)));
                    fixed.refused.push(Refused {
                        rule: code.clone(),
                        location: problem.location,
                        why: why.to_owned(),
                    });
                }
                if let Some((bytes, checked, gone)) = kept {
                    *fixed.fixed.entry(code).or_default() += gone;
                    (fixed.bytes, before) = (bytes, checked);
                }
            }
        }
    }
    fixed
}

/// The file with one fix, if what is built stays the same and no finding is added.
pub(crate) fn fix_one(
    bytes: &[u8],
    rule: &'static Rule,
    fix: &Fix,
    settings: &Settings,
    input: &CheckInput,
) -> Result<Vec<u8>, &'static str> {
    let before = check_all(bytes, settings, input);
    if before.has_errors() {
        return Err("the file has an error");
    }
    let done = attempt(bytes, &[fix], rule.name, &before, settings, input);
    done.map(|(bytes, ..)| bytes)
}

fn line(problem: &Problem) -> u32 {
    problem.location.map_or(0, |lines| lines.start)
}

/// What a finding is known by: its rule, or its code of ShellCheck.
type Code = Cow<'static, str>;

type Batch<'c> = Vec<(&'c Problem, &'c Fix)>;

/// All fixes of the first code that has any; what moves lines comes last.
fn next_batch<'c>(
    bytes: &[u8],
    checked: &'c Checked,
    input: &CheckInput,
    tried: &BTreeSet<(Code, u32)>,
    with_unsafe: bool,
) -> Option<(Code, Batch<'c>)> {
    let mut batches: BTreeMap<(bool, &Code), Batch<'c>> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    for problem in &checked.problems {
        let Some(fix) = problem.fix.as_ref() else {
            continue;
        };
        let code = &problem.diagnostic.code;
        let place = (code.clone(), line(problem));
        // One instruction may be found twice; its fix covers both. What ShellCheck finds is about words.
        let word = problem
            .diagnostic
            .primary
            .as_ref()
            .filter(|_| matches!(problem.code, Some(super::selection::Code::Shell(_))));
        let part = word.map_or(0, |word| word.span.start);
        let wanted = problem.is_selected(&input.selection) && !problem.ignored;
        if wanted
            && (with_unsafe || fix.unsafe_because.is_none())
            && !tried.contains(&place)
            && lines.insert((place, part))
        {
            let key = (!fix.keeps_lines(bytes), code);
            batches.entry(key).or_default().push((problem, fix));
        }
    }
    let ((_, code), batch) = batches.into_iter().next()?;
    Some((code.clone(), batch))
}

/// The file with the edits, if nothing but findings of the rule changes, and how many of those are gone.
pub(super) fn attempt(
    bytes: &[u8],
    fixes: &[&Fix],
    code: &str,
    before: &Checked,
    settings: &Settings,
    input: &CheckInput,
) -> Result<(Vec<u8>, Checked, usize), &'static str> {
    let applied = apply(bytes, fixes.iter().flat_map(|fix| fix.edits.clone()));
    if !applied.refused.is_empty() {
        return Err("two fixes overlap");
    }
    let changed = applied.bytes;
    let after = check_all(&changed, settings, input);
    if after.has_errors() {
        return Err("the changed file has an error");
    }
    if let Some(difference) = difference(before, &after, fixes) {
        return Err(difference);
    }
    let (counts, now) = (counts(before), counts(&after));
    let count = |counts: &BTreeMap<&str, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
    if now
        .keys()
        .any(|name| count(&now, name) > count(&counts, name))
    {
        return Err("the changed file has new findings");
    }
    let gone = count(&counts, code) - count(&now, code);
    match gone {
        0 => Err("the finding would still be there"),
        gone => Ok((changed, after, gone)),
    }
}

/// Findings of each rule and code, those that nobody asked for as well.
fn counts(checked: &Checked) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for problem in checked.problems.iter().filter(|it| it.rule.is_some()) {
        *counts.entry(problem.diagnostic.code.as_ref()).or_default() += 1;
    }
    counts
}

/// What both give otherwise: other ops, or a config with more changes than the fixes are meant to make.
fn difference(before: &Checked, after: &Checked, fixes: &[&Fix]) -> Option<&'static str> {
    const OPS: &str = "the changed file builds something else";
    let (Some(before), Some(after)) = (&before.lowered, &after.lowered) else {
        return Some(OPS);
    };
    let ops = |lowered: &crate::compile::Lowered| {
        let definition = lowered.definition().ok()?;
        Some(definition.ops)
    };
    let (Some(old), Some(new)) = (ops(before), ops(after)) else {
        return Some(OPS);
    };
    let changes_commands = fixes.iter().any(|fix| fix.changes_commands);
    let same_ops = match changes_commands {
        // As many steps as there were; what they run is what changes.
        true => old.len() == new.len(),
        false => old == new,
    };
    if !same_ops {
        return Some(OPS);
    }
    let changes_config = fixes.iter().any(|fix| fix.purpose.is_some());
    let rest = |lowered: &crate::compile::Lowered| {
        let mut image = lowered.image.clone();
        // It has the instructions as they are written.
        if changes_commands || changes_config {
            image.history = Vec::new();
        }
        if changes_commands {
            image.config.cmd = Vec::new();
            image.config.entrypoint = Vec::new();
            image.config.healthcheck = None;
        }
        for purpose in fixes.iter().filter_map(|fix| fix.purpose) {
            purpose(&mut image);
        }
        image
    };
    (rest(before) != rest(after)).then_some("the changed file has another image config")
}
