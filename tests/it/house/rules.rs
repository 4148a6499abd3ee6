//! Rules of `rdf check`: their files are formatted, their pages and the list of them up to date.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use dockerfile_llb::internals::check::catalogue;

use super::{Source, files, root};

/// What makes pages anew.
const WRITE: &str = "`RDF_WRITE_PAGES=1 cargo test --all-features --test it house` writes it";

/// Directories of rules. Their files are listed by a macro, where `cargo fmt` does not find them.
const RULES: [&str; 2] = ["src/lint/rules", "src/check/rules"];

#[test]
fn rules_are_formatted() {
    let rustfmt = Path::new(env!("CARGO")).with_file_name("rustfmt");
    let paths: Vec<String> = RULES
        .iter()
        .flat_map(|dir| files(dir, ".rs"))
        .map(|file| file.path)
        .collect();
    let check = Command::new(rustfmt)
        .args(["--check", "--edition", "2024"])
        .args(&paths)
        .current_dir(root())
        .output();
    match check {
        Err(error) => println!("skipped: no rustfmt beside cargo: {error}"),
        Ok(output) => assert!(
            output.status.success(),
            "rustfmt --edition 2024 src/lint/rules/*.rs src/check/rules/*.rs\n{}",
            String::from_utf8_lossy(&output.stdout)
        ),
    }
}

/// The page of a rule: the comment at the top of its file.
fn page(rule: &Source) -> String {
    let lines = rule.text.lines().map_while(|line| line.strip_prefix("//!"));
    let mut page: String = lines
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    let path = &rule.path;
    page.push_str(&format!(
        "\n<!-- made from {path} by tests/it/house.rs -->\n"
    ));
    page
}

/// Rules, and the directory of their pages. Files there that are not rules are what rules share.
const PAGES: [(&str, &str); 2] = [
    ("src/lint/rules/", "docs/lint"),
    ("src/check/rules/", "docs/check"),
];

/// The page that lists rules of our own, and what stands around the list.
const LIST: (&str, &str, &str) = (
    "docs/check.md",
    "<!-- rules: made by tests/it/house.rs -->\n",
    "<!-- end of rules -->\n",
);

/// The list of rules of our own: names, pages and descriptions.
fn list(pages: &BTreeMap<String, String>) -> String {
    let mut list = "| rule | | hadolint | on |\n| --- | --- | --- | --- |\n".to_owned();
    for (path, page) in pages {
        let name = page.lines().next().unwrap_or_default();
        let name = name.trim_start_matches("# ");
        let entry = catalogue::find(name).unwrap_or_else(|| panic!("{name} is not registered"));
        let link = path.trim_start_matches("docs/");
        let (rule, on) = (entry.rule, if entry.rule.recommended { "yes" } else { "" });
        let row = [rule.description, &rule.aliases.join(", "), on].join(" | ");
        list.push_str(&format!("| [{name}]({link}) | {} |\n", row.trim_end()));
    }
    list
}

/// The table of hadolint's codes: what stands around it.
const CODES: (&str, &str) = (
    "<!-- codes: made by tests/it/house.rs -->\n",
    "<!-- end of codes -->\n",
);
fn codes() -> String {
    let mut rows: BTreeMap<&str, String> = BTreeMap::new();
    for entry in catalogue::all() {
        for alias in entry.rule.aliases {
            let name = entry.rule.name;
            assert!(
                rows.insert(alias, name.to_owned()).is_none(),
                "{alias} means two rules"
            );
        }
    }
    for (code, other) in catalogue::OTHER_CODES {
        assert!(
            rows.insert(code, other.to_string()).is_none(),
            "{code} has a rule"
        );
    }
    let rows = rows
        .iter()
        .map(|(code, what)| format!("| {code} | {what} |\n"));
    format!(
        "| hadolint | here |\n| --- | --- |\n{}",
        rows.collect::<String>()
    )
}

fn the_table_of_codes_is_up_to_date() {
    let (path, ..) = LIST;
    let (start, end) = CODES;
    let text = fs::read_to_string(root().join(path)).expect("a page");
    let (before, rest) = text.split_once(start).expect("a start");
    let (found, after) = rest.split_once(end).expect("an end");
    let codes = codes();
    if std::env::var_os("RDF_WRITE_PAGES").is_some() {
        let text = [before, start, &codes, end, after].concat();
        fs::write(root().join(path), text).expect("a page that can be written");
    } else {
        assert!(found == codes, "{path}, the table of codes: {WRITE}");
    }
}

#[test]
fn the_list_of_rules_is_up_to_date() {
    let (path, start, end) = LIST;
    let text = fs::read_to_string(root().join(path)).expect("a page");
    let (before, rest) = text.split_once(start).expect("a start");
    let (found, after) = rest.split_once(end).expect("an end");
    let list = list(&pages("src/check/rules/", "docs/check"));
    if std::env::var_os("RDF_WRITE_PAGES").is_some() {
        let text = [before, start, &list, end, after].concat();
        fs::write(root().join(path), text).expect("a page that can be written");
    } else {
        assert!(found == list, "{path}, the list of rules: {WRITE}");
    }
    the_table_of_codes_is_up_to_date();
}

/// The pages of a directory of rules, by their paths.
fn pages(rules: &str, dir: &str) -> BTreeMap<String, String> {
    let files = files(rules.trim_end_matches('/'), ".rs");
    let rules_only = files.iter().filter(|file| file.text.starts_with("//! # "));
    let path = |file: &Source| {
        let name = file.path.trim_start_matches(rules).trim_end_matches(".rs");
        format!("{dir}/{}.md", name.replace('_', "-"))
    };
    rules_only.map(|rule| (path(rule), page(rule))).collect()
}

#[test]
fn pages_of_rules_are_up_to_date() {
    let write = std::env::var_os("RDF_WRITE_PAGES").is_some();
    for (rules, dir) in PAGES {
        let wanted = pages(rules, dir);
        if write {
            fs::create_dir_all(root().join(dir)).expect("a directory for pages");
            for (path, page) in &wanted {
                fs::write(root().join(path), page)
                    .unwrap_or_else(|error| panic!("{path}: {error}"));
            }
        }
        let found = files(dir, ".md")
            .into_iter()
            .map(|file| (file.path, file.text));
        let found: BTreeMap<String, String> = found.collect();
        let stale: Vec<&String> = wanted
            .iter()
            .filter(|(path, page)| found.get(*path) != Some(*page))
            .map(|(path, _)| path)
            .collect();
        assert!(
            stale.is_empty(),
            "`RDF_WRITE_PAGES=1 cargo test --all-features --test it house` writes {stale:?}"
        );
        assert_eq!(found.len(), wanted.len(), "pages of rules that are gone");
    }
}
