//! The store of recordings: checked, verified, pruned; and what the lock says of it, told in other forms.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::lock::{
    self as file, Inputs, Lock, Mode, RecordedRun, RecordingStore, Recordings,
};
use dockerfile_llb::internals::recording::{
    Answer, Exchange, Recording, Request, Response, StepKey,
};
use serde_json::Value;

use super::Dir;
use crate::check::schema::Schema;

pub(super) const DOCKERFILE: &str = "FROM scratch\nRUN [\"fetch\"]\nRUN [\"idle\"]\n";
const PROGRAM: &[u8] = b"the program";

fn key(command: &str) -> StepKey {
    StepKey {
        platform: "linux/amd64".to_owned(),
        command: vec![command.to_owned()],
        ordinal: 1,
        ..StepKey::default()
    }
}

/// What a step asked for, and what came.
fn recording(bodies: &[(String, Vec<u8>)]) -> Recording {
    let mut recording = Recording::default();
    for (url, body) in bodies {
        recording.add(Exchange {
            request: Request {
                url: url.clone(),
                method: "GET".to_owned(),
                headers: BTreeMap::new(),
                body: None,
            },
            answer: Answer::Response(Response {
                status: if body.is_empty() { 302 } else { 200 },
                headers: Vec::new(),
                body: Digest::sha256(body),
                size: body.len() as u64,
            }),
        });
    }
    recording
}

/// A project whose lock and store hold these bodies.
pub(super) struct Project {
    pub(super) dir: Dir,
    lock: Lock,
}

impl Project {
    pub(super) fn new(bodies: &[(String, Vec<u8>)]) -> Project {
        let dir = Dir::new();
        dir.write("Dockerfile", DOCKERFILE);
        std::fs::create_dir_all(dir.path().join("Dockerfile.store/sha256")).unwrap();
        let recording = recording(bodies);
        let text = recording.print();
        let fetching = RecordedRun {
            recording: Some(Digest::sha256(text.as_bytes())),
            fetches: recording.fetches(),
            network: false,
        };
        let runs = [
            (key("fetch"), fetching),
            (key("idle"), RecordedRun::default()),
        ];
        let lock = Lock {
            mode: Mode::Hermetic,
            inputs: Inputs {
                platforms: BTreeSet::from(["linux/amd64".to_owned()]),
                ..Inputs::default()
            },
            recordings: Some(Recordings {
                store: RecordingStore::Folder,
                epoch: 1_700_000_000,
                programs: [("linux/amd64".to_owned(), Digest::sha256(PROGRAM))].into(),
                runs: runs.into(),
            }),
            ..Lock::default()
        };
        let project = Project { dir, lock };
        project
            .dir
            .write("Dockerfile.lock", &file::print(&project.lock));
        project.put(PROGRAM);
        project.put(text.as_bytes());
        let bodies = bodies.iter().filter(|(_, body)| !body.is_empty());
        bodies.for_each(|(_, body)| project.put(body));
        project
    }

    fn put(&self, bytes: &[u8]) {
        self.change(&Digest::sha256(bytes), bytes);
    }

    fn change(&self, digest: &Digest, bytes: &[u8]) {
        std::fs::write(self.blob(digest), bytes).unwrap();
    }

    fn blob(&self, digest: &Digest) -> std::path::PathBuf {
        let bodies = self.dir.path().join("Dockerfile.store/sha256");
        bodies.join(digest.encoded())
    }

    fn count(&self) -> usize {
        let store = self.dir.path().join("Dockerfile.store/sha256");
        std::fs::read_dir(store).map_or(0, Iterator::count)
    }
}

pub(super) fn bodies() -> Vec<(String, Vec<u8>)> {
    let body = |url: &str, body: &[u8]| (url.to_owned(), body.to_vec());
    vec![
        body(
            "http://deb.test/debian/pool/c/curl/curl_7.88.1-10%2bdeb12u14_amd64.deb",
            b"curl",
        ),
        body("https://r.test/@types/node/-/node-20.1.0.tgz", b"node"),
        body("https://h.test/words.txt?x=1", b"words"),
        body("https://h.test/moved", b""),
    ]
}

#[test]
fn a_lock_is_held_against_its_store() {
    let project = Project::new(&bodies());
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("3 recorded files in Dockerfile.store"),
        "{said}"
    );
    assert_eq!(project.dir.run(&["lock", "--verify"]).0, 0);

    let words = Digest::sha256(b"words");
    let message = |what: &str| format!("https://h.test/words.txt?x=1, {words}: it {what}");
    // Each with what `--check` says, where it looks at that.
    let damages: [(&[u8], Option<&str>, &str); 2] = [
        (
            b"wor",
            Some("has 3 bytes, and the lock has 5"),
            "has 3 bytes, and the lock has 5",
        ),
        (b"Words", None, "has other bytes"),
    ];
    for (bytes, checked, verified) in damages {
        project.change(&words, bytes);
        let (code, said) = project.dir.run(&["lock", "--check"]);
        assert_eq!(code, checked.map_or(0, |_| 4), "{said}");
        assert!(
            checked.is_none_or(|what| said.contains(&message(what))),
            "{said}"
        );
        let (code, said) = project.dir.run(&["lock", "--verify"]);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains(&message(verified)), "{said}");
        assert!(said.contains("error[lock-damaged]"), "{said}");
        assert!(
            said.contains("restore Dockerfile.store, or run `rdf lock --record Dockerfile`"),
            "{said}"
        );
    }
    std::fs::remove_file(project.blob(&words)).unwrap();
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains(&message("is not in the store")), "{said}");
    // A build is sent the link, and not what it leads to.
    let kept = project.dir.path().join("words");
    std::fs::write(&kept, b"words").unwrap();
    std::os::unix::fs::symlink(&kept, project.blob(&words)).unwrap();
    for action in ["--check", "--verify"] {
        let (code, said) = project.dir.run(&["lock", action]);
        assert_eq!(code, 4, "{said}");
        assert!(
            said.contains(&message("is a link, which builds do not follow")),
            "{said}"
        );
    }
    std::fs::remove_file(project.blob(&words)).unwrap();
    project.put(b"words");

    let (store, moved) = (
        project.dir.path().join("Dockerfile.store"),
        project.dir.path().join("store"),
    );
    std::fs::rename(&store, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &store).unwrap();
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("`Dockerfile.store` is a link"), "{said}");
    std::fs::remove_file(&store).unwrap();
    std::fs::rename(&moved, &store).unwrap();

    // Answers and programs are read by every check.
    let text = recording(&bodies()).print();
    let answers = Digest::sha256(text.as_bytes());
    project.change(&answers, text.replace("302", "303").as_bytes());
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("the recording of RUN fetch (linux/amd64)"),
        "{said}"
    );
    // A recording that is a link, or no file at all, is nothing to a build either.
    std::fs::write(&kept, &text).unwrap();
    for (link, told) in [
        (true, "it is a link, which builds do not follow"),
        (false, "it is a directory"),
    ] {
        std::fs::remove_file(project.blob(&answers)).unwrap();
        match link {
            true => std::os::unix::fs::symlink(&kept, project.blob(&answers)).unwrap(),
            false => std::fs::create_dir(project.blob(&answers)).unwrap(),
        }
        for action in ["--check", "--verify"] {
            let (code, said) = project.dir.run(&["lock", action]);
            assert_eq!(code, 4, "{said}");
            assert!(said.contains(told), "{said}");
        }
    }
    std::fs::remove_dir(project.blob(&answers)).unwrap();
    project.put(text.as_bytes());
    project.change(&Digest::sha256(PROGRAM), b"the Program");
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("rdf-run for linux/amd64"), "{said}");

    std::fs::remove_dir_all(project.dir.path().join("Dockerfile.store")).unwrap();
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("the store `Dockerfile.store` does not exist"),
        "{said}"
    );
}

#[test]
fn a_lock_that_lists_other_files_than_its_recording_is_refused() {
    let project = Project::new(&bodies());
    let mut lock = project.lock.clone();
    let recordings = lock.recordings.as_mut().unwrap();
    let run = recordings.runs.get_mut(&key("fetch")).unwrap();
    run.fetches.retain(|fetch| !fetch.url.contains("words"));
    project.dir.write("Dockerfile.lock", &file::print(&lock));
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("it lists other files than the lock"),
        "{said}"
    );
}

#[test]
fn steps_and_recordings_are_held_against_each_other() {
    let project = Project::new(&bodies());
    project
        .dir
        .write("Dockerfile", &DOCKERFILE.replace("idle", "other"));
    let output = project.dir.rdf(&["lock", "--check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let told: Vec<_> = findings
        .iter()
        .map(|it| {
            (
                it["code"].as_str().unwrap(),
                it["lines"][0].as_u64(),
                it["hints"][0].as_str().unwrap(),
            )
        })
        .collect();
    let hint = "run `rdf lock --record Dockerfile`";
    assert_eq!(
        told,
        [
            ("lock-unused", None, hint),
            ("lock-unrecorded", Some(3), hint)
        ]
    );
    project.dir.write(
        "Dockerfile",
        &DOCKERFILE.replace("RUN [\"idle", "# a remark\n\nRUN [\"idle"),
    );
    assert_eq!(project.dir.run(&["lock", "--check"]).0, 0);
}

#[test]
fn what_no_lock_names_is_pruned() {
    let project = Project::new(&bodies());
    project.put(b"of an older recording");
    let store = project.dir.path().join("Dockerfile.store");
    std::fs::write(store.join("sha256/README"), "not a blob").unwrap();
    // A recording that was killed, and one that runs: this test.
    std::fs::create_dir(store.join(".incoming-4294967295")).unwrap();
    let own = store.join(format!(".incoming-{}", std::process::id()));
    std::fs::create_dir(&own).unwrap();
    let (code, said) = project.dir.run(&["lock", "--prune"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("a recording is under way"), "{said}");
    assert_eq!(project.count(), 7);
    std::fs::remove_dir(&own).unwrap();
    let (code, said) = project.dir.run(&["lock", "--prune", "--dry-run"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("1 file would be removed, 1 KiB; 5 kept"),
        "{said}"
    );
    assert_eq!(project.count(), 7);
    let (code, said) = project.dir.run(&["lock", "--prune"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("Dockerfile.store: 1 file removed, 1 KiB; 5 kept"),
        "{said}"
    );
    assert_eq!(project.count(), 6);
    assert!(!store.join(".incoming-4294967295").exists());
    assert_eq!(project.dir.run(&["lock", "--verify"]).0, 0);
    std::fs::remove_file(project.dir.path().join("Dockerfile.lock")).unwrap();
    let (code, said) = project.dir.run(&["lock", "--prune"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(project.count(), 6);
}

#[test]
fn a_bill_of_materials_is_valid_cyclonedx() {
    let project = Project::new(&bodies());
    let mut lock = project.lock.clone();
    let hermetic = std::fs::read(super::testdata("lock/application/Dockerfile.lock"));
    if let Ok(other) = hermetic {
        let other = file::read(&other).unwrap();
        (lock.images, lock.git, lock.http) = (other.images, other.git, other.http);
    }
    project.dir.write("Dockerfile.lock", &file::print(&lock));
    let output = project.dir.rdf(&["lock", "--export", "sbom"]);
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(super::testdata("cyclonedx/written.schema.json")).unwrap();
    let bill: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(Schema::new(&text).problems(&bill), Vec::<String>::new());
    let components = bill["components"].as_array().unwrap();
    assert_eq!(components.len(), lock.len() + 3);
    let find = |name: &str| components.iter().find(|it| it["name"] == name).unwrap();
    let node = find("@types/node");
    assert_eq!(node["purl"], "pkg:npm/%40types/node@20.1.0");
    assert_eq!(
        node["hashes"][0]["content"],
        Digest::sha256(b"node").encoded()
    );
    assert_eq!(find("words.txt")["type"], "file");
    let mut refs: Vec<&str> = components
        .iter()
        .map(|it| it["bom-ref"].as_str().unwrap())
        .collect();
    let count = refs.len();
    refs.sort_unstable();
    refs.dedup();
    assert_eq!(refs.len(), count);
    assert_eq!(
        project.dir.rdf(&["lock", "--export", "sbom"]).stdout,
        output.stdout
    );
}

#[test]
fn a_source_policy_lists_what_steps_ask_for() {
    let project = Project::new(&bodies());
    let output = project.dir.rdf(&["lock", "--export", "source-policy"]);
    let policy: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = policy["rules"].as_array().unwrap();
    let allowed: Vec<&str> = rules
        .iter()
        .filter(|rule| rule["action"] == "ALLOW" && rule["selector"]["match_type"] == "EXACT")
        .map(|rule| rule["selector"]["identifier"].as_str().unwrap())
        .collect();
    let mut urls: Vec<String> = bodies().into_iter().map(|(url, _)| url).collect();
    urls.sort();
    assert_eq!(allowed, urls);
}

#[test]
fn a_lock_of_2000_fetches_is_checked_fast() {
    let many: Vec<_> = (0..2000)
        .map(|number| {
            let url = format!("https://r.test/p{number}/-/p{number}-1.0.0.tgz");
            (url, format!("body {number}").into_bytes())
        })
        .collect();
    let project = Project::new(&many);
    let start = Instant::now();
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 0, "{said}");
    // The bar is 50 ms for a release build, which scripts/bench measures; this one is not optimised.
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    std::fs::remove_file(project.blob(&Digest::sha256(b"body 1999"))).unwrap();
    let (code, said) = project.dir.run(&["lock", "--check"]);
    assert_eq!(code, 4, "{said}");
}

/// What a build without it is told to run.
#[test]
fn a_secret_comes_into_a_lock_with_recordings() {
    let project = Project::new(&bodies());
    let (code, said) = project
        .dir
        .run(&["lock", "--secret", "token", "Dockerfile"]);
    assert_eq!(code, 0, "{said}");
    let text = project.dir.read("Dockerfile.lock");
    let lock = file::read(text.as_bytes()).unwrap();
    assert_eq!(lock.secrets, BTreeSet::from(["token".to_owned()]));
    assert_eq!(lock.recordings, project.lock.recordings);
    assert_eq!(lock.mode, Mode::Hermetic);
}
