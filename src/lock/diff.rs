//! What changed between two locks.

use super::model::{ImagePin, Lock};
use super::verify::show_git;

/// One entry that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The source.
    pub subject: String,
    /// What it was held to; `None` for a new entry.
    pub before: Option<String>,
    /// What it is held to; `None` for one that is gone.
    pub after: Option<String>,
}

/// Every entry whose pin differs, by kind and key.
pub fn diff(before: &Lock, after: &Lock) -> Vec<Change> {
    let list = |lock: &Lock| {
        let images = lock
            .images
            .iter()
            .map(|(key, pin)| (key.clone(), show_image(pin)));
        let git = lock
            .git
            .iter()
            .map(|(key, pin)| (show_git(&key.remote, &key.reference), pin.commit.clone()));
        let http = lock
            .http
            .iter()
            .map(|(url, pin)| (url.clone(), pin.digest.clone()));
        images.chain(git).chain(http).collect::<Vec<_>>()
    };
    let (before, after) = (list(before), list(after));
    let find = |list: &[(String, String)], subject: &str| {
        list.iter()
            .find(|(have, _)| have == subject)
            .map(|(_, pin)| pin.clone())
    };
    let mut changes = Vec::new();
    for (subject, pin) in &after {
        let old = find(&before, subject);
        if old.as_ref() != Some(pin) {
            changes.push(Change {
                subject: subject.clone(),
                before: old,
                after: Some(pin.clone()),
            });
        }
    }
    for (subject, pin) in before {
        if find(&after, &subject).is_none() {
            changes.push(Change {
                subject,
                before: Some(pin),
                after: None,
            });
        }
    }
    changes
}

fn show_image(pin: &ImagePin) -> String {
    match &pin.tag {
        Some(tag) => format!("{tag}@{}", pin.digest),
        None => pin.digest.clone(),
    }
}

/// Changes as lines of text.
pub fn to_text(changes: &[Change]) -> String {
    let mut out = String::new();
    for Change {
        subject,
        before,
        after,
    } in changes
    {
        let line = match (before, after) {
            (None, Some(after)) => format!("+ {subject}  {}\n", short(after)),
            (Some(before), None) => format!("- {subject}  {}\n", short(before)),
            (before, after) => {
                let text = |pin: &Option<String>| pin.as_deref().map(short).unwrap_or_default();
                format!("~ {subject}  {} -> {}\n", text(before), text(after))
            }
        };
        out.push_str(&line);
    }
    out
}

/// Changes as a Markdown table, for a pull request.
pub fn to_markdown(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No pins changed.\n".to_owned();
    }
    let mut out = String::from("| source | before | after |\n|---|---|---|\n");
    let cell = |pin: &Option<String>| {
        pin.as_deref()
            .map_or("—".to_owned(), |pin| format!("`{}`", short(pin)))
    };
    for change in changes {
        let subject = change.subject.replace('|', "\\|");
        out.push_str(&format!(
            "| `{subject}` | {} | {} |\n",
            cell(&change.before),
            cell(&change.after)
        ));
    }
    out
}

/// A digest or commit short enough to read, long enough to tell apart.
fn short(pin: &str) -> String {
    match pin.rsplit_once("sha256:") {
        Some((before, hex)) => format!("{before}sha256:{}", hex.get(..12).unwrap_or(hex)),
        None => pin.get(..12).unwrap_or(pin).to_owned(),
    }
}
