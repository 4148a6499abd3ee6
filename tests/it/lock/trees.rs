//! Many Dockerfiles at once: one that fails does not keep the others from their lock.

use super::Dir;
use super::world::World;

#[test]
fn of_a_tree_all_files_are_locked_but_those_that_fail() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("base", "1", "one", "");
    for name in ["a", "b", "c", "d", "e"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    let good = format!("FROM {host}/base:1\n");
    dir.write("a/Dockerfile", &good);
    dir.write("b/Dockerfile", &format!("{good}RUM x\n"));
    dir.write("c/Dockerfile", &format!("{good}ADD http://{host}/no /\n"));
    dir.write("d/Dockerfile", &good);
    dir.write("d/Dockerfile.lock", "version = 99\n");
    dir.write("e/Dockerfile", &good);
    let is_locked = |name: &str| {
        dir.read(&format!("{name}/Dockerfile.lock"))
            .contains("sha256:")
    };

    let (exit, told) = dir.run(&["lock"]);
    assert_eq!(exit, 3, "{told}");
    for words in [
        "--> b/Dockerfile:2",
        "unknown instruction",
        "--> c/Dockerfile:2",
        "--> d/Dockerfile.lock:1",
        "a/Dockerfile.lock: 1 source locked",
        "e/Dockerfile.lock: 1 source locked",
        "b/Dockerfile.lock: not written, see the errors",
        "c/Dockerfile.lock: not written, see the errors",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let locked = ["a", "b", "c", "d", "e"].map(is_locked);
    assert_eq!(locked, [true, false, false, false, true]);

    // The worst of what is left decides.
    dir.write("c/Dockerfile", &good);
    assert_eq!(dir.run(&["lock"]).0, 2);
    assert!(is_locked("c"));

    // A file that cannot be read does not hide what is wrong with the others.
    dir.write("e/Dockerfile", &format!("FROM {host}/other:1\n"));
    let (exit, told) = dir.run(&["lock", "--check", "d", "e", "a"]);
    assert_eq!(exit, 2, "{told}");
    assert!(told.contains("--> e/Dockerfile:1"), "{told}");
    assert!(
        told.contains("a/Dockerfile.lock: 1 source, all locked"),
        "{told}"
    );
    assert!(told.contains("--> d/Dockerfile.lock:1"), "{told}");

    let (exit, told) = dir.run(&["pin", "d", "a"]);
    assert_eq!(exit, 2, "{told}");
    assert!(dir.read("a/Dockerfile").contains("@sha256:"), "{told}");
    assert_eq!(dir.run(&["unpin", "d", "a"]).0, 2);
    assert_eq!(dir.read("a/Dockerfile"), good);
}

/// A pin that one file has and another lacks: the image is gone, and each file ends by what it has.
#[test]
fn a_source_that_is_gone_stops_those_that_lack_it() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("base", "1", "one", "");
    world.image("top", "1", "two", "");
    for name in ["old", "new"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    let text = format!("FROM {host}/base:1\nCOPY --from={host}/top:1 / /\n");
    dir.write("old/Dockerfile", &text);
    assert_eq!(dir.run(&["lock", "old"]).0, 0);
    dir.write("new/Dockerfile", &text);
    world.untag("top", "1");
    let (exit, told) = dir.run(&["lock"]);
    assert_eq!(exit, 3, "{told}");
    assert!(told.contains("--> new/Dockerfile:2"), "{told}");
    assert!(
        told.contains("old/Dockerfile.lock: 2 sources, unchanged"),
        "{told}"
    );
    assert_eq!(dir.read("new/Dockerfile.lock"), "");
}
