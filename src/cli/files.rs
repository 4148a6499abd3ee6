//! Reading files, finding the Dockerfiles of directories, and working on several at once.
//!
//! Every file that `rdf` reads is read here: a regular one, up to a bound.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gitignore::WalkBuilder;

use super::exit::Exit;
use super::shell::Shell;

/// Directories that are not looked into: what is in them is not the author's.
const FOREIGN: &[&str] = &["node_modules", "vendor", "target"];

/// Hidden directories that are: those in which a project keeps Dockerfiles for its tools.
const OWN: &[&str] = &[
    ".buildkite",
    ".ci",
    ".circleci",
    ".devcontainer",
    ".docker",
    ".github",
    ".gitlab",
];

/// Last parts of names of files that are something else: locks, templates, texts, code, data, pictures, archives, and
/// what editors and tools leave.
const OTHERS: &str = " \
    lock rego dockerignore containerignore \
    j2 jinja jinja2 tmpl template tpl erb ejs hbs mustache mako in m4 \
    md markdown rst adoc txt log html htm pdf \
    c cc cpp cs css fish go h hpp java js jsx kt lua mjs php pl ps1 py pyc rb rs scala scss sh sql swift ts tsx vim zsh \
    bat cfg cmd conf csv hcl ini json jsonc json5 properties tf toml tsv xml yaml yml \
    gif ico jpeg jpg png svg webp 7z bz2 gz tar tgz xz zip zst asc sha256 sig \
    backup bak diff new old orig patch rej save snap swo swp tmp ";

/// Words for such a file.
const WORDS: [&str; 2] = ["dockerfile", "containerfile"];

/// Whether a file of this name is taken for a Dockerfile: one of the parts between dots is `Dockerfile` or
/// `Containerfile`, in any case, or the name begins with that word and `-` or `_`; and it ends like no other file.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_other = OTHERS.split_ascii_whitespace().any(|end| end == last) || name.ends_with('~');
    let is_named = name.split('.').enumerate().any(|(at, part)| {
        WORDS.iter().any(|word| match part.strip_prefix(word) {
            Some("") => true,
            Some(rest) => at == 0 && rest.starts_with(['-', '_']),
            None => false,
        })
    });
    is_named && !is_other
}

/// Whether somebody may wonder why a file is skipped.
fn looks_like_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// The bytes of a regular file; a link to one counts. What a pipe or a device gives has no end.
///
/// # Errors
/// When there is no such file, it is not a regular one, or it is larger than `limit` bytes. Nothing is opened or read
/// then.
pub(super) fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory",
        ));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > limit {
        return Err(too_large(limit));
    }
    read_to(File::open(path)?, limit)
}

/// Whether two regular files have the same content, of any length.
///
/// # Errors
/// What the system says of one of them.
pub(super) fn have_same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let mut a = BufReader::new(File::open(a)?).bytes();
    let mut b = BufReader::new(File::open(b)?).bytes();
    loop {
        match (a.next().transpose()?, b.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, two) if one != two => return Ok(false),
            _ => {}
        }
    }
}

/// The bytes of a regular file as text, which [`read_file`] reads.
///
/// # Errors
/// Those of [`read_file`], and when it is not UTF-8.
pub(super) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = read_file(path, limit)?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Standard input, up to `limit` bytes.
///
/// # Errors
/// When there is more.
pub(super) fn read_stdin(limit: u64) -> io::Result<Vec<u8>> {
    read_to(io::stdin().lock(), limit)
}

/// All of `input`; a file may have grown since its size was asked for.
fn read_to(input: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= limit => Ok(bytes),
        _ => Err(too_large(limit)),
    }
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it is larger than {limit} bytes"),
    )
}

/// What a config says of a path below a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A Dockerfile, whatever its name.
    Included,
    /// Skipped.
    Excluded,
    /// Its name says what it is.
    Unnamed,
}

/// Says that of each path.
pub(super) type Filter = Arc<dyn Fn(&Path) -> Verdict + Send + Sync>;

/// The Dockerfiles below a directory, in order. What cannot be looked into is told, and changes `exit`.
pub(super) fn dockerfiles_below(
    folder: &Path,
    no_ignore: bool,
    filter: &Filter,
    shell: &mut Shell,
    exit: &mut Exit,
) -> Vec<PathBuf> {
    let mut walk = WalkBuilder::new(folder);
    // What is hidden is ours to say: some of it is the author's.
    walk.standard_filters(!no_ignore).hidden(false);
    let filter = filter.clone();
    let skipped: Arc<Mutex<BTreeSet<PathBuf>>> = Arc::default();
    let skips = skipped.clone();
    walk.filter_entry(move |entry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let name = entry.file_name().to_string_lossy();
        let path = plain(entry.path());
        let verdict = filter(path);
        let is_open = match is_folder {
            true => is_looked_into(&name),
            false => is_dockerfile(&name) || verdict == Verdict::Included,
        };
        let is_taken = is_open && verdict != Verdict::Excluded;
        if !is_taken
            && (is_open || is_folder || looks_like_dockerfile(&name))
            && let Ok(mut skips) = skips.lock()
        {
            skips.insert(path.to_owned());
        }
        is_taken
    });
    let mut found = Vec::new();
    for entry in walk.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                shell.error(&format!("cannot read directory: {error}"), "");
                *exit = Exit::Usage;
                continue;
            }
        };
        if entry.path().is_file() {
            found.push(plain(entry.path()).to_owned());
        }
    }
    for path in skipped.lock().iter().flat_map(|skipped| skipped.iter()) {
        shell.detail(&format!("skipped {}", path.display()));
    }
    found.sort();
    found
}

fn is_looked_into(folder: &str) -> bool {
    match folder.starts_with('.') {
        true => OWN.contains(&folder),
        false => !FOREIGN.contains(&folder),
    }
}

/// Without `./` in front.
pub(super) fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// What `work` makes of each file, in their order; on all processors.
pub(super) fn each<I: Sync, T: Send>(files: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
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
            "Dockerfile-dev",
            "Dockerfile_prod",
            "Containerfile-dev.x86",
            "x.Dockerfile.alpine",
            "Dockerfile.3.12",
            "Dockerfile.test",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "Dockerfile.lock",
            "Dockerfile.dev.lock",
            "Dockerfile.rego",
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "Dockerfile.dev~",
            "dockerfile.go",
            "Dockerfile.rs",
            "Dockerfile.ts",
            "Dockerfile.py",
            "Dockerfile.html",
            "Dockerfile.json",
            "Dockerfile.yaml",
            "Dockerfile.txt",
            "Dockerfile.toml",
            "Dockerfile.png",
            "Dockerfile.patch",
            "Dockerfile.lock.new",
            "dockerfile_test.go",
            "dockerfile-utils.ts",
            "Dockerfiles",
            "MyDockerfile",
            ".dockerignore",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }

    /// The hooks leave out the same names.
    #[test]
    fn hooks_take_the_same_files() {
        let hooks = include_str!("../../.pre-commit-hooks.yaml");
        let (_, rest) = hooks.split_once("(~|\\.(\n").unwrap();
        let (listed, _) = rest.split_once("))$").unwrap();
        let listed: Vec<&str> = listed
            .split(['|', ' ', '\n'])
            .filter(|end| !end.is_empty())
            .collect();
        let others: Vec<&str> = OTHERS.split_ascii_whitespace().collect();
        assert_eq!(listed, others);
    }

    #[test]
    fn only_regular_files_are_read_and_no_more_than_the_bound() {
        let folder = std::env::temp_dir().join(format!("rdf-read-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_file(&path, 5).unwrap(), b"12345");
        assert!(
            read_file(&path, 4)
                .unwrap_err()
                .to_string()
                .contains("4 bytes")
        );
        assert!(read_to(&b"12345"[..], 4).is_err());
        assert!(
            read_file(&folder, 5)
                .unwrap_err()
                .to_string()
                .contains("directory")
        );
        // A file with a hole is as large as it says.
        File::create(&path).unwrap().set_len(3 << 30).unwrap();
        assert!(read_file(&path, 1 << 20).is_err());
        #[cfg(unix)]
        assert!(read_file(Path::new("/dev/zero"), 5).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
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
