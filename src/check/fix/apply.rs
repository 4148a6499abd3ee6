//! Makes the changes, and keeps those after which the build is the same.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Checked, Problem, Settings, Surroundings, check_all};
use super::Fix;
use crate::image::ImageConfig;
use crate::limits::MAX_FIX_ROUNDS;
use crate::lint::{Rule, rules};
use crate::source::{Edit, LineRange, apply};

/// Rules in the order in which they are mended: what moves lines comes last.
static ORDER: [&Rule; 10] = [
    &rules::consistent_instruction_casing::RULE,
    &rules::from_as_casing::RULE,
    &rules::stage_name_casing::RULE,
    &rules::redundant_target_platform::RULE,
    &rules::expose_proto_casing::RULE,
    &rules::workdir_relative_path::RULE,
    &rules::json_args_recommended::RULE,
    &rules::maintainer_deprecated::RULE,
    &rules::legacy_key_value_format::RULE,
    &rules::no_empty_continuation::RULE,
];

/// A finding that stays, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule.
    pub rule: &'static str,
    /// The instruction.
    pub location: Option<LineRange>,
    /// Why it is not mended.
    pub why: String,
}

/// A file with its findings mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many findings of each rule are gone.
    pub mended: BTreeMap<&'static str, usize>,
    /// Changes that were tried and taken back.
    pub refused: Vec<Refused>,
}

impl Fixed {
    /// How many findings are gone.
    pub fn count(&self) -> usize {
        self.mended.values().sum()
    }
}

/// Mends what can be mended of the rules in the selection. `doubtful` takes the fixes in as well that might
/// change what is built. A file with an error stays as it is.
pub fn fix(bytes: &[u8], settings: &Settings, around: &Surroundings, doubtful: bool) -> Fixed {
    let mut fixed = Fixed {
        bytes: bytes.to_vec(),
        ..Fixed::default()
    };
    let mut tried: BTreeSet<(&'static str, u32)> = BTreeSet::new();
    let mut before = check_all(bytes, settings, around);
    for _ in 0..MAX_FIX_ROUNDS {
        if before.has_errors() {
            break;
        }
        let Some((rule, batch)) = next_batch(&before, around, &tried, doubtful) else {
            break;
        };
        let all: Vec<&Edit> = batch.iter().flat_map(|(_, fix)| &fix.edits).collect();
        match attempt(&fixed.bytes, &all, rule, &before, settings, around) {
            Ok((bytes, checked, gone)) => {
                *fixed.mended.entry(rule.name).or_default() += gone;
                (fixed.bytes, before) = (bytes, checked);
            }
            Err(why) => {
                // One after the other; the first that is kept begins a new round.
                let mut kept = None;
                for (problem, fix) in &batch {
                    let edits: Vec<&Edit> = fix.edits.iter().collect();
                    let why = match attempt(&fixed.bytes, &edits, rule, &before, settings, around) {
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
                    *fixed.mended.entry(rule.name).or_default() += gone;
                    (fixed.bytes, before) = (bytes, checked);
                }
            }
        }
    }
    fixed
}

fn line(problem: &Problem) -> u32 {
    problem.location.map_or(0, |lines| lines.start)
}

type Batch<'c> = Vec<(&'c Problem, &'c Fix)>;

/// All fixes of the first rule that has any.
fn next_batch<'c>(
    checked: &'c Checked,
    around: &Surroundings,
    tried: &BTreeSet<(&'static str, u32)>,
    doubtful: bool,
) -> Option<(&'static Rule, Batch<'c>)> {
    ORDER.iter().find_map(|rule| {
        let mut lines = BTreeSet::new();
        let batch: Batch<'c> = checked
            .problems
            .iter()
            .filter(|problem| problem.rule.is_some_and(|found| found.name == rule.name))
            .filter(|problem| around.selection.has(rule) && !problem.ignored)
            .filter_map(|problem| Some((problem, problem.fix.as_ref()?)))
            .filter(|(problem, fix)| {
                (doubtful || fix.doubt.is_none()) && !tried.contains(&(rule.name, line(problem)))
            })
            // One instruction may be found twice; its fix mends both.
            .filter(|(problem, _)| lines.insert(line(problem)))
            .collect();
        (!batch.is_empty()).then_some((*rule, batch))
    })
}

/// The file with the edits, if nothing but findings of the rule changes, and how many of those are gone.
fn attempt(
    bytes: &[u8],
    edits: &[&Edit],
    rule: &'static Rule,
    before: &Checked,
    settings: &Settings,
    around: &Surroundings,
) -> Result<(Vec<u8>, Checked, usize), &'static str> {
    let applied = apply(bytes, edits.iter().copied().cloned());
    if !applied.refused.is_empty() {
        return Err("two changes are in each other's way");
    }
    let changed = applied.bytes;
    let after = check_all(&changed, settings, around);
    if after.has_errors() {
        return Err("the changed file has an error");
    }
    if !same_build(before, &after, rule) {
        return Err("the changed file builds something else");
    }
    let (counts, now) = (counts(before), counts(&after));
    let count = |counts: &BTreeMap<&str, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
    if now
        .keys()
        .any(|name| count(&now, name) > count(&counts, name))
    {
        return Err("the changed file has findings that were not there");
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

/// Whether both give the same ops, and the same config but for what the rule is about.
fn same_build(before: &Checked, after: &Checked, rule: &Rule) -> bool {
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
    old == new && without_purpose(&before.image, rule) == without_purpose(&after.image, rule)
}

/// The config without what the rule is about.
fn without_purpose(image: &ImageConfig, rule: &Rule) -> ImageConfig {
    let mut image = image.clone();
    if rule.name == rules::json_args_recommended::RULE.name {
        image.config.cmd.clear();
        image.config.entrypoint.clear();
        image.history.clear();
    } else if rule.name == rules::maintainer_deprecated::RULE.name {
        image.author = Default::default();
        image.config.labels.clear();
        image.history.clear();
    }
    image
}
