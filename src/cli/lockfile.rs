//! The lock beside a Dockerfile as a build would find it: what is sent to a daemon is the directory of the Dockerfile,
//! and links in it lead nowhere else.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use crate::limits::MAX_LINKS;

/// The other spellings of a Dockerfile's name.
const SPELLINGS: [&str; 2] = ["Dockerfile", "dockerfile"];

/// What is where a lock would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LockPlace {
    /// Nothing: no such name.
    Missing,
    /// A file, at the end of links.
    File(PathBuf),
    /// Something that a build does not find as a lock.
    OutOfReach {
        /// Why not.
        why: String,
        /// Where it lies instead, for a Dockerfile of another name.
        elsewhere: Option<PathBuf>,
    },
}

/// `<Dockerfile>.lock`
pub(super) fn path_of(dockerfile: &Path) -> PathBuf {
    let mut name = OsString::from(dockerfile);
    name.push(".lock");
    PathBuf::from(name)
}

/// Looks for the lock of a Dockerfile.
pub(super) fn find(dockerfile: &Path) -> LockPlace {
    let directory = match dockerfile.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Some(name) = dockerfile.file_name() else {
        return LockPlace::Missing;
    };
    // The directory itself may be a link.
    let root = directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned());
    let lock = path_of(Path::new(name));
    match std::fs::symlink_metadata(root.join(&lock)) {
        Ok(metadata) if metadata.is_symlink() => linked(&root, &lock),
        Ok(metadata) if metadata.is_dir() => out_of_reach("it is a directory"),
        Ok(metadata) if !metadata.is_file() => out_of_reach("it is not a regular file"),
        Ok(_) => LockPlace::File(path_of(dockerfile)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => elsewhere(&root, name),
        Err(error) => out_of_reach(error.to_string()),
    }
}

fn out_of_reach(why: impl Into<String>) -> LockPlace {
    LockPlace::OutOfReach {
        why: why.into(),
        elsewhere: None,
    }
}

/// The file that a link leads to within `root`.
fn linked(root: &Path, name: &Path) -> LockPlace {
    let target = std::fs::read_link(root.join(name)).unwrap_or_default();
    let found = follow(root, name).and_then(|chain| chain.last().cloned());
    let file = found.map(|path| root.join(path));
    match file.and_then(|file| Some((std::fs::metadata(&file).ok()?, file))) {
        Some((metadata, file)) if metadata.is_file() => LockPlace::File(file),
        Some((metadata, _)) if metadata.is_dir() => out_of_reach("it is a directory"),
        Some(_) => out_of_reach("it is not a regular file"),
        None => out_of_reach(format!(
            "it is a link to `{}`, which does not exist within the directory of the Dockerfile, and a \
            build sees nothing else",
            target.display()
        )),
    }
}

/// A lock that belongs to the Dockerfile by another name.
fn elsewhere(root: &Path, name: &OsStr) -> LockPlace {
    for place in follow(root, Path::new(name)).unwrap_or_default() {
        let lock = path_of(&place);
        if std::fs::symlink_metadata(root.join(&lock)).is_ok() {
            let why = format!(
                "`{}` is a link to `{}`, and what lies beside that as `{}` is not beside the link",
                name.display(),
                place.display(),
                lock.display()
            );
            return LockPlace::OutOfReach {
                why,
                elsewhere: Some(lock),
            };
        }
    }
    let there = |name: &Path| std::fs::symlink_metadata(root.join(name)).is_ok();
    let others = SPELLINGS
        .iter()
        .filter(|_| SPELLINGS.iter().any(|own| name == *own))
        .filter(|other| name != **other);
    for other in others.map(Path::new) {
        if there(Path::new(name)) && there(&path_of(other)) && !there(other) {
            let why = format!(
                "`{}` is for a file `{}`, and the Dockerfile is `{}`: rename one of them",
                path_of(other).display(),
                other.display(),
                name.display()
            );
            return LockPlace::OutOfReach {
                why,
                elsewhere: Some(path_of(other)),
            };
        }
    }
    LockPlace::Missing
}

/// Where links lead that begin with `name`, one after the other, as paths in `root`, which none leads out of; empty
/// where it is not a link. `None` for a circle and for what does not exist.
fn follow(root: &Path, name: &Path) -> Option<Vec<PathBuf>> {
    let mut chain = Vec::new();
    let mut here = name.to_owned();
    for _ in 0..MAX_LINKS {
        match next(root, &here)? {
            None => return Some(chain),
            Some(place) => {
                here = place.clone();
                chain.push(place);
            }
        }
    }
    None
}

/// The path with its first link followed; `None` inside where there is none, outside where it leads to nothing.
#[allow(clippy::option_option)]
fn next(root: &Path, path: &Path) -> Option<Option<PathBuf>> {
    let parts: Vec<_> = path.components().collect();
    let mut here = PathBuf::new();
    for (index, part) in parts.iter().enumerate() {
        let whole = here.join(part);
        let metadata = std::fs::symlink_metadata(root.join(&whole)).ok()?;
        if metadata.is_symlink() {
            let target = std::fs::read_link(root.join(&whole)).ok()?;
            let rest = parts.get(index + 1..).unwrap_or_default();
            let mut joined = match target.is_absolute() {
                true => target,
                false => here.join(target),
            };
            joined.extend(rest);
            return Some(Some(within(&joined)));
        }
        here = whole;
    }
    Some(None)
}

/// The path without `.` and `..`; the root is its own parent.
fn within(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    clean
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_lock_is_where_a_build_finds_it() {
        let top = std::env::temp_dir().join(format!("rdf-lockfile-{}", std::process::id()));
        let root = top.join("app");
        fs::create_dir_all(root.join("locks")).unwrap();
        fs::create_dir_all(top.join("locks")).unwrap();
        fs::write(root.join("locks/in"), "").unwrap();
        fs::write(top.join("locks/out"), "").unwrap();
        let dockerfile = root.join("Dockerfile");
        let lock = root.join("Dockerfile.lock");
        fs::write(&dockerfile, "FROM scratch\n").unwrap();
        assert_eq!(find(&dockerfile), LockPlace::Missing);
        let outside = top.join("locks/out");
        for target in [
            Path::new("../locks/out"),
            &outside,
            Path::new("nowhere"),
            Path::new("Dockerfile.lock"),
            Path::new("locks"),
            Path::new("/dev/zero"),
        ] {
            symlink(target, &lock).unwrap();
            let found = find(&dockerfile);
            assert!(
                matches!(found, LockPlace::OutOfReach { .. }),
                "{target:?}: {found:?}"
            );
            fs::remove_file(&lock).unwrap();
        }
        // A build takes what is within the directory for the whole file system.
        for target in [
            "locks/in",
            "./locks/../locks/in",
            "../locks/in",
            "/locks/in",
        ] {
            symlink(target, &lock).unwrap();
            let real = root.canonicalize().unwrap().join("locks/in");
            assert_eq!(find(&dockerfile), LockPlace::File(real), "{target}");
            fs::remove_file(&lock).unwrap();
        }
        fs::create_dir(&lock).unwrap();
        assert!(matches!(find(&dockerfile), LockPlace::OutOfReach { .. }));
        fs::remove_dir(&lock).unwrap();
        fs::rename(&dockerfile, root.join("real")).unwrap();
        symlink("real", &dockerfile).unwrap();
        assert_eq!(find(&dockerfile), LockPlace::Missing);
        fs::write(root.join("real.lock"), "").unwrap();
        assert!(matches!(find(&dockerfile), LockPlace::OutOfReach { .. }));
        fs::remove_file(&dockerfile).unwrap();
        fs::write(root.join("dockerfile"), "").unwrap();
        fs::write(&lock, "").unwrap();
        assert!(matches!(
            find(&root.join("dockerfile")),
            LockPlace::OutOfReach { .. }
        ));
        fs::remove_dir_all(&top).unwrap();
    }
}
