//! Which paths of a source the build reads.

use std::collections::BTreeSet;

/// A set of paths, or all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct PathSet {
    all: bool,
    paths: BTreeSet<String>,
}

impl PathSet {
    /// From now on, all of them.
    pub(super) fn insert_all(&mut self) {
        self.all = true;
        self.paths.clear();
    }

    pub(super) fn insert(&mut self, path: String) {
        if path == "/" {
            self.insert_all();
        } else if !self.all {
            self.paths.insert(path);
        }
    }

    /// What a local source has to follow; empty for everything.
    pub(super) fn follow_paths(&self) -> Vec<String> {
        if self.all {
            return Vec::new();
        }
        // Sorted again: without the slash other characters come first.
        let mut paths: Vec<String> = self.paths.iter().map(|path| relative(path)).collect();
        paths.sort_unstable();
        paths
    }
}

fn relative(path: &str) -> String {
    crate::go::path::join(&[".", path])
}
