//! What lies beside a document: the lock, the builds that other files describe, and a compiler for the build that is
//! looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gen_lsp_types::{Position, Range, Uri};

use crate::compile::Lowered;
use crate::image::Reference;
use crate::lock::Lock;
use crate::lock::model::ImagePin;

/// Compiles a text for the build that is looked at, all stages or the last one; none where it has an error.
pub(crate) type Compile<'c> = &'c dyn Fn(&[u8], bool) -> Option<Lowered>;

/// What lies beside a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) lock: Option<Arc<Lock>>,
    /// The builds of the file that bake and compose files describe.
    pub(crate) targets: Vec<Target>,
    /// Which build is looked at, in words: `target test, linux/arm64`.
    pub(crate) build: String,
    /// The day, `2026-11-29`.
    pub(crate) today: String,
    /// What registries said about pins when they were asked, by key of the lock.
    pub(crate) news: Arc<BTreeMap<String, News>>,
}

/// What a registry said about the pin of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// The digest that was locked then.
    pub(crate) locked: String,
    /// The tag stands for another image.
    pub(crate) has_moved: bool,
    /// The newest tag of the same kind, if one is newer.
    pub(crate) newest: Option<String>,
}

impl News {
    pub(crate) fn is_outdated(&self) -> bool {
        self.has_moved || self.newest.is_some()
    }

    /// In a few words: `moved, 3.23 is newer`.
    pub(super) fn words(&self) -> String {
        let moved = self.has_moved.then(|| "moved".to_owned());
        let newer = self.newest.as_ref().map(|tag| format!("{tag} is newer"));
        let words: Vec<String> = moved.into_iter().chain(newer).collect();
        words.join(", ")
    }
}

/// A target of a bake file or a service of a compose file.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The stage that it builds; empty for the last one.
    pub(crate) stage: String,
    /// Names of its named contexts.
    pub(crate) contexts: Vec<String>,
    pub(crate) uri: Uri,
    /// Where it is described, a line from zero.
    pub(crate) line: u32,
}

impl Target {
    /// Where it is described.
    pub(super) fn range(&self) -> Range {
        let start = Position {
            line: self.line,
            character: 0,
        };
        Range { start, end: start }
    }
}

impl Workspace {
    /// The names of named contexts of all builds.
    pub(super) fn contexts(&self) -> BTreeSet<&str> {
        let contexts = self.targets.iter().flat_map(|target| &target.contexts);
        contexts.map(String::as_str).collect()
    }

    /// What makes a pin outdated, if that is known. A pin that was updated since is not.
    pub(super) fn news_of(&self, key: &str, pin: &ImagePin) -> Option<&News> {
        let news = self.news.get(key)?;
        (news.is_outdated() && news.locked == pin.digest).then_some(news)
    }

    /// The newer tags of images that registries told, as people write them.
    pub(super) fn newer_images(&self) -> BTreeSet<String> {
        let news = self.news.iter();
        let newer = news.filter_map(|(key, news)| {
            let reference = Reference::parse_normalized(key).ok()?.trim_named();
            let newer = reference.with_tag(news.newest.as_ref()?).ok()?;
            Some(newer.familiar_string())
        });
        newer.collect()
    }

    /// The images that the lock knows, as people write them.
    pub(super) fn images(&self) -> BTreeSet<String> {
        let images = self.lock.iter().flat_map(|lock| lock.images.keys());
        images.map(|name| familiar(name)).collect()
    }
}

/// An image's name as people write it.
pub(super) fn familiar(name: &str) -> String {
    match Reference::parse_normalized(name) {
        Ok(reference) => reference.familiar_string(),
        Err(_) => name.to_owned(),
    }
}
