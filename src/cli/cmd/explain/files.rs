//! The files of a build context: on disk, or in a revision of git; and what differs between two of them.
//!
//! ```text
//! directory ─┐             all files below it; held against git, those that git does not ignore
//!            ├─ listing ── but what the ignore file keeps out ── changes
//! revision  ─┘             the tree
//! ```

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::files::have_same_bytes;
use crate::cli::git;
use crate::explain::FileChange;
use crate::ignore::PatternMatcher;
use crate::limits::{MAX_CONTEXT_FILES, MAX_GIT_LISTING_BYTES};

/// Mode of a link, and of another repository, in a tree of git.
const LINK: &str = "120000";
const REPOSITORY: &str = "160000";

/// Files whose content git is asked about at once: their names are arguments.
const AT_ONCE: usize = 200;

/// Where the files are.
#[derive(Clone, Debug)]
pub(super) enum Context {
    Directory(PathBuf),
    /// A tree, as git names it in a directory: `HEAD:./`.
    Tree {
        spec: String,
        directory: PathBuf,
    },
}

/// A context and what is kept out of it.
pub(super) struct Files {
    pub(super) context: Context,
    pub(super) ignored: PatternMatcher,
}

#[derive(Debug, PartialEq)]
struct Entry {
    kind: &'static str,
    /// Permissions, where they count.
    mode: Option<u32>,
    content: Content,
}

#[derive(Debug, PartialEq)]
enum Content {
    None,
    /// Where a link leads to.
    Link(PathBuf),
    /// What git calls it.
    Id(String),
    File {
        path: PathBuf,
        size: u64,
    },
}

type Listing = BTreeMap<String, Entry>;

/// What differs.
///
/// # Errors
/// Why that cannot be told.
pub(super) fn changes(old: &Files, new: &Files) -> Result<Vec<FileChange>, String> {
    let is_git = [old, new]
        .iter()
        .any(|it| matches!(it.context, Context::Tree { .. }));
    let (before, after) = (old.list(is_git)?, new.list(is_git)?);
    let added = after.keys().filter(|path| !before.contains_key(*path));
    let mut changes = Vec::new();
    for path in before.keys().chain(added) {
        let (was, is) = (before.get(path), after.get(path));
        let (old, new) = match (was, is) {
            (Some(was), Some(is)) if was.kind != is.kind => {
                (Some(was.kind.to_owned()), Some(is.kind.to_owned()))
            }
            (Some(was), Some(is)) if was.mode != is.mode => (was.shown_mode(), is.shown_mode()),
            (Some(was), Some(is)) => match was
                .content
                .is(&is.content)
                .map_err(|why| format!("cannot read `{path}`: {why}"))?
            {
                true => continue,
                false => (None, None),
            },
            (was, is) => (
                was.map(|it| it.kind.to_owned()),
                is.map(|it| it.kind.to_owned()),
            ),
        };
        changes.push(FileChange {
            path: path.clone(),
            old,
            new,
        });
    }
    Ok(changes)
}

impl Entry {
    fn shown_mode(&self) -> Option<String> {
        self.mode.map(|mode| format!("mode {mode:o}"))
    }
}

impl Content {
    fn is(&self, other: &Content) -> io::Result<bool> {
        match (self, other) {
            (Content::File { path: a, size: one }, Content::File { path: b, size: two }) => {
                Ok(a == b || one == two && have_same_bytes(a, b)?)
            }
            (one, two) => Ok(one == two),
        }
    }
}

impl Files {
    fn list(&self, is_git: bool) -> Result<Listing, String> {
        let mut listing = match &self.context {
            Context::Tree { spec, directory } => tree(spec, directory)?,
            Context::Directory(directory) if is_git => work_tree(directory)?,
            Context::Directory(directory) => return self.walk(directory),
        };
        listing.retain(|path, _| !self.is_ignored(path));
        Ok(listing)
    }

    fn is_ignored(&self, path: &str) -> bool {
        self.ignored
            .matches_or_parent_matches(path)
            .unwrap_or(false)
    }

    /// All that is below a directory.
    fn walk(&self, directory: &Path) -> Result<Listing, String> {
        let mut listing = Listing::new();
        let mut open = vec![(directory.to_owned(), String::new())];
        while let Some((directory, prefix)) = open.pop() {
            let failed =
                |error: io::Error| format!("cannot read `{}`: {error}", directory.display());
            for entry in fs::read_dir(&directory).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let is_ignored = self.is_ignored(&path);
                let metadata = entry.metadata().map_err(failed)?;
                // A pattern may take back what is below.
                if metadata.is_dir() && (!is_ignored || self.ignored.has_exclusions()) {
                    open.push((entry.path(), format!("{path}/")));
                }
                if !is_ignored && let Some(found) = on_disk(&entry.path(), &metadata) {
                    listing.insert(path, found);
                }
                if listing.len() > MAX_CONTEXT_FILES {
                    return Err(format!("there are more than {MAX_CONTEXT_FILES} files"));
                }
            }
        }
        Ok(listing)
    }
}

/// A file as a client sends it; none of what it does not send.
fn on_disk(path: &Path, metadata: &Metadata) -> Option<Entry> {
    let kind = metadata.file_type();
    let (kind, content) = match () {
        () if kind.is_dir() => ("directory", Content::None),
        () if kind.is_symlink() => (
            "link",
            Content::Link(fs::read_link(path).unwrap_or_default()),
        ),
        () if kind.is_file() => (
            "file",
            Content::File {
                path: path.to_owned(),
                size: metadata.len(),
            },
        ),
        () => return None,
    };
    Some(Entry {
        kind,
        mode: permissions(metadata).filter(|_| kind != "link"),
        content,
    })
}

#[cfg(unix)]
fn permissions(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(metadata.mode() & 0o7777)
}

#[cfg(not(unix))]
fn permissions(_: &Metadata) -> Option<u32> {
    None
}

/// What git has of a file.
fn in_git(mode: &str, id: &str) -> Entry {
    let mode_bits = u32::from_str_radix(mode, 8).unwrap_or_default();
    Entry {
        kind: if mode == LINK { "link" } else { "file" },
        mode: (mode != LINK).then_some(mode_bits & 0o777),
        content: Content::Id(id.to_owned()),
    }
}

/// The files of a revision.
fn tree(spec: &str, directory: &Path) -> Result<Listing, String> {
    let mut listing = Listing::new();
    let lines = ask(directory, &["ls-tree", "-r", "-z", "--full-tree", spec])?;
    for line in lines.split('\0') {
        let Some((facts, path)) = line.split_once('\t') else {
            continue;
        };
        let mut facts = facts.split(' ');
        let (mode, id) = (
            facts.next().unwrap_or_default(),
            facts.nth(1).unwrap_or_default(),
        );
        if mode != REPOSITORY {
            listing.insert(path.to_owned(), in_git(mode, id));
        }
    }
    Ok(listing)
}

/// The files of a directory as git would keep them: those that it knows, and those that it does not ignore.
fn work_tree(directory: &Path) -> Result<Listing, String> {
    let mut listing = Listing::new();
    for line in ask(directory, &["ls-files", "-s", "-z"])?.split('\0') {
        let Some((facts, path)) = line.split_once('\t') else {
            continue;
        };
        let mut facts = facts.split(' ');
        let (mode, id) = (
            facts.next().unwrap_or_default(),
            facts.next().unwrap_or_default(),
        );
        if mode != REPOSITORY {
            listing.insert(path.to_owned(), in_git(mode, id));
        }
    }
    let other = ask(
        directory,
        &["ls-files", "-m", "-o", "-z", "--exclude-standard"],
    )?;
    let mut unknown = Vec::new();
    for path in other.split('\0').filter(|path| !path.is_empty()) {
        let place = directory.join(path);
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_file() => {
                let mode = match permissions(&metadata) {
                    Some(mode) if mode & 0o100 != 0 => 0o755,
                    Some(_) => 0o644,
                    None => listing.get(path).and_then(|it| it.mode).unwrap_or(0o644),
                };
                unknown.push((path, mode));
            }
            Ok(metadata) if metadata.is_symlink() => {
                listing.extend(on_disk(&place, &metadata).map(|it| (path.to_owned(), it)));
            }
            // A repository of its own.
            Ok(_) => {}
            Err(_) => drop(listing.remove(path)),
        }
    }
    for some in unknown.chunks(AT_ONCE) {
        let names = some.iter().map(|(path, _)| *path);
        let arguments: Vec<&str> = ["hash-object", "--"].into_iter().chain(names).collect();
        let ids = ask(directory, &arguments)?;
        for ((path, mode), id) in some.iter().zip(ids.lines()) {
            let entry = Entry {
                kind: "file",
                mode: Some(*mode),
                content: Content::Id(id.to_owned()),
            };
            listing.insert((*path).to_owned(), entry);
        }
    }
    Ok(listing)
}

fn ask(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let answer = git::ask(directory, arguments, MAX_GIT_LISTING_BYTES);
    let answer = answer.map_err(|error| format!("cannot ask git: {error}"))?;
    match answer.failure {
        None => Ok(String::from_utf8_lossy(&answer.bytes).into_owned()),
        Some(why) => Err(why),
    }
}
