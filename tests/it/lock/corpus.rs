//! Pins in real Dockerfiles: written, taken out again, and the same ops as the lock gives.
//!
//! testdata/corpus always; `RDF_CORPUS` names a directory of other Dockerfiles, skipped where it is not set.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::Method;
use dockerfile_llb::image::{Digest, Platform};
use dockerfile_llb::internals::lock::collect::{
    Collected, Document, Facts, RemoteSeen, Walk, collect_offline,
};
use dockerfile_llb::internals::lock::model::{ConfigFacts, pinned_reference};
use dockerfile_llb::internals::lock::update::{
    Resolutions, ResolvedGit, ResolvedHttp, ResolvedImage, assemble,
};
use dockerfile_llb::internals::lock::{Inputs, Lock};
use dockerfile_llb::internals::lock::{edit, file, verify};
use dockerfile_llb::internals::pb;
use dockerfile_llb::llb::SourceDescription;
use dockerfile_llb::syntax::detect_syntax;
use dockerfile_llb::testing::{FakeDaemon, Image};

const PLATFORM: &str = "linux/amd64";
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    files: usize,
    /// It does not compile.
    broken: usize,
    /// It takes nothing from outside.
    empty: usize,
    /// Places that got a pin.
    pins: usize,
    /// Places that could not get one, each with its reason.
    refused: usize,
    /// Files with a git source that names no protocol. The ops differ: their text is among the paths that the
    /// context is asked for, as the reference has it.
    scp: usize,
    /// Files whose pinned form gives the ops of the lock without the lock.
    same_alone: usize,
    /// Files whose pinned form gives them with the lock.
    same: usize,
}

fn digest(of: &str) -> String {
    Digest::sha256(of.as_bytes()).to_string()
}

fn host() -> Platform {
    Platform::new("linux", "amd64")
}

fn inputs() -> Inputs {
    Inputs {
        platforms: BTreeSet::from([PLATFORM.to_owned()]),
        ..Inputs::default()
    }
}

/// The walk, with plain images.
fn collect(document: &Document) -> (Collected, Facts) {
    let mut walk = Walk::new(document, &inputs(), &host());
    let mut facts = Facts::new();
    loop {
        let questions = walk.questions();
        if questions.is_empty() {
            return (walk.finish(), facts);
        }
        for question in questions {
            facts.insert(question.clone(), ConfigFacts::default());
            walk.answer(question, Some(ConfigFacts::default()));
        }
    }
}

/// What a file demands of a source: the longest, of which the others are the beginning.
fn demanded(seen: &RemoteSeen) -> Option<&str> {
    seen.given
        .keys()
        .map(String::as_str)
        .max_by_key(|it| it.len())
}

/// Nothing fits to a file that demands two things of one source.
fn contradicts_itself(collected: &Collected) -> bool {
    let mut sources = collected.git.values().chain(collected.http.values());
    sources.any(|seen| {
        let longest = demanded(seen).unwrap_or_default();
        !seen.given.keys().all(|it| longest.starts_with(it.as_str()))
    })
}

/// A lock with made-up pins.
fn lock(collected: &Collected, facts: &Facts) -> Lock {
    let mut found = Resolutions::default();
    for (reference, seen) in &collected.images {
        let own = reference
            .split_once('@')
            .map(|(_, digest)| digest.to_owned());
        let platforms = seen.platforms.iter();
        let image = ResolvedImage {
            tag: None,
            digest: own.unwrap_or_else(|| digest(reference)),
            platforms: platforms
                .map(|platform| (platform.clone(), digest(&format!("{reference} {platform}"))))
                .collect(),
        };
        found.images.insert(reference.clone(), image);
    }
    for (key, seen) in &collected.git {
        let made = digest(&format!("{key:?}"))["sha256:".len()..][..40].to_owned();
        // What the file demands may be the beginning of a commit.
        let given = demanded(seen).unwrap_or_default();
        let resolved = ResolvedGit {
            commit: format!("{given}{}", &made[given.len()..]),
            tag_object: None,
        };
        found.git.insert(key.clone(), resolved);
    }
    for (url, seen) in &collected.http {
        let file = ResolvedHttp {
            digest: demanded(seen).map_or_else(|| digest(url), str::to_owned),
            size: None,
        };
        found.http.insert(url.clone(), file);
    }
    assemble(
        &Lock::default(),
        inputs(),
        collected,
        &found,
        facts,
        "2026-01-01",
    )
}

/// The ops that the frontend sends for a file; with a lock, or without.
fn ops(bytes: &[u8], lock: &Lock, with_lock: bool) -> Result<Vec<Vec<u8>>, String> {
    let daemon = FakeDaemon::new();
    // Called by the `# syntax=` line, if there is one, and so not handed on.
    let line = detect_syntax(bytes).map(|line| line.full.into_string());
    daemon.set_opt("cmdline", &line.unwrap_or_default());
    daemon.set_opt("platform", PLATFORM);
    daemon.add_file("local://dockerfile", "Dockerfile", bytes.to_vec());
    if with_lock {
        daemon.add_file("local://dockerfile", "Dockerfile.lock", file::print(lock));
    }
    for (key, pin) in &lock.images {
        let image = Image::new(pin.digest.clone(), CONFIG);
        daemon.add_image(&pinned_reference(key, pin).unwrap(), image);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(daemon.build(&Dockerfile))
        .map_err(|error| error.message().to_owned())?;
    let solves: Vec<pb::gateway::SolveRequest> = daemon.requests(Method::Solve);
    let definition = solves.last().and_then(|solve| solve.definition.clone());
    Ok(definition.unwrap_or_default().def)
}

/// Sources that are in one graph and not in the other.
fn difference(a: &[Vec<u8>], b: &Result<Vec<Vec<u8>>, String>) -> String {
    let sources = |def: &[Vec<u8>]| {
        let definition = pb::ops::Definition {
            def: def.to_vec(),
            ..Default::default()
        };
        dockerfile_llb::internals::from_pb(definition)
            .sources()
            .unwrap_or_default()
    };
    match b {
        Err(error) => error.clone(),
        Ok(b) => {
            let [a, b] = [sources(a), sources(b)];
            let only = |of: &[SourceDescription], other: &[SourceDescription]| {
                let only = of.iter().filter(|source| !other.contains(source));
                format!("{:#?}", only.collect::<Vec<_>>())
            };
            format!("{} and {}", only(&a, &b), only(&b, &a))
        }
    }
}

/// Digests in a text, with how often each is there.
fn digests(text: &str) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for (at, _) in text.match_indices("sha256:") {
        let digest = text.get(at..at + 71).unwrap_or_default();
        if Digest::parse(digest).is_ok() {
            *found.entry(digest).or_default() += 1;
        }
    }
    found
}

/// Locks a Dockerfile, writes its pins into it and takes them out: the ops stay those of the lock, the bytes come back.
pub(crate) fn check(name: &str, bytes: Vec<u8>, tally: &mut Tally) {
    tally.files += 1;
    let document = Document::new("Dockerfile", bytes.clone());
    let (collected, facts) = collect(&document);
    if !collected.problems.is_empty() || contradicts_itself(&collected) {
        tally.broken += 1;
        return;
    }
    let lock = lock(&collected, &facts);
    tally.empty += usize::from(lock.is_empty());
    let checked = verify::check(&document, &lock, &host());
    assert_eq!(checked.findings, [], "{name}");

    let edited = edit::pin(&document, &lock, &collected);
    tally.pins += edited.changes;
    tally.refused += edited.refused.len();
    assert!(edited.refused.iter().all(|it| !it.message.is_empty()));
    let pinned = Document::new("Dockerfile", edited.bytes.clone());
    let with_pins = Lock {
        pinned: edited.pinned.clone(),
        ..lock.clone()
    };
    let back = edit::unpin(&pinned, &with_pins).bytes;
    assert!(back == bytes, "{name}: other bytes");
    // Pinning twice is pinning once.
    let seen = collect_offline(&pinned, &inputs(), &host(), |question| {
        verify::facts_in(&with_pins, question)
    });
    assert!(
        edit::pin(&pinned, &with_pins, &seen).bytes == edited.bytes,
        "{name}: pinned twice"
    );
    let checked = verify::check(&pinned, &with_pins, &host());
    assert_eq!(checked.findings, [], "{name}: pinned");
    // The author's own digests stay.
    let texts = [&bytes, &edited.bytes].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let [before, after] = [digests(&texts[0]), digests(&texts[1])];
    for (digest, count) in before {
        assert!(after.get(digest) >= Some(&count), "{name}: {digest}");
    }

    let from_lock = ops(&bytes, &lock, true).unwrap_or_else(|error| panic!("{name}: {error}"));
    let from_pins = ops(&edited.bytes, &with_pins, true);
    if String::from_utf8_lossy(&edited.bytes).contains(" git@") {
        tally.scp += 1;
        return;
    }
    assert!(
        from_pins.as_ref() == Ok(&from_lock),
        "{name}: other ops with the lock: {}",
        difference(&from_lock, &from_pins)
    );
    tally.same += 1;
    if edited.refused.is_empty() {
        let alone = ops(&edited.bytes, &with_pins, false);
        assert!(
            alone.as_ref() == Ok(&from_lock),
            "{name}: other ops without the lock: {}",
            difference(&from_lock, &alone)
        );
        tally.same_alone += 1;
    }
}

fn check_all(root: &Path) -> Tally {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("files"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut tally = Tally::default();
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        check(&path.to_string_lossy(), bytes, &mut tally);
    }
    println!("{}: {tally:?}", root.display());
    tally
}

#[test]
fn pins_of_the_own_corpus_come_out_again() {
    let tally = check_all(&super::testdata("corpus"));
    assert!(tally.files > 150 && tally.pins > 150, "{tally:?}");
    assert!(tally.broken < tally.files / 4, "{tally:?}");
}

/// `--from=2` of two stages is the image that another `--from=` names, as in the reference.
#[test]
fn an_image_that_is_taken_by_number_is_told() {
    let mut tally = Tally::default();
    let text = "FROM alpine\nCOPY --from=alpine:3.20 /a /b\nFROM debian\nCOPY --from=2 /b /c\n";
    check("by number", text.into(), &mut tally);
    assert_eq!((tally.pins, tally.refused), (1, 1), "{tally:?}");
}

#[test]
fn pins_of_the_other_corpus_come_out_again() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert_ne!(check_all(Path::new(&root)).files, 0),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}
