//! Whole builds against a daemon in memory, with a lock beside the Dockerfile and without one.

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::image::{Digest, Platform};
use dockerfile_llb::internals::lock::collect::{Document, Walk};
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::model::{ConfigFacts, pinned_reference};
use dockerfile_llb::internals::lock::update::{
    Resolutions, ResolvedGit, ResolvedHttp, ResolvedImage, assemble,
};
use dockerfile_llb::internals::lock::{Inputs, Lock};
use dockerfile_llb::testing::{FakeDaemon, Image};

const PLATFORM: &str = "linux/amd64";
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;

/// A Dockerfile and a lock that holds all that it takes.
pub struct Build {
    bytes: Vec<u8>,
    lock: String,
    /// Images by the references that are asked for, with their digests.
    images: Vec<(String, String)>,
}

fn digest(of: &str) -> String {
    Digest::sha256(of.as_bytes()).to_string()
}

impl Build {
    /// `None` for a Dockerfile that does not compile.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let document = Document::new("Dockerfile", bytes);
        let inputs = Inputs {
            platforms: [PLATFORM.to_owned()].into(),
            ..Inputs::default()
        };
        let mut walk = Walk::new(&document, &inputs, &Platform::new("linux", "amd64"));
        loop {
            let questions = walk.questions();
            if questions.is_empty() {
                break;
            }
            for question in questions {
                walk.answer(question, Some(ConfigFacts::default()));
            }
        }
        let collected = walk.finish();
        if !collected.problems.is_empty() {
            return None;
        }
        let mut found = Resolutions::default();
        for (reference, seen) in &collected.images {
            let own = reference.split_once('@').map(|(_, own)| own.to_owned());
            let platforms = seen.platforms.iter();
            let image = ResolvedImage {
                tag: None,
                digest: own.unwrap_or_else(|| digest(reference)),
                platforms: platforms
                    .map(|platform| (platform.clone(), digest(platform)))
                    .collect(),
            };
            found.images.insert(reference.clone(), image);
        }
        for key in collected.git.keys() {
            let commit = digest(&format!("{key:?}"))["sha256:".len()..][..40].to_owned();
            let git = ResolvedGit {
                commit,
                tag_object: None,
            };
            found.git.insert(key.clone(), git);
        }
        for (url, seen) in &collected.http {
            let digest = seen.checksum().map_or_else(|| digest(url), str::to_owned);
            let http = ResolvedHttp { digest, size: None };
            found.http.insert(url.clone(), http);
        }
        let facts = Default::default();
        let lock = assemble(
            &Lock::default(),
            inputs,
            &collected,
            &found,
            &facts,
            "2026-01-01",
        );
        let pins = lock.images.iter().flat_map(|(key, pin)| {
            let names = [Some(key.clone()), pinned_reference(key, pin)];
            names
                .into_iter()
                .flatten()
                .map(|name| (name, pin.digest.clone()))
        });
        let build = Build {
            bytes: bytes.to_vec(),
            images: pins.collect(),
            lock: file::print(&lock),
        };
        let builds = |is_locked| run(&build.daemon(is_locked)).is_ok();
        (builds(false) && builds(true)).then_some(build)
    }

    /// A daemon whose client wants to build it.
    pub fn daemon(&self, is_locked: bool) -> FakeDaemon {
        let daemon = FakeDaemon::new();
        // Not handed on to the frontend of a `# syntax=` line.
        daemon.set_opt("cmdline", "frontend");
        daemon.set_opt("platform", PLATFORM);
        daemon.add_file("local://dockerfile", "Dockerfile", self.bytes.clone());
        if is_locked {
            daemon.add_file("local://dockerfile", "Dockerfile.lock", self.lock.clone());
        }
        for (reference, digest) in &self.images {
            daemon.add_image(reference, Image::new(digest.clone(), CONFIG));
        }
        daemon
    }
}

fn run(daemon: &FakeDaemon) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| error.to_string())?;
    let built = runtime.block_on(daemon.build(&Dockerfile));
    built.map(drop).map_err(|error| error.message().to_owned())
}

/// From the first question to the result.
pub fn build(daemon: &FakeDaemon) {
    run(daemon).expect("it was built before");
}
