//! The tags of the image that is typed, as its registry has them: asked where the user allows it, and kept for a while.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::limits::LSP_TAGS_KEPT;

/// What registries said about tags, by repository.
#[derive(Debug, Default)]
pub(super) struct Tags(BTreeMap<String, Told>);

#[derive(Debug)]
struct Told {
    /// When it was asked, or answered.
    at: Instant,
    /// None while it is asked.
    tags: Option<Vec<String>>,
}

impl Tags {
    /// Notes that a registry is asked; `false` where it is or was a short while ago.
    pub(super) fn begin(&mut self, repository: &str) -> bool {
        self.0.retain(|_, told| told.at.elapsed() < LSP_TAGS_KEPT);
        let is_new = !self.0.contains_key(repository);
        if is_new {
            self.tell(repository, None);
        }
        is_new
    }

    /// Takes the answer, which is empty where there was none.
    pub(super) fn end(&mut self, repository: &str, tags: Vec<String>) {
        self.tell(repository, Some(tags));
    }

    fn tell(&mut self, repository: &str, tags: Option<Vec<String>>) {
        let at = Instant::now();
        self.0.insert(repository.to_owned(), Told { at, tags });
    }

    /// The tags, as far as they are known, and whether there may be more in a moment.
    pub(super) fn of(&self, repository: Option<&str>) -> (&[String], bool) {
        match repository.and_then(|it| self.0.get(it)) {
            None => (&[], false),
            Some(told) => (
                told.tags.as_deref().unwrap_or_default(),
                told.tags.is_none(),
            ),
        }
    }
}
