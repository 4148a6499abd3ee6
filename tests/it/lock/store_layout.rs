//! A store that is an image layout on disk: what is in it, and that nothing of it goes while a lock needs it.
#![cfg(unix)]

use std::fs;

use dockerfile_llb::image::Digest;
use serde_json::Value;

use super::recordings::World as Client;
use super::store::{Project, bodies};

const RECORD: [&str; 4] = ["lock", "--record", "--store", "oci-layout://app.store"];

fn json(client: &Client, path: &str) -> Value {
    serde_json::from_slice(&fs::read(client.dir.path().join(path)).unwrap()).unwrap()
}

/// The file of a blob in the layout.
fn blob(digest: &str) -> String {
    format!("app.store/blobs/{}", digest.replace(':', "/"))
}

#[test]
fn a_layout_holds_what_a_lock_names() {
    let project = Project::new(&bodies());
    let client = Client::new(&[&project]);
    let (code, said) = client.run(&RECORD);
    assert_eq!(code, 0, "{said}");
    assert!(
        client
            .lock()
            .contains("store = \"oci-layout://app.store\"\n"),
        "{}",
        client.lock()
    );
    assert!(!client.dir.path().join("Dockerfile.store").exists());

    // An artifact whose layers are the blobs, which tools for images find by the index.
    assert_eq!(
        json(&client, "app.store/oci-layout")["imageLayoutVersion"],
        "1.0.0"
    );
    let index = json(&client, "app.store/index.json");
    let entry = &index["manifests"][0];
    assert_eq!(
        entry["annotations"]["org.opencontainers.image.ref.name"],
        "Dockerfile"
    );
    let manifest = json(&client, &blob(entry["digest"].as_str().unwrap()));
    let mut described: Vec<&Value> = manifest["layers"].as_array().unwrap().iter().collect();
    assert_eq!(described.len(), 5);
    for layer in &described {
        let (_, name) = layer["digest"].as_str().unwrap().split_once(':').unwrap();
        assert_eq!(
            layer["annotations"]["org.opencontainers.image.title"],
            format!("sha256/{name}")
        );
    }
    described.extend([&manifest["config"], entry]);
    for one in described {
        let bytes = fs::read(
            client
                .dir
                .path()
                .join(blob(one["digest"].as_str().unwrap())),
        )
        .unwrap();
        assert_eq!(one["digest"], Digest::sha256(&bytes).as_str());
        assert_eq!(one["size"], bytes.len());
    }

    let (_, said) = client.run(&["lock", "--check"]);
    assert!(!said.contains("lock-damaged"), "{said}");
    let (_, said) = client.run(&["lock", "--verify"]);
    assert!(said.contains("app.store: 5 files, as locked"), "{said}");
    // It stays where it is without the flag.
    let lock = client.lock();
    let (code, said) = client.run(&["lock", "--record"]);
    assert_eq!((code, client.lock()), (0, lock), "{said}");
    let words = Digest::sha256(b"words");
    fs::write(client.dir.path().join(blob(words.as_str())), "Words").unwrap();
    let (code, said) = client.run(&["lock", "--verify"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("https://h.test/words.txt?x=1"), "{said}");
}

#[test]
fn what_a_layout_lists_is_verified() {
    let project = Project::new(&bodies());
    let client = Client::new(&[&project]);
    assert_eq!(client.run(&RECORD).0, 0);
    let dir = client.dir.path();
    let index = fs::read_to_string(dir.join("app.store/index.json")).unwrap();
    let entry = &json(&client, "app.store/index.json")["manifests"][0];
    let manifest = blob(entry["digest"].as_str().unwrap());
    let config = blob(Digest::sha256(b"{}").as_str());
    let other = index.replace("\"Dockerfile\"", "\"Other\"");
    let cut = &index[..index.len() / 2];
    let spoiled = index.replace(&manifest[manifest.len() - 64..], &"0".repeat(64));
    for (path, content, told) in [
        ("app.store/oci-layout", None, "oci-layout"),
        ("app.store/oci-layout", Some("{"), "oci-layout"),
        ("app.store/index.json", None, "index.json"),
        (
            "app.store/index.json",
            Some(cut),
            "cannot read app.store/index.json",
        ),
        (
            "app.store/index.json",
            Some(r#"{"manifests":[]}"#),
            "lists no artifact for `Dockerfile`",
        ),
        (
            "app.store/index.json",
            Some(&other),
            "lists no artifact for `Dockerfile`",
        ),
        (
            "app.store/index.json",
            Some(&spoiled),
            "its manifest sha256:0000",
        ),
        (&manifest, None, "its manifest sha256:"),
        (&manifest, Some("{}"), "has other bytes"),
        (&config, None, "its config sha256:"),
        (&config, Some("[]"), "has other bytes"),
    ] {
        let path = dir.join(path);
        let before = fs::read(&path).unwrap();
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let (code, said) = client.run(&["lock", "--verify"]);
        assert_eq!(code, 4, "{said}");
        assert!(
            said.contains("error[lock-damaged]") && said.contains(told),
            "{said}"
        );
        assert!(!said.contains("as locked"), "{said}");
        fs::write(&path, before).unwrap();
    }
    // A manifest that is intact, and not that of the lock.
    let text = fs::read_to_string(dir.join(&manifest)).unwrap();
    let words = Digest::sha256(b"words");
    let short = text.replace(words.as_str(), Digest::sha256(b"{}").as_str());
    let digest = Digest::sha256(short.as_bytes());
    fs::write(dir.join(blob(digest.as_str())), &short).unwrap();
    let moved = index.replace(&manifest[manifest.len() - 64..], digest.encoded());
    fs::write(dir.join("app.store/index.json"), moved).unwrap();
    let (code, said) = client.run(&["lock", "--verify"]);
    assert_eq!(code, 4, "{said}");
    let told = format!("does not list {words}, which the lock names");
    assert!(said.contains(&told), "{said}");
    fs::write(dir.join("app.store/index.json"), index).unwrap();
    let (_, said) = client.run(&["lock", "--verify"]);
    assert!(said.contains("app.store: 5 files, as locked"), "{said}");
}

#[test]
fn a_store_moves_from_one_place_to_another() {
    let project = Project::new(&bodies());
    let client = Client::new(&[&project]);
    assert_eq!(client.run(&["lock", "--record"]).0, 0);
    // The new recording brings one body; the others are those of the directory.
    let body = Digest::sha256(b"words").encoded().to_owned();
    let bodies = "\"$dest\"/Dockerfile.store/sha256";
    client.then(&format!(
        "[ -z \"$dest\" ] || for f in {bodies}/*; do [ $f = {bodies}/{body} ] || rm $f; done"
    ));
    let (code, said) = client.run(&RECORD);
    assert_eq!(code, 0, "{said}");
    let (_, said) = client.run(&["lock", "--verify"]);
    assert!(said.contains("app.store: 5 files, as locked"), "{said}");
    let (code, said) = client.run(&["lock", "--prune"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Dockerfile.store: 5 files removed"), "{said}");
    assert!(
        said.contains("app.store: 0 files removed, 0 KiB; 7 kept"),
        "{said}"
    );
    fs::remove_file(client.client.join("then")).unwrap();
    let (code, said) = client.run(&["lock", "--record", "--store", "folder"]);
    assert_eq!(code, 0, "{said}");
    client.stands(&project);
}

#[test]
fn what_another_lock_needs_of_a_layout_stays() {
    let project = Project::new(&bodies());
    let client = Client::new(&[&project]);
    assert_eq!(client.run(&RECORD).0, 0);
    let others = [("https://h.test/other".to_owned(), b"other".to_vec())];
    let other = Project::new(&others);
    client.next(1, &other);
    let dir = client.dir.path();
    fs::copy(dir.join("Dockerfile"), dir.join("Dockerfile.dev")).unwrap();
    let next = client.client.join("next.1");
    for end in ["lock", "store"] {
        let from = next.join(format!("Dockerfile.{end}"));
        fs::rename(from, next.join(format!("Dockerfile.dev.{end}"))).unwrap();
    }
    let (code, said) = client.run(&[&RECORD[..], &["Dockerfile.dev"]].concat());
    assert_eq!(code, 0, "{said}");
    let index = json(&client, "app.store/index.json");
    assert_eq!(index["manifests"].as_array().map(Vec::len), Some(2));

    let stray = Digest::sha256(b"stray");
    fs::write(dir.join(blob(stray.as_str())), "stray").unwrap();
    let (code, said) = client.run(&["lock", "--prune"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("app.store: 1 file removed"), "{said}");
    for dockerfile in ["Dockerfile", "Dockerfile.dev"] {
        let (_, said) = client.run(&["lock", "--verify", dockerfile]);
        assert!(said.contains("as locked"), "{said}");
    }
    // What the layout says of the other is needed to know that.
    let entry = &index["manifests"][1];
    fs::remove_file(dir.join(blob(entry["digest"].as_str().unwrap()))).unwrap();
    fs::write(dir.join(blob(stray.as_str())), "stray").unwrap();
    let (code, said) = client.run(&["lock", "--prune", "Dockerfile"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("nothing was removed"), "{said}");
    assert!(dir.join(blob(stray.as_str())).exists());
}

#[test]
fn the_name_of_a_layout_is_that_of_a_directory_beside_the_lock() {
    let project = Project::new(&bodies());
    let client = Client::new(&[&project]);
    for name in [
        "store",
        "../a.store",
        "/a.store",
        "a/b.store",
        ".store",
        ".a.store",
        "a,b.store",
    ] {
        let store = format!("oci-layout://{name}");
        let (code, said) = client.run(&["lock", "--record", "--store", &store]);
        assert_eq!(code, 2, "{said}");
        assert!(
            said.contains("is not the name of a directory beside the Dockerfile"),
            "{said}"
        );
    }
    assert_eq!(client.builds().len(), 0);
}
