//! What registries and web servers hold: indexes of every shape, artifacts, packed and partial answers.

use std::io::Write as _;

use dockerfile_llb::image::Digest;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Dir;
use super::world::World;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A manifest for an architecture; gives its digest and its size, and the digest of its config.
fn manifest(world: &World, architecture: &str, config_type: &str) -> (String, usize, String) {
    let config = format!(
        r#"{{"architecture":"{architecture}","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#
    );
    let digest = world.blob("x", config.as_bytes());
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{config_type}","digest":"{digest}","size":{}}},"layers":[]}}"#,
        config.len()
    );
    (
        world.manifest("x", None, MANIFEST, &text),
        text.len(),
        digest,
    )
}

fn entry(kind: &str, digest: &str, size: usize, platform: Option<&str>) -> String {
    let platform = platform
        .map(|it| format!(r#","platform":{{"architecture":"{it}","os":"linux"}}"#))
        .unwrap_or_default();
    format!(r#"{{"mediaType":"{kind}","digest":"{digest}","size":{size}{platform}}}"#)
}

/// An index of these entries; gives its digest and its size.
fn index(world: &World, tag: Option<&str>, entries: &[String]) -> (String, usize) {
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#,
        entries.join(",")
    );
    (world.manifest("x", tag, INDEX, &text), text.len())
}

fn lock(world: &World, dir: &Dir, arguments: &[&str]) -> (i32, String) {
    dir.write("Dockerfile", &format!("FROM {}/x:1\n", world.host()));
    let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
    dir.run(
        &[
            &["lock", "--platform", "linux/amd64,linux/arm64"],
            arguments,
        ]
        .concat(),
    )
}

#[test]
fn an_index_is_looked_through_as_engines_do() {
    let (world, dir) = (World::start(), Dir::new());
    let (amd, amd_size, amd_config) = manifest(&world, "amd64", CONFIG);
    let (arm, arm_size, arm_config) = manifest(&world, "arm64", CONFIG);
    let plain = |platform: bool| {
        [
            entry(MANIFEST, &amd, amd_size, platform.then_some("amd64")),
            entry(MANIFEST, &arm, arm_size, platform.then_some("arm64")),
        ]
    };
    let (inner, inner_size) = index(&world, None, &plain(true));
    let (bare, bare_size) = index(&world, None, &plain(false));
    let (only_arm, only_arm_size) = index(&world, None, &plain(true)[1..]);
    let (signature, signature_size, _) = manifest(&world, "", "application/vnd.oci.empty.v1+json");
    let (deep, deep_size) = index(&world, None, &[entry(INDEX, &inner, inner_size, None)]);
    for (name, entries) in [
        ("entries without platform", plain(false).to_vec()),
        (
            "some entries without platform",
            vec![plain(true)[0].clone(), plain(false)[1].clone()],
        ),
        (
            "an index within",
            vec![entry(INDEX, &inner, inner_size, None)],
        ),
        (
            "an index within an index within",
            vec![entry(INDEX, &deep, deep_size, None)],
        ),
        (
            "an index within, whose entries have no platform",
            vec![entry(INDEX, &bare, bare_size, None)],
        ),
        (
            "an index for each platform",
            vec![
                entry(INDEX, &only_arm, only_arm_size, Some("arm64")),
                entry(INDEX, &inner, inner_size, Some("amd64")),
            ],
        ),
        (
            "other things without platform before them",
            [
                vec![entry(MANIFEST, &signature, signature_size, None)],
                plain(false).to_vec(),
            ]
            .concat(),
        ),
    ] {
        let (top, _) = index(&world, Some("1"), &entries);
        let (exit, stderr) = lock(&world, &dir, &[]);
        assert_eq!(exit, 0, "{name}: {stderr}");
        let text = dir.read("Dockerfile.lock");
        for what in [&top, &amd_config, &arm_config] {
            assert!(text.contains(what.as_str()), "{name}: {text}");
        }
        assert_eq!(dir.run(&["lock", "--verify"]).0, 0, "{name}");
    }
}

#[test]
fn what_can_not_be_built_is_not_locked() {
    let (world, dir) = (World::start(), Dir::new());
    let (amd, amd_size, _) = manifest(&world, "amd64", CONFIG);
    let (helm, helm_size, _) =
        manifest(&world, "amd64", "application/vnd.cncf.helm.config.v1+json");
    let attestation = entry(MANIFEST, &helm, helm_size, None);
    let unknown = attestation.replace(
        '}',
        r#","platform":{"architecture":"unknown","os":"unknown"}}"#,
    );
    for (entries, words) in [
        (vec![], "an index without an image for any platform"),
        (vec![unknown], "an index without an image for any platform"),
        (
            vec![attestation],
            "an index without an image for any platform",
        ),
        (
            vec![entry(MANIFEST, &amd, amd_size, Some("amd64"))],
            "has no image for linux/arm64; it has linux/amd64",
        ),
        (
            vec![entry(MANIFEST, &amd, amd_size, None)],
            "has no image for linux/arm64; it has linux/amd64",
        ),
        (
            vec![
                entry(MANIFEST, &amd, amd_size, Some("amd64")),
                entry(MANIFEST, &helm, helm_size, Some("arm64")),
            ],
            "is an artifact of type `application/vnd.cncf.helm.config.v1+json`",
        ),
    ] {
        index(&world, Some("1"), &entries);
        let (exit, stderr) = lock(&world, &dir, &[]);
        assert!(exit == 3 && stderr.contains(words), "{words}: {stderr}");
    }
    let text = |digest: &str, kind: &str| {
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{kind}","digest":"{digest}","size":2}},"layers":[]}}"#
        )
    };
    let empty = world.blob("x", b"{}");
    for kind in [
        "application/vnd.oci.empty.v1+json",
        "application/vnd.unknown.config.v1+json",
    ] {
        world.manifest("x", Some("1"), MANIFEST, &text(&empty, kind));
        let (exit, stderr) = lock(&world, &dir, &[]);
        assert!(
            exit == 3 && stderr.contains(&format!("is an artifact of type `{kind}`")),
            "{stderr}"
        );
        assert!(!dir.path().join("Dockerfile.lock").exists());
    }
    // An index that is its own entry cannot be made; a long chain can.
    let mut last = index(&world, None, &[]);
    for _ in 0..100 {
        last = index(&world, Some("1"), &[entry(INDEX, &last.0, last.1, None)]);
    }
    let (exit, stderr) = lock(&world, &dir, &[]);
    assert!(
        exit == 3 && stderr.contains("exceeds the nesting limit"),
        "{stderr}"
    );
}

#[test]
fn a_file_is_hashed_as_the_engine_has_it() {
    let (world, dir) = (World::start(), Dir::new());
    let content = b"content that was packed for the way ".repeat(50);
    let pack = |bytes: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let digest = Digest::sha256(&content).to_string();
    dir.write(
        "Dockerfile",
        &format!("FROM scratch\nADD http://{}/file /\n", world.host()),
    );
    let lock = |status: u16, headers: &str, body: &[u8]| {
        world.put_answer("/file", status, headers, body);
        let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
        let (exit, stderr) = dir.run(&["lock"]);
        (exit, stderr, dir.read("Dockerfile.lock"))
    };
    let halves = [pack(&content[..100]), pack(&content[100..])].concat();
    for (headers, body) in [
        ("", content.clone()),
        ("content-encoding: gzip\r\n", pack(&content)),
        ("Content-Encoding: GZIP\r\n", pack(&content)),
        ("content-encoding: gzip\r\n", halves),
    ] {
        let (exit, stderr, text) = lock(200, headers, &body);
        assert_eq!(exit, 0, "{headers}: {stderr}");
        assert!(
            text.contains(&digest) && text.contains("size = 1800"),
            "{headers}: {text}"
        );
    }
    // What no engine unpacks is content.
    let packed = pack(&content);
    for headers in [
        "",
        "content-type: application/gzip\r\n",
        "content-encoding: br\r\n",
    ] {
        let (exit, stderr, text) = lock(200, headers, &packed);
        assert_eq!(exit, 0, "{headers}: {stderr}");
        assert!(
            text.contains(&Digest::sha256(&packed).to_string()),
            "{headers}: {text}"
        );
    }
    for (status, headers, body, words) in [
        (
            200,
            "content-encoding: gzip\r\n",
            &b"no gzip"[..],
            "cannot be unpacked",
        ),
        (
            200,
            "content-encoding: gzip\r\n",
            &packed[..packed.len() / 2],
            "cannot be unpacked",
        ),
        (204, "", b"", "without any content"),
        (
            206,
            "content-range: bytes 0-3/9\r\n",
            b"part",
            "a part of it only",
        ),
        (202, "", b"later", "an unexpected answer (202)"),
        (304, "", b"", "(304)"),
    ] {
        let (exit, stderr, text) = lock(status, headers, body);
        assert!(exit == 3 && stderr.contains(words), "{status}: {stderr}");
        assert_eq!(text, "", "{status}");
    }
}
