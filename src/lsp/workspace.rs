//! What lies beside a document: the lock, the builds that other files describe, and a compiler for the build that is
//! looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::compile::Lowered;
use crate::image::Reference;
use crate::lock::Lock;

/// Compiles a text for the build that is looked at, all stages or the last one; none where it has an error.
pub(crate) type Compile<'c> = &'c dyn Fn(&[u8], bool) -> Option<Lowered>;

/// What lies beside a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) lock: Option<Arc<Lock>>,
    /// Names of named contexts.
    pub(crate) contexts: BTreeSet<String>,
    /// Which build is looked at, in words: `target test, linux/arm64`.
    pub(crate) build: String,
    /// The day, `2026-11-29`.
    pub(crate) today: String,
}

impl Workspace {
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
