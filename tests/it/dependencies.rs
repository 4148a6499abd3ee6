//! What the crate depends on: from crates.io, under licences that `deny.toml` allows, each in one version but for those
//! that it names.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn packages() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--all-features",
        ])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 50, "few packages");
    packages
}

/// The texts between quotes that stand in the list `name` of deny.toml.
fn listed(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("\n{name} = [\n")).unwrap();
    let (list, _) = rest.split_once("\n]").unwrap();
    let lines = list
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let texts = lines.filter_map(|line| line.split('"').nth(1));
    texts.map(str::to_owned).collect()
}

/// Whether one of the alternatives of a licence is allowed; `AND` asks for both sides.
fn allowed(licence: &str, list: &[String]) -> bool {
    let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        part.split(" OR ")
            .any(|one| list.iter().any(|allowed| allowed == one.trim()))
    })
}

#[test]
fn licences_are_allowed_ones() {
    let list = listed("allow");
    assert!(!allowed("GPL-3.0", &list) && !allowed("MIT AND GPL-3.0", &list));
    assert!(allowed("(MIT OR GPL-3.0) AND Unicode-3.0", &list));
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or("");
        assert!(allowed(licence, &list), "{}: {licence}", package["name"]);
    }
}

#[test]
fn everything_comes_from_the_registry() {
    for package in packages() {
        let source = package["source"].as_str();
        let own = package["name"] == env!("CARGO_PKG_NAME");
        let registry = source == Some("registry+https://github.com/rust-lang/crates.io-index");
        assert!(own != registry, "{}: {source:?}", package["name"]);
    }
}

#[test]
fn versions_are_doubled_only_where_it_is_known() {
    let known = listed("skip");
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap_or("").to_owned();
        versions
            .entry(text("name"))
            .or_default()
            .push(text("version"));
    }
    for (name, versions) in versions {
        assert!(
            versions.len() == 1 || known.contains(&name),
            "{name}: {versions:?}"
        );
    }
}
