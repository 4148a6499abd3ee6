//! Named contexts as a lock keeps them: without what belongs to one session or one machine.
//!
//! Images, git repositories and files of contexts have entries of their own. An image layout is on the
//! client's disk, where nobody else can fetch it: its digest stands in the inputs.

use std::collections::BTreeMap;

use super::model::Lock;
use super::verify::{Finding, FindingKind};
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

/// Layouts among the contexts of a build that the lock does not hold.
pub fn unheld_layouts(lock: &Lock, given: &BTreeMap<String, String>) -> Vec<Finding> {
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
                    "the context `{name}` is the layout {digest}, and the lock holds it to {held}"
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
            hint: format!("run `rdf lock --build-context {name}=oci-layout://…`"),
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
    // Dashes in a row are no name.
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
        assert_eq!(unheld_layouts(&lock, &given)[0].kind, FindingKind::Missing);
        lock.inputs.contexts.insert("base".to_owned(), kept);
        assert_eq!(unheld_layouts(&lock, &given), []);
        let other =
            BTreeMap::from([("base".to_owned(), format!("oci-layout://s@{}", digest("b")))]);
        assert_eq!(
            unheld_layouts(&lock, &other)[0].kind,
            FindingKind::Contradiction
        );
        assert_eq!(portable("x", "local:abc"), "local:context");
        assert_eq!(portable("x", "docker-image://y"), "docker-image://y");
    }
}
