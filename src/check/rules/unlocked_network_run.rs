//! # UnlockedNetworkRun
//!
//! ## What it does
//!
//! Finds steps that fetch over the network in a build that has a lock, where the lock does not hold what
//! they fetch.
//!
//! ## Why it is bad
//!
//! The lock pins images, repositories and files that the Dockerfile names. What `apt-get`, `curl` or `npm`
//! fetch in a `RUN` it holds only when the steps were recorded; until then that part of the build is
//! another one tomorrow.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```
//!
//! ## Use instead
//!
//! ```sh
//! rdf lock --record    # keeps what the steps fetch, and replays it
//! ```
//!
//! ## Notes
//!
//! Nothing is found without a lock, with one that has recordings, and in steps with `--network=none`.

use super::packages;
use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::Command;
use crate::syntax::Network;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UnlockedNetworkRun",
    "What steps fetch should be in the lock",
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.input.locked || facts.input.recorded {
        return;
    }
    for run in facts.own_runs() {
        if run.run.network == Network::None {
            continue;
        }
        let mut commands = run.commands();
        if let Some((script, command)) = commands.find(|(_, command)| fetches(command)) {
            let program = packages::program(command).map_or("", |(program, _)| program);
            let advice = Advice::at(script.span(command.range()), "not in the lock").hint(
                "run `rdf lock --record`, or fetch it by `ADD --checksum`, and add `--network=none`",
            );
            let message = format!("`{program}` fetches what the lock does not hold");
            findings.add(run.run.meta.location, message, advice);
        }
    }
}

fn fetches(command: &Command) -> bool {
    let (program, words) = command.arguments();
    let has = |word: &str| words.iter().any(|it| it.text == word);
    match program.unwrap_or_default() {
        "curl" | "wget" | "aria2c" => words.iter().any(|it| it.text.contains("://")),
        "git" => ["clone", "fetch", "pull", "submodule"].into_iter().any(has),
        "npm" => ["ci", "install", "i"].into_iter().any(has),
        "cargo" => has("fetch") || has("install"),
        "composer" | "bundle" | "poetry" | "uv" | "pnpm" => has("install") || has("sync"),
        "mvn" | "dotnet" => has("restore") || has("dependency:go-offline"),
        "go" => has("mod") && has("download") || packages::recognise(command).is_some(),
        _ => packages::recognise(command).is_some(),
    }
}
