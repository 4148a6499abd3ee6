//! A store in a registry: what is sent, what is sent again, and how damage to it is told.
#![cfg(unix)]

use super::recordings::World as Client;
use super::store::{Project, bodies};
use super::world::{Fault, Guard, World as Registry};

/// Three bodies, one so large that it is sent in pieces and has a layer of its own.
fn large() -> Vec<(String, Vec<u8>)> {
    let body = |name: &str, body: Vec<u8>| (format!("https://h.test/{name}"), body);
    vec![
        body("large", vec![7; 9 << 20]),
        body("a", b"a".to_vec()),
        body("b", b"b".to_vec()),
    ]
}

fn pushed(registry: &Registry) -> usize {
    let requests = registry.requests();
    let ends = |it: &&String| it.starts_with("PUT ") && it.contains("/blobs/uploads/");
    requests.iter().filter(ends).count()
}

#[test]
fn only_what_is_new_is_sent() {
    let registry = Registry::start();
    let project = Project::new(&large());
    let client = Client::new(&[&project]);
    let store = format!("{}/me/store", registry.host());
    let record = ["lock", "--record", "--store", &store];
    let (code, said) = client.run(&record);
    assert_eq!(code, 0, "{said}");
    let lock = client.lock();
    assert!(
        lock.contains(&format!("store = \"{store}@sha256:")),
        "{lock}"
    );
    assert!(lock.contains("\n[recording.images]\n\"sha256:"), "{lock}");
    // Of the program one layer, of the step those of the recording, the large body and two groups; and two configs.
    assert!(said.contains("5 new layers of "), "{said}");
    assert_eq!(pushed(&registry), 7);
    assert_eq!(client.leftovers(), 0);
    assert!(!client.dir.path().join("Dockerfile.store").exists());

    for action in ["--check", "--verify"] {
        let (code, said) = client.run(&["lock", action]);
        assert!(!said.contains("lock-damaged"), "{action} {code}: {said}");
    }
    registry.requests();
    // It stays where it is without the flag, and nothing is sent twice.
    let (code, said) = client.run(&["lock", "--record"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("0 new layers of 0 KiB"), "{said}");
    assert_eq!((pushed(&registry), client.lock()), (0, lock.clone()));
    // Another body: its group, the recording, and the config.
    let mut others = large();
    others[2].1 = b"B".to_vec();
    let changed = Project::new(&others);
    client.next(1, &changed);
    let (code, said) = client.run(&["lock", "--record"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("2 new layers of "), "{said}");
    assert_ne!(client.lock(), lock);
}

#[test]
fn damage_is_told_and_never_content() {
    for is_removed in [false, true] {
        let registry = Registry::start();
        let client = Client::new(&[&Project::new(&large())]);
        let store = format!("{}/me/store:main", registry.host());
        let (code, said) = client.run(&["lock", "--record", "--store", &store]);
        assert_eq!(code, 0, "{said}");
        registry.damage("me/store", 1 << 20, is_removed);
        let (code, said) = client.run(&["lock", "--verify"]);
        assert_eq!(code, 4, "{said}");
        assert!(
            said.contains("[lock-damaged]") || said.contains("lock-damaged"),
            "{said}"
        );
        assert!(said.contains("https://h.test/large, sha256:"), "{said}");
        assert!(!said.contains("https://h.test/a,"), "{said}");
    }
}

#[test]
fn a_registry_that_takes_nothing_leaves_the_old_lock() {
    let registry = Registry::start();
    registry.set_guard(Guard::Basic);
    let client = Client::new(&[&Project::new(&bodies())]);
    let before = client.lock();
    let store = format!("{}/me/store", registry.host());
    let (code, said) = client.run(&["lock", "--record", "--store", &store]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("so nothing was recorded"), "{said}");
    assert_eq!((client.lock(), client.leftovers()), (before.clone(), 0));
    assert!(client.builds().is_empty(), "{said}");
    let registry = Registry::start();
    let store = format!("{}/me/store", registry.host());
    registry.fault("/manifests/", Fault::Status(500, ""));
    let (code, said) = client.run(&["lock", "--record", "--store", &store]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("the store was not pushed"), "{said}");
    assert_eq!((client.lock(), client.leftovers()), (before, 0));
    for wrong in ["oci-layout://x", "reg.test/UPPER", "reg.test/a@sha256:0"] {
        let (code, said) = client.run(&["lock", "--record", "--store", wrong]);
        assert_eq!(code, 2, "{wrong}: {said}");
    }
}
