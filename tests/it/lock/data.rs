//! The locks of `testdata/lock`: each is what would be printed, and complete, or stale in the ways its directory says.

use std::fs;
use std::path::{Path, PathBuf};

use dockerfile_llb::image::Platform;
use dockerfile_llb::internals::lock::collect::Document;
use dockerfile_llb::internals::lock::verify::check;
use dockerfile_llb::internals::lock::{export, file};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lock");
    let entries = fs::read_dir(root).expect("folder").flatten();
    let mut folders: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() >= 6, "{folders:?}");
    folders
}

#[test]
fn locks_are_what_would_be_printed() {
    for folder in folders() {
        let text = fs::read_to_string(folder.join("Dockerfile.lock")).expect("lock");
        let lock = file::read(text.as_bytes()).unwrap_or_else(|why| panic!("{folder:?}: {why}"));
        assert_eq!(file::print(&lock), text, "{folder:?}");
        let policy: serde_json::Value =
            serde_json::from_str(&export::source_policy(&lock, &Default::default()))
                .expect("policy");
        let rules = policy["rules"].as_array().map_or(0, Vec::len);
        assert!(rules >= lock.len(), "{folder:?}: {policy}");
    }
}

#[test]
fn locks_are_complete_or_stale_as_told() {
    let host = Platform::new("linux", "amd64");
    for folder in folders() {
        let bytes = fs::read(folder.join("Dockerfile")).expect("Dockerfile");
        let lock = fs::read(folder.join("Dockerfile.lock")).expect("lock");
        let lock = file::read(&lock).expect("lock");
        let found = check(&Document::new("Dockerfile", bytes), &lock, &host).findings;
        let mut text = String::new();
        for finding in found {
            let line = finding.location.map_or(0, |lines| lines.start);
            let code = finding.kind.code();
            text.push_str(&format!(
                "{line}: {code}: {} ({})\n",
                finding.message, finding.hint
            ));
        }
        let wanted = fs::read_to_string(folder.join("findings.txt")).unwrap_or_default();
        assert_eq!(text, wanted, "{folder:?}");
    }
}
