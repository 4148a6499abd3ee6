//! `rdf lock` as a process, against servers on loopback.

mod attempts;
mod builds;
mod contexts;
pub(crate) mod corpus;
mod data;
mod faults;
mod frontend;
mod hermetic;
mod hints;
mod hostile;
mod hosts;
mod indexes;
mod loading;
mod moves;
mod promises;
mod provenance;
mod record_frontend;
mod recorded;
mod recordings;
mod registries;
mod selectors;
mod sources;
mod store;
mod store_images;
mod store_layout;
mod syntax_image;
mod trees;
mod tunnel;
pub(crate) mod world;
mod writes;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A path in testdata.
fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(path)
}

/// A directory of its own, gone at the end.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Dir {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rdf-lock-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_of(env!("CARGO_BIN_EXE_rdf"));
        command.args(arguments);
        command
    }

    /// A program in the directory, without settings of the user's.
    pub(crate) fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.0).env("HOME", &self.0);
        for name in [
            "DOCKER_CONFIG",
            "DOCKER_AUTH_CONFIG",
            "REGISTRY_AUTH_FILE",
            "XDG_RUNTIME_DIR",
            "XDG_CONFIG_HOME",
            "SSL_CERT_FILE",
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn rdf(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs, and gives exit code and stderr.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.rdf(arguments);
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn hash(letter: char) -> String {
    letter.to_string().repeat(40)
}
