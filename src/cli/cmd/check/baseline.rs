//! `--baseline`: findings that were there when the file was written are not reported, new ones are.
//!
//! A finding is known by its file, rule and message, not by its line: those move. What is no longer found is taken out
//! of the file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::super::exit::Failure;
use super::super::super::shell::{Shell, counted};
use super::Outcome;
use crate::check::Problem;
use crate::cli::files::read_text;
use crate::limits::MAX_FILE_BYTES;

/// Version of the format.
const VERSION: u32 = 1;

/// How often each finding of a file is there, as `Rule: message`.
type Counts = BTreeMap<String, usize>;

#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    version: u32,
    /// By path, with slashes.
    findings: BTreeMap<String, Counts>,
}

/// Takes known findings out of the outcomes. A file that does not exist is written, with all of them.
pub(super) fn apply(
    path: &Path,
    outcomes: &mut [Outcome],
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
    let known = old
        .as_ref()
        .map_or_else(BTreeMap::new, |old| old.findings.clone());
    let mut left = known.clone();
    let mut hidden = 0;
    for outcome in outcomes {
        let name = outcome.name.replace('\\', "/");
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
        match kept.is_empty() {
            true => left.remove(&name),
            false => left.insert(name, kept),
        };
    }
    if old.is_none() || left != known {
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

fn take(budget: &mut Counts, key: &str) -> bool {
    match budget.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}
