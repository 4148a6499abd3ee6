//! `rdf lock --record` with a client that is a script: what becomes of the lock and the store, whatever happens.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Dir;
use super::store::{Project, bodies};

/// A client: a recording comes from the directories `next.1`, `next.2`, … beside it, in turn, and builds are noted in
/// `builds`. What else it does is in `then`, a script.
const CLIENT: &str = r#"#!/bin/sh
here=$(dirname "$0")
[ "$2" = version ] && exit 0
dest=
for word in "$@"; do
    case $word in
    --output=type=local,dest=*) dest=${word#--output=type=local,dest=} ;;
    esac
done
echo "$@" >>"$here/builds"
count=$(wc -l <"$here/builds")
if [ -n "$dest" ]; then
    mkdir -p "$dest"
    next=$here/next.$count
    [ -d "$next" ] || next=$here/next.1
    cp -R "$next/." "$dest/"
fi
[ ! -f "$here/then" ] || . "$here/then"
"#;

/// A Dockerfile, and a client that records into it.
pub(super) struct World {
    pub(super) dir: Dir,
    pub(super) client: PathBuf,
}

impl World {
    pub(super) fn new(next: &[&Project]) -> World {
        let dir = Dir::new();
        dir.write(
            "Dockerfile",
            &format!("# syntax=frontend.test/x:1\n{}", super::store::DOCKERFILE),
        );
        let client = dir.path().join("client");
        fs::create_dir(&client).unwrap();
        fs::write(client.join("docker"), CLIENT).unwrap();
        fs::set_permissions(client.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
        let world = World { dir, client };
        for (number, project) in next.iter().enumerate() {
            world.next(number + 1, project);
        }
        world
    }

    /// What the build of this number gives.
    pub(super) fn next(&self, number: usize, project: &Project) {
        let target = self.client.join(format!("next.{number}"));
        let _ = fs::remove_dir_all(&target);
        copy(project.dir.path(), &target);
        fs::remove_file(target.join("Dockerfile")).unwrap();
    }

    pub(super) fn then(&self, script: &str) {
        fs::write(self.client.join("then"), script).unwrap();
    }

    pub(super) fn builds(&self) -> Vec<String> {
        let text = fs::read_to_string(self.client.join("builds")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.dir.command(arguments);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.client.display()));
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), said)
    }

    fn start(&self) -> Child {
        let mut command = self.command(&["lock", "--record"]);
        command.stderr(Stdio::null()).spawn().unwrap()
    }

    pub(super) fn lock(&self) -> String {
        fs::read_to_string(self.dir.path().join("Dockerfile.lock")).unwrap_or_default()
    }

    pub(super) fn leftovers(&self) -> usize {
        let entries = fs::read_dir(self.dir.path().join("Dockerfile.store"));
        let names = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with(".incoming-"))
            .count()
    }

    /// Lock and store are those of `project`, and whole.
    #[track_caller]
    pub(super) fn stands(&self, project: &Project) {
        assert_eq!(
            self.lock(),
            fs::read_to_string(project.dir.path().join("Dockerfile.lock")).unwrap()
        );
        let (code, said) = self.run(&["lock", "--prune"]);
        assert_eq!(code, 0, "{said}");
        for entry in fs::read_dir(project.dir.path().join("Dockerfile.store/sha256")).unwrap() {
            let entry = entry.unwrap();
            let own = self
                .dir
                .path()
                .join("Dockerfile.store/sha256")
                .join(entry.file_name());
            assert_eq!(fs::read(own).unwrap(), fs::read(entry.path()).unwrap());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// The same as [`bodies`] with another version of one package.
fn newer() -> Project {
    let mut bodies = bodies();
    bodies[0] = (bodies[0].0.replace("u14", "u15"), b"newer curl".to_vec());
    Project::new(&bodies)
}

#[test]
fn a_recording_is_built_twice_and_then_moved_into_place() {
    let old = Project::new(&bodies());
    let world = World::new(&[&old]);
    let (code, said) = world.run(&[
        "lock",
        "--record",
        "--allow-network",
        "3,4",
        "--build-arg",
        "V=1",
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("3 fetches of 1 RUN step recorded in "),
        "{said}"
    );
    world.stands(&old);
    assert_eq!(world.leftovers(), 0);
    let builds = world.builds();
    assert_eq!(builds.len(), 2, "{builds:?}");
    for word in ["RDF_LOCK=record", "RDF_NETWORK=3,4", "--build-arg=V=1"] {
        assert!(builds[0].contains(word), "{builds:?}");
    }
    for word in [
        "RDF_LOCK=hermetic",
        "--no-cache",
        "--build-context=rdf-lock=",
    ] {
        assert!(builds[1].contains(word), "{builds:?}");
    }

    // What moved is told; the store keeps what the old lock had until it is pruned.
    let new = newer();
    world.next(1, &new);
    let (code, said) = world.run(&["lock", "--record"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("~ curl (apt)  7.88.1-10+deb12u14 -> 7.88.1-10+deb12u15"),
        "{said}"
    );
    assert!(!said.contains("words.txt"), "{said}");
    world.stands(&new);
}

#[test]
fn only_a_run_can_keep_its_network() {
    let project = Project::new(&bodies());
    let world = World::new(&[&project]);
    for (given, told) in [
        ("3,7", "Dockerfile:7\n"),
        (
            "1",
            "`--allow-network`: line 1 has no RUN that could keep its network",
        ),
        ("9", "name a RUN that has a network to keep: lines 3 and 4"),
        (
            "Dockerfile:3",
            "`Dockerfile:3` is not a valid line for `--allow-network`",
        ),
        ("none,3", "`none` is not a valid line for `--allow-network`"),
    ] {
        let (code, said) = world.run(&["lock", "--record", "--allow-network", given]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(told), "{said}");
        assert!(said.contains("Dockerfile"), "{said}");
    }
    assert!(world.builds().is_empty());
    let (code, said) = world.run(&["lock", "--record", "--allow-network", "none"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_run_with_the_network_of_the_host_is_refused_before_anything_is_built() {
    let project = Project::new(&bodies());
    let world = World::new(&[&project]);
    let dockerfile = world.dir.read("Dockerfile");
    let open = dockerfile.replacen("RUN [", "RUN --network=host [", 1);
    assert_ne!(open, dockerfile);
    world.dir.write("Dockerfile", &open);
    let (code, said) = world.run(&["lock", "--record"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("has the network of the host"), "{said}");
    assert!(said.contains("leave out `--network=host`"), "{said}");
    assert!(world.builds().is_empty());
}

#[test]
fn a_file_that_is_missed_may_be_of_another_context() {
    let project = Project::new(&bodies());
    let world = World::new(&[&project]);
    world.then("echo 'ERROR: failed to solve: \"/app/s.sh\": not found' >&2; exit 1");
    let (code, said) = world.run(&["lock", "--record"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("give it with `--context DIR`"), "{said}");
    let (_, said) = world.run(&["lock", "--record", "--context", ".."]);
    assert!(!said.contains("`--context DIR`"), "{said}");
}

#[test]
fn a_recording_is_built_from_the_directory_that_is_the_context() {
    let project = Project::new(&bodies());
    let world = World::new(&[&project]);
    let (code, said) = world.run(&["lock", "--record", "--context", ".."]);
    assert_eq!(code, 0, "{said}");
    let builds = world.builds();
    assert_eq!(builds.len(), 2, "{builds:?}");
    assert!(
        builds.iter().all(|build| build.ends_with(" ..")),
        "{builds:?}"
    );
}

#[test]
fn what_fails_leaves_the_old_lock_and_store() {
    let (old, new) = (Project::new(&bodies()), newer());
    let world = World::new(&[&old]);
    assert_eq!(world.run(&["lock", "--record"]).0, 0);
    world.next(1, &new);
    // The recording fails, and then the proof.
    let record = "[ -z \"$dest\" ] || { echo 'ERROR: failed to solve: no such host' >&2; exit 1; }";
    let proof = "[ -n \"$dest\" ] || { echo '#9 [lock-unrecorded] GET http://h/x (RUN, Dockerfile:3): run' >&2; \
        echo Dockerfile:3 >&2; exit 1; }";
    for (script, expected, told) in [
        (record, 3, "recording failed: failed to solve: no such host"),
        (
            proof,
            1,
            "building offline from what was recorded failed: GET http://h/x",
        ),
        (
            "rm -f \"$dest\"/Dockerfile.store/sha256/*",
            4,
            "the build gave no sha256:",
        ),
        (
            "for f in \"$dest\"/Dockerfile.store/sha256/*; do echo x >\"$f\"; done",
            4,
            "has the digest sha256:",
        ),
        ("echo x >\"$dest\"/Dockerfile.lock", 4, "the new lock: "),
        (
            "rm -f \"$dest\"/Dockerfile.lock",
            2,
            "the build gave no lock",
        ),
    ] {
        world.then(script);
        let (code, said) = world.run(&["lock", "--record"]);
        assert_eq!(code, expected, "{said}");
        assert!(said.contains(told), "{said}");
        assert_eq!(world.leftovers(), 0);
        world.stands(&old);
    }
}

#[test]
fn a_recording_that_is_killed_leaves_nothing_that_counts() {
    let (old, new) = (Project::new(&bodies()), newer());
    let world = World::new(&[&old]);
    assert_eq!(world.run(&["lock", "--record"]).0, 0);
    world.next(1, &new);
    world.then("touch \"$here/reached\"; sleep 5");
    let mut child = world.start();
    let start = Instant::now();
    while !world.client.join("reached").exists() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(world.leftovers(), 1);
    fs::remove_file(world.client.join("then")).unwrap();
    // The next one takes it away; so does a pruning.
    world.stands(&old);
    assert_eq!(world.leftovers(), 0);
    assert_eq!(world.run(&["lock", "--record"]).0, 0);
    world.stands(&new);
}

#[test]
fn two_recordings_at_once_leave_one_of_them() {
    let old = Project::new(&bodies());
    let world = World::new(&[&old]);
    world.then("sleep 0.3");
    let mut both = [world.start(), world.start()];
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    fs::remove_file(world.client.join("then")).unwrap();
    world.stands(&old);
    assert_eq!(world.leftovers(), 0);
}

#[test]
fn a_store_that_cannot_be_written_leaves_the_old_lock() {
    let (old, new) = (Project::new(&bodies()), newer());
    let world = World::new(&[&old]);
    assert_eq!(world.run(&["lock", "--record"]).0, 0);
    world.next(1, &new);
    // A disk that is full where a body is to go: a directory of its name cannot be replaced by a file.
    let digest = dockerfile_llb::image::Digest::sha256(b"newer curl");
    let place = world
        .dir
        .path()
        .join("Dockerfile.store/sha256")
        .join(digest.encoded());
    fs::create_dir(&place).unwrap();
    fs::write(place.join("x"), "").unwrap();
    let (code, said) = world.run(&["lock", "--record"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("cannot write Dockerfile.store/sha256/"),
        "{said}"
    );
    fs::remove_dir_all(&place).unwrap();
    world.stands(&old);
}

#[test]
fn one_more_package_is_all_that_is_told() {
    let old = Project::new(&bodies());
    let world = World::new(&[&old]);
    assert_eq!(world.run(&["lock", "--record"]).0, 0);
    let mut more = bodies();
    let url = "http://deb.test/debian/pool/j/jq/jq_1.6-2.1_amd64.deb";
    more.push((url.to_owned(), b"jq".to_vec()));
    world.next(1, &Project::new(&more));
    let (code, said) = world.run(&["lock", "--record"]);
    assert_eq!(code, 0, "{said}");
    let is_change = |line: &&str| ["+ ", "- ", "~ "].iter().any(|sign| line.starts_with(sign));
    let changes: Vec<&str> = said.lines().filter(is_change).collect();
    assert!(
        matches!(changes[..], [change] if change.starts_with("+ jq (apt)") && change.contains("1.6-2.1")),
        "{said}"
    );
}

#[test]
fn two_recordings_that_differ_are_told() {
    let old = Project::new(&bodies());
    let world = World::new(&[&old, &old]);
    let (code, said) = world.run(&["lock", "--record", "--twice"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(world.builds().len(), 3);
    fs::remove_file(world.client.join("builds")).unwrap();
    let mut bodies = bodies();
    bodies[2].1 = b"other words".to_vec();
    bodies.pop();
    bodies.remove(1);
    world.next(2, &Project::new(&bodies));
    let (code, said) = world.run(&["lock", "--record", "--twice"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("error[lock-unstable]: two recordings of RUN fetch (linux/amd64) differ: "),
        "{said}"
    );
    assert!(said.contains(" --> Dockerfile:3\n"), "{said}");
    assert!(
        said.contains("https://h.test/words.txt?x=1 gave other bytes"),
        "{said}"
    );
    assert!(
        said.contains("node-20.1.0.tgz was asked for the first time only"),
        "{said}"
    );
    assert!(!said.contains("curl_7"), "{said}");
    world.stands(&old);
}

#[test]
fn an_update_records_anew_and_takes_its_pins_back_when_that_fails() {
    let old = Project::new(&bodies());
    let world = World::new(&[&old]);
    assert_eq!(world.run(&["lock", "--record"]).0, 0);
    fs::remove_file(world.client.join("builds")).unwrap();
    // The frontend is a source, and its registry does not exist: nothing is built.
    let (code, said) = world.run(&["lock", "--record", "--update", "--timeout", "1"]);
    assert_eq!(code, 3, "{said}");
    assert!(world.builds().is_empty());
    world.stands(&old);
    // A recording is of one Dockerfile at a time.
    for other in [
        &["--check"][..],
        &["--bake", "x.hcl"],
        &["--compose", "x.yaml"],
    ] {
        let (code, said) = world.run(&[&["lock", "--record"], other].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("cannot be used with"), "{said}");
    }
}
