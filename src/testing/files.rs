//! Files that the refs of the fake daemon hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost::Message;
use sha2::{Digest as _, Sha256};

use crate::gateway::{Error, FileRange, Result, Stat};
use crate::pb::ops::{Definition, Op, SourceOp, op};

/// Go's `os.ModeNamedPipe`.
const MODE_NAMED_PIPE: u32 = 1 << 25;

/// What a path holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    File(Vec<u8>),
    /// A symbolic link, and where it leads.
    Link(String),
    /// A pipe.
    Pipe,
}

/// Files by path; paths are relative, with `/` between names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Node>);

impl Files {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.0.insert(clean(path), Node::File(content.into()));
    }

    /// Adds or replaces a symbolic link. Like a real daemon, this one follows it within the files.
    pub fn insert_link(&mut self, path: &str, target: &str) {
        self.0.insert(clean(path), Node::Link(target.to_owned()));
    }

    /// Adds or replaces a pipe. A real daemon that opens it waits for ever; this one fails.
    pub fn insert_pipe(&mut self, path: &str) {
        self.0.insert(clean(path), Node::Pipe);
    }

    /// A file's content.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        match self.0.get(&self.resolve(path)?)? {
            Node::File(content) => Some(content),
            Node::Link(_) | Node::Pipe => None,
        }
    }

    /// The path that `path` leads to, through links. `None` for a circle.
    fn resolve(&self, path: &str) -> Option<String> {
        let mut path = clean(path);
        for _ in 0..40 {
            let ends = path.match_indices('/').map(|(at, _)| at);
            let prefixes: Vec<usize> = ends.chain([path.len()]).collect();
            let link = prefixes.into_iter().find_map(|end| {
                let (prefix, rest) = path.split_at_checked(end)?;
                match self.0.get(prefix)? {
                    Node::Link(target) if target.starts_with('/') => {
                        Some(format!("{target}{rest}"))
                    }
                    Node::Link(target) => Some(format!("{prefix}/../{target}{rest}")),
                    Node::File(_) | Node::Pipe => None,
                }
            });
            match link {
                Some(next) => path = clean(&next),
                None => return Some(path),
            }
        }
        None
    }

    /// A file, or a part of it; ranges beyond the end are cut.
    pub(super) fn read(&self, path: &str, range: Option<FileRange>) -> Result<Vec<u8>> {
        let resolved = self.resolve(path);
        if let Some(Node::Pipe) = resolved.and_then(|path| self.0.get(&path)) {
            return Err(Error::new(format!("{path} is not a regular file")));
        }
        let content = self.get(path).ok_or_else(|| not_found("open", path))?;
        let range = range.unwrap_or_default();
        let start = usize::try_from(range.offset)
            .unwrap_or(0)
            .min(content.len());
        let rest = content.iter().skip(start).copied();
        let length = usize::try_from(range.length).unwrap_or(0);
        Ok(match length {
            0 => rest.collect(),
            _ => rest.take(length).collect(),
        })
    }

    pub(super) fn stat(&self, path: &str) -> Result<Stat> {
        let path = self
            .resolve(path)
            .ok_or_else(|| Error::new(format!("lstat {path}: too many links")))?;
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(node) = self.0.get(&path) {
            return Ok(entry(name, node));
        }
        let inside = format!("{path}/");
        if path.is_empty() || self.0.keys().any(|key| key.starts_with(&inside)) {
            return Ok(directory(name));
        }
        Err(not_found("lstat", &path))
    }

    pub(super) fn list(&self, path: &str, pattern: &str) -> Result<Vec<Stat>> {
        if !self.stat(path)?.is_dir() {
            return Err(Error::new(format!("readdirent {path}: not a directory")));
        }
        let mut prefix = self.resolve(path).unwrap_or_default();
        if !prefix.is_empty() {
            prefix.push('/');
        }
        let inside = self.0.iter().filter_map(|(key, node)| {
            let rest = key.strip_prefix(&prefix)?;
            Some(match rest.split_once('/') {
                Some((name, _)) => (name, None),
                None => (rest, Some(node)),
            })
        });
        let mut seen = BTreeSet::new();
        Ok(inside
            .filter(|(name, _)| seen.insert(*name))
            .filter(|(name, _)| pattern.is_empty() || matches(pattern, name))
            .map(|(name, node)| match node {
                Some(node) => entry(name, node),
                None => directory(name),
            })
            .collect())
    }
}

impl<P: AsRef<str>, C: Into<Vec<u8>>> FromIterator<(P, C)> for Files {
    fn from_iter<T: IntoIterator<Item = (P, C)>>(files: T) -> Self {
        let mut all = Files::default();
        for (path, content) in files {
            all.insert(path.as_ref(), content);
        }
        all
    }
}

fn entry(name: &str, node: &Node) -> Stat {
    let path = name.to_owned();
    match node {
        Node::File(content) => Stat {
            path,
            mode: 0o644,
            size: i64::try_from(content.len()).unwrap_or(i64::MAX),
            ..Stat::default()
        },
        Node::Link(target) => Stat {
            path,
            mode: Stat::MODE_SYMLINK | 0o777,
            linkname: target.clone(),
            ..Stat::default()
        },
        Node::Pipe => Stat {
            path,
            mode: MODE_NAMED_PIPE | 0o644,
            ..Stat::default()
        },
    }
}

fn directory(name: &str) -> Stat {
    Stat {
        path: name.to_owned(),
        mode: Stat::MODE_DIR | 0o755,
        ..Stat::default()
    }
}

/// The words of a real daemon.
fn not_found(call: &str, path: &str) -> Error {
    Error::new(format!("{call} {path}: no such file or directory"))
}

/// A relative path without `.`, `..` and double slashes.
fn clean(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

/// A name against a pattern in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// The source that a definition leads to: from its last op along first inputs.
pub(super) fn source_of(definition: &Definition) -> Option<SourceOp> {
    let mut ops = HashMap::new();
    let mut last = None;
    for bytes in &definition.def {
        let op = Op::decode(&**bytes).ok()?;
        last = Some(op.clone());
        ops.insert(format!("sha256:{:x}", Sha256::digest(bytes)), op);
    }
    let mut op = last?;
    loop {
        if let Some(op::Op::Source(source)) = op.op {
            return Some(source);
        }
        // Each op is left at most once, so a cycle ends the walk.
        op = ops.remove(&op.inputs.first()?.digest)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        [
            ("a/b.txt", "0123456789"),
            ("./a/c/d", "x"),
            ("Dockerfile", ""),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn ranges_are_cut_at_the_end() {
        let read = |offset, length| {
            let range = Some(FileRange { offset, length });
            String::from_utf8(files().read("/a/b.txt", range).unwrap()).unwrap()
        };
        assert_eq!(read(2, 3), "234");
        assert_eq!(read(8, 30), "89");
        assert_eq!(read(80, 3), "");
        assert_eq!(read(4, 0), "456789");
    }

    #[test]
    fn directories_are_listed_by_name() {
        let names = |path, pattern| -> Vec<String> {
            let list = files().list(path, pattern).unwrap();
            list.into_iter().map(|stat| stat.path).collect()
        };
        assert_eq!(names("/", ""), ["Dockerfile", "a"]);
        assert_eq!(names("a", ""), ["b.txt", "c"]);
        assert_eq!(names("a", "*.txt"), ["b.txt"]);
        assert_eq!(names("a", "b*t"), ["b.txt"]);
        assert!(files().stat("a/c").unwrap().is_dir());
    }

    #[test]
    fn links_are_followed_within_the_files() {
        let mut files = files();
        files.insert_link("up", "../../a/b.txt");
        files.insert_link("dir", "/a");
        files.insert_link("circle", "circle");
        files.insert_link("out", "../nowhere");
        assert_eq!(files.read("up", None).unwrap(), b"0123456789");
        assert_eq!(files.read("dir/b.txt", None).unwrap(), b"0123456789");
        for path in ["circle", "out"] {
            assert!(files.read(path, None).is_err() && files.stat(path).is_err());
            let list = files.list("", path).unwrap();
            assert!(list[0].is_symlink(), "{list:?}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = files().read("b", None).unwrap_err().to_string();
        assert_eq!(message, "open b: no such file or directory");
        assert!(files().list("b", "").is_err());
    }
}
