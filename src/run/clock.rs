//! Times of what a command changed: none of them is the time of the build.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
use rustix::io::Errno;

use super::report::Report;
use super::tidy::Tidy;
use super::{Doing as _, Error};

/// Where the kernel tells what is mounted.
const MOUNTS: &str = "/proc/self/mountinfo";

/// How long a container may take to start, in seconds: places for its mounts are made before the command runs.
const CONTAINER_START: i64 = 1;

/// When the command was started, by the clock that the kernel marks changes with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    seconds: i64,
    nanoseconds: i64,
}

impl Start {
    /// Now; a file in `folder` tells the time.
    pub(super) fn now(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("start");
        let told = fs::write(&path, b"")
            .and_then(|()| fs::metadata(&path))
            .doing(|| format!("cannot write {}", path.display()))?;
        Ok(Start {
            seconds: told.ctime(),
            nanoseconds: told.ctime_nsec(),
        })
    }

    /// Sets the time of everything below `root` that was changed since and is younger than `epoch`, in seconds since
    /// 1970, to that, after what is not wanted was tidied away; `home` is that of the command's user. Mounts are left
    /// alone.
    pub(super) fn settle(
        self,
        root: &Path,
        epoch: i64,
        tidy: &Tidy,
        home: &Path,
        report: &Report,
    ) -> Result<(), Error> {
        tidy.remove(root, home, |it| self.changed(it, self.seconds), report);
        let mounts = mounts(&fs::read(MOUNTS).doing(|| format!("cannot read {MOUNTS}"))?);
        // Places for mounts are made, and taken away again, with the container.
        let around: BTreeSet<&Path> = mounts.iter().filter_map(|path| path.parent()).collect();
        let mut open = vec![root.to_owned()];
        while let Some(path) = open.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                let entries = entries.map(|entry| entry.path());
                open.extend(entries.filter(|path| !mounts.contains(path)));
            }
            let since = match around.contains(path.as_path()) {
                true => self.seconds - CONTAINER_START,
                false => self.seconds,
            };
            if !self.changed(&metadata, since) {
                continue;
            }
            let is_set = metadata.is_file() && tidy.settle_pyc(&path, self.seconds, epoch);
            if is_set || metadata.mtime() >= epoch.min(self.seconds) {
                set(&path, epoch)?;
            }
        }
        Ok(())
    }

    fn changed(self, metadata: &Metadata, since: i64) -> bool {
        let nanoseconds = if since == self.seconds {
            self.nanoseconds
        } else {
            0
        };
        (metadata.ctime(), metadata.ctime_nsec()) >= (since, nanoseconds)
    }
}

fn set(path: &Path, epoch: i64) -> Result<(), Error> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: epoch,
            tv_nsec: 0,
        },
    };
    match utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW) {
        // What belongs to someone else was not changed by this command; what is gone needs no time.
        Ok(()) | Err(Errno::PERM | Errno::ACCESS | Errno::ROFS | Errno::NOENT) => Ok(()),
        Err(error) => Err(std::io::Error::from(error))
            .doing(|| format!("cannot set the time of {}", path.display())),
    }
}

/// Where something is mounted, of the text in which the kernel tells it.
fn mounts(told: &[u8]) -> BTreeSet<PathBuf> {
    let lines = told.split(|byte| *byte == b'\n');
    let points = lines.filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
    let paths = points.map(|point| PathBuf::from(OsString::from_vec(unescaped(point))));
    paths.filter(|path| path != Path::new("/")).collect()
}

/// A path in which blanks and backslashes are octal numbers.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let number = match (first, tail) {
            (b'\\', [a, b, c, ..]) => std::str::from_utf8(&[*a, *b, *c])
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 8).ok()),
            _ => None,
        };
        match number {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_as_the_kernel_writes_them() {
        let told = b"22 1 0:21 / / rw - overlay overlay rw\n23 22 0:22 / /proc rw - proc proc rw\n\
            24 22 0:23 /x /a\\040b\\134 ro - ext4 /dev/sda rw\n";
        let found: Vec<PathBuf> = mounts(told).into_iter().collect();
        assert_eq!(found, [Path::new("/a b\\"), Path::new("/proc")]);
    }

    #[test]
    fn only_what_was_changed_since_is_made_older() {
        let root = std::env::temp_dir().join(format!("rdf-settle-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("dir")).unwrap();
        for name in ["before", "dir/before", "touched"] {
            fs::write(root.join(name), name).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        let start = Start::now(&root).unwrap();
        let time = |name: &str| fs::symlink_metadata(root.join(name)).unwrap().mtime();
        let old = ["before", "dir/before", "dir"].map(time);
        fs::write(root.join("after"), "after").unwrap();
        fs::write(root.join("touched"), "twice").unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("link")).unwrap();
        // Younger than the epoch but made so on purpose, as an archive does.
        fs::write(root.join("old"), "old").unwrap();
        fs::File::options()
            .write(true)
            .open(root.join("old"))
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000))
            .unwrap();
        let report = Report::default();
        start
            .settle(&root, 1_700_000_000, &Tidy::default(), &root, &report)
            .unwrap();
        for name in ["after", "touched", "link", ""] {
            assert_eq!(time(name), 1_700_000_000, "{name}");
        }
        assert_eq!(time("old"), 1_000);
        assert_eq!(["before", "dir/before", "dir"].map(time), old);
        fs::remove_dir_all(&root).unwrap();
    }
}
