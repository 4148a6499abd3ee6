//! docs/schema: what is published says what the program reads and prints.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use dockerfile_llb::internals::check::config::Config;
use serde_json::Value;

use super::root;
use super::schema::Schema;

/// What the schema has against a config.
pub(crate) fn problems_of_config(text: &str) -> Vec<String> {
    let value: toml::Value = toml::from_str(text).unwrap();
    let value = serde_json::to_value(value).unwrap();
    Schema::published("rdf.toml.json").problems(&value)
}

/// The program and the schema agree about a config.
#[test]
fn the_schema_of_configs_is_that_of_the_program() {
    let schema = Schema::published("rdf.toml.json");
    let text = fs::read_to_string(root().join("docs/schema/rdf.toml.json")).unwrap();
    let text: Value = serde_json::from_str(&text).unwrap();
    let is_valid = |config: &str| {
        let value: toml::Value = toml::from_str(config).unwrap();
        schema
            .problems(&serde_json::to_value(value).unwrap())
            .is_empty()
    };
    for config in [
        "",
        "[check]\nselect = ['docker', 'SC2086']\nextend = '../rdf.toml'\nshellcheck = 'sc'\nformat = 'junit'\n",
        "[check]\nextend = ['a', 'b']\nfail-on = 'none'\nstrict-labels = true\ntrusted-registries = ['docker.io']\n\
         extend-select = []\nignore = ['all']\n[files]\nexclude = ['a']\ninclude = ['b']\n",
        "[check.per-file-ignores]\n'a/*' = ['rdf']\n[check.per-file-extend-select]\nb = ['LatestTag']\n\
         [check.severity]\nDL3008 = 'info'\n[check.labels]\na = 'spdx'\n",
        "[fmt]\nstyle = 'tidy'\n",
        "[fmt]\nstyle = 'neat'\n",
        "[files]\nexclude = 'a'\n",
        "[check]\nexclude = ['a']\n",
        "[check]\nselect = 'docker'\n",
        "[check]\nselct = []\n",
        "[chek]\n",
        "[check]\nfail-on = 'bad'\n",
        "[check.severity]\nLatestTag = 'bad'\n",
        "[check.labels]\na = 'date'\n",
        "[check]\nstrict-labels = 'yes'\n",
        "[check]\nextend = 1\n",
        "[check.per-file-ignores]\na = 'rdf'\n",
    ] {
        let parsed = Config::parse(config);
        assert_eq!(is_valid(config), parsed.is_ok(), "{config}\n{parsed:?}");
    }
    // An unknown key names those that there are.
    let error = Config::parse("[check]\nz = 1").unwrap_err().to_string();
    let known: BTreeSet<&str> = error.split('`').skip(3).step_by(2).collect();
    let properties = text["definitions"]["check"]["properties"]
        .as_object()
        .unwrap();
    assert_eq!(known, properties.keys().map(String::as_str).collect());
}

/// Files with findings of every form, and what is printed about them.
#[test]
fn what_is_printed_is_of_the_schema() {
    let schema = Schema::published("check.json");
    let mut seen = BTreeSet::new();
    for (path, flags) in [
        ("testdata/corpus", &["--select", "all"][..]),
        ("testdata/demo", &[]),
        ("testdata/parse", &["--no-ignore"]),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_rdf"))
            .args(["check", "--no-config", "--format", "json"])
            .args(flags)
            .arg(path)
            .current_dir(root())
            .env_clear()
            .output()
            .unwrap();
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let problems = schema.problems(&value);
        assert!(problems.is_empty(), "{path}: {problems:#?}");
        for finding in value["findings"].as_array().unwrap() {
            for key in ["primary", "lines", "fix", "url"] {
                seen.insert((key.to_owned(), finding[key].is_null()));
            }
            seen.insert((finding["severity"].as_str().unwrap().to_owned(), true));
        }
    }
    // Errors and findings, with and without a fix.
    for (what, flag) in [
        ("fix", true),
        ("fix", false),
        ("url", true),
        ("error", true),
        ("warning", true),
        ("info", true),
    ] {
        assert!(
            seen.contains(&(what.to_owned(), flag)),
            "{what} {flag} was not printed"
        );
    }
}
