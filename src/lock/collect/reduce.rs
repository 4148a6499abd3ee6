//! Facts and arguments without which the same sources are found are not worth keeping.

use std::collections::BTreeSet;

use super::{Document, Facts, collect_offline};
use crate::image::Platform;
use crate::lock::model::Inputs;

/// Drops from `facts` every entry of `Env`, and from `inputs` every build argument, without which the
/// same sources are found. Arguments of `kept` stay.
pub fn reduce(
    document: &Document,
    inputs: &mut Inputs,
    host: &Platform,
    facts: &mut Facts,
    kept: &BTreeSet<String>,
) {
    let walk = |inputs: &Inputs, facts: &Facts| {
        collect_offline(document, inputs, host, |q| facts.get(q).cloned())
    };
    let whole = walk(inputs, facts);
    let same =
        |inputs: &Inputs, facts: &Facts| walk(inputs, facts).signature() == whole.signature();
    let mut bare = facts.clone();
    bare.values_mut().for_each(|facts| facts.env.clear());
    if same(inputs, &bare) {
        *facts = bare;
    } else {
        reduce_env(inputs, facts, &same);
    }
    reduce_args(inputs, facts, kept, &same);
}

fn reduce_env(inputs: &Inputs, facts: &mut Facts, same: &impl Fn(&Inputs, &Facts) -> bool) {
    for question in facts.keys().cloned().collect::<Vec<_>>() {
        let Some(entries) = facts.get(&question).map(|facts| facts.env.clone()) else {
            continue;
        };
        // Whole images first: most say nothing that matters.
        let mut fewer = facts.clone();
        fewer
            .entry(question.clone())
            .and_modify(|facts| facts.env.clear());
        if same(inputs, &fewer) {
            *facts = fewer;
            continue;
        }
        for entry in entries {
            let mut fewer = facts.clone();
            fewer
                .entry(question.clone())
                .and_modify(|facts| facts.env.retain(|have| *have != entry));
            if same(inputs, &fewer) {
                *facts = fewer;
            }
        }
    }
}

fn reduce_args(
    inputs: &mut Inputs,
    facts: &Facts,
    kept: &BTreeSet<String>,
    same: &impl Fn(&Inputs, &Facts) -> bool,
) {
    for args in inputs.build_args.clone() {
        let mut needed = args;
        let names = needed.keys().filter(|name| !kept.contains(*name));
        for name in names.cloned().collect::<Vec<_>>() {
            let mut fewer = needed.clone();
            fewer.remove(&name);
            let mut candidate = inputs.clone();
            candidate.build_args.remove(&needed);
            candidate.build_args.insert(fewer.clone());
            if same(&candidate, facts) {
                *inputs = candidate;
                needed = fewer;
            }
        }
    }
}
