//! Secrets of recorded steps: in neither lock nor store, output nor image.

use std::fs;
use std::path::Path;

use crate::engine::{Feature, engine};
use crate::process::Program;
use crate::project::Folder;

use super::recording::World;

/// How tools send what they are given: a header, and what netrc and pip.conf hold, which is a password in an address.
const DOCKERFILE: &str = r#"
FROM @REGISTRY@/busybox
RUN --mount=type=secret,id=header test -s /run/secrets/header && wget -O /plain @HTTP@/file
RUN --mount=type=secret,id=header wget -O /header --header "X-Auth-Token: $(cat /run/secrets/header)" @HTTP@/file
RUN --mount=type=secret,id=netrc set -- $(cat /run/secrets/netrc) && wget -O /netrc http://$4:$6@$2/file
RUN --mount=type=secret,id=pip wget -O /pip $(sed -n 's/^index-url = //p' /run/secrets/pip)file
"#;

/// The lines that send one.
const SENDING: &str = "4,5,6";

const TOKENS: [&str; 3] = ["header-b9c1d0e4f7", "netrc-3f5a77c2d1", "pip-88e2a4c6b0"];

/// The tokens, and what goes over the wire of those that are passwords.
fn searched() -> Vec<String> {
    let basic = TOKENS.map(|token| {
        let user = format!("jane:{token}");
        let encoded = Program::new("base64").stdin(user).ok().text();
        encoded.trim().trim_end_matches('=').to_owned()
    });
    let plain = TOKENS.map(str::to_owned);
    plain.into_iter().chain(basic).collect()
}

#[track_caller]
fn has_none(bytes: &[u8], what: &str) {
    for token in searched() {
        let mut places = bytes.windows(token.len());
        let found = places.any(|place| place == token.as_bytes());
        assert!(!found, "{token} is in {what}");
    }
}

/// Looks through every file below a directory; gives their number.
#[track_caller]
fn none_below(folder: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            count += none_below(&path);
            continue;
        }
        has_none(&fs::read(&path).expect("file"), &path.display().to_string());
        count += 1;
    }
    count
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn secrets_are_in_nothing_that_is_kept() {
    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let Some(world) = World::new(DOCKERFILE, &[("/file", b"the file\n")]) else {
        return;
    };
    let [header, netrc, pip] = TOKENS;
    let address = &world.server.address;
    let secrets = Folder::new();
    let given = [
        ("header", header.to_owned()),
        (
            "netrc",
            format!("machine {address} login jane password {netrc}\n"),
        ),
        (
            "pip",
            format!("[global]\nindex-url = http://jane:{pip}@{address}/\n"),
        ),
    ];
    let given = given.map(|(id, text)| {
        let file = secrets.write(id, text);
        format!("--secret=id={id},src={}", file.display())
    });
    let given: Vec<&str> = given.iter().map(String::as_str).collect();

    // All of them recorded: what was fetched with a token is not kept.
    let said = world.record_with(&given);
    said.says("fetched with credentials, so not kept");
    said.says("steps of builds may have the secret `netrc` from now on");
    let asked = world.server.requests();
    assert_eq!(asked, ["GET /file"; 4]);
    has_none(said.whole().as_bytes(), "the output of the recording");
    let files = none_below(world.project.folder.path());
    // A recording and a body of the step that sends nothing, the program, and the project.
    assert!(files >= 6, "{files} files");
    let said = world.build().args(&given).fails();
    said.says("[lock-unrecorded] GET http://");
    has_none(said.whole().as_bytes(), "the output of a build");

    // Those that send one keep their network, and there is an image.
    let network = format!("--build-arg=RDF_NETWORK={SENDING}");
    let said = world.record_with(&[&given[..], &[&network]].concat());
    has_none(said.whole().as_bytes(), "the output of the recording");
    let image = Folder::new();
    let output = format!(
        "--output=type=oci,tar=false,compression=uncompressed,force-compression=true,dest={}",
        image.path().display()
    );
    let said = world
        .build()
        .args(&given)
        .args(["--no-cache", &output])
        .ok();
    has_none(said.whole().as_bytes(), "the output of a build");
    none_below(world.project.folder.path());
    // Base and four steps, config, manifest, index, provenance.
    let files = none_below(image.path());
    assert!(files >= 9, "{files} files");
    let blobs = image.path().join("blobs/sha256");
    let has_file = fs::read_dir(blobs).expect("blobs").flatten().any(|blob| {
        let bytes = fs::read(blob.path()).expect("blob");
        bytes.windows(9).any(|place| place == b"the file\n")
    });
    assert!(has_file, "the layers are packed");
}
