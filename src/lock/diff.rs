//! What changed between two locks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::model::{ImagePin, Lock, Recordings, short_commit, short_digest};
use super::verify::show_git;
use crate::recording::Package;

/// One entry that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The source.
    pub subject: String,
    /// What it was pinned to; `None` for a new entry.
    pub before: Option<PinnedTo>,
    /// What it is pinned to; `None` for one that was removed.
    pub after: Option<PinnedTo>,
}

/// What an entry is pinned to. As text, digests and commits are whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinnedTo(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Digest(String),
    Commit(String),
}

impl PinnedTo {
    /// Digests and commits short enough to read, long enough to tell apart.
    pub fn short(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Digest(digest) => short_digest(digest),
            Part::Commit(commit) => short_commit(commit),
        });
        parts.collect()
    }

    fn digest(digest: &str) -> Self {
        PinnedTo(vec![Part::Digest(digest.to_owned())])
    }

    fn text(text: &str) -> Self {
        PinnedTo(vec![Part::Text(text.to_owned())])
    }

    /// All of them, with commas between.
    fn list(all: impl Iterator<Item = PinnedTo>) -> Self {
        let mut parts = Vec::new();
        for one in all {
            if !parts.is_empty() {
                parts.push(Part::Text(", ".to_owned()));
            }
            parts.extend(one.0);
        }
        PinnedTo(parts)
    }
}

impl fmt::Display for PinnedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) | Part::Digest(text) | Part::Commit(text) => f.write_str(text),
        })
    }
}

/// Every entry whose pin differs, by kind and key; of what steps fetched, the packages and the other files.
pub fn diff(before: &Lock, after: &Lock) -> Vec<Change> {
    let (before, after) = (entries(before), entries(after));
    let changed = after.iter().filter_map(|(subject, pin)| {
        let old = before.get(subject);
        (old != Some(pin)).then(|| Change {
            subject: subject.name.clone(),
            before: old.map(|old| old.shown(pin)),
            after: Some(old.map_or_else(|| pin.alone(), |old| pin.shown(old))),
        })
    });
    let gone = before
        .iter()
        .filter(|(subject, _)| !after.contains_key(subject));
    let gone = gone.map(|(subject, pin)| Change {
        subject: subject.name.clone(),
        before: Some(pin.alone()),
        after: None,
    });
    changed.chain(gone).collect()
}

/// What is compared, in the order in which it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    kind: SubjectKind,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SubjectKind {
    Image,
    Git,
    Http,
    Step,
    Package,
    Fetched,
}

/// To what it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    /// One digest or commit.
    To(PinnedTo),
    /// Versions of a package, with the digests of their files; or digests of a file, without versions.
    Versions(BTreeMap<String, BTreeSet<String>>),
}

impl Held {
    /// Versions; digests of files that have none.
    fn alone(&self) -> PinnedTo {
        match self {
            Held::To(pin) => pin.clone(),
            Held::Versions(versions) => {
                let shown = versions
                    .iter()
                    .flat_map(|(version, digests)| match version.as_str() {
                        "" => digests.iter().map(|it| PinnedTo::digest(it)).collect(),
                        version => vec![PinnedTo::text(version)],
                    });
                PinnedTo::list(shown)
            }
        }
    }

    /// The same beside `other`: with the digests where the versions are equal and the bytes are not.
    fn shown(&self, other: &Held) -> PinnedTo {
        let (text, others) = (self.alone(), other.alone());
        match self {
            Held::Versions(versions) if text == others => {
                let digests = versions.iter().flat_map(|(version, digests)| {
                    digests.iter().map(move |digest| {
                        PinnedTo(vec![
                            Part::Text(format!("{version} ")),
                            Part::Digest(digest.clone()),
                        ])
                    })
                });
                PinnedTo::list(digests)
            }
            _ => text,
        }
    }
}

fn entries(lock: &Lock) -> BTreeMap<Subject, Held> {
    let mut entries = BTreeMap::new();
    let mut held = |kind, name: String, pin: PinnedTo| {
        entries.insert(Subject { kind, name }, Held::To(pin));
    };
    for (key, pin) in &lock.images {
        held(SubjectKind::Image, key.clone(), pin_of_image(pin));
    }
    for (key, pin) in &lock.git {
        let name = show_git(&key.remote, &key.reference);
        let pin = PinnedTo(vec![Part::Commit(pin.commit.clone())]);
        held(SubjectKind::Git, name, pin);
    }
    for (url, pin) in &lock.http {
        held(
            SubjectKind::Http,
            url.clone(),
            PinnedTo::digest(&pin.digest),
        );
    }
    for key in lock.recordings.iter().flat_map(Recordings::networked) {
        held(
            SubjectKind::Step,
            key.to_string(),
            PinnedTo::text("has a network"),
        );
    }
    let runs = lock.recordings.iter().flat_map(|it| it.runs.values());
    for fetch in runs.flat_map(|run| &run.fetches) {
        let (kind, name, version) = match Package::of_url(&fetch.url) {
            Some(package) => {
                let name = format!("{} ({})", package.name, package.kind.as_str());
                (SubjectKind::Package, name, package.version)
            }
            None => (SubjectKind::Fetched, fetch.url.clone(), String::new()),
        };
        let versions = entries
            .entry(Subject { kind, name })
            .or_insert_with(|| Held::Versions(BTreeMap::new()));
        if let Held::Versions(versions) = versions {
            let digests = versions.entry(version).or_default();
            digests.insert(fetch.digest.to_string());
        }
    }
    entries
}

fn pin_of_image(pin: &ImagePin) -> PinnedTo {
    let tag = pin.tag.iter().map(|tag| Part::Text(format!("{tag}@")));
    let digest = Part::Digest(pin.digest.clone());
    PinnedTo(tag.chain([digest]).collect())
}

/// A change as a line of text, without its end.
pub fn to_line(change: &Change) -> String {
    let subject = &change.subject;
    let text = |pin: &Option<PinnedTo>| pin.as_ref().map(PinnedTo::short).unwrap_or_default();
    let (before, after) = (text(&change.before), text(&change.after));
    match (&change.before, &change.after) {
        (None, _) => format!("+ {subject}  {after}"),
        (_, None) => format!("- {subject}  {before}"),
        _ => format!("~ {subject}  {before} -> {after}"),
    }
}

/// Changes as a Markdown table, for a pull request.
pub fn to_markdown(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No pins changed.\n".to_owned();
    }
    let mut out = String::from("| source | before | after |\n|---|---|---|\n");
    let cell = |pin: &Option<PinnedTo>| {
        pin.as_ref()
            .map_or("—".to_owned(), |pin| format!("`{}`", pin.short()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Digest;
    use crate::lock::RecordedRun;
    use crate::recording::{Fetch, StepKey};

    fn fetched(fetches: &[(&str, &str)]) -> Lock {
        let fetch = |(url, body): &(&str, &str)| Fetch {
            url: (*url).to_owned(),
            digest: Digest::sha256(body.as_bytes()),
            size: 1,
        };
        let run = RecordedRun {
            recording: Some(Digest::sha256(b"")),
            fetches: fetches.iter().map(fetch).collect(),
            ..RecordedRun::default()
        };
        Lock {
            recordings: Some(Recordings {
                runs: [(StepKey::default(), run)].into(),
                ..Recordings::default()
            }),
            ..Lock::default()
        }
    }

    #[test]
    fn what_steps_fetch_is_told_in_packages() {
        let deb = |version: &str| format!("http://h/debian/pool/c/curl_{version}_amd64.deb");
        let (old, new) = (deb("7.88.1-10%2bdeb12u13"), deb("7.88.1-10%2bdeb12u14"));
        let npm = "https://r/left-pad/-/left-pad-1.3.0.tgz";
        let before = fetched(&[
            (&old, "a"),
            ("http://h/list", "b"),
            (npm, "c"),
            ("http://h/same", "d"),
        ]);
        let after = fetched(&[
            (&new, "e"),
            ("http://h/list", "f"),
            (npm, "g"),
            ("http://h/same", "d"),
            ("https://r/x/-/x-1.0.0.tgz", "h"),
            ("https://r/x/-/x-2.0.0.tgz", "i"),
        ]);
        let digest = |body: &str| short_digest(Digest::sha256(body.as_bytes()).as_str()).to_owned();
        let to_text = |changes: &[Change]| -> String {
            let lines = changes.iter().map(|change| to_line(change) + "\n");
            lines.collect()
        };
        let text = to_text(&diff(&before, &after));
        let expected = format!(
            "~ curl (apt)  7.88.1-10+deb12u13 -> 7.88.1-10+deb12u14\n\
             ~ left-pad (npm)  1.3.0 {} -> 1.3.0 {}\n\
             + x (npm)  1.0.0, 2.0.0\n\
             ~ http://h/list  {} -> {}\n",
            digest("c"),
            digest("g"),
            digest("b"),
            digest("f"),
        );
        assert_eq!(text, expected);
        assert_eq!(to_text(&diff(&after, &after)), "");
        let gone = diff(&fetched(&[(&old, "a")]), &Lock::default());
        assert_eq!(to_text(&gone), "- curl (apt)  7.88.1-10+deb12u13\n");
    }
}
