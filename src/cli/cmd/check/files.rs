//! Which files are checked: those that are named, and the Dockerfiles below folders that are named.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::super::exit::Failure;
use super::around::Configs;

/// Folders that hold what others wrote, or what was made from it.
const PASSED_OVER: [&str; 11] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "target",
    "vendor",
    ".venv",
    "venv",
    ".tox",
    "__pycache__",
    ".terraform",
];

/// A file to check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
}

impl Found {
    /// Whether it is read from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}

/// What came of looking.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The files, in the order of their arguments, below each by path.
    pub files: Vec<Found>,
    /// What could not be read.
    pub failures: Vec<Failure>,
}

/// Finds the files.
pub(super) fn find(paths: &[PathBuf], configs: &Configs) -> Result<Search, Failure> {
    let usual = super::usual_paths();
    let paths = if paths.is_empty() { &usual } else { paths };
    let mut search = Search::default();
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            search.files.push(Found { path: path.clone() });
        } else {
            search.folder(path, configs);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    search.files.retain(|file| seen.insert(file.path.clone()));
    Ok(search)
}

impl Search {
    fn folder(&mut self, root: &Path, configs: &Configs) {
        let mut open = vec![root.to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = open.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    let shown = folder.display();
                    self.failures
                        .push(Failure::usage(format_args!("cannot read {shown}: {error}")));
                    continue;
                }
            };
            for entry in entries.flatten() {
                // Links to folders lead in circles; links to files are files.
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                let (name, path) = (entry.file_name(), tidy(entry.path()));
                if kind.is_dir() {
                    if !is_passed_over(&name) && !configs.excludes(&path) {
                        open.push(path);
                    }
                } else if is_dockerfile(&name) && path.is_file() && !configs.excludes(&path) {
                    found.push(Found { path });
                }
            }
        }
        found.sort();
        self.files.append(&mut found);
    }
}

/// `./a` as `a`.
fn tidy(path: PathBuf) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path,
    }
}

fn is_passed_over(name: &OsStr) -> bool {
    PASSED_OVER.iter().any(|folder| name == *folder)
}

/// `Dockerfile`, `Dockerfile.dev`, `dev.Dockerfile`, and `Containerfile` likewise; letter case does not
/// matter. Ignore files and locks have such names, too.
pub(in crate::cli::cmd) fn is_dockerfile(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    if [".dockerignore", ".lock", ".new", ".orig", ".swp", "~"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return false;
    }
    ["dockerfile", "containerfile"].iter().any(|word| {
        let rest = name.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || name
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_known_by_their_names() {
        for name in [
            "Dockerfile",
            "dockerfile",
            "Dockerfile.dev",
            "dev.Dockerfile",
            "Containerfile",
            "x.containerfile",
        ] {
            assert!(is_dockerfile(OsStr::new(name)), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "Dockerfile.lock",
            "dev.Dockerfile.lock",
            "Dockerfiles",
            "MyDockerfile",
            "docker",
            "dockerfile-rs",
        ] {
            assert!(!is_dockerfile(OsStr::new(name)), "{name}");
        }
    }
}
