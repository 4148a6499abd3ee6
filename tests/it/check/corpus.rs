//! Whole directories: what is found is what the reference finds, and fixes change what they are for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use dockerfile_llb::compile::{Lowered, Source};
use dockerfile_llb::internals::check::catalogue::Group;
use dockerfile_llb::internals::check::{
    CheckInput, Checked, Fixed, Problem, Selector, Settings, check, compile, fix,
};
use dockerfile_llb::llb::Definition;
use serde_json::{Value, json};

use super::{input, root, settings};

/// Dockerfiles in testdata/corpus.
const CORPUS: usize = 177;

/// A row as recordings have it.
type Finding = (u64, String, String);

fn recorded(row: &Value) -> Vec<Finding> {
    let mut found: Vec<Finding> = row["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| {
            let text = |at: usize| warning[at].as_str().unwrap().to_owned();
            (warning[1].as_u64().unwrap(), text(0), text(2))
        })
        .collect();
    found.sort();
    found
}

fn found(checked: &Checked) -> Vec<Finding> {
    let mut found: Vec<Finding> = checked
        .problems
        .iter()
        .filter_map(|problem| {
            let line = problem.location.map_or(0, |lines| u64::from(lines.start));
            let rule = problem.rule?.name.to_owned();
            Some((line, rule, problem.diagnostic.message.clone()))
        })
        .collect();
    found.sort();
    found
}

/// Checks every file with a recorded row; gives how many agree.
fn agree(root: &Path, recording: &str, all_stages: bool) -> usize {
    let settings = settings(all_stages);
    let input = input(&[Selector::Group(Group::Docker)]);
    let rows = fs::read_to_string(root.join(recording)).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let path = row["path"].as_str().unwrap();
        let checked = check(&fs::read(root.join(path)).unwrap(), &settings, &input);
        let (found, recorded) = (found(&checked), recorded(&row));
        // The reference stops at an error.
        let agrees = match checked.has_errors() {
            true => recorded.iter().all(|finding| found.contains(finding)),
            false => found == recorded,
        };
        if !agrees {
            wrong.push(format!("{path}: {found:?} instead of {recorded:?}"));
        }
        count += 1;
    }
    println!("{recording}: {}/{count} files agree", count - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    count
}

#[test]
fn findings_are_those_of_the_references_check() {
    let root = root().join("testdata/corpus");
    assert_eq!(agree(&root, "lint.jsonl", true), CORPUS);
    // What else was recorded of a file may be superseded, its findings are not.
    let superseded = agree(&root, "../superseded/corpus.jsonl", false);
    assert_eq!(agree(&root, "expected.jsonl", false) + superseded, CORPUS);
}

#[test]
fn findings_in_another_corpus_are_those_of_the_reference() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert_ne!(agree(Path::new(&root), "expected.jsonl", false), 0),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}

#[test]
fn fixes_fix_what_they_are_for_and_nothing_else() {
    let gone = fix_all(&root().join("testdata/corpus"));
    for rule in [
        "LegacyKeyValueFormat",
        "JSONArgsRecommended",
        "MaintainerDeprecated",
    ] {
        assert!(gone.contains_key(rule), "{rule} is never fixed");
    }
}

#[test]
fn fixes_in_another_corpus_fix_what_they_are_for_and_nothing_else() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert!(!fix_all(Path::new(&root)).is_empty()),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}

/// Fixes every file below a directory; gives how many findings of each rule are gone.
fn fix_all(root: &Path) -> BTreeMap<String, usize> {
    let settings = settings(true);
    let input = input(&[Selector::All]);
    let (mut gone, mut left) = (BTreeMap::new(), BTreeMap::new());
    let (mut wrong, mut files, mut changed) = (Vec::new(), 0, 0);
    for entry in fs::read_dir(root.join("files")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let fixed = fix(&bytes, &settings, &input, false);
        files += 1;
        changed += usize::from(fixed.bytes != bytes);
        if let Err(why) = is_fixed(&bytes, &fixed, &settings, &input) {
            wrong.push(format!("{}: {why}", path.display()));
        }
        for (rule, count) in &fixed.fixed {
            *gone.entry(rule.to_string()).or_default() += count;
        }
        for problem in check(&fixed.bytes, &settings, &input).problems {
            if let Some(rule) = problem.rule.filter(|rule| fixable(rule.name)) {
                *left.entry(rule.name).or_insert(0_usize) += 1;
            }
        }
    }
    println!("{files} files, {changed} changed; fixed {gone:?}; left {left:?}");
    assert!(
        wrong.is_empty(),
        "{} files:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    gone
}

fn fixable(rule: &str) -> bool {
    dockerfile_llb::internals::check::catalogue::find(rule).is_some_and(|entry| entry.rule.fixable)
}

/// Holds a fixed file against the one it was.
fn is_fixed(
    bytes: &[u8],
    fixed: &Fixed,
    settings: &Settings,
    input: &CheckInput,
) -> Result<(), String> {
    if fix(&fixed.bytes, settings, input, false).bytes != fixed.bytes {
        return Err("a second fix changes it again".into());
    }
    if fixed.bytes == bytes {
        return if fixed.count() == 0 {
            Ok(())
        } else {
            Err("fixed without a change".into())
        };
    }
    let before = check(bytes, settings, input);
    let after = check(&fixed.bytes, settings, input);
    let (old, new) = (counts(&before), counts(&after));
    for rule in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let count =
            |counts: &BTreeMap<String, usize>| counts.get(rule.as_str()).copied().unwrap_or(0);
        let gone = fixed.fixed.get(rule.as_str()).copied().unwrap_or(0);
        // Letters that all are the same now take findings of other rules with them.
        let casing = fixed.fixed.contains_key("ConsistentInstructionCasing");
        // And what is quoted now looks like a comment no longer.
        let quoted = rule == "TrailingComment" && fixed.fixed.contains_key("LegacyKeyValueFormat");
        let fewer = count(&new) + gone <= count(&old);
        if count(&new) + gone != count(&old) && !((casing || quoted) && fewer) {
            return Err(format!(
                "{rule}: {} were {}, {gone} fixed",
                count(&new),
                count(&old)
            ));
        }
    }
    same_build(bytes, fixed, settings, input)?;
    only_there(bytes, fixed, &before.problems)
}

fn counts(checked: &Checked) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for problem in &checked.problems {
        *counts
            .entry(problem.diagnostic.code.to_string())
            .or_default() += 1;
    }
    counts
}

/// The ops are the same, byte for byte; the config is, but for what the rules are about.
fn same_build(
    bytes: &[u8],
    fixed: &Fixed,
    settings: &Settings,
    input: &CheckInput,
) -> Result<(), String> {
    let lowered = |bytes: &[u8]| -> Result<Lowered, String> {
        let compiled = compile(bytes, &Source::new(bytes), settings, input);
        let mut lowered = compiled.result.map_err(|error| error.to_string())?;
        lowered.marshal.local_unique_id = Some("test".to_owned());
        Ok(lowered)
    };
    let (old, new) = (lowered(bytes)?, lowered(&fixed.bytes)?);
    let ops = |lowered: &Lowered| -> Result<Definition, String> {
        lowered.definition().map_err(|error| error.to_string())
    };
    if ops(&old)?.ops != ops(&new)?.ops {
        return Err("the ops differ".into());
    }
    let purpose = |lowered: &Lowered| -> Value {
        let mut config: Value = serde_json::from_str(&lowered.image.to_json()).unwrap();
        if fixed.fixed.contains_key("JSONArgsRecommended") {
            config["config"]["Cmd"] = json!(null);
            config["config"]["Entrypoint"] = json!(null);
            config["history"] = json!(null);
        }
        if fixed.fixed.contains_key("MaintainerDeprecated") {
            config["author"] = json!(null);
            config["config"]["Labels"] = json!(null);
            config["history"] = json!(null);
        }
        config
    };
    match purpose(&old) == purpose(&new) {
        true => Ok(()),
        false => Err("the config differs".into()),
    }
}

/// Every line that changed belongs to an instruction with a finding of a rule that was fixed.
fn only_there(bytes: &[u8], fixed: &Fixed, problems: &[Problem]) -> Result<(), String> {
    let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (old, new) = (lines(bytes), lines(&fixed.bytes));
    if old.len() != new.len() {
        // Lines were taken out or joined.
        let moves = ["NoEmptyContinuation", "LegacyKeyValueFormat"];
        return match moves.iter().any(|rule| fixed.fixed.contains_key(*rule)) {
            true => Ok(()),
            false => Err("lines are gone".into()),
        };
    }
    for (at, _) in old
        .iter()
        .zip(&new)
        .enumerate()
        .filter(|(_, (old, new))| old != new)
    {
        let line = u32::try_from(at + 1).unwrap();
        let meant = problems.iter().any(|problem| {
            problem
                .rule
                .is_some_and(|rule| fixed.fixed.contains_key(rule.name))
                && problem
                    .location
                    .is_some_and(|lines| lines.start <= line && line <= lines.end)
        });
        if !meant {
            return Err(format!("line {line} changed"));
        }
    }
    Ok(())
}
