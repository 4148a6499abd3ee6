//! Pins for builds without our frontend: a BuildKit source policy, a policy of buildx, build contexts, a bake file.

mod rego;

pub use rego::{is_rego, rego};

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::model::{Lock, pinned_reference};
use crate::image::Reference;
use crate::remote::GitUrl;

/// Characters with a meaning in the wildcards of a source policy.
const PATTERN: [char; 3] = ['*', '?', '['];

/// Sources that a strict lock lets in only by name: those that come over a network.
const DENIED: [&str; 4] = ["docker-image://*", "git://*", "http://*", "https://*"];

/// How an archive is called that the client itself hands over.
const UPLOADS: &str = "http://buildkit-session/*";

/// A source policy that turns every locked source into its pin, and denies all others where the lock is
/// strict: a frontend that a `# syntax=` line has changed to is one of them.
///
/// A conversion to another identifier needs the match type `WILDCARD`: with `EXACT`, engines before
/// BuildKit 0.31 ignore it. A subdirectory of a git source is part of its identifier, so that such
/// sources have a rule with a wildcard for it. What was converted is looked at again from the first rule, and
/// the last rule that matches decides. `recorded` are the addresses that `RUN` steps ask for, for daemons that see them.
pub fn source_policy(lock: &Lock, recorded: &BTreeSet<String>) -> String {
    let strict = lock.mode.is_strict();
    let mut rules = Vec::new();
    if strict {
        rules.extend(DENIED.map(|pattern| plain("DENY", pattern, "WILDCARD")));
        rules.push(plain("ALLOW", UPLOADS, "WILDCARD"));
    }
    let allow = |rules: &mut Vec<Value>, identifier: &str| {
        if strict {
            rules.push(plain("ALLOW", identifier, "EXACT"));
        }
    };
    for (key, pin) in &lock.images {
        let Some(pinned) = pinned_reference(key, pin) else {
            continue;
        };
        let pinned = format!("docker-image://{pinned}");
        let name = format!("docker-image://{key}");
        if name != pinned {
            rules.push(convert(&name, &pinned));
        }
        allow(&mut rules, &pinned);
    }
    for (key, pin) in &lock.git {
        let Some(place) = git_place(&key.remote) else {
            continue;
        };
        let name = if key.reference.is_empty() {
            place.clone()
        } else {
            format!("{place}#{}", key.reference)
        };
        let pinned = format!("{place}#{}", pin.commit);
        if name != pinned {
            rules.push(convert(&name, &pinned));
            let with_subdir = format!("{place}#{}:*", key.reference);
            rules.push(convert_pattern(&with_subdir, &format!("{pinned}:${{1}}")));
        }
        allow(&mut rules, &pinned);
        if strict {
            rules.push(plain("ALLOW", &format!("{pinned}:*"), "WILDCARD"));
        }
    }
    for url in recorded {
        // A step's own request has no attributes that a daemon would look at.
        allow(&mut rules, url);
    }
    for (url, pin) in &lock.http {
        rules.push(json!({
            "action": "CONVERT",
            "selector": { "identifier": url, "match_type": "EXACT" },
            "updates": { "identifier": url, "attrs": { "http.checksum": pin.digest } },
        }));
        allow(&mut rules, url);
    }
    pretty(&json!({ "version": 1, "rules": rules }))
}

fn plain(action: &str, identifier: &str, match_type: &str) -> Value {
    json!({
        "action": action,
        "selector": { "identifier": identifier, "match_type": match_type },
    })
}

fn convert(from: &str, to: &str) -> Value {
    if from.contains(PATTERN) {
        // Rare, and still exact: a regular expression with anchors.
        let pattern = format!("^{}$", escape_regex(from));
        return rule(&pattern, "REGEX", to);
    }
    convert_pattern(from, to)
}

fn convert_pattern(from: &str, to: &str) -> Value {
    rule(from, "WILDCARD", to)
}

fn rule(from: &str, match_type: &str, to: &str) -> Value {
    json!({
        "action": "CONVERT",
        "selector": { "identifier": from, "match_type": match_type },
        "updates": { "identifier": to },
    })
}

fn escape_regex(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The identifier that ops have for a remote, without its ref.
fn git_place(remote: &str) -> Option<String> {
    let url = GitUrl::parse(remote).ok()?;
    Some(format!(
        "git://{}/{}",
        url.host,
        url.path.trim_start_matches('/')
    ))
}

/// Named contexts that put pins in the place of images: name and value of each.
pub fn contexts(lock: &Lock) -> Vec<(String, String)> {
    let pinned = lock.images.iter().filter_map(|(key, pin)| {
        let pinned = pinned_reference(key, pin).filter(|pinned| pinned != key)?;
        let name = Reference::parse_normalized(key).ok()?.context_name();
        Some((name, format!("docker-image://{pinned}")))
    });
    pinned.collect()
}

/// Flags of `docker buildx build`, one a line.
pub fn build_context_flags(lock: &Lock) -> String {
    contexts(lock)
        .into_iter()
        .map(|(name, value)| format!("--build-context {name}={value}\n"))
        .collect()
}

/// A bake file with a target `rdf-lock` for others to inherit from.
pub fn bake(lock: &Lock) -> String {
    let contexts: Map<String, Value> = contexts(lock)
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    pretty(&json!({ "target": { "rdf-lock": { "contexts": contexts } } }))
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
