//! Named contexts as a lock keeps them: without what belongs to one session or one machine.
//!
//! Images, git repositories and files of contexts have entries of their own. An image layout is on the
//! client's disk, where nobody else can fetch it: its digest stands in the inputs.

use std::collections::BTreeMap;

use super::collect::Collected;
use super::command::{Wanted, lock_command, word};
use super::model::Lock;
use super::verify::{Finding, FindingKind};
use crate::collect::CollectSmall as _;
use crate::image::Reference;
use crate::remote::parse_oci_layout;

const LAYOUT: &str = "oci-layout:";

/// A context as it is kept: a directory has the name of no session, a layout that of no store.
pub fn portable(name: &str, spec: &str) -> String {
    if spec.starts_with("local:") {
        return "local:context".to_owned();
    }
    match layout_digest(spec) {
        Some(digest) => format!("oci-layout://{}@{digest}", store_name(name)),
        None => spec.to_owned(),
    }
}

/// A name as clients send it: the familiar form of an image's, without `:latest`. A platform after it stays.
pub fn key(name: &str) -> String {
    let (name, platform) = match name.split_once("::") {
        Some((name, platform)) => (name, Some(platform)),
        None => (name, None),
    };
    let name = match Reference::parse_normalized(name) {
        Ok(reference) => reference.context_name(),
        Err(_) => name.to_owned(),
    };
    match platform {
        Some(platform) => format!("{name}::{platform}"),
        None => name,
    }
}

/// Whether two specs stand for the same as far as a lock can tell: directories and other builds' results are what they
/// are each time.
pub(super) fn same(have: &str, given: &str) -> bool {
    let both = |scheme: &str| have.starts_with(scheme) && given.starts_with(scheme);
    have == given
        || both("local:")
        || both("input:")
        || (both(LAYOUT) && layout_digest(have) == layout_digest(given))
        || image_of(have).is_some_and(|have| image_of(given) == Some(have))
}

/// Contexts of a build that are used and are not what the lock was made with. `name` is the Dockerfile's.
pub fn foreign(
    lock: &Lock,
    used: &Collected,
    given: &BTreeMap<String, String>,
    name: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (context, places) in &used.contexts {
        let Some(spec) = given.get(context) else {
            continue;
        };
        let have = lock.inputs.contexts.iter();
        let mut have = have.filter(|(name, _)| key(name) == *context);
        // A layout has findings of its own.
        if spec.starts_with(LAYOUT) || have.any(|(_, have)| same(have, spec)) {
            continue;
        }
        let shown = match spec.split_once(':') {
            Some(("local", _)) => "a directory",
            Some(("input", _)) => "the result of another build",
            _ => spec.as_str(),
        };
        let only = [(context.clone(), spec.clone())]
            .into_iter()
            .collect_small();
        let wanted = Wanted {
            contexts: Some(&only),
            // Flags that are left out change nothing.
            target: lock.inputs.targets.first().map_or("", String::as_str),
            ..Wanted::default()
        };
        findings.push(Finding {
            location: places.first().copied(),
            kind: FindingKind::Inputs,
            subject: context.clone(),
            message: format!(
                "the context `{context}` is {shown}, and the lock was not made with that in its place"
            ),
            hint: format!("run `{}`", lock_command(name, &lock.inputs, &wanted)),
        });
    }
    findings
}

/// Takes out what is missing only because of foreign contexts: what makes the lock for these brings it in.
pub fn without_foreign_sources(
    findings: &mut Vec<Finding>,
    foreign: &[Finding],
    given: &BTreeMap<String, String>,
) {
    let specs = foreign
        .iter()
        .filter_map(|finding| given.get(&finding.subject));
    let subjects: Vec<String> = specs
        .map(|spec| image_of(spec).unwrap_or_else(|| spec.clone()))
        .collect();
    findings.retain(|finding| {
        finding.kind != FindingKind::Missing || !subjects.contains(&finding.subject)
    });
}

/// The image that a context is, normalised.
fn image_of(spec: &str) -> Option<String> {
    let name = spec.strip_prefix("docker-image:")?;
    let reference = Reference::parse_normalized(name.strip_prefix("//").unwrap_or(name)).ok()?;
    Some(reference.tag_name_only().to_string())
}

/// Layouts among the contexts of a build that the lock does not hold. `file` is the Dockerfile's name.
pub fn unheld_layouts(lock: &Lock, given: &BTreeMap<String, String>, file: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, spec) in given.iter().filter(|(_, spec)| spec.starts_with(LAYOUT)) {
        let have = lock.inputs.contexts.get(name);
        let held = have.and_then(|spec| layout_digest(spec));
        let digest = layout_digest(spec);
        if held.is_some() && held == digest {
            continue;
        }
        let (kind, message) = match (held, digest) {
            (Some(held), Some(digest)) => (
                FindingKind::Contradiction,
                format!(
                    "the context `{name}` is the layout {digest}, and the lock pins it to {held}"
                ),
            ),
            _ => (
                FindingKind::Missing,
                format!("the context `{name}` is a layout that is not in the lock"),
            ),
        };
        findings.push(Finding {
            location: None,
            kind,
            subject: name.clone(),
            message,
            hint: format!(
                "run `rdf lock --build-context {} {}`",
                word(&format!("{name}=oci-layout://DIR")),
                word(file)
            ),
        });
    }
    findings
}

fn layout_digest(spec: &str) -> Option<String> {
    let layout = parse_oci_layout(spec.strip_prefix(LAYOUT)?).ok()?;
    Some(layout.digest.to_string())
}

/// A name that a reference may begin with.
fn store_name(context: &str) -> String {
    let kept = context
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let name: String = kept.collect();
    let name = name.trim_matches('-').to_owned();
    // Dashes in a row are not a name.
    match name.is_empty() || name.contains("---") {
        true => "layout".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_held_by_its_digest() {
        let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
        let spec = format!("oci-layout://k3jx8store@{}", digest("a"));
        let kept = portable("Base/x:1", &spec);
        assert_eq!(kept, format!("oci-layout://base-x-1@{}", digest("a")));
        assert_eq!(
            portable("base", &portable("Base/x:1", &spec)),
            format!("oci-layout://base@{}", digest("a"))
        );
        let mut lock = Lock::default();
        let given = BTreeMap::from([("base".to_owned(), spec)]);
        assert_eq!(
            unheld_layouts(&lock, &given, "Dockerfile")[0].kind,
            FindingKind::Missing
        );
        lock.inputs.contexts.insert("base".to_owned(), kept);
        assert_eq!(unheld_layouts(&lock, &given, "Dockerfile"), []);
        let other =
            BTreeMap::from([("base".to_owned(), format!("oci-layout://s@{}", digest("b")))]);
        assert_eq!(
            unheld_layouts(&lock, &other, "Dockerfile")[0].kind,
            FindingKind::Contradiction
        );
        assert_eq!(portable("x", "local:abc"), "local:context");
        assert_eq!(portable("x", "docker-image://y"), "docker-image://y");
    }
}
