//! A directory with a Dockerfile and files around it, made for one test and removed after it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::engine::{engine, unique};

/// A temporary directory.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("rdf-e2e-{}", unique()));
        fs::create_dir_all(&path).expect("temporary directory");
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("folder of a file");
        }
        fs::write(&path, text).expect("file of a test");
        path
    }

    pub fn write_program(&self, name: &str, text: &str) {
        let path = self.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("mode of a program");
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        match fs::read_to_string(self.join(name)) {
            Ok(text) => text,
            Err(why) => panic!("{name}: {why}; there are {:?}", self.names()),
        }
    }

    /// Paths of all files below, relative and sorted.
    pub fn names(&self) -> Vec<String> {
        let (mut names, mut open) = (Vec::new(), vec![self.path.clone()]);
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(entry.path()),
                    _ => names.extend(
                        entry
                            .path()
                            .strip_prefix(&self.path)
                            .map(|path| path.display().to_string()),
                    ),
                }
            }
        }
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
    }
}

/// A build context. `@REGISTRY@`, `@FRONTEND@` and `@NONCE@` (a word never seen before) are replaced in its texts.
pub struct Project {
    pub folder: Folder,
    pub nonce: String,
}

impl Project {
    /// With this Dockerfile, under a syntax line that names the frontend under test.
    pub fn new(dockerfile: &str) -> Self {
        Self::plain(&with_syntax(dockerfile))
    }

    /// With exactly this Dockerfile.
    pub fn plain(dockerfile: &str) -> Self {
        let project = Self::empty();
        project.file("Dockerfile", dockerfile)
    }

    pub fn empty() -> Self {
        Self {
            folder: Folder::new(),
            nonce: unique(),
        }
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        self.folder.write(name, self.fill(text));
        self
    }

    pub fn program(self, name: &str, text: &str) -> Self {
        self.folder.write_program(name, &self.fill(text));
        self
    }

    /// `text` with this project's values in it.
    pub fn fill(&self, text: &str) -> String {
        text.replace("@REGISTRY@", &engine().registry)
            .replace("@FRONTEND@", &engine().frontend)
            .replace("@NONCE@", &self.nonce)
    }

    pub fn path(&self) -> String {
        self.folder.path().display().to_string()
    }
}

/// `dockerfile` under a syntax line that names the frontend under test.
pub fn with_syntax(dockerfile: &str) -> String {
    format!(
        "# syntax=@FRONTEND@\n{}",
        dockerfile.trim_start_matches('\n')
    )
}
