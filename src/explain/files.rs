//! Files of the build context that differ, and the steps that take them.
//!
//! Only `rdf` has them: a frontend sees one context.

use super::cause::Cause;
use crate::ignore::PatternMatcher;
use crate::limits::MAX_NAMED_FILES;
use crate::pb::ops::{self as pb, file_action::Action, op::Op};

/// A file that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path in the context, with slashes.
    pub path: String,
    /// What it was, where that is not what it is: `mode 644`, `link`; none where it did not exist.
    pub old: Option<String>,
    /// What it is; none where it does not exist. Both are none where the content alone differs.
    pub new: Option<String>,
}

/// The files among `changes` that `op` takes of its input at `place`, as causes.
pub(super) fn causes(changes: &[FileChange], op: &pb::Op, place: usize) -> Vec<Cause> {
    let selections = Selection::of(op, place);
    let is_taken = |change: &&FileChange| selections.iter().any(|it| it.takes(&change.path));
    let taken: Vec<&FileChange> = changes.iter().filter(is_taken).collect();
    let named = taken.iter().take(MAX_NAMED_FILES);
    let mut causes: Vec<Cause> = named
        .map(|change| Cause {
            field: format!("file {}", change.path),
            old: change.old.clone(),
            new: change.new.clone(),
            by: None,
        })
        .collect();
    if let Some(more) = taken
        .len()
        .checked_sub(MAX_NAMED_FILES)
        .filter(|it| *it > 0)
    {
        causes.push(Cause {
            field: format!("{more} more files"),
            old: None,
            new: None,
            by: None,
        });
    }
    causes
}

/// What an action takes of a directory.
pub(super) struct Selection {
    /// Its path, as the instruction has it; empty for all.
    pub(super) source: String,
    is_pattern: bool,
    /// Of what is below `source`; all where there are none.
    include: Option<PatternMatcher>,
    exclude: Option<PatternMatcher>,
}

impl Selection {
    /// All that `op` takes of its input at `place`.
    pub(super) fn of(op: &pb::Op, place: usize) -> Vec<Selection> {
        let is_place = |input: i64| usize::try_from(input) == Ok(place);
        match &op.op {
            Some(Op::File(file)) => {
                let actions = file.actions.iter();
                let actions = actions.filter(|it| is_place(it.secondary_input));
                let copies = actions.filter_map(|it| match &it.action {
                    Some(Action::Copy(copy)) => Some(Selection::of_copy(copy)),
                    _ => None,
                });
                copies.collect()
            }
            Some(Op::Exec(exec)) => {
                let mounts = exec.mounts.iter().filter(|mount| is_place(mount.input));
                let whole = mounts.map(|mount| Selection {
                    source: relative(&mount.selector),
                    is_pattern: false,
                    include: None,
                    exclude: None,
                });
                whole.collect()
            }
            _ => Vec::new(),
        }
    }

    fn of_copy(copy: &pb::FileActionCopy) -> Self {
        // A pattern that cannot be used fails the build, and is none here.
        let patterns = |list: &[String]| match list.is_empty() {
            true => None,
            false => PatternMatcher::new(list).ok(),
        };
        Selection {
            source: relative(&copy.src),
            is_pattern: copy.allow_wildcard && copy.src.contains(['*', '?', '[', '\\']),
            include: patterns(&copy.include_patterns),
            exclude: patterns(&copy.exclude_patterns),
        }
    }

    /// Whether a file is taken; links on the way to it are not followed.
    fn takes(&self, path: &str) -> bool {
        let Some(below) = self.below(path) else {
            return false;
        };
        // What an instruction names itself is not held against its patterns.
        let matches = |matcher: &PatternMatcher| {
            below.is_empty() || matcher.matches_or_parent_matches(below).unwrap_or(true)
        };
        self.include.as_ref().is_none_or(matches)
            && !self
                .exclude
                .as_ref()
                .is_some_and(|it| !below.is_empty() && matches(it))
    }

    /// The rest of a path below what the source means; none where it means another file.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.source.is_empty() {
            return Some(path);
        }
        if !self.is_pattern {
            let rest = path.strip_prefix(self.source.as_str())?;
            return match rest.strip_prefix('/') {
                Some(below) => Some(below),
                None => rest.is_empty().then_some(rest),
            };
        }
        // A wildcard stands for names of one level, so that the source has as many levels as what it means.
        let levels = self.source.split('/').count();
        let mut ends = path.match_indices('/').map(|(at, _)| at);
        let end = ends.nth(levels - 1).unwrap_or(path.len());
        let (named, below) = path.split_at_checked(end)?;
        let matcher = PatternMatcher::new(&[&self.source]).ok()?;
        let is_meant =
            named.split('/').count() == levels && matcher.matches_or_parent_matches(named).ok()?;
        is_meant.then(|| below.trim_start_matches('/'))
    }
}

/// A path of an op as one in the directory: empty for the directory itself.
fn relative(path: &str) -> String {
    let clean = crate::go::path::clean(path);
    let path = clean.trim_start_matches('/');
    match path {
        "." => String::new(),
        path => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(src: &str, include: &[&str], exclude: &[&str]) -> Selection {
        let owned = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
        Selection::of_copy(&pb::FileActionCopy {
            src: src.to_owned(),
            allow_wildcard: true,
            include_patterns: owned(include),
            exclude_patterns: owned(exclude),
            ..pb::FileActionCopy::default()
        })
    }

    #[test]
    fn sources_take_what_they_mean() {
        for (source, path, is_taken) in [
            ("/", "a/b", true),
            ("/a", "a", true),
            ("/a", "a/b/c", true),
            ("/a", "ab", false),
            ("/./a/../b", "b/c", true),
            ("/*.go", "main.go", true),
            ("/*.go", "x/main.go", false),
            ("/src/*.go", "src/main.go", true),
            ("/src/*", "src/x/main.go", true),
            ("/src/*", "src", false),
            ("/*/package.json", "web/package.json", true),
            ("/*/package.json", "web/x/package.json", false),
        ] {
            let selection = copy(source, &[], &[]);
            assert_eq!(selection.takes(path), is_taken, "{source} {path}");
        }
    }

    #[test]
    fn patterns_count_below_the_source() {
        let selection = copy("/src", &[], &["*.md", "docs"]);
        let taken = ["src/a.go", "src/a.md", "src/docs/x", "src"].map(|it| selection.takes(it));
        assert_eq!(taken, [true, false, false, true]);
        let selection = copy("/", &["a/*"], &[]);
        let taken = ["a/b", "b/a"].map(|it| selection.takes(it));
        assert_eq!(taken, [true, false]);
    }
}
