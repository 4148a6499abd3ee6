//! Makes the changes that fixes are, and keeps those after which the build is the same.
//!
//! A rule offers a fix only where the build stays what it is, but for what the rule is about. That is tried, too,
//! before a change is kept: the changed file is compiled, and must have the same ops and no finding that
//! did not exist before.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckInput, Checked, Problem, Settings, check_all};
use crate::limits::MAX_FIX_ROUNDS;
use crate::lint::{Fix, Rule};
use crate::source::{LineRange, apply};

/// A finding that stays, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule.
    pub rule: &'static str,
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
    /// How many findings of each rule are gone.
    pub fixed: BTreeMap<&'static str, usize>,
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
    let mut tried: BTreeSet<(&'static str, u32)> = BTreeSet::new();
    let mut before = check_all(bytes, settings, input);
    for _ in 0..MAX_FIX_ROUNDS {
        if before.has_errors() {
            break;
        }
        let Some((rule, batch)) = next_batch(&fixed.bytes, &before, input, &tried, with_unsafe)
        else {
            break;
        };
        let all: Vec<&Fix> = batch.iter().map(|(_, fix)| *fix).collect();
        match attempt(&fixed.bytes, &all, rule, &before, settings, input) {
            Ok((bytes, checked, gone)) => {
                *fixed.fixed.entry(rule.name).or_default() += gone;
                (fixed.bytes, before) = (bytes, checked);
            }
            Err(why) => {
                // One after the other; the first that is kept begins a new round.
                let mut kept = None;
                for (problem, fix) in &batch {
                    let why = match attempt(&fixed.bytes, &[*fix], rule, &before, settings, input) {
                        Ok(done) if batch.len() > 1 => {
                            kept = Some(done);
                            break;
                        }
                        Ok(_) => why,
                        Err(why) => why,
                    };
                    tried.insert((rule.name, line(problem)));
                    fixed.refused.push(Refused {
                        rule: rule.name,
                        location: problem.location,
                        why: why.to_owned(),
                    });
                }
                if let Some((bytes, checked, gone)) = kept {
                    *fixed.fixed.entry(rule.name).or_default() += gone;
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
    let done = attempt(bytes, &[fix], rule, &before, settings, input);
    done.map(|(bytes, ..)| bytes)
}

fn line(problem: &Problem) -> u32 {
    problem.location.map_or(0, |lines| lines.start)
}

type Batch<'c> = Vec<(&'c Problem, &'c Fix)>;

/// All fixes of the first rule that has any; what moves lines comes last.
fn next_batch<'c>(
    bytes: &[u8],
    checked: &'c Checked,
    input: &CheckInput,
    tried: &BTreeSet<(&'static str, u32)>,
    with_unsafe: bool,
) -> Option<(&'static Rule, Batch<'c>)> {
    let mut batches: BTreeMap<(bool, &str), (&'static Rule, Batch<'c>)> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    for problem in &checked.problems {
        let (Some(rule), Some(fix)) = (problem.rule, problem.fix.as_ref()) else {
            continue;
        };
        let place = (rule.name, line(problem));
        let wanted = input.selection.has(rule) && !problem.ignored;
        if wanted
            && (with_unsafe || fix.unsafe_because.is_none())
            && !tried.contains(&place)
            // One instruction may be found twice; its fix covers both.
            && lines.insert(place)
        {
            let key = (!fix.keeps_lines(bytes), rule.name);
            let (_, batch) = batches.entry(key).or_insert_with(|| (rule, Vec::new()));
            batch.push((problem, fix));
        }
    }
    batches.into_values().next()
}

/// The file with the edits, if nothing but findings of the rule changes, and how many of those are gone.
pub(super) fn attempt(
    bytes: &[u8],
    fixes: &[&Fix],
    rule: &'static Rule,
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
    if !same_build(before, &after, fixes) {
        return Err("the changed file builds something else");
    }
    let (counts, now) = (counts(before), counts(&after));
    let count = |counts: &BTreeMap<&str, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
    if now
        .keys()
        .any(|name| count(&now, name) > count(&counts, name))
    {
        return Err("the changed file has new findings");
    }
    let gone = count(&counts, rule.name) - count(&now, rule.name);
    match gone {
        0 => Err("the finding would still be there"),
        gone => Ok((changed, after, gone)),
    }
}

/// Findings of each rule, those that nobody asked for as well.
fn counts(checked: &Checked) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for rule in checked.problems.iter().filter_map(|problem| problem.rule) {
        *counts.entry(rule.name).or_default() += 1;
    }
    counts
}

/// Whether both give the same ops, and the same config but for what the fixes are meant to change.
fn same_build(before: &Checked, after: &Checked, fixes: &[&Fix]) -> bool {
    let (Some(before), Some(after)) = (&before.lowered, &after.lowered) else {
        return false;
    };
    let ops = |lowered: &crate::compile::Lowered| {
        let definition = lowered.definition().ok()?;
        Some(definition.ops)
    };
    let (Some(old), Some(new)) = (ops(before), ops(after)) else {
        return false;
    };
    let rest = |lowered: &crate::compile::Lowered| {
        let mut image = lowered.image.clone();
        for purpose in fixes.iter().filter_map(|fix| fix.purpose) {
            purpose(&mut image);
        }
        image
    };
    old == new && rest(before) == rest(after)
}
