//! `rdf check --format sarif` against the schema of SARIF 2.1.0.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::root;
use super::schema::Schema;

fn check(folder: &Path, flags: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(["check", "--no-config", "--format", "sarif"])
        .args(flags)
        .arg(".")
        .current_dir(folder)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn logs_are_valid_sarif() {
    let text =
        std::fs::read_to_string(root().join("testdata/sarif/sarif-schema-2.1.0.json")).unwrap();
    let schema = Schema::new(&text);
    // Findings of most rules, errors, fixes, places of other stages; and nothing at all.
    let log = check(&root().join("testdata/corpus/files"), &["--select", "all"]);
    assert_eq!(schema.problems(&log), Vec::<String>::new());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 400, "{}", results.len());
    assert!(results.iter().any(|result| result.get("fixes").is_some()));
    assert!(
        results
            .iter()
            .any(|result| result.get("relatedLocations").is_some())
    );
    assert!(results.iter().any(|result| result["level"] == "error"));
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
    let empty = check(&root().join("testdata/demo"), &["--select", "docker"]);
    assert_eq!(schema.problems(&empty), Vec::<String>::new());
    assert_eq!(empty["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn a_log_that_is_none_is_refused() {
    let text =
        std::fs::read_to_string(root().join("testdata/sarif/sarif-schema-2.1.0.json")).unwrap();
    let schema = Schema::new(&text);
    let log =
        serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [{ "level": "bad" }] }] });
    assert!(
        schema.problems(&log).len() >= 3,
        "{:?}",
        schema.problems(&log)
    );
}
