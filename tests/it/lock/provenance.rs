//! `rdf lock --from-provenance` and `--verify --image`, against a registry on loopback.

use dockerfile_llb::image::Digest;

use super::world::World;
use super::{Dir, hash};

/// What a build of [`dockerfile`] was made of, as BuildKit tells it. `app` is the digest of the base image.
fn predicate(world: &World, app: &str, more: &str) -> String {
    let host = world.host();
    let (escaped, app) = (host.replace(':', "%3A"), app.trim_start_matches("sha256:"));
    let file = Digest::sha256(b"file").to_string();
    format!(
        r#"{{"buildDefinition":{{"externalParameters":{{"request":{{"args":{{"build-arg:V":"1","build-arg:BUILDKIT_SYNTAX":"x"}}}}}},
        "resolvedDependencies":[
        {{"uri":"pkg:docker/{escaped}/app@1?platform=linux%2Famd64","digest":{{"sha256":"{app}"}}}},
        {{"uri":"http://{host}/r.git#v1","digest":{{"sha1":"{}"}}}},
        {more}{{"uri":"http://{host}/file","digest":{{"sha256":"{}"}}}}]}},"runDetails":{{}}}}"#,
        hash('b'),
        file.trim_start_matches("sha256:")
    )
}

fn dockerfile(world: &World) -> String {
    let host = world.host();
    format!(
        "ARG V=2\nFROM {host}/app:$V\nADD http://{host}/r.git#v1 /r\nADD http://{host}/file /\n"
    )
}

/// A world in which everything has moved since the build; gives the digest of the base image of then.
fn moved() -> (World, String) {
    let world = World::start();
    let app = world.image("app", "1", "then", r#""OnBuild":["RUN true"]"#);
    world.image("app", "1", "now", "");
    world.put("/file", "text/plain", b"file");
    // An annotated tag: what a build has of it is the tag's own object.
    world.git_ref("refs/tags/v1", &hash('b'), Some(&hash('c')));
    (world, app)
}

/// Pushes an image with this provenance as `built:1`.
fn push(world: &World, predicate: &str) {
    let image = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"x","digest":"sha256:0","size":1},"layers":[]}"#;
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let image = world.manifest("built", None, kind, image);
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[],"predicate":{predicate}}}"#
    );
    let blob = world.blob("built", statement.as_bytes());
    let other = world.blob("built", b"{}");
    let layer = |digest: &str, kind: &str| {
        format!(
            r#"{{"mediaType":"application/vnd.in-toto+json","digest":"{digest}","size":1,"annotations":{{"in-toto.io/predicate-type":"{kind}"}}}}"#
        )
    };
    let attestation = format!(
        r#"{{"schemaVersion":2,"mediaType":"{kind}","config":{{"mediaType":"x","digest":"sha256:0","size":1}},"layers":[{},{}]}}"#,
        layer(&other, "https://spdx.dev/Document"),
        layer(&blob, "https://slsa.dev/provenance/v1")
    );
    let attestation = world.manifest("built", None, kind, &attestation);
    let index = "application/vnd.oci.image.index.v1+json";
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{index}","manifests":[
        {{"mediaType":"{kind}","digest":"{image}","size":1,"platform":{{"architecture":"amd64","os":"linux"}}}},
        {{"mediaType":"{kind}","digest":"{attestation}","size":1,"platform":{{"architecture":"unknown","os":"unknown"}},
          "annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{image}"}}}}]}}"#
    );
    world.manifest("built", Some("1"), index, &text);
}

#[test]
fn a_lock_is_made_of_what_an_image_was_made_of() {
    let (world, app) = moved();
    let built = format!("{}/built:1", world.host());
    push(&world, &predicate(&world, &app, ""));
    let plain = predicate(&world, &app, "");
    let metadata =
        format!(r#"{{"buildx.build.provenance/linux/amd64":{plain},"containerimage.digest":"x"}}"#);
    for from in [built.as_str(), "metadata.json"] {
        let dir = Dir::new();
        dir.write("Dockerfile", &dockerfile(&world));
        dir.write("metadata.json", &metadata);
        let (exit, said) = dir.run(&["lock", "--from-provenance", from]);
        assert_eq!(exit, 0, "{from}: {said}");
        let lock = dir.read("Dockerfile.lock");
        for words in [
            format!("digest = \"{app}\""),
            format!("commit = \"{}\"", hash('c')),
            format!("tag-object = \"{}\"", hash('b')),
            format!("digest = \"{}\"", Digest::sha256(b"file")),
            "platforms = [\"linux/amd64\"]".to_owned(),
            "build-args = [{ V = \"1\" }]".to_owned(),
            // What the configs say is asked by digest.
            "onbuild = [\"RUN true\"]".to_owned(),
        ] {
            assert!(lock.contains(&words), "{from}: {words}: {lock}");
        }
        // It is a lock like any other.
        assert_eq!(dir.run(&["lock", "--check"]).0, 0);
        let (exit, said) = dir.run(&["lock"]);
        assert!(exit == 0 && said.contains("unchanged"), "{said}");
        let (exit, said) = dir.run(&["lock", "--verify", "--image", &built]);
        assert!(
            exit == 0 && said.contains("3 sources, as locked"),
            "{exit}: {said}"
        );
    }
}

#[test]
fn what_is_not_in_the_provenance_is_not_locked() {
    let (world, app) = moved();
    let dir = Dir::new();
    dir.write("p.json", &predicate(&world, &app, ""));
    world.image("other", "1", "", "");
    let more = format!(
        "COPY --from={0}/other:1 / /\nADD http://{0}/file2 /\n",
        world.host()
    );
    dir.write("Dockerfile", &(dockerfile(&world) + &more));
    let (exit, said) = dir.run(&["lock", "--from-provenance", "p.json"]);
    assert_eq!(exit, 3, "{said}");
    for subject in [
        format!("{}/other:1", world.host()),
        format!("http://{}/file2", world.host()),
    ] {
        let words = format!("the provenance has no `{subject}`");
        assert!(said.contains(&words), "{said}");
    }
    assert_eq!(dir.read("Dockerfile.lock"), "");
    // An image that is gone cannot be locked by its name alone.
    let gone = predicate(&world, &format!("sha256:{}", "9".repeat(64)), "");
    dir.write("p.json", &gone);
    dir.write("Dockerfile", &dockerfile(&world));
    let (exit, said) = dir.run(&["lock", "--from-provenance", "p.json"]);
    assert_eq!(exit, 3, "{said}");
    for (text, words) in [("{}", "holds no provenance"), ("{", "not valid JSON")] {
        dir.write("p.json", text);
        let (exit, said) = dir.run(&["lock", "--from-provenance", "p.json"]);
        assert!(exit == 3 && said.contains(words), "{exit}: {said}");
    }
    let two = format!("[{},{}]", predicate(&world, &app, ""), gone);
    dir.write("p.json", &two);
    let (exit, said) = dir.run(&["lock", "--from-provenance", "p.json"]);
    assert!(
        exit == 4 && said.contains("contradicts itself"),
        "{exit}: {said}"
    );
}

#[test]
fn an_image_is_held_against_the_lock() {
    let (world, app) = moved();
    let dir = Dir::new();
    dir.write("Dockerfile", &dockerfile(&world));
    // The lock of today, and an image of then.
    let (exit, said) = dir.run(&[
        "lock",
        "--build-arg",
        "V=1",
        "--platform",
        "linux/amd64",
        "--reset-inputs",
    ]);
    assert_eq!(exit, 3, "the default argument names no image: {said}");
    let text = dockerfile(&world).replace("V=2", "V=1");
    dir.write("Dockerfile", &text);
    assert_eq!(dir.run(&["lock", "--platform", "linux/amd64"]).0, 0);
    let more = format!(
        r#"{{"uri":"http://{}/elsewhere","digest":{{"sha256":"{}"}}}},"#,
        world.host(),
        "7".repeat(64)
    );
    push(&world, &predicate(&world, &app, &more));
    let built = format!("{}/built:1", world.host());
    let (exit, said) = dir.run(&["lock", "--verify", "--image", &built]);
    assert_eq!(exit, 4, "{said}");
    let differs = format!(
        "was built with `{}/app:1` at {app}, and the lock has sha256:",
        world.host()
    );
    assert!(said.contains(&differs), "{said}");
    let unlocked = format!(
        "was built with `http://{}/elsewhere`, which is not in the lock",
        world.host()
    );
    assert!(said.contains(&unlocked), "{said}");
    // An image without provenance, and flags that go with others.
    world.image("bare", "1", "", "");
    let bare = format!("{}/bare:1", world.host());
    let (exit, said) = dir.run(&["lock", "--verify", "--image", &bare]);
    assert!(
        exit == 3 && said.contains("has no provenance"),
        "{exit}: {said}"
    );
    assert_eq!(dir.run(&["lock", "--image", &bare]).0, 2);
    assert_eq!(
        dir.run(&["lock", "--offline", "--from-provenance", &bare])
            .0,
        2
    );
}

#[test]
fn what_a_lock_does_not_hold_is_said() {
    let world = World::start();
    world.image("app", "1", "", "");
    let dir = Dir::new();
    let text = format!(
        "FROM {}/app:1\nRUN one\nRUN --network=none two\nRUN \\\n  three\nRUN --network=host four\n",
        world.host()
    );
    dir.write("Dockerfile", &text);
    let words =
        "Dockerfile: the RUNs at lines 2, 4 and 6 have a network: what they fetch is not locked";
    for arguments in [&["lock"][..], &["lock", "--check"]] {
        let (exit, said) = dir.run(arguments);
        assert!(exit == 0 && said.contains(words), "{arguments:?}: {said}");
    }
    let (_, said) = dir.run(&["check", "Dockerfile"]);
    assert!(said.contains(words), "{said}");
    dir.write(
        "Dockerfile",
        &text
            .replace("RUN one\n", "")
            .replace("RUN --network=host four\n", ""),
    );
    let (_, said) = dir.run(&["lock"]);
    assert!(
        said.contains("the RUN at line 3 has a network: what it fetches is not locked"),
        "{said}"
    );
    // A hermetic build has none.
    for arguments in [&["lock", "--mode", "hermetic"][..], &["lock", "--check"]] {
        let (_, said) = dir.run(arguments);
        assert!(!said.contains("network"), "{arguments:?}: {said}");
    }
}
