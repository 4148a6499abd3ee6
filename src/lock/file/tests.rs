use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::image::Digest;
use crate::lock::hermetic::KnownValue;
use crate::lock::model::{
    ConfigFacts, FrontendPin, GitKey, GitPin, HttpPin, ImagePin, Inputs, Mode, RecordedRun,
    RecordingStore, Recordings,
};
use crate::lock::role::ImageRole;
use crate::recording::{Fetch, StepKey};

const DIGEST: &str = "sha256:7cc4b5aefd1d0cadf8d97d4350462ba51c694ebca145b08d7d41b41acc8db5aa";

fn minimal(rest: &str) -> String {
    format!("version = 1\n{rest}")
}

fn error(text: &str) -> FileError {
    read(text.as_bytes()).expect_err(text)
}

#[test]
fn what_is_no_lock_is_named() {
    for (text, kind, line) in [
        ("", FileErrorKind::Empty, None),
        (" \n\t\n", FileErrorKind::Empty, None),
        (
            "version = 1\n<<<<<<< ours\n",
            FileErrorKind::Conflict,
            Some(2),
        ),
        ("version = 1\n=======\n", FileErrorKind::Conflict, Some(2)),
        (
            "version = 2\n[future]\n",
            FileErrorKind::NewerVersion,
            Some(1),
        ),
        (
            "# made by tern\nFROM debian@sha256:aa\n",
            FileErrorKind::OtherTool,
            None,
        ),
        ("from x\n", FileErrorKind::OtherTool, None),
        ("version 1", FileErrorKind::Malformed, Some(1)),
        ("mode = \"locked\"", FileErrorKind::Malformed, Some(1)),
        ("version = 0", FileErrorKind::Malformed, Some(1)),
        ("version = \"1\"", FileErrorKind::Malformed, Some(1)),
        (
            "version = 1\nmode = \"strict\"",
            FileErrorKind::Malformed,
            Some(2),
        ),
        (
            "version = 1\nmoed = \"off\"",
            FileErrorKind::Malformed,
            Some(2),
        ),
        (
            "version = 1\n[[image]]\nref = \"x\"\n",
            FileErrorKind::Malformed,
            Some(3),
        ),
        (
            "version = 1\n[[http]]\nurl = \"https://u:p@h/x\"\n",
            FileErrorKind::Malformed,
            Some(3),
        ),
        (
            "version = 1\n[[git]]\nremote = \"https://h/x\"\ncommit = \"v1\"\n",
            FileErrorKind::Malformed,
            Some(4),
        ),
        (
            "version = 1\n[inputs]\nplatforms = [\"linux/x86_64\"]\n",
            FileErrorKind::Malformed,
            Some(3),
        ),
        (
            "version = 1\n[inputs]\nplatforms = \"linux/amd64\"\n",
            FileErrorKind::Malformed,
            Some(3),
        ),
    ] {
        let error = error(text);
        assert_eq!((error.kind, error.line), (kind, line), "{text:?}: {error}");
        assert!(!error.hint("Dockerfile").is_empty());
    }
    let other = read(b"version = 1\n\xff").expect_err("not UTF-8");
    assert_eq!(other.line, Some(2));
}

#[test]
fn a_digest_that_contradicts_its_key_is_refused() {
    let other = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let text = minimal(&format!(
        "[[image]]\nref = \"docker.io/library/x@{DIGEST}\"\ndigest = \"{other}\"\nlocked = 2026-01-01\n"
    ));
    assert!(error(&text).message.contains("contradicts"));
}

#[test]
fn entries_are_there_once() {
    let entry =
        format!("[[http]]\nurl = \"https://h/x\"\ndigest = \"{DIGEST}\"\nlocked = 2026-01-01\n");
    assert!(read(minimal(&entry).as_bytes()).is_ok());
    assert_eq!(error(&minimal(&format!("{entry}{entry}"))).line, Some(6));
}

#[test]
fn a_leading_blank_line_and_a_bom_do_no_harm() {
    assert_eq!(read(b"\nversion = 1\n"), Ok(Lock::default()));
    assert_eq!(read(b"\xef\xbb\xbfversion = 1\r\n"), Ok(Lock::default()));
}

#[test]
fn the_whole_format() {
    let lock = Lock {
        pinned: BTreeMap::from([("x:latest@sha256:1".into(), "x".into())]),
        args: BTreeMap::from([(
            "TOKEN".into(),
            BTreeSet::from([
                KnownValue::Plain("1".into()),
                KnownValue::Salted {
                    salt: "salt".into(),
                    sha256: "a".repeat(64),
                },
            ]),
        )]),
        free_args: BTreeSet::from(["GIT_SHA".into()]),
        secrets: BTreeSet::from(["npmrc".into()]),
        frontend: FrontendPin::Exact,
        mode: Mode::Hermetic,
        inputs: Inputs {
            targets: BTreeSet::from([String::new(), "dev".into()]),
            platforms: BTreeSet::from(["linux/amd64".into(), "linux/arm64".into()]),
            build_args: BTreeSet::from([
                BTreeMap::new(),
                BTreeMap::from([("PY".into(), "3.13".into())]),
            ]),
            contexts: BTreeMap::from([("src".into(), "docker-image://x".into())]),
            context: Some("https://h/main.git#v2".into()),
            sbom: Some("scanner".into()),
        },
        images: BTreeMap::from([(
            "docker.io/library/python:3.12-slim".into(),
            ImagePin {
                tag: Some("3.13-slim".into()),
                digest: DIGEST.into(),
                platforms: BTreeMap::from([("linux/amd64".into(), DIGEST.into())]),
                config: BTreeMap::from([(
                    "linux/amd64".into(),
                    ConfigFacts {
                        onbuild: vec!["COPY --from=a \"b\" c".into()],
                        env: vec!["U=https://h".into()],
                    },
                )]),
                used_by: BTreeSet::from([ImageRole::From, ImageRole::CopyFrom]),
                locked: "2026-11-22".into(),
            },
        )]),
        git: BTreeMap::from([(
            GitKey {
                remote: "https://h/x.git".into(),
                reference: "v1".into(),
            },
            GitPin {
                commit: "a".repeat(40),
                tag_object: Some("b".repeat(40)),
                locked: "2026-11-22".into(),
            },
        )]),
        http: BTreeMap::from([(
            "https://h/x.tar.gz".into(),
            HttpPin {
                digest: DIGEST.into(),
                size: Some(3),
                given: true,
                locked: "2026-11-22".into(),
            },
        )]),
        recordings: None,
    };
    let text = print(&lock);
    assert_eq!(read(text.as_bytes()).as_ref(), Ok(&lock));
    let (a, b, sha256) = ("a".repeat(40), "b".repeat(40), "a".repeat(64));
    assert_eq!(
        text,
        format!(
            r#"# Made by `rdf lock`. Of what is here, only `mode`, `frontend`, `free-args` and `secrets` are meant to be edited by hand.
version = 1
mode = "hermetic"
frontend = "exact"
free-args = ["GIT_SHA"]
secrets = ["npmrc"]

[inputs]
targets = ["", "dev"]
platforms = ["linux/amd64", "linux/arm64"]
build-args = [{{}}, {{ PY = "3.13" }}]
contexts = {{ src = "docker-image://x" }}
context = "https://h/main.git#v2"
sbom = "scanner"

[args]
TOKEN = ["1", {{ salt = "salt", sha256 = "{sha256}" }}]

[pinned]
"x:latest@sha256:1" = "x"

[[image]]
ref = "docker.io/library/python:3.12-slim"
tag = "3.13-slim"
digest = "{DIGEST}"
platforms = {{ "linux/amd64" = "{DIGEST}" }}
config = {{ "linux/amd64" = {{ onbuild = ["COPY --from=a \"b\" c"], env = ["U=https://h"] }} }}
used-by = ["copy-from", "from"]
locked = 2026-11-22

[[git]]
remote = "https://h/x.git"
ref = "v1"
commit = "{a}"
tag-object = "{b}"
locked = 2026-11-22

[[http]]
url = "https://h/x.tar.gz"
digest = "{DIGEST}"
size = 3
given = true
locked = 2026-11-22
"#
        )
    );
}

fn digests() -> impl Strategy<Value = String> {
    "[0-9a-f]{64}".prop_map(|hex| format!("sha256:{hex}"))
}

fn days() -> impl Strategy<Value = String> {
    (2000u32..2100, 1u32..13, 1u32..29).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

fn platforms() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["linux/amd64", "linux/arm64", "linux/arm/v7"]).prop_map(str::to_owned)
}

fn image_pins() -> impl Strategy<Value = ImagePin> {
    let facts = (
        prop::collection::vec(any::<String>(), 0..3),
        prop::collection::vec(any::<String>(), 0..3),
    )
        .prop_map(|(onbuild, env)| ConfigFacts { onbuild, env });
    (
        prop::option::of("[a-z0-9]{1,5}"),
        digests(),
        prop::collection::btree_map(platforms(), digests(), 0..3),
        prop::collection::btree_map(
            platforms(),
            facts.prop_filter("told", |facts| !facts.is_empty()),
            0..3,
        ),
        prop::collection::btree_set(
            any::<String>().prop_map(|word| ImageRole::parse(&word)),
            0..3,
        ),
        days(),
    )
        .prop_map(
            |(tag, digest, platforms, config, used_by, locked)| ImagePin {
                tag,
                digest,
                platforms,
                config,
                used_by,
                locked,
            },
        )
}

fn locks() -> impl Strategy<Value = Lock> {
    let modes = prop::sample::select(vec![Mode::Off, Mode::Auto, Mode::Locked, Mode::Hermetic]);
    let maps = prop::collection::btree_map(any::<String>(), any::<String>(), 0..3);
    let inputs = (
        prop::collection::btree_set(any::<String>(), 1..3),
        prop::collection::btree_set(platforms(), 0..3),
        prop::collection::btree_set(maps.clone(), 1..3),
        maps,
        prop::option::of("https://[a-z]{1,5}/[a-z#:.]{0,9}"),
        prop::option::of(any::<String>()),
    )
        .prop_map(
            |(targets, platforms, build_args, contexts, context, sbom)| Inputs {
                targets,
                platforms,
                build_args,
                contexts,
                context,
                sbom,
            },
        );
    let git = (
        ("[a-z]{1,5}", any::<String>()),
        ("[0-9a-f]{40}", prop::option::of("[0-9a-f]{40}"), days()),
    )
        .prop_map(|((host, reference), (commit, tag_object, locked))| {
            (
                GitKey {
                    remote: format!("https://{host}/r"),
                    reference,
                },
                GitPin {
                    commit,
                    tag_object,
                    locked,
                },
            )
        });
    let http = (
        digests(),
        prop::option::of(0u64..i64::MAX as u64),
        any::<bool>(),
        days(),
    )
        .prop_map(|(digest, size, given, locked)| HttpPin {
            digest,
            size,
            given,
            locked,
        });
    let images = prop::collection::btree_map(
        "[a-z]{1,5}".prop_map(|n| format!("docker.io/library/{n}:1")),
        image_pins(),
        0..4,
    );
    let git = prop::collection::vec(git, 0..3)
        .prop_map(|pins| pins.into_iter().collect::<BTreeMap<_, _>>());
    let http = prop::collection::btree_map("https://[a-z]{1,5}/\\PC{0,5}", http, 0..3);
    let pinned = prop::collection::btree_map(any::<String>(), any::<String>(), 0..3);
    let recordings = prop::option::of(recordings());
    let known = prop_oneof![
        any::<String>().prop_map(KnownValue::Plain),
        (any::<String>(), "[0-9a-f]{64}")
            .prop_map(|(salt, sha256)| KnownValue::Salted { salt, sha256 }),
    ];
    let given = (
        prop::collection::btree_map(
            any::<String>(),
            prop::collection::btree_set(known, 0..3),
            0..3,
        ),
        prop::collection::btree_set(any::<String>(), 0..3),
        prop::collection::btree_set(any::<String>(), 0..3),
        prop_oneof![Just(FrontendPin::Major), Just(FrontendPin::Exact)],
    );
    (modes, inputs, images, git, http, pinned, recordings, given).prop_map(
        |(mode, inputs, images, git, http, pinned, recordings, given)| {
            let (args, free_args, secrets, frontend) = given;
            Lock {
                frontend,
                args,
                free_args,
                secrets,
                pinned,
                mode,
                inputs,
                images,
                git,
                http,
                recordings,
            }
        },
    )
}

fn recordings() -> impl Strategy<Value = Recordings> {
    let digest = || digests().prop_map(|digest| Digest::parse(&digest).unwrap());
    let fetch = (
        "https://[a-z]{1,5}/\\PC{0,5}",
        digest(),
        1u64..i64::MAX as u64,
    )
        .prop_map(|(url, digest, size)| Fetch { url, digest, size });
    let fetching =
        (digest(), prop::collection::btree_set(fetch, 0..3)).prop_map(|(recording, fetches)| {
            RecordedRun {
                recording: Some(recording),
                fetches,
                network: false,
            }
        });
    let other = any::<bool>().prop_map(|network| RecordedRun {
        network,
        ..RecordedRun::default()
    });
    let run = prop_oneof![fetching, other];
    let words = || prop::collection::vec(any::<String>(), 0..3);
    let key = (
        any::<String>(),
        words(),
        prop::option::of(digest()),
        words(),
        prop::collection::btree_map(any::<String>(), any::<String>(), 0..2),
        1u32..9,
    );
    let key = key.prop_map(|(stage, command, script, mounts, args, ordinal)| StepKey {
        stage,
        platform: "linux/amd64".to_owned(),
        command,
        script,
        mounts,
        args,
        ordinal,
    });
    let runs = prop::collection::btree_map(key, run, 0..3);
    (any::<i64>(), digest(), runs).prop_map(|(epoch, program, runs)| Recordings {
        store: RecordingStore::Folder,
        epoch,
        programs: BTreeMap::from([("linux/amd64".to_owned(), program)]),
        runs,
    })
}

const RECORDED: &str = r#"
[recording]
store = "folder"
epoch = 1700000000
rdf-run = { "linux/amd64" = "DIGEST" }

[[run]]
stage = "build"
platform = "linux/amd64"
command = ["/bin/sh", "-c", "curl -o x https://h/x"]
mounts = ["/m"]
ordinal = 2
recording = "DIGEST"
fetches = [
    { url = "https://h/x", digest = "DIGEST", size = 3 },
    { url = "https://h/y", digest = "DIGEST", size = 1 },
]
"#;

#[test]
fn a_recording_has_a_line_for_each_fetch() {
    let text = minimal(&RECORDED.replace("DIGEST", DIGEST));
    let lock = read(text.as_bytes()).unwrap();
    let printed = print(&lock);
    assert!(
        printed.ends_with(&RECORDED.replace("DIGEST", DIGEST)),
        "{printed}"
    );
    let recordings = lock.recordings.unwrap();
    assert_eq!(recordings.blobs().len(), 1);
    let (key, run) = recordings.runs.first_key_value().unwrap();
    assert_eq!((key.ordinal, run.fetches.len()), (2, 2));
}

#[test]
fn a_store_in_a_registry_has_an_image_for_each_recording() {
    let images = format!("[recording.images]\n\"{DIGEST}\" = \"{DIGEST}\"\n\n[[run]]");
    let recorded = RECORDED.replace("DIGEST", DIGEST);
    let recorded = recorded.replace("\"folder\"", &format!("\"reg.test/me/store@{DIGEST}\""));
    let whole = recorded.replace("[[run]]", &images);
    let lock = read(minimal(&whole).as_bytes()).unwrap();
    let printed = print(&lock);
    assert!(printed.ends_with(&whole), "{printed}");
    let recordings = lock.recordings.unwrap();
    let RecordingStore::Registry(store) = &recordings.store else {
        panic!("{:?}", recordings.store);
    };
    let digest = Digest::parse(DIGEST).unwrap();
    let image = store.image(&digest).unwrap().to_string();
    assert_eq!(image, format!("reg.test/me/store@{DIGEST}"));
    // Neither the step nor its program may be without.
    let message = format!("`[recording.images]` has no image for {DIGEST}");
    assert_eq!(error(&minimal(&recorded)).message, message);
    let loose = whole.replace(&format!("@{DIGEST}\"\nepoch"), ":1\"\nepoch");
    assert!(
        error(&minimal(&loose))
            .message
            .starts_with("`store` must be `folder`, `oci")
    );
}

#[test]
fn an_image_layout_is_named_by_its_directory() {
    let recorded = RECORDED.replace("DIGEST", DIGEST);
    let whole = recorded.replace("\"folder\"", "\"oci-layout://app.store\"");
    let lock = read(minimal(&whole).as_bytes()).unwrap();
    assert!(print(&lock).ends_with(&whole));
    let store = lock.recordings.unwrap().store;
    let (name, directory) = (store.name("Dockerfile"), store.directory("Dockerfile"));
    assert_eq!((&*name, &*directory), ("app.store", "app.store/blobs"));
    let message = error(&minimal(&whole.replace("app.store", "../app.store"))).message;
    assert!(
        message.contains("is not the name of a directory"),
        "{message}"
    );
    let images = format!("[recording.images]\n\"{DIGEST}\" = \"{DIGEST}\"\n\n[[run]]");
    let message = error(&minimal(&whole.replace("[[run]]", &images))).message;
    assert_eq!(
        message,
        "the store `oci-layout://app.store` has no `images`"
    );
}

#[test]
fn a_recording_that_cannot_be_replayed_is_refused() {
    let whole = minimal(&RECORDED.replace("DIGEST", DIGEST));
    let wrong = |from: &str, to: &str| error(&whole.replacen(from, to, 1));
    let start = whole.find("[[run]]").unwrap();
    let alone = error(&minimal(&whole[start..]));
    assert_eq!(alone.message, "`[[run]]` requires `[recording]`");
    for (from, to, line, message) in [
        ("\"folder\"", "\"registry\"", 4, "`store` must be `folder`"),
        ("1700000000", "\"now\"", 5, "expected a whole number"),
        (
            "{ \"linux/amd64\" = ",
            "{ \"linux/arm64\" = ",
            8,
            "no `rdf-run` for linux/amd64",
        ),
        (
            "ordinal = 2",
            "ordinal = 0",
            13,
            "`ordinal` must be a number from 1",
        ),
        (
            "recording = \"sha256:",
            "recording = \"../../",
            14,
            "is not a valid SHA-256 digest",
        ),
        (
            "https://h/x\", d",
            "https://u:p@h/x\", d",
            16,
            "credentials",
        ),
        ("https://h/y\"", "https://h/x\"", 17, "duplicate entry"),
        ("size = 3", "sise = 3", 16, "`size` is missing"),
    ] {
        // The second entry is the same as the first but for its size.
        let error = match message {
            "duplicate entry" => error(&whole.replace(from, to).replace("size = 1", "size = 3")),
            _ => wrong(from, to),
        };
        assert!(error.message.contains(message), "{message}: {error}");
        assert_eq!(error.line, Some(line), "{message}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_printed_is_read_back(lock in locks()) {
        let text = print(&lock);
        let read = read(text.as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&lock), "{}", text);
        prop_assert_eq!(print(&read.unwrap()), text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn damage_is_read_or_refused(lock in locks(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = print(&lock).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes);
    }
}

#[test]
fn names_of_sources_have_no_control_characters() {
    let commit = "a".repeat(40);
    let git = |remote: &str, reference: &str| {
        format!(
            "version = 1\n[[git]]\nremote = \"{remote}\"\nref = \"{reference}\"\ncommit = \"{commit}\"\n\
             locked = \"2026-11-22\"\n"
        )
    };
    assert!(super::read(git("https://h/x.git", "v1").as_bytes()).is_ok());
    for (remote, reference) in [
        ("https://h/x.git", "v1\\n::error file=x::pwned"),
        ("https://h/\\u001b[2J.git", "v1"),
        ("https://h/x.git", "\\u0007"),
    ] {
        let error = super::read(git(remote, reference).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("control characters"), "{error}");
    }
}
