//! The engine under test, as the environment describes it, and what it can do.

use std::env;
use std::fs;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::process::Program;

/// Something that not every engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Images in containerd's store: attestations, several platforms, the `oci` output, cache export.
    ContainerdStore,
    /// `--call` and `--check` in the client, subrequests in the daemon.
    Call,
    /// `docker buildx dap` and `docker buildx debug`.
    Debugger,
    /// What Docker 26.1 and its client lack whatever the frontend says: secrets as variables, git addresses with a
    /// query, warnings in the client, compose services as contexts, a stdin archive that is sent twice, …
    Recent,
    /// What the daemon of Docker 20.10 lacks whatever the frontend says: code frames, directories of a git repository,
    /// limits on open files, a named context for the frontend, …
    Modern,
}

/// What `scripts/e2e` tells the tests.
pub struct Engine {
    /// `host:port` of a registry that the daemon and this machine both reach without TLS.
    pub registry: String,
    /// The frontend image under test.
    pub frontend: String,
    major: u32,
    containerd_store: bool,
}

/// The engine; a test without one fails with what is missing.
#[track_caller]
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    match ENGINE.get_or_init(Engine::from_environment) {
        Ok(engine) => engine,
        Err(why) => panic!("{why}; run the tests with scripts/e2e"),
    }
}

impl Engine {
    fn from_environment() -> Result<Self, String> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        let version = Program::docker()
            .args(["version", "--format", "{{.Server.Version}}"])
            .run();
        if version.status != 0 {
            return Err(format!("no engine answers: {}", version.stderr.trim()));
        }
        let info = Program::docker()
            .args(["info", "--format", "{{.DriverStatus}}"])
            .run();
        let major = version
            .text()
            .split('.')
            .next()
            .and_then(|number| number.parse().ok());
        Ok(Self {
            registry: variable("RDF_E2E_REGISTRY")?,
            frontend: variable("RDF_E2E_FRONTEND")?,
            major: major.ok_or_else(|| format!("not a version: {}", version.text()))?,
            containerd_store: info.text().contains("io.containerd.snapshotter"),
        })
    }

    pub fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::ContainerdStore => self.containerd_store,
            Feature::Call | Feature::Recent => self.major >= 27,
            Feature::Debugger => self.major >= 28,
            Feature::Modern => self.major >= 23,
        }
    }

    /// Whether a test must be left out here, which is said on stderr:
    /// `if engine().lacks(&[Feature::Call]) { return; }`
    pub fn lacks(&self, features: &[Feature]) -> bool {
        let missing: Vec<_> = features.iter().filter(|one| !self.has(**one)).collect();
        if !missing.is_empty() {
            skipped(&format!("engine {} has no {missing:?}", self.major));
        }
        !missing.is_empty()
    }
}

/// Skips the running test: says so on stderr, past the test harness, which would swallow it, and in the file
/// `RDF_E2E_SKIPPED`, where `scripts/e2e` counts the skips.
pub fn skipped(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    writeln!(std::io::stderr(), "skipped: {test}: {why}").ok();
    let Some(list) = env::var_os("RDF_E2E_SKIPPED") else {
        return;
    };
    let appended = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&list)
        .and_then(|mut file| file.write_all(format!("{test}\n").as_bytes()));
    appended.unwrap_or_else(|error| panic!("{}: {error}", list.display()));
}

/// A word that was never used before: names images and keeps the engine's cache from answering.
pub fn unique() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    format!("u{:x}n{}", since, COUNT.fetch_add(1, Ordering::Relaxed))
}
