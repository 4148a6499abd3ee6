//! What frontends after 1.26, of which the recordings are, do otherwise: the rows NEW of PARITY.md.
//!
//! Nothing here was recorded. The expected values are from the source and the release notes, as the rows say; where
//! a recording of 1.26 has the bytes that something new must give, it is compared with that.

use dockerfile_llb::frontend::{ClientOptions, DockerfileFrontend as Dockerfile};
use dockerfile_llb::gateway::{Error, Method, Result, SolveResult};
use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::frontend::options::KIT_CAPS;
use dockerfile_llb::internals::llb::caps;
use dockerfile_llb::internals::pb::gateway::{ResolveSourceMetaRequest, ResolveSourceMetaResponse};
use dockerfile_llb::internals::pb::ops::file_action::Action;
use dockerfile_llb::internals::pb::ops::{FileAction, Op, SourceOp, op};
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::llb::CUSTOM_NAME;
use dockerfile_llb::testing::{FakeDaemon, Image};
use prost::Message;

const ALPINE: &str = "docker.io/library/alpine:latest";
const CONFIG: &str =
    r#"{"config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;

fn daemon(dockerfile: &str) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    let digest = format!("sha256:{}", "a".repeat(64));
    daemon.add_image(ALPINE, Image::new(digest, CONFIG));
    daemon.add_file("local://dockerfile", "Dockerfile", dockerfile.to_owned());
    daemon
}

fn build(daemon: &FakeDaemon) -> Result<SolveResult> {
    daemon.run(Dockerfile)
}

/// The ops of the only ref, as bytes, without what only accompanies them.
fn definition(daemon: &FakeDaemon) -> Vec<Vec<u8>> {
    let result = build(daemon).unwrap_or_else(|error| panic!("{}", error.message()));
    let reference = result.single().unwrap().expect("a ref");
    daemon.sent(&reference.id).expect("a definition").def
}

fn ops(daemon: &FakeDaemon) -> Vec<Op> {
    let bytes = definition(daemon);
    bytes.iter().map(|op| Op::decode(&**op).unwrap()).collect()
}

fn history(daemon: &FakeDaemon) -> Vec<String> {
    let config = build(daemon).unwrap().metadata["containerimage.config"].clone();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    let entries = config["history"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["created_by"].as_str().unwrap().to_owned())
        .collect()
}

/// The daemon forgets a capability.
fn without(daemon: &FakeDaemon, cap: &str) {
    daemon.set_environment(|environment| {
        environment.llb_caps = environment.llb_caps.clone().without(cap);
    });
}

fn devices(daemon: &FakeDaemon) -> Vec<(String, bool)> {
    let execs = ops(daemon).into_iter().filter_map(|op| match op.op {
        Some(op::Op::Exec(exec)) => Some(exec.cdi_devices),
        _ => None,
    });
    let devices = execs.flatten();
    devices
        .map(|device| (device.name, device.optional))
        .collect()
}

#[test]
fn devices_need_no_channel_of_their_own() {
    let text = "FROM alpine\nRUN --device=a.test/x=0,required --device=b.test/y true\n";
    let expected = [("a.test/x=0", false), ("b.test/y", true)];
    let expected = expected.map(|(name, optional)| (name.to_owned(), optional));
    assert_eq!(devices(&daemon(text)), expected);
    // Which daemons get them is as before.
    let old = daemon(text);
    without(&old, caps::EXEC_META_CDI);
    assert_eq!(devices(&old), []);
}

/// A web context that begins with `content` is unpacked.
fn is_unpacked(content: &[u8]) -> bool {
    let daemon = daemon("FROM scratch\nCOPY a /d\n");
    daemon.set_opt("context", "https://example.test/x");
    // Not the archive: that a daemon unpacks it is not what this is about.
    daemon.set_opt("dockerfilekey", "dockerfile");
    daemon.add_file("local://dockerfile", "context", "FROM scratch\nCOPY a /d\n");
    daemon.add_file("https://example.test/x", "context", content.to_vec());
    let unpacks = |action: &FileAction| {
        matches!(&action.action, Some(Action::Copy(copy))
            if copy.attempt_unpack_docker_compatibility && copy.src == "/context")
    };
    ops(&daemon).iter().any(|op| match &op.op {
        Some(op::Op::File(file)) => file.actions.iter().any(unpacks),
        _ => false,
    })
}

#[test]
fn archives_packed_by_zstd_are_contexts() {
    assert!(is_unpacked(&[0x28, 0xb5, 0x2f, 0xfd, 0]));
    assert!(is_unpacked(&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]));
    assert!(!is_unpacked(&[0x28, 0xb5, 0x2f, 0xfe]));
}

#[test]
fn the_image_says_what_the_frontend_can_do() {
    let dockerfile = concat!(env!("CARGO_MANIFEST_DIR"), "/frontend-image/Dockerfile");
    let dockerfile = std::fs::read_to_string(dockerfile).unwrap();
    let caps = concat!(
        "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts,",
        "moby.buildkit.frontend.gitquerystring,moby.buildkit.frontend.contexts.zstd"
    );
    assert_eq!(KIT_CAPS.join(","), caps);
    for label in [
        format!("LABEL moby.buildkit.frontend.caps=\"{caps}\"\n"),
        "LABEL moby.buildkit.frontend.network.none=\"true\"\n".to_owned(),
    ] {
        assert!(dockerfile.contains(&label), "{label}");
    }
    let daemon = daemon("FROM scratch\n");
    daemon.set_opt("frontend.caps", caps);
    assert!(build(&daemon).is_ok());
}

/// The attribute of every git source that a build asks for or is made of; `epoch`: where its time is from.
fn advice(dockerfile: &str, opts: &[(&str, &str)]) -> Vec<Option<String>> {
    let daemon = daemon(dockerfile);
    let commit = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <a@x> 1700000000 +0000\ncommitter a <a@x> 1700000000 +0000\n\nx\n";
    let answer = ResolveSourceMetaResponse {
        git: Some(
            dockerfile_llb::internals::pb::gateway::ResolveSourceGitResponse {
                commit_object: commit.as_bytes().to_vec(),
                ..Default::default()
            },
        ),
        ..Default::default()
    };
    daemon.set_source_meta("git://example.test/r.git#v1", answer);
    daemon.add_file(
        "git://example.test/r.git#v1",
        "Dockerfile",
        dockerfile.to_owned(),
    );
    for (key, value) in opts {
        daemon.set_opt(key, value);
    }
    let built = ops(&daemon).into_iter().filter_map(|op| match op.op {
        Some(op::Op::Source(source)) => Some(source),
        _ => None,
    });
    let asked: Vec<ResolveSourceMetaRequest> = daemon.requests(Method::ResolveSourceMeta);
    let asked = asked.into_iter().filter_map(|request| request.source);
    let is_git = |source: &SourceOp| source.identifier.starts_with("git://");
    let sources = built.chain(asked).filter(is_git);
    sources
        .map(|source| {
            let mut attrs = source.attrs.into_iter();
            let found = attrs.find(|entry| entry.key == "git.advice");
            found.map(|entry| entry.value)
        })
        .collect()
}

#[test]
fn advice_of_git_is_shown_on_request() {
    let url = "https://example.test/r.git#v1";
    let add = format!("FROM scratch\nADD {url} /\n");
    let stage = format!("FROM scratch AS times\nADD {url} /\nFROM scratch\nCOPY a /\n");
    let copy = "FROM scratch\nCOPY a /\n";
    let from = "FROM scratch\nCOPY --from=x a /\n";
    let on = ("build-arg:BUILDKIT_GIT_ADVICE", "1");
    for (what, dockerfile, opts) in [
        ("main context", copy, vec![("context", url)]),
        ("named context", from, vec![("context:x", url)]),
        ("ADD", add.as_str(), vec![]),
        (
            "time of a stage",
            stage.as_str(),
            vec![("build-arg:SOURCE_DATE_EPOCH", "times")],
        ),
    ] {
        assert_eq!(advice(dockerfile, &opts), [None], "{what}");
        let mut given = opts.clone();
        given.push(on);
        assert_eq!(
            advice(dockerfile, &given),
            [Some("true".to_owned())],
            "{what}"
        );
        given.push((on.0, "false"));
        assert_eq!(advice(dockerfile, &given), [None], "{what}");
    }
}

#[test]
fn advice_of_git_is_a_boolean() {
    let daemon = daemon("FROM scratch\n");
    daemon.set_opt("build-arg:BUILDKIT_GIT_ADVICE", "");
    assert!(build(&daemon).is_ok());
    daemon.set_opt("build-arg:BUILDKIT_GIT_ADVICE", "yes");
    assert_eq!(
        build(&daemon).unwrap_err().message(),
        "failed to parse build-arg:BUILDKIT_GIT_ADVICE: strconv.ParseBool: parsing \"yes\": invalid syntax"
    );
    assert!(
        !ClientOptions::read(&FakeDaemon::new().environment())
            .unwrap()
            .git_advice
    );
}

/// The lines that an error points at.
fn lines(error: &Error) -> Vec<i32> {
    let sources = error.sources().into_iter();
    let ranges = sources.flat_map(|source| source.ranges);
    ranges.map(|range| range.start.line).collect()
}

#[test]
fn links_take_no_names_of_owners() {
    for (instruction, owner) in [
        ("COPY --link --chown=app a /b", "app"),
        ("COPY --chown=app:7 --link a /b", "app:7"),
        ("COPY --link --chown=7:app a /b", "7:app"),
        ("COPY --link --chown=:app a /b", ":app"),
        ("COPY --link --chown=app: a /b", "app:"),
        ("COPY --link --chown=$OWNER a /b", "who:what"),
        ("COPY --link --chown=root:staff a /b", "root:staff"),
        // The order of checks: a wrong mode is found after it.
        ("COPY --link --chown=app --chmod=9999999 a /b", "app"),
        ("COPY --link --chown=app --exclude=*.x a /b", "app"),
        ("ADD --link --chown=app a /b", "app"),
        ("ADD --link --chown=app --checksum=x a /b", "app"),
        ("ADD --link --chown=app https://example.test/x /b", "app"),
    ] {
        for cap in [None, Some(caps::MERGE_OP)] {
            let daemon = daemon(&format!("FROM alpine\nENV OWNER=who:what\n{instruction}\n"));
            if let Some(cap) = cap {
                without(&daemon, cap);
            }
            let error = build(&daemon).unwrap_err();
            assert_eq!(
                error.message(),
                format!(
                    "--chown={owner}: user and group names can't be resolved when used with --link, use numeric uid[:gid] instead"
                ),
                "{instruction}"
            );
            assert_eq!(lines(&error), [3], "{instruction}");
        }
    }
}

#[test]
fn links_take_numbers_of_owners() {
    for owner in [
        "1000",
        "1000:2000",
        "1000:",
        "root:",
        ":",
        "root",
        "root:root",
        ":7",
        "''",
    ] {
        for instruction in ["COPY", "ADD"] {
            let text = format!("FROM alpine\n{instruction} --link --chown={owner} a /b\n");
            assert!(build(&daemon(&text)).is_ok(), "{text}");
        }
    }
    // Without a link, names are looked up in the base.
    assert!(build(&daemon("FROM alpine\nCOPY --link=false --chown=app a /b\n")).is_ok());
    // A stage that is not needed is not looked at, unless all are.
    let unneeded = daemon("FROM alpine AS one\nCOPY --link --chown=app a /b\nFROM alpine\n");
    assert!(build(&unneeded).is_ok());
    unneeded.set_opt("requestid", "frontend.lint");
    let report = build(&unneeded).unwrap().metadata["result.json"].clone();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let message = report["buildError"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("--chown=app: user and"), "{report}");
}

#[test]
fn an_empty_group_is_none() {
    for (with, plain) in [
        ("COPY --chown=app: a /b", "COPY --chown=app a /b"),
        ("COPY --chown=1000: a /b", "COPY --chown=1000 a /b"),
        ("COPY --chown=$OWNER: a /b", "COPY --chown=app a /b"),
        (
            "COPY --link --chown=1000: a /b",
            "COPY --link --chown=1000 a /b",
        ),
        ("ADD --chown=app: a /b", "ADD --chown=app a /b"),
        ("USER app:\nWORKDIR /w", "USER app\nWORKDIR /w"),
        ("USER 1000:\nWORKDIR /w", "USER 1000\nWORKDIR /w"),
    ] {
        let text = |instruction: &str| format!("FROM alpine\nARG OWNER=app\n{instruction}\n");
        let (with, plain) = (daemon(&text(with)), daemon(&text(plain)));
        assert_eq!(definition(&with), definition(&plain));
    }
    let daemon = daemon("FROM alpine\nCOPY --chown=app: a /b\nUSER app:\nWORKDIR /w\n");
    let texts = history(&daemon);
    assert_eq!(
        texts,
        [
            "COPY --chown=app: a /b # buildkit",
            "USER app:",
            "WORKDIR /w"
        ]
    );
}

#[test]
fn a_group_alone_has_user_0() {
    let owner = |text: &str| {
        let daemon = daemon(&format!("FROM alpine\nCOPY --chown={text} a /b\n"));
        let files = ops(&daemon).into_iter().find_map(|op| match op.op {
            Some(op::Op::File(file)) => Some(file.actions),
            _ => None,
        });
        match files.unwrap().remove(0).action {
            Some(Action::Copy(copy)) => copy.owner.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(owner(":7"), owner("0:7"));
    assert_eq!(owner(":"), owner("0"));
    assert_ne!(owner(":7"), owner("7"));
}

/// The names of the `RUN` steps of the only ref.
fn run_names(dockerfile: &str) -> Vec<String> {
    names(dockerfile, |op| matches!(op, op::Op::Exec(_)))
}

fn names(dockerfile: &str, wanted: impl Fn(&op::Op) -> bool) -> Vec<String> {
    let daemon = daemon(dockerfile);
    let result = build(&daemon).unwrap_or_else(|error| panic!("{}", error.message()));
    let reference = result.single().unwrap().expect("a ref");
    let definition = daemon.sent(&reference.id).expect("a definition");
    let steps = definition.def.iter();
    let steps = steps.filter(|op| {
        Op::decode(op.as_slice())
            .unwrap()
            .op
            .is_some_and(|op| wanted(&op))
    });
    steps
        .map(|op| {
            let digest = Digest::sha256(op);
            let mut metadata = definition.metadata.iter();
            let entry = metadata.find(|entry| entry.key == digest.as_str()).unwrap();
            let mut texts = entry.value.description.iter();
            let name = texts.find(|entry| entry.key == CUSTOM_NAME).unwrap();
            name.value.clone()
        })
        .collect()
}

#[test]
fn names_of_run_steps_keep_escapes() {
    for (instruction, name) in [
        (r"RUN dir C:\a", r"RUN dir C:\a"),
        (r"RUN echo \$FOO $FOO", r"RUN echo \$FOO 1"),
        (
            r#"RUN echo "\"$FOO\" \$FOO \\ \n""#,
            r#"RUN echo "\"1\" \$FOO \\ \n""#,
        ),
        (r"RUN echo 'a\b \$FOO'", r"RUN echo 'a\b \$FOO'"),
        (r"RUN echo a\\\", r"RUN echo a\\\"),
        // The exec form.
        (
            r#"RUN ["C:\\a", "\"q\"", "$FOO", "\\$FOO"]"#,
            r#"RUN ["C:\\a", "\"q\"", "1", "\\1"]"#,
        ),
        // Several lines, and a lower-case name.
        (
            "run echo \\$FOO \\\n  \"\\\"\" \\\n  && dir C:\\a",
            "RUN echo \\$FOO   \"\\\"\"   && dir C:\\a",
        ),
        // Heredocs: one that is the command, quoted or not, and one among others.
        (
            "RUN <<EOF\nsed 's/\\.//' \"\\$FOO\" $FOO\nEOF",
            r#"RUN <<EOF (sed 's/\.//' "\$FOO" 1)"#,
        ),
        (
            "RUN <<'EOF'\nprintf \"a\\tb\\\"\" \\\\\nls\nEOF",
            r#"RUN <<'EOF' (printf "a\tb\"" \\...)"#,
        ),
        (
            "RUN cat <<EOF > C:\\$FOO\na\\b\nEOF",
            r"RUN cat <<EOF > C:\$FOO",
        ),
        // Words within braces go by rules of their own, and what cannot be read stays as written.
        (
            r"RUN echo ${NONE:-a\b} ${FOO:+a\b}",
            r"RUN echo ${NONE:-ab} ab",
        ),
        (r"RUN echo ${NONE#'a\b'}", r"RUN echo ${NONE#'a\\b'}"),
        (
            r#"RUN echo ${NONE/"\n"/"\n"}"#,
            r#"RUN echo ${NONE/"\\n"/"\n"}"#,
        ),
        (r#"RUN echo \$FOO $FOO ""#, r#"RUN echo \$FOO $FOO ""#),
        // The value of a variable is no longer looked into, and was not before.
        (r"RUN echo $PATHS", r"RUN echo C:\a"),
    ] {
        let text = format!("FROM alpine\nENV FOO=1 PATHS='C:\\a'\n{instruction}\n");
        assert_eq!(run_names(&text), [format!("[2/2] {name}")], "{instruction}");
    }
    let text = "# escape=`\nFROM alpine\nENV FOO=1\nRUN dir C:\\a `$FOO $FOO \"`\" `a\"\n";
    assert_eq!(run_names(text), ["[2/2] RUN dir C:\\a `$FOO 1 \"`\" `a\""]);
}

#[test]
fn names_of_other_steps_have_escapes_removed() {
    let text = "FROM alpine\nCOPY a\\$b \"/\\\"\"\nADD c\\$d /e\nWORKDIR /f\\$g\n";
    assert_eq!(
        names(text, |op| matches!(op, op::Op::File(_))),
        [
            "[2/4] COPY a$b /\"",
            "[3/4] ADD c$d /e",
            "[4/4] WORKDIR /f$g"
        ]
    );
}

/// What `ENV Y=word` gives where `X` is set to `value`, which has no single quote.
fn expanded(escape: &str, value: &str, word: &str) -> std::result::Result<String, String> {
    let daemon = daemon(&format!(
        "# escape={escape}\nFROM alpine\nENV X='{value}'\nENV Y={word}\n"
    ));
    let result = build(&daemon).map_err(|error| error.message().to_owned())?;
    let config = result.metadata["containerimage.config"].clone();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    let variables = config["config"]["Env"].as_array().unwrap();
    let found = variables
        .iter()
        .find_map(|it| it.as_str()?.strip_prefix("Y="));
    Ok(found.unwrap().to_owned())
}

#[test]
fn quoted_escapes_in_patterns_stand_for_themselves() {
    for (escape, value, word, expected) in [
        ("\\", r"a\bc", r"${X#'a\b'}", "c"),
        ("\\", r"ca\b", r"${X%'a\b'}", "c"),
        ("\\", r"1a\b2", r"${X/'a\b'/-}", "1-2"),
        ("\\", r"a\b\c", r"${X//'\'/-}", "a-b-c"),
        ("\\", r"\ab", r"${X#'\*'}", "ab"),
        ("\\", r"\ab", r"${X##'\*'}", ""),
        ("\\", r"a\b\c", r"${X%'\*'}", r"a\b"),
        ("\\", r"a\b\c", r"${X%%'\*'}", "a"),
        ("\\", r"a\b\c", r"${X/'\*'/-}", "a-"),
        ("\\", r"*a", r"${X#'\*'}", "*a"),
        ("\\", r"\ab", r"${X#'\?'}", "b"),
        ("\\", r"a\}bc", r"${X#'a\}b'}", "c"),
        // The rest is as it was.
        ("\\", r"*a", r"${X#\*}", "a"),
        ("\\", r"a\bc", r"${X#a\\b}", "c"),
        ("\\", r"a\bc", r#"${X#"a\b"}"#, "c"),
        ("\\", r"1a\b2", r#"${X/"a\b"/-}"#, "1-2"),
        ("\\", r"ca*", r"${X%a\*}", "c"),
        // A backtick is doubled as well, and matches two.
        ("`", "a``b", "${X#'a`'}", "b"),
        ("`", "a`b", "${X#'a`'}", "a`b"),
        ("`", "b``a", "${X%'`a'}", "b"),
        ("`", "a``b", "${X/'`'/-}", "a-b"),
        ("`", r"a\bc", r"${X#'a\\b'}", "c"),
        ("`", r"*a", r"${X#'\*'}", "a"),
        // A brace can be escaped by it, which patterns do not know.
        ("`", "a}b", "${X#a`}}", "a}b"),
    ] {
        let found = expanded(escape, value, word);
        assert_eq!(found.as_deref(), Ok(expected), "{escape} {value} {word}");
    }
    for (escape, word) in [
        ("\\", r"${X#a\b}"),
        ("`", r"${X#'a\b'}"),
        ("`", r"${X#a\b}"),
    ] {
        let error = expanded(escape, "a", word).unwrap_err();
        let what = r"invalid pattern (a\b) in substitution: invalid escape '\b'";
        assert!(error.ends_with(what), "{word}: {error}");
    }
}
