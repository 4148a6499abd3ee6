//! Writing a file so that it is the old one or the new one at every moment.

use crate::limits::{LEFTOVER_AGE, MAX_TEMPORARY_NAMES};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces `path` by `bytes`: a temporary file in the same directory, flushed to disk, then renamed. A
/// symbolic link stays one; permissions are kept, and the owner as far as the system lets us.
///
/// # Errors
/// What the system says; the old file is then as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Through links, so that the file is replaced where it is.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    sweep(directory, &path);
    let (temporary, mut file) = create(directory, &path)?;
    let written = (|| {
        file.write_all(bytes)?;
        if let Ok(metadata) = fs::metadata(&path) {
            // Before the permissions, some of which go with another owner.
            keep_owner(&file, &metadata);
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &path)
    })();
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    // The rename itself reaches the disk with its directory; not every system can do that.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Gives the new file the owner and group of the old one. Only root can, and only for root it matters.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// Removes what killed runs left; that it cannot be done is no reason to fail.
fn sweep(directory: &Path, path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|have| {
            let middle = have
                .strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(".tmp"));
            middle.is_some_and(|middle| middle.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        });
        let old = || {
            let metadata = entry.metadata().ok().filter(|it| it.is_file())?;
            metadata.modified().ok()?.elapsed().ok()
        };
        if ours && old().is_some_and(|age| age > LEFTOVER_AGE) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn create(directory: &Path, path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let process = std::process::id();
    for number in 0..MAX_TEMPORARY_NAMES {
        let temporary = directory.join(format!(".{name}.{process}.{number}.tmp"));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "no free name for a temporary file",
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use std::process::{Command, Stdio};

    /// In the environment of the process that writes for ever: the file.
    const WRITER: &str = "RDF_TEST_WRITER";

    /// Contents that differ in every byte and in length, larger than one write of the system.
    fn contents() -> [Vec<u8>; 2] {
        [vec![b'a'; 300_000], vec![b'b'; 200_000]]
    }

    #[cfg(unix)]
    #[test]
    fn the_owner_stays() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
        let path = std::env::temp_dir().join(format!("rdf-owner-{}", std::process::id()));
        fs::write(&path, "a").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root can give a file away; for others their own stays theirs.
        let is_root = chown(&path, Some(4321), Some(1234)).is_ok();
        let facts = |path: &Path| {
            let metadata = fs::metadata(path).unwrap();
            (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
        };
        let before = facts(&path);
        assert!(!is_root || before == (4321, 1234, 0o640));
        replace(&path, b"b").unwrap();
        assert_eq!(facts(&path), before);
        assert_eq!(fs::read(&path).unwrap(), b"b");
        fs::remove_file(&path).unwrap();
    }

    /// Not a test by itself: what [`a_killed_writer_leaves_the_old_or_the_new`] kills.
    #[test]
    fn writes_without_an_end() {
        let Some(path) = std::env::var_os(WRITER) else {
            return;
        };
        loop {
            for bytes in contents() {
                replace(Path::new(&path), &bytes).unwrap();
            }
        }
    }

    #[test]
    fn a_killed_writer_leaves_the_old_or_the_new() {
        let directory = std::env::temp_dir().join(format!("rdf-write-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("Dockerfile.lock");
        fs::write(&path, &contents()[0]).unwrap();
        let mut leftovers = 0;
        for delay in 0..40u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "cli::cmd::lock::write::tests::writes_without_an_end",
                ])
                .env(WRITER, &path)
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_micros(20_000 + delay * 379));
            child.kill().unwrap();
            child.wait().unwrap();
            let now = fs::read(&path).unwrap();
            assert!(contents().contains(&now), "{} bytes", now.len());
            for entry in fs::read_dir(&directory).unwrap().flatten() {
                if entry.path() != path {
                    leftovers += 1;
                    fs::remove_file(entry.path()).unwrap();
                }
            }
        }
        fs::remove_dir_all(&directory).unwrap();
        // Kills did hit between the first byte and the rename.
        assert!(leftovers > 0);
    }

    #[test]
    fn old_leftovers_go_and_nothing_else() {
        let directory = std::env::temp_dir().join(format!("rdf-sweep-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let old = std::time::SystemTime::now() - 2 * LEFTOVER_AGE;
        for (name, is_old) in [
            (".x.lock.12.0.tmp", true),
            (".x.lock.13.0.tmp", false),
            (".x.lock.mine.tmp", true),
            (".y.lock.12.0.tmp", true),
        ] {
            let file = File::create(directory.join(name)).unwrap();
            if is_old {
                file.set_modified(old).unwrap();
            }
        }
        replace(&directory.join("x.lock"), b"new").unwrap();
        let mut names: Vec<_> = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(
            names,
            [
                ".x.lock.13.0.tmp",
                ".x.lock.mine.tmp",
                ".y.lock.12.0.tmp",
                "x.lock"
            ]
        );
    }
}
