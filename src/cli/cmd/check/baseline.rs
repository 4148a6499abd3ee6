//! `--baseline`: findings that were there when the file was written are not reported, new ones are.
//!
//! A finding is known by its file, rule and message, not by its line: those move. What was looked for and is no longer
//! found is taken out of the file; other files, rules that are off and programs that do not run leave it as it is.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::super::exit::Failure;
use super::super::super::shell::{Shell, counted};
use super::Outcome;
use crate::check::{Problem, SHELLCHECK, Selector, catalogue};
use crate::cli::files::read_text;
use crate::cli::inputs::{STDIN, shown};
use crate::limits::MAX_FILE_BYTES;
use crate::lint::Rule;

/// Version of the format.
const VERSION: u32 = 1;

/// How often each finding of a file is there, as `Rule: message`.
type Counts = BTreeMap<String, usize>;

#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    version: u32,
    /// By path from the directory of the baseline on, with slashes.
    findings: BTreeMap<String, Counts>,
}

/// Takes known findings out of the outcomes. A file that does not exist is written, with all of them. What a rule that
/// was not looked for found earlier stays in it.
pub(super) fn apply(
    path: &Path,
    outcomes: &mut [Outcome],
    is_looked_for: impl Fn(&Outcome, &Rule) -> bool,
    shell: &mut Shell,
) -> Result<(), Failure> {
    let shown = path.display();
    let old = match read_text(path, MAX_FILE_BYTES) {
        Ok(text) => {
            Some(parse(&text).map_err(|why| Failure::usage(format_args!("{shown}: {why}")))?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::usage(format_args!("cannot read {shown}: {error}"))),
    };
    let folders = Folders::of(path);
    let written = old.as_ref().map(|old| &old.findings);
    let mut known: BTreeMap<String, Counts> = BTreeMap::new();
    for (name, counts) in written.into_iter().flatten() {
        let of_file = known.entry(folders.name(&folders.lexical.join(name)));
        let of_file = of_file.or_default();
        for (key, count) in counts {
            let most = of_file.entry(key.clone()).or_default();
            *most = (*most).max(*count);
        }
    }
    let mut left = known.clone();
    let mut hidden = 0;
    for outcome in outcomes {
        let name = folders.name(outcome.input.path());
        let mut budget = known.get(&name).cloned().unwrap_or_default();
        let mut kept = Counts::new();
        outcome.problems.retain(|problem| {
            let Some(key) = key(problem) else {
                return true;
            };
            let is_known = old.is_none() || take(&mut budget, &key);
            if is_known {
                *kept.entry(key).or_default() += 1;
                hidden += 1;
            }
            !is_known
        });
        for key in outcome.unselected.iter().filter_map(key) {
            if take(&mut budget, &key) {
                *kept.entry(key).or_default() += 1;
            }
        }
        budget.retain(|key, count| {
            let rule = rule_of(key);
            *count > 0 && !rule.is_some_and(|rule| is_looked_for(outcome, rule))
        });
        for (key, count) in budget {
            *kept.entry(key).or_default() += count;
        }
        match kept.is_empty() {
            true => left.remove(&name),
            false => left.insert(name, kept),
        };
    }
    if written != Some(&left) {
        let baseline = Baseline {
            version: VERSION,
            findings: left,
        };
        let text = serde_json::to_string_pretty(&baseline).unwrap_or_default();
        super::super::write(path, format!("{text}\n").as_bytes())?;
    }
    let hidden = counted(hidden, "finding");
    shell.note(&match old {
        None => format!("Wrote {shown} with {hidden}."),
        Some(_) => format!("{hidden} of {shown} not shown."),
    });
    Ok(())
}

fn parse(text: &str) -> Result<Baseline, String> {
    let baseline: Baseline = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match baseline.version {
        VERSION => Ok(baseline),
        other => Err(format!("version {other} is not supported")),
    }
}

/// What a finding is known by; none for errors, which are always told.
fn key(problem: &Problem) -> Option<String> {
    problem.rule?;
    let diagnostic = &problem.diagnostic;
    Some(format!("{}: {}", diagnostic.code, diagnostic.message))
}

/// The rule of a key; none where this version has no such rule.
fn rule_of(key: &str) -> Option<&'static Rule> {
    let (code, _) = key.split_once(": ")?;
    let rule = match Selector::parse(code) {
        Ok(Selector::Rule(name)) => name,
        Ok(Selector::Shell(..)) => SHELLCHECK,
        _ => return None,
    };
    Some(catalogue::find(rule)?.rule)
}

/// The directory of a baseline, which the names of files in it start from.
struct Folders {
    /// As it is named.
    lexical: PathBuf,
    /// Without links.
    real: PathBuf,
}

impl Folders {
    fn of(baseline: &Path) -> Self {
        let folder = |path: PathBuf| path.parent().map(Path::to_owned).unwrap_or_default();
        Folders {
            lexical: folder(lexical(baseline)),
            real: folder(real(baseline)),
        }
    }

    /// What a file is called in the baseline, however it is named and wherever `rdf` runs.
    fn name(&self, path: &Path) -> String {
        if path.as_os_str() == STDIN {
            return shown(path);
        }
        let below = lexical(path).strip_prefix(&self.lexical).map(slashed);
        below.unwrap_or_else(|_| from(&self.real, &real(path)))
    }
}

/// A path from a directory on; a whole one where nothing leads there.
fn from(folder: &Path, path: &Path) -> String {
    let shared = folder.components().zip(path.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return slashed(path);
    }
    let up = folder
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    let down = path.components().skip(shared);
    slashed(&up.chain(down).collect::<PathBuf>())
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    match cfg!(windows) {
        true => text.replace('\\', "/"),
        false => text.into_owned(),
    }
}

/// A whole path without `.` and `..`.
fn lexical(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The same, with no link among its directories.
fn real(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = whole.parent().and_then(|it| std::fs::canonicalize(it).ok());
    match (folder, whole.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => lexical(path),
    }
}

fn take(budget: &mut Counts, key: &str) -> bool {
    match budget.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}
