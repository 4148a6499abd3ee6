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

/// The tables of Cargo.toml that declare what is used, with the directories whose code may use it.
fn declared() -> Vec<(String, &'static [&'static str])> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let names = |value: &toml::Value| value.as_table().unwrap().keys().cloned().collect();
    let own: Vec<String> = names(&manifest["dependencies"]);
    let tests: Vec<String> = names(&manifest["dev-dependencies"]);
    let targets = manifest["target"].as_table().unwrap().values();
    let of_targets = targets.flat_map(|target| -> Vec<String> { names(&target["dependencies"]) });
    let own = own.into_iter().chain(of_targets);
    let all = &["src", "tests", "benches", "examples"][..];
    own.map(|name| (name, &["src"][..]))
        .chain(tests.into_iter().map(|name| (name, all)))
        .collect()
}

fn code(dir: &Path, out: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code(&path, out);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            lines.for_each(|line| out.extend([line, "\n"]));
        }
    }
}

/// Whether code has `name::`, or imports the name as it is.
fn uses(code: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    code.match_indices(&name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let apart = !before.is_some_and(|c| c.is_alphanumeric() || "_:.\"/`".contains(c));
        let imported = code[..at].ends_with("use ") && after.starts_with([';', ' ']);
        apart && (after.starts_with("::") || imported)
    })
}

#[test]
fn every_declared_crate_is_used() {
    assert!(!uses("let text = my_semver::x();", "semver"));
    assert!(uses("a = semver::Version::new();", "semver"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let declared = declared();
    assert!(declared.len() > 30, "{declared:?}");
    for (name, dirs) in declared {
        let mut text = String::new();
        dirs.iter().for_each(|dir| code(&root.join(dir), &mut text));
        assert!(
            uses(&text, &name),
            "{name} is declared, and no code in {dirs:?} uses it"
        );
    }
}

#[test]
fn every_crate_has_a_row_in_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, table) = page.split_once("\n## Dependencies\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let row = |name: &str| {
        let named = |row: &&Vec<&str>| {
            let words = row[0].split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c));
            words.into_iter().any(|word| word == name)
        };
        rows.iter().find(named)
    };
    for (name, dirs) in declared() {
        let test_only = dirs.len() > 1;
        assert!(test_only || row(&name).is_some(), "{name} has no row");
    }
    // What the project is built on says what it does, and where.
    for name in [
        "pest",
        "prost",
        "serde",
        "shell-words",
        "semver",
        "oci-distribution",
        "thiserror",
        "insta",
        "proptest",
    ] {
        let row = row(name).unwrap_or_else(|| panic!("{name} has no row"));
        assert!(
            row.iter().take(3).all(|cell| !cell.is_empty()),
            "{name}: {row:?}"
        );
    }
}

/// The tutorial speaks of the features that its own manifest asks for.
#[test]
fn the_tutorial_names_the_features_that_it_uses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/tutorial.md")).unwrap();
    let asked: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("dockerfile-llb = "))
        .filter_map(|line| line.split("features = [\"").nth(1)?.split('"').next())
        .collect();
    assert!(asked.len() >= 2, "{asked:?}");
    let (_, section) = page.split_once("\n## The crate\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    assert!(section.contains("feature `"));
    let mut named = section
        .split("feature `")
        .skip(1)
        .map(|rest| rest.split('`').next().unwrap());
    assert!(
        named.all(|name| asked.contains(&name)),
        "features of the tutorial: {asked:?}"
    );
}
