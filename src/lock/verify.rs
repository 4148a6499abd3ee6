//! Is the lock what the Dockerfile needs? The expected set against the file, offline.

use std::collections::BTreeSet;

use super::collect::{Collected, Document, ImageQuestion, Walk, finish_offline};
use super::command::word;
use super::hermetic::{Door, networks_in, open_contexts, open_doors};
use super::model::{ConfigFacts, GitKey, ImageLookup, Lock, Mode};
use super::recorded::check_steps;
use super::role::ImageRole;
use crate::collect::{CollectSmall as _, sort_small};
use crate::compile::{Pin, RemoteSource};
use crate::image::Platform;
use crate::source::LineRange;

codes! {
    /// How a lock and a Dockerfile can disagree.
    FindingKind {
        /// The Dockerfile does not compile for the inputs of the lock.
        Inputs = "lock-inputs",
        /// A source has no entry.
        Missing = "lock-missing",
        /// An entry lacks a platform.
        MissingPlatform = "lock-missing-platform",
        /// A digest or commit in the Dockerfile is not the one in the lock.
        Contradiction = "lock-contradiction",
        /// An entry is used otherwise than it says.
        Stale = "lock-stale",
        /// An entry is not used.
        Unused = "lock-unused",
        /// The lock says of itself that no build keeps to it.
        Off = "lock-off",
        /// Something gets into a hermetic build that the lock does not hold.
        Open = "lock-not-hermetic",
        /// A step of a hermetic build with recordings has none.
        Unrecorded = "lock-unrecorded",
        /// A policy that was exported is not of this lock.
        Export = "lock-export",
    }
}

/// One disagreement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The instruction that needs the source; none for an entry that nothing uses.
    pub location: Option<LineRange>,
    /// Which kind.
    pub kind: FindingKind,
    /// The source: a reference or a URL; empty for [`FindingKind::Inputs`].
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What fixes it.
    pub hint: String,
}

/// What [`check`] found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The disagreements, by place.
    pub findings: Vec<Finding>,
    /// What the build takes.
    pub collected: Collected,
}

/// Compares `lock` with what `document` needs for the lock's own inputs.
pub fn check(document: &Document, lock: &Lock, host: &Platform) -> Checked {
    let walk = Walk::for_mode(document, &lock.inputs, host, lock.mode).with_steps();
    let collected = finish_offline(walk, |question| facts_in(lock, question));
    let command = format!("rdf lock {}", word(document.name()));
    let mut findings = compare(lock, &collected, &command, document.name());
    if lock.mode == Mode::Hermetic {
        findings.extend(open_steps(document, lock, &collected));
        let hint = format!(
            "put what it has into the main context, then run `rdf lock --reset-inputs {}`",
            word(document.name())
        );
        findings.extend(open_contexts(&lock.inputs.contexts, &hint));
        findings.extend(check_steps(document, lock, host));
    }
    if lock.mode == Mode::Off {
        findings.push(Finding {
            location: None,
            kind: FindingKind::Off,
            subject: String::new(),
            message: "the mode of the lock is `off`: builds do not use it".to_owned(),
            hint: format!("run `rdf lock --mode locked {}`", word(document.name())),
        });
    }
    sort_small(&mut findings, Ord::cmp);
    Checked {
        findings,
        collected,
    }
}

/// What a lock does not hold: lines of steps that have a network, which those of hermetic builds have not, as a sentence.
/// Steps are looked at by walks that are asked to ([`Walk::with_steps`]).
pub fn unlocked_steps(lock: &Lock, collected: &Collected) -> Option<String> {
    if !matches!(lock.mode, Mode::Auto | Mode::Locked) {
        return None;
    }
    let has_network =
        |doors: &BTreeSet<Door>| doors.iter().any(|door| matches!(door, Door::Network(_)));
    let steps = collected
        .steps
        .iter()
        .filter(|(_, doors)| has_network(doors));
    let lines: Vec<String> = steps.map(|(lines, _)| lines.start.to_string()).collect();
    match lines.split_last()? {
        (line, []) => Some(format!(
            "the RUN at line {line} has a network: what it fetches is not locked"
        )),
        (last, rest) => Some(format!(
            "the RUNs at lines {} and {last} have a network: what they fetch is not locked",
            rest.join(", ")
        )),
    }
}

/// What steps of a hermetic build ask for and may not have.
pub fn open_steps(document: &Document, lock: &Lock, collected: &Collected) -> Vec<Finding> {
    let mut steps = networks_in(document);
    if lock.recordings.is_some() {
        // The network of these is what was recorded.
        let usual = Door::Network("default".to_owned());
        for doors in steps.values_mut() {
            doors.remove(&usual);
        }
    }
    for (lines, doors) in &collected.steps {
        let known = steps.entry(*lines).or_default();
        let is_told = known.iter().any(|door| matches!(door, Door::Network(_)));
        let more = doors
            .iter()
            .filter(|door| !(is_told && matches!(door, Door::Network(_))));
        known.extend(more.cloned());
    }
    open_doors(lock, &steps, document.name())
}

/// What the lock remembers of an image's config.
pub fn facts_in(lock: &Lock, question: &ImageQuestion) -> Option<ConfigFacts> {
    match lock.image(&question.reference) {
        ImageLookup::Found(_, pin) => Some(
            pin.config
                .get(&question.platform)
                .cloned()
                .unwrap_or_default(),
        ),
        _ => None,
    }
}

/// Every disagreement between a lock and what a build takes. `command` makes the lock that has no such, `name` is the
/// Dockerfile's.
pub fn compare(lock: &Lock, collected: &Collected, command: &str, name: &str) -> Vec<Finding> {
    let mut found = missing(lock, collected, command, name);
    found.extend(stale(lock, collected, command));
    found
}

/// What a build takes that the lock does not have. `command` makes a lock that has it, `name` is the Dockerfile's.
pub fn missing(lock: &Lock, collected: &Collected, command: &str, name: &str) -> Vec<Finding> {
    let hint = format!("run `{command}`");
    let mut findings = Vec::new();
    for problem in &collected.problems {
        findings.push(Finding {
            location: problem.location,
            kind: FindingKind::Inputs,
            subject: String::new(),
            message: problem.message.clone(),
            hint: format!(
                "fix the Dockerfile, or make the lock anew, with the targets, platforms and arguments that it is built \
                 for: `rdf lock --reset-inputs {}`",
                word(name)
            ),
        });
    }
    for (reference, seen) in &collected.images {
        let finding = |kind, message: String, hint: String| Finding {
            location: seen.lines.first().copied(),
            kind,
            subject: reference.clone(),
            message,
            hint,
        };
        match lock.image(reference) {
            ImageLookup::Missing => {
                let message = format!("the image `{reference}` is not in the lock");
                findings.push(finding(FindingKind::Missing, message, hint.clone()));
            }
            ImageLookup::Contradicted(key, pin) => {
                let message = format!(
                    "the digest of `{reference}` is not the one in the lock, which pins `{key}` to {}",
                    pin.digest
                );
                let hint = format!("take the digest out of the Dockerfile, or accept it: {hint}");
                findings.push(finding(FindingKind::Contradiction, message, hint));
            }
            ImageLookup::Found(_, pin) => {
                let lacking: Vec<&str> = seen
                    .platforms
                    .iter()
                    .filter(|platform| !pin.covers(platform))
                    .map(String::as_str)
                    .collect();
                if !lacking.is_empty() {
                    let message = format!(
                        "the image `{reference}` is locked, but not for {}",
                        lacking.join(" and ")
                    );
                    findings.push(finding(FindingKind::MissingPlatform, message, hint.clone()));
                }
            }
        }
    }
    let git = collected.git.iter().map(|(key, seen)| {
        let subject = show_git(&key.remote, &key.reference);
        let pin = lock.git_pin(key).map(|(_, pin)| Pin::from(pin));
        (subject, pin, seen, ["git source", "commit"])
    });
    let http = collected.http.iter().map(|(url, seen)| {
        let pin = lock.http.get(url).map(Pin::from);
        (url.clone(), pin, seen, ["file", "one"])
    });
    for (subject, pin, seen, [kind, content]) in git.chain(http) {
        let finding = |kind, location: Option<LineRange>, message: String| Finding {
            location: location.or(seen.lines.first().copied()),
            kind,
            subject: subject.clone(),
            message,
            hint: hint.clone(),
        };
        let Some(pin) = pin else {
            let message = format!("the {kind} `{subject}` is not in the lock");
            findings.push(finding(FindingKind::Missing, None, message));
            continue;
        };
        let contradicting = seen.given.iter().filter(|(given, _)| !pin.agrees(given));
        findings.extend(contradicting.map(|(_, location)| {
            let message =
                format!("the checksum of `{subject}` is not the {content} in the lock, {pin}");
            finding(FindingKind::Contradiction, *location, message)
        }));
    }
    findings
}

impl Collected {
    /// Whether anything takes what `key` is held to.
    fn uses_git(&self, lock: &Lock, key: &GitKey) -> bool {
        let commit = lock.git.get(key).map(|pin| &pin.commit);
        self.git.keys().any(|seen| {
            seen == key || (seen.remote == key.remote && Some(&seen.reference) == commit)
        })
    }
}

/// Entries that are not used, or otherwise than they say.
fn stale(lock: &Lock, collected: &Collected, command: &str) -> Vec<Finding> {
    let hint = format!("run `{command}`");
    let unused = |subject: &str, what: &str| Finding {
        location: None,
        kind: FindingKind::Unused,
        subject: subject.to_owned(),
        message: format!("{what} `{subject}` is unused"),
        hint: hint.clone(),
    };
    let mut used: std::collections::BTreeMap<&str, BTreeSet<&ImageRole>> =
        std::collections::BTreeMap::new();
    let mut lines = std::collections::BTreeMap::new();
    for (reference, seen) in &collected.images {
        if let ImageLookup::Found(key, _) = lock.image(reference) {
            used.entry(key).or_default().extend(&seen.used_by);
            lines.entry(key).or_insert(seen.lines.first().copied());
        }
    }
    let mut findings = Vec::new();
    for (key, pin) in &lock.images {
        let Some(now) = used.get(key.as_str()) else {
            findings.push(unused(key, "the image"));
            continue;
        };
        let then: BTreeSet<&ImageRole> = pin.used_by.iter().collect_small();
        if *now != then {
            let words = |roles: &BTreeSet<&ImageRole>| {
                let words: Vec<_> = roles.iter().map(ToString::to_string).collect();
                words.join(", ")
            };
            findings.push(Finding {
                location: lines.get(key.as_str()).copied().flatten(),
                kind: FindingKind::Stale,
                subject: key.clone(),
                message: format!(
                    "`{key}` is used by {}, and the lock has {}",
                    words(now),
                    words(&then)
                ),
                hint: hint.clone(),
            });
        }
    }
    findings.extend(
        lock.git
            .keys()
            .filter(|key| !collected.uses_git(lock, key))
            .map(|key| unused(&show_git(&key.remote, &key.reference), "the git source")),
    );
    findings.extend(
        lock.http
            .keys()
            .filter(|url| !collected.http.contains_key(*url))
            .map(|url| unused(url, "the file")),
    );
    for (url, seen) in &collected.http {
        if lock
            .http
            .get(url)
            .is_some_and(|pin| pin.given && seen.given.is_empty())
        {
            findings.push(Finding {
                location: seen.lines.first().copied(),
                kind: FindingKind::Stale,
                subject: url.clone(),
                message: format!("the checksum of `{url}` was taken out of the Dockerfile"),
                hint: hint.clone(),
            });
        }
    }
    findings
}

/// A source in one word.
pub(crate) fn show(source: &RemoteSource) -> String {
    match source {
        RemoteSource::Git { remote, reference } => show_git(remote, reference),
        RemoteSource::Http { url } => url.clone(),
    }
}

/// A git source in one word.
pub fn show_git(remote: &str, reference: &str) -> String {
    if reference.is_empty() {
        remote.to_owned()
    } else {
        format!("{remote}#{reference}")
    }
}
