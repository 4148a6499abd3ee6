//! What differs by the clock alone and is wanted in no image: removed when a step has ended, or made constant.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::report::Report;

/// Groups of files, and what is in them: a path, all files in a directory where it ends with a slash; `~` is the home of
/// the step's user. Only what the step itself has changed is removed.
const FILES: &[(&str, &str)] = &[
    ("logs", "/var/log/alternatives.log"),
    ("logs", "/var/log/apk.log"),
    ("logs", "/var/log/apt/"),
    ("logs", "/var/log/dnf.librepo.log"),
    ("logs", "/var/log/dnf.log"),
    ("logs", "/var/log/dnf.rpm.log"),
    ("logs", "/var/log/dpkg.log"),
    ("logs", "/var/log/yum.log"),
    ("logs", "~/.npm/_logs/"),
    ("caches", "/var/cache/apt/pkgcache.bin"),
    ("caches", "/var/cache/apt/srcpkgcache.bin"),
    ("caches", "/var/cache/ldconfig/aux-cache"),
];

/// The group of compiled Python files, whose times of sources are set.
const PYC: &str = "pyc";

/// How the header of a compiled Python file begins that is known by its source's time: after the magic number no flags,
/// then the time and the size, each of four bytes.
const PYC_HEADER: usize = 16;

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

    /// Removes what `is_changed` says of that it was changed.
    pub(super) fn remove(
        &self,
        root: &Path,
        is_changed: impl Fn(&fs::Metadata) -> bool,
        report: &Report,
    ) {
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default();
        let mut removed = Vec::new();
        for (_, pattern) in FILES.iter().filter(|(group, _)| !self.keeps(group)) {
            let path = match pattern.strip_prefix("~/") {
                Some(rest) if home.is_absolute() => home.join(rest),
                Some(_) => continue,
                None => PathBuf::from(pattern),
            };
            let path = root.join(path.strip_prefix("/").unwrap_or(&path));
            let files = match pattern.ends_with('/') {
                true => {
                    let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                    entries.map(|entry| entry.path()).collect()
                }
                false => vec![path],
            };
            for file in files {
                let metadata = fs::symlink_metadata(&file);
                let goes = metadata.is_ok_and(|it| it.is_file() && is_changed(&it));
                // Who may not remove it has not written it either.
                if goes && fs::remove_file(&file).is_ok() {
                    removed.push(file.display().to_string());
                }
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

fn set_source_time(path: &Path, since: i64, time: u32) -> io::Result<bool> {
    let mut file = fs::File::options().read(true).write(true).open(path)?;
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
        let report = Report::new(None);
        write();
        Tidy::default().remove(&root, |_| false, &report);
        assert_eq!(left(), [true, true, true]);
        let keeps = |group: &str| Tidy {
            kept: vec![group.to_owned()],
        };
        keeps("all").remove(&root, |_| true, &report);
        assert_eq!(left(), [true, true, true]);
        keeps("logs").remove(&root, |_| true, &report);
        assert_eq!(left(), [true, true, false]);
        Tidy::default().remove(&root, |_| true, &report);
        assert_eq!(left(), [false, true, false]);
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
