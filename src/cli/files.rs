//! The files that a command works on: those it is given, and the Dockerfiles of folders. Several are
//! worked on at once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::exit::Failure;

/// Folders that are not looked into: what is in them is not the author's.
const FOREIGN: &[&str] = &["node_modules", "vendor", "target"];

/// What a file's name may end in that begins with `Dockerfile.` and yet is none.
const OTHERS: &[&str] = &[
    "lock",
    "dockerignore",
    "md",
    "j2",
    "jinja",
    "jinja2",
    "tmpl",
    "template",
    "tpl",
    "erb",
    "in",
    "m4",
    "orig",
    "rej",
    "bak",
    "swp",
    "tmp",
];

/// Whether a file of this name is taken for a Dockerfile: `Dockerfile`, `Dockerfile.dev`,
/// `dev.Dockerfile`, the same with `Containerfile`, in any case.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["dockerfile", "containerfile"].iter().any(|word| {
        extension == *word
            || match name.strip_prefix(word) {
                Some("") => true,
                Some(rest) => rest.starts_with('.') && is_variant(extension, rest),
                None => false,
            }
    })
}

fn is_variant(extension: &str, rest: &str) -> bool {
    !OTHERS.contains(&extension) && !rest.ends_with('~')
}

/// The files that `paths` stand for, each once, in order of paths and names. A folder stands for
/// the Dockerfiles below it, without hidden folders and those of packages; links to folders are not
/// followed.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    find_but(paths, &|_| false)
}

/// [`find`], but for what is below a folder and to be passed over.
pub(super) fn find_but(
    paths: &[PathBuf],
    is_passed_over: &dyn Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Failure> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for path in paths {
        let mut here = match path.is_dir() {
            true => below(path, is_passed_over)?,
            false => vec![path.clone()],
        };
        here.sort();
        found.extend(here.into_iter().filter(|path| seen.insert(path.clone())));
    }
    Ok(found)
}

fn below(folder: &Path, is_passed_over: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let unreadable =
            |error| Failure::usage(format_args!("cannot read {}: {error}", folder.display()));
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type().map_err(unreadable)?;
            let path = plain(entry.path());
            if kind.is_dir() {
                if !name.starts_with('.') && !FOREIGN.contains(&&*name) && !is_passed_over(&path) {
                    open.push(path);
                }
            } else if is_dockerfile(&name) && path.is_file() && !is_passed_over(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Without `./` in front.
fn plain(path: PathBuf) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(rest) => rest.to_owned(),
        Err(_) => path,
    }
}

/// What `work` makes of each file, in their order; on all processors.
pub(super) fn each<T: Send>(files: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..processors.min(files.len()) {
            scope.spawn(|| {
                while let Some((index, file)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    files.get(index).map(|file| (index, file))
                } {
                    let result = work(file);
                    // a thread that died has nothing half done in here
                    let mut done = done.lock().unwrap_or_else(|poison| poison.into_inner());
                    done.push((index, result));
                }
            });
        }
    });
    let mut done = done
        .into_inner()
        .unwrap_or_else(|poison| poison.into_inner());
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
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
            "web.Dockerfile",
            "a.b.dockerfile",
            "Containerfile",
            "Dockerfile.ubuntu-22.04",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "Dockerfile.lock",
            "Dockerfile.dev.lock",
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "Dockerfile.dev~",
            "Dockerfiles",
            "MyDockerfile",
            ".dockerignore",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }

    #[test]
    fn results_come_in_the_order_of_files() {
        let files: Vec<PathBuf> = (0..100).map(|number| number.to_string().into()).collect();
        let names = each(&files, |path| path.display().to_string());
        assert!(
            names
                .iter()
                .eq(files.iter().map(|path| path.to_str().unwrap()))
        );
    }
}
