//! What `RUN` steps fetch: recorded, and then built without the servers.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::build::{Build, Image, cached_steps};
use crate::engine::{Feature, engine, skipped};
use crate::engines::second_engine;
use crate::process::{Program, Said};
use crate::programs::programs;
use crate::project::Project;
use crate::served::{Server, TLS_NAME, host_of_steps};

use super::hermetic::package;
use super::world::{at, on};

/// A project, and a server that its steps reach.
pub(super) struct World {
    pub(super) project: Project,
    pub(super) server: Server,
    /// The same over TLS.
    tls: String,
    pub(super) host: String,
}

impl World {
    /// `@HTTP@` and `@HTTPS@` in the Dockerfile are the server's addresses.
    pub(super) fn new(dockerfile: &str, files: &[(&str, &[u8])]) -> Option<Self> {
        let files = files.iter().map(|(path, bytes)| (*path, bytes.to_vec()));
        let Some((server, host)) = Server::of_files_for_steps(files).zip(host_of_steps()) else {
            skipped("it is not known by which address steps reach this machine");
            return None;
        };
        let certificate = include_str!("../../../testdata/tls/cert.pem");
        let world = Self {
            project: Project::empty()
                .file("here", "@NONCE@\n")
                .file("ca.pem", certificate),
            tls: server.with_tls(),
            server,
            host,
        };
        world.dockerfile(dockerfile);
        Some(world)
    }

    pub(super) fn dockerfile(&self, text: &str) {
        let text = text.replace("@HTTPS@", &self.tls);
        let text = text.replace("@HTTP@", &self.server.url(""));
        let text = self.project.fill(&crate::project::with_syntax(&text));
        self.project.folder.write("Dockerfile", text);
    }

    pub(super) fn build(&self) -> Build {
        let host = format!("--add-host={TLS_NAME}:{}", self.host);
        Build::of(&self.project).arg(host)
    }

    /// Lock and store, written by the engine alone.
    #[track_caller]
    pub(super) fn record(&self) -> Said {
        self.record_with(&[])
    }

    /// The same with these arguments.
    #[track_caller]
    pub(super) fn record_with(&self, args: &[&str]) -> Said {
        let output = format!("--output=type=local,dest={}", self.project.path());
        self.build()
            .args(["--build-arg", "RDF_LOCK=record"])
            .args(args)
            .args(run_image())
            .arg(output)
            .ok()
    }

    pub(super) fn lock(&self) -> String {
        self.project.folder.read("Dockerfile.lock")
    }

    /// `rdf` in the directory of the project.
    pub(super) fn rdf(&self, args: &[&str]) -> Option<Program> {
        let rdf = programs()?.join("rdf");
        let folder = self.project.folder.path();
        let program = Program::new(rdf).args(args).dir(folder);
        let asks = args.contains(&"--record") && !engine().has(Feature::Modern);
        let image = format!("{}-run", engine().frontend);
        Some(match asks {
            true => program.args(["--run-image", &image]),
            false => program,
        })
    }

    /// Asserts that without its server the project is built here twice alike, and on the second engine; gives an image.
    #[track_caller]
    pub(super) fn replays_without_servers(&self) -> Image {
        self.server.go();
        let before = self.server.requests();
        let image = self.build().arg("--no-cache").image();
        let again = self.build().arg("--no-cache").image();
        assert_alike(&again, &image);
        if let Some(second) = second_engine() {
            on(&second, self.build()).ok();
        }
        assert_eq!(self.server.requests(), before);
        image
    }
}

/// What names the image of `rdf-run` where the engine does not tell which frontend runs.
fn run_image() -> Option<String> {
    let image = format!("--build-arg=RDF_RUN={}-run", engine().frontend);
    (!engine().has(Feature::Modern)).then_some(image)
}

/// The layers of an image, as the engine knows them.
fn layers(image: &Image) -> String {
    image.inspect("{{json .RootFS.Layers}}")
}

/// Asserts that a replay gave the layers of another. The oldest engine touches directories of an image after its steps.
#[track_caller]
pub(super) fn assert_alike(image: &Image, other: &Image) {
    if engine().has(Feature::Modern) {
        assert_eq!(layers(image), layers(other));
    }
}

pub(super) const FETCHING: &str = "\
FROM @REGISTRY@/busybox AS base
COPY . /context
RUN wget -O /first @HTTP@/first && mkdir /made && sleep 1.1 && touch /made/later /etc/changed
FROM base
RUN cat /first && ! ls /context/Dockerfile.lock && ! ls -d /context/Dockerfile.store
USER app
RUN wget -O /tmp/second @HTTP@/second && test \"$SOURCE_DATE_EPOCH\" -gt 0
";

pub(super) const FILES: &[(&str, &[u8])] =
    &[("/first", b"the first\n"), ("/second", b"the second\n")];

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_build_goes_on_without_the_servers() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    world.record();
    let lock = world.lock();
    assert!(lock.contains("mode = \"hermetic\""), "{lock}");
    for path in ["/first", "/second"] {
        let line = format!(
            "{{ url = \"{}\", digest = \"sha256:",
            world.server.url(path)
        );
        assert!(lock.contains(&line), "{lock}");
    }
    let before = world.server.requests();
    assert_eq!(before, ["GET /first", "GET /second"]);
    world.server.go();

    // The steps that the recording built up to the first RUN are known already.
    let (first, said) = world.build().image_and_progress();
    let copied = |(step, _): &&(String, bool)| step.contains("COPY");
    assert!(
        cached_steps(&said.stderr)
            .iter()
            .find(copied)
            .expect("COPY")
            .1,
        "{}",
        said.whole()
    );
    let again = world.build().arg("--no-cache").image();
    assert_alike(&again, &first);
    assert_eq!(
        first.run(&["cat", "/first", "/tmp/second"]),
        "the first\nthe second\n"
    );
    assert_eq!(
        first.run(&["sh", "-c", "ls -a /dev | grep rdf || echo none"]),
        "none\n"
    );

    if engine().lacks(&[Feature::ContainerdStore]) {
        return;
    }
    let exact = |build: Build| {
        let folder = crate::project::Folder::new();
        let to = folder.path().display();
        let output = format!("--output=type=oci,tar=false,rewrite-timestamp=true,dest={to}");
        build
            .args(["--no-cache", "--provenance=false"])
            .arg(output)
            .ok();
        let index: serde_json::Value =
            serde_json::from_str(&folder.read("index.json")).expect("index");
        index["manifests"][0]["digest"]
            .as_str()
            .expect("digest")
            .to_owned()
    };
    let digest = exact(world.build());
    assert_eq!(exact(world.build()), digest);
    if let Some(second) = second_engine() {
        assert_eq!(exact(on(&second, world.build())), digest);
    }
    assert_eq!(world.server.requests(), before);
    assert_eq!(world.lock(), lock);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn what_was_not_recorded_is_told_at_once() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    world.record();
    world.build().ok();
    let before = world.server.requests();
    // The tool would go on for a minute, and takes no notice of the failure.
    world.dockerfile(&FETCHING.replace(
        "RUN cat /first",
        "RUN wget -O /x @HTTP@/other; sleep 60; cat /first",
    ));
    let start = Instant::now();
    let said = world.build().fails();
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{}",
        said.whole()
    );
    let url = world.server.url("/other");
    said.says(&format!(
        "[lock-unrecorded] GET {url} (RUN, Dockerfile:6): nothing was recorded of this command"
    ));
    said.says("exit code: 97 ([lock-unrecorded] this RUN made a request that was not recorded");
    at(&said, 6);
    assert_eq!(world.server.requests(), before);
    // A moved line is nothing to record.
    world.dockerfile(&FETCHING.replace("FROM base", "# a remark\n\nFROM base"));
    world.build().ok();
    assert_eq!(world.server.requests(), before);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn bytes_that_changed_in_the_store_are_an_error() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    world.record();
    let lock = world.lock();
    let url = world.server.url("/first");
    let line = lock
        .lines()
        .find(|line| line.starts_with("    {") && line.contains(&url))
        .expect("fetch");
    let body = line
        .split("sha256:")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("digest");
    let body = format!("Dockerfile.store/sha256/{body}");
    for damage in ["The first\n", "the fir", ""] {
        world.project.folder.write(&body, damage);
        let said = world.build().arg("--no-cache").fails();
        said.says(&format!("[lock-damaged] {url} (RUN, Dockerfile:4): "));
        said.says("exit code: 98 ([lock-damaged]");
        at(&said, 4);
    }
    world.project.folder.write(&body, FILES[0].1);
    let program = lock.split("rdf-run = { \"linux/amd64\" = \"sha256:").nth(1);
    let program = program
        .and_then(|rest| rest.split('"').next())
        .expect("program");
    let program = format!("Dockerfile.store/sha256/{program}");
    world.project.folder.write(&program, "#!/bin/sh\nexit 0\n");
    let said = world.build().arg("--no-cache").fails();
    said.says("[lock-damaged] the store has no intact rdf-run for linux/amd64");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn packages_of_apt_come_from_the_recording() {
    let tool = Program::new("sh").args(["-c", "command -v dpkg-deb"]).run();
    if tool.status != 0 {
        return skipped("this machine has no dpkg-deb");
    }
    let deb = package("rdf-tool", "", "");
    let digest = sha256(&deb);
    let packages = format!(
        "Package: rdf-tool\nVersion: 1.0\nArchitecture: all\nMaintainer: Jane <jane@example.com>\n\
         Filename: repo/rdf-tool.deb\nSize: {}\nSHA256: {digest}\nDescription: a package of a test\n\n",
        deb.len()
    );
    let dockerfile = "\
FROM @REGISTRY@/debian:bookworm
COPY ca.pem /etc/ssl/certs/ca-certificates.crt
RUN rm -rf /etc/apt/sources.list* && echo 'deb [trusted=yes] @HTTPS@ repo/' >/etc/apt/sources.list \\
    && apt-get update && apt-get install -y --no-install-recommends rdf-tool \\
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig /var/cache/apt/*.bin
";
    let files: [(&str, &[u8]); 2] = [
        ("/repo/Packages", packages.as_bytes()),
        ("/repo/rdf-tool.deb", &deb),
    ];
    let Some(world) = World::new(dockerfile, &files) else {
        return;
    };
    world.record();
    world.server.go();
    let before = world.server.requests();
    let (first, again) = (
        world.build().image(),
        world.build().arg("--no-cache").image(),
    );
    // COPY makes directories, with the time of the build; the layer of the step is the last. In the older image store,
    // the mark of a removed file has the time of its removal.
    let last = |image: &Image| {
        layers(image)
            .rsplit_once(',')
            .map(|(_, last)| last.to_owned())
    };
    if engine().has(Feature::ContainerdStore) {
        assert_eq!(last(&first), last(&again));
    }
    assert_eq!(first.run(&["rdf-tool"]), "rdf-tool\n");
    let trust = first.run(&["cat", "/etc/ssl/certs/ca-certificates.crt"]);
    assert_eq!(trust, include_str!("../../../testdata/tls/cert.pem"));
    assert_eq!(world.server.requests(), before);
}

fn sha256(bytes: &[u8]) -> String {
    let said = Program::new("sha256sum").stdin(bytes).ok().text();
    said.split_whitespace().next().expect("digest").to_owned()
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_step_recorded_anew_leaves_the_others_cached() {
    // Older daemons run all recorded steps again.
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    // The Dockerfile itself changes.
    let fetching = FETCHING.replace("COPY . ", "COPY here ");
    let Some(world) = World::new(&fetching, FILES) else {
        return;
    };
    world.record();
    let old = world.lock();
    world.build().ok();
    let more = fetching.replace(
        "RUN cat /first",
        "RUN wget -O /third @HTTP@/third && cat /first",
    );
    world.dockerfile(&more);
    world.server.put("/third", b"the third\n");
    world.record();
    let new = world.lock();
    // Only the command of the changed step is another.
    let gone: Vec<&str> = old.lines().filter(|line| !new.contains(line)).collect();
    assert!(
        matches!(gone[..], [command] if command.contains("cat /first")),
        "{gone:?}\n{old}\n{new}"
    );
    let steps = cached_steps(&world.build().ok().stderr);
    let cached = |what: &str| {
        let step = steps.iter().find(|(name, _)| name.contains(what));
        step.unwrap_or_else(|| panic!("no {what} in {steps:?}")).1
    };
    assert!(cached("COPY") && cached("/first &&"), "{steps:?}");
    assert!(!cached("/third"), "{steps:?}");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_store_in_a_registry_is_all_that_a_build_needs() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    let host = format!("{TLS_NAME}:{}", world.host);
    let store = world.project.fill("@REGISTRY@/store-@NONCE@");
    let record = ["lock", "--record", "--store", &store, "--add-host", &host];
    let Some(rdf) = world.rdf(&record) else {
        return;
    };
    // Of each step a recording and a body, and the program.
    rdf.ok().says("5 new layers");
    let lock = world.lock();
    assert!(
        lock.contains(&format!("store = \"{store}@sha256:")),
        "{lock}"
    );
    let folder = world.project.folder.path().join("Dockerfile.store");
    assert!(!folder.exists());
    for action in ["--check", "--verify"] {
        world.rdf(&["lock", action]).expect("rdf").ok();
    }
    let image = world.replays_without_servers();
    assert_eq!(
        image.run(&["cat", "/first", "/tmp/second"]),
        "the first\nthe second\n"
    );

    // A lock whose images are not there is no build.
    let (_, images) = lock.split_once("[recording.images]\n").expect("images");
    let (_, image) = images.split_once(" = \"sha256:").expect("an image");
    let gone = lock.replace(&image[..64], &"0".repeat(64));
    world.project.folder.write("Dockerfile.lock", gone);
    world.build().arg("--no-cache").fails();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn rdf_records_and_proves() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    let host = format!("{TLS_NAME}:{}", world.host);
    let args = ["lock", "--record", "--add-host", &host];
    let Some(rdf) = world.rdf(&args) else {
        return;
    };
    rdf.ok().says("2 fetches of 2 RUN steps recorded in ");
    let lock = world.lock();
    world.build().arg("--no-cache").ok();
    assert_eq!(world.server.requests(), ["GET /first", "GET /second"]);
    let store = world.project.folder.path().join("Dockerfile.store");
    assert_eq!(names(&store), ["sha256"]);

    // What the proxy does not see is found by the proof, and nothing of the old recording is lost.
    world.dockerfile(
        &FETCHING.replace("RUN cat /first", "RUN ip route get 192.0.2.1 && cat /first"),
    );
    let said = world.rdf(&args).expect("rdf").run().must_fail();
    assert_eq!(said.status, 1, "{}", said.whole());
    said.says("building offline from what was recorded failed");
    if engine().has(Feature::Modern) {
        said.says("Dockerfile:6");
    }
    assert_eq!(world.lock(), lock);
    assert_eq!(names(&store), ["sha256"]);
    // So is a server that is gone.
    world.dockerfile(FETCHING);
    world.server.go();
    let said = world.rdf(&args).expect("rdf").run().must_fail();
    assert_eq!(said.status, 3, "{}", said.whole());
    assert_eq!(world.lock(), lock);
    world.build().arg("--no-cache").ok();
}

const SETS: &str = "\
FROM @REGISTRY@/busybox AS base
ARG V=first
RUN wget -O /v @HTTP@/$V
FROM base
RUN wget -O /last @HTTP@/last
";

const SET_FILES: &[(&str, &[u8])] = &[
    ("/first", b"the first\n"),
    ("/second", b"the second\n"),
    ("/last", b"the last\n"),
];

#[test]
#[ignore = "needs an engine: scripts/test"]
fn each_set_of_arguments_has_recordings_of_its_own() {
    let Some(world) = World::new(SETS, SET_FILES) else {
        return;
    };
    world.record();
    world.record_with(&["--build-arg", "V=second"]);
    let lock = world.lock();
    assert!(lock.contains("args = { V = \"second\" }"), "{lock}");
    let before = world.server.requests();
    world.server.go();
    for (args, expected) in [
        (&[][..], "the first\n"),
        (&["--build-arg", "V=second"][..], "the second\n"),
    ] {
        let image = world.build().args(args).arg("--no-cache").image();
        assert_eq!(image.run(&["cat", "/v"]), expected);
        assert_eq!(image.run(&["cat", "/last"]), "the last\n");
    }
    assert_eq!(world.server.requests(), before);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_step_keeps_its_network_where_the_lock_says_so() {
    let Some(world) = World::new(SETS, SET_FILES) else {
        return;
    };
    // The first line is that of the frontend.
    world.record_with(&["--build-arg", "RDF_NETWORK=6"]);
    assert!(world.lock().contains("network = true"), "{}", world.lock());
    let before = world.server.requests().len();
    let said = world.build().arg("--no-cache").ok();
    if engine().has(Feature::Modern) {
        said.says("this RUN has a network, as the lock allows");
    }
    assert_eq!(world.server.requests()[before..], ["GET /last"]);
    world.record_with(&["--build-arg", "RDF_NETWORK=none"]);
    assert!(!world.lock().contains("network = true"), "{}", world.lock());
    let before = world.server.requests().len();
    world.build().arg("--no-cache").ok();
    assert_eq!(world.server.requests().len(), before);
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("folder").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
