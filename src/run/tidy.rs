//! What differs from run to run and is wanted in no image: removed when a step has ended, or made constant.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::report::Report;

/// Groups of files, and what is in them: a path, or all that is in a directory where it ends with a slash; `~` is the home
/// of the step's user, and `*` the rest of the last name. Only what the step itself has changed is removed.
const FILES: &[(&str, &str)] = &[
    ("logs", "/var/log/alternatives.log"),
    ("logs", "/var/log/apk.log"),
    ("logs", "/var/log/apt/"),
    ("logs", "/var/log/dnf.librepo.log"),
    ("logs", "/var/log/dnf.log"),
    ("logs", "/var/log/dnf.rpm.log"),
    ("logs", "/var/log/dpkg.log"),
    ("logs", "/var/log/yum.log"),
    ("logs", "~/.config/go/telemetry/local/"),
    ("logs", "~/.npm/_logs/"),
    ("logs", "~/.npm/_update-notifier-last-checked"),
    ("caches", "/tmp/node-compile-cache/"),
    ("caches", "/tmp/v8-compile-cache-*/"),
    ("caches", "/var/cache/apt/pkgcache.bin"),
    ("caches", "/var/cache/apt/srcpkgcache.bin"),
    ("caches", "/var/cache/ldconfig/aux-cache"),
    ("caches", "/usr/local/cargo/.global-cache"),
    ("caches", "~/.cache/pnpm/"),
    ("caches", "~/.cache/uv/interpreter-*/"),
    ("caches", "~/.cargo/.global-cache"),
    ("caches", "~/.local/state/pnpm/pnpm-state.json"),
    ("caches", "~/.npm/_cacache/"),
];

/// Random names of a machine, which an image has empty: whoever needs one makes it then (machine-id(5)).
const EMPTIED: &[(&str, &str)] = &[
    ("ids", "/etc/machine-id"),
    ("ids", "/var/lib/dbus/machine-id"),
];

/// The group of compiled Python files, whose times of sources are set.
const PYC: &str = "pyc";

/// How the header of a compiled Python file begins that is known by its source's time: after the magic number no flags,
/// then the time and the size, each of four bytes.
const PYC_HEADER: usize = 16;

/// A link that has come into the place of a file is not followed.
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// What a step keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct Tidy {
    /// Groups that stay as they are.
    pub(super) kept: Vec<String>,
}

impl Tidy {
    fn keeps(&self, group: &str) -> bool {
        self.kept.iter().any(|kept| kept == group || kept == "all")
    }

    /// Removes or empties what `is_changed` says of that it was changed.
    pub(super) fn remove(
        &self,
        root: &Path,
        home: &Path,
        is_changed: impl Fn(&fs::Metadata) -> bool,
        report: &Report,
    ) {
        let mut removed = Vec::new();
        for (_, pattern) in FILES.iter().filter(|(group, _)| !self.keeps(group)) {
            let path = match pattern.strip_prefix("~/") {
                Some(rest) if home.is_absolute() => home.join(rest),
                Some(_) => continue,
                None => PathBuf::from(pattern),
            };
            let path = root.join(path.strip_prefix("/").unwrap_or(&path));
            for path in matching(path) {
                let count = match pattern.ends_with('/') {
                    true => clear(&path, &is_changed),
                    false => usize::from(remove_changed(&path, &is_changed)),
                };
                match count {
                    0 => {}
                    1 => removed.push(path.display().to_string()),
                    _ => removed.push(format!("{} ({count} files)", path.display())),
                }
            }
        }
        for (_, path) in EMPTIED.iter().filter(|(group, _)| !self.keeps(group)) {
            let path = root.join(path.trim_start_matches('/'));
            if empty_changed(&path, &is_changed) {
                removed.push(format!("the content of {}", path.display()));
            }
        }
        if !removed.is_empty() {
            report.tidied(&removed);
        }
    }

    /// Gives a compiled Python file whose source was changed `since`, in seconds, the time that the source is given; true
    /// where it was changed for that.
    pub(super) fn settle_pyc(&self, path: &Path, since: i64, epoch: i64) -> bool {
        let is_pyc = path.extension().is_some_and(|end| end == "pyc");
        let time = u32::try_from(epoch).ok();
        match time.filter(|_| is_pyc && !self.keeps(PYC)) {
            Some(time) => set_source_time(path, since, time).unwrap_or(false),
            None => false,
        }
    }
}

/// The paths that a pattern whose last name may end with `*` stands for.
fn matching(pattern: PathBuf) -> Vec<PathBuf> {
    let name = pattern.file_name().and_then(|name| name.to_str());
    let prefix = name.and_then(|name| name.strip_suffix('*'));
    let Some((prefix, parent)) = prefix.zip(pattern.parent()) else {
        return vec![pattern];
    };
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let names = entries.filter(|entry| {
        entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(prefix.as_bytes())
    });
    names.map(|entry| entry.path()).collect()
}

/// Removes the changed files below a directory, and the changed directories that are empty then; gives the number of files.
fn clear(directory: &Path, is_changed: &impl Fn(&fs::Metadata) -> bool) -> usize {
    let mut open = vec![directory.to_owned()];
    let mut emptied = Vec::new();
    let mut count = 0;
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(metadata) if !metadata.is_dir() => {
                    count += usize::from(remove_changed(&path, is_changed));
                }
                Ok(metadata) => {
                    if is_changed(&metadata) {
                        emptied.push(path.clone());
                    }
                    open.push(path);
                }
                Err(_) => {}
            }
        }
    }
    for path in emptied.iter().rev() {
        let _ = fs::remove_dir(path);
    }
    count
}

/// Removes a file that was changed; false where that may not be, since who may not remove it has not written it either.
fn remove_changed(path: &Path, is_changed: &impl Fn(&fs::Metadata) -> bool) -> bool {
    let metadata = fs::symlink_metadata(path);
    metadata.is_ok_and(|it| it.is_file() && is_changed(&it)) && fs::remove_file(path).is_ok()
}

/// Empties a file that was changed; a link to another one is not followed, since that one has an entry of its own.
fn empty_changed(path: &Path, is_changed: &impl Fn(&fs::Metadata) -> bool) -> bool {
    let changed =
        fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && it.len() > 0 && is_changed(&it));
    let mut open = fs::File::options();
    let open = open.write(true).truncate(true).custom_flags(NOFOLLOW);
    changed && open.open(path).is_ok()
}

fn set_source_time(path: &Path, since: i64, time: u32) -> io::Result<bool> {
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .custom_flags(NOFOLLOW)
        .open(path)?;
    let mut header = [0; PYC_HEADER];
    file.read_exact(&mut header)?;
    let [_, _, _, _, 0, 0, 0, 0, a, b, c, d, ..] = header else {
        return Ok(false); // known by its source's content
    };
    let source = u32::from_le_bytes([a, b, c, d]);
    if i64::from(source) < since || source <= time {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(8))?;
    file.write_all(&time.to_le_bytes())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_step_wrote_goes_unless_it_is_kept() {
        let root = std::env::temp_dir().join(format!("rdf-tidy-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("var/log/apt")).unwrap();
        fs::create_dir_all(root.join("var/cache/ldconfig")).unwrap();
        let nested = root.join("tmp/v8-compile-cache-0/v24");
        fs::create_dir_all(nested.join("empty")).unwrap();
        fs::write(nested.join("00e1e9f7"), "now").unwrap();
        let write = || {
            for name in [
                "var/log/apt/term.log",
                "var/log/other.log",
                "var/cache/ldconfig/aux-cache",
            ] {
                fs::write(root.join(name), "now").unwrap();
            }
        };
        let left = || {
            let names = [
                "var/log/apt/term.log",
                "var/log/other.log",
                "var/cache/ldconfig/aux-cache",
            ];
            names.map(|name| root.join(name).exists())
        };
        let (report, home) = (Report::default(), Path::new("/root"));
        write();
        Tidy::default().remove(&root, home, |_| false, &report);
        assert_eq!(left(), [true, true, true]);
        let keeps = |group: &str| Tidy {
            kept: vec![group.to_owned()],
        };
        keeps("all").remove(&root, home, |_| true, &report);
        assert_eq!(left(), [true, true, true]);
        keeps("caches").remove(&root, home, |_| true, &report);
        assert_eq!(left(), [false, true, true]);
        assert!(nested.join("00e1e9f7").exists());
        Tidy::default().remove(&root, home, |_| true, &report);
        assert_eq!(left(), [false, true, false]);
        assert!(!nested.exists() && root.join("tmp/v8-compile-cache-0").exists());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn names_of_a_machine_are_emptied_where_the_step_made_them() {
        let root = std::env::temp_dir().join(format!("rdf-tidy-ids-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let (id, link) = (
            root.join("etc/machine-id"),
            root.join("var/lib/dbus/machine-id"),
        );
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::create_dir_all(root.join("var/lib/dbus")).unwrap();
        fs::write(&id, "386b926e1c49\n").unwrap();
        std::os::unix::fs::symlink("../../../etc/machine-id", &link).unwrap();
        let (report, home) = (Report::default(), Path::new("/root"));
        let length = |path: &Path| fs::metadata(path).unwrap().len();
        Tidy::default().remove(&root, home, |_| false, &report);
        let kept = Tidy {
            kept: vec!["ids".to_owned()],
        };
        kept.remove(&root, home, |_| true, &report);
        assert_eq!(length(&id), 13);
        Tidy::default().remove(&root, home, |_| true, &report);
        assert_eq!(length(&id), 0);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn compiled_python_files_follow_their_sources() {
        let path = std::env::temp_dir().join(format!("rdf-tidy-{}.pyc", std::process::id()));
        let header = |flags: u32, time: u32| {
            let words = [0x0a0d_0df3_u32, flags, time, 7];
            words
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let settled = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let changed = Tidy::default().settle_pyc(&path, 2_000, 1_000);
            (changed, fs::read(&path).unwrap())
        };
        let mut file = header(0, 2_500);
        file.extend(b"code");
        let mut expected = header(0, 1_000);
        expected.extend(b"code");
        assert_eq!(settled(&file), (true, expected));
        // Of a source that was there before, one known by its content, and no such file at all.
        for other in [header(0, 1_500), header(3, 2_500), b"short".to_vec()] {
            assert_eq!(settled(&other), (false, other.clone()));
        }
        fs::remove_file(&path).unwrap();
    }
}
