//! What a build asks of the cache: which steps run again although their result is known, and what is imported.

use std::collections::BTreeMap;

/// Which steps must not use the cache; the option `no-cache` (`--no-cache`, `--no-cache-filter`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NoCache {
    /// Every step may.
    #[default]
    Never,
    /// No step may.
    All,
    /// The steps of these stages, or of whatever a frontend names, must not; names compare without case.
    Stages(Vec<String>),
}

impl NoCache {
    /// Whether the steps of stage `name` ignore the cache.
    pub fn covers(&self, name: &str) -> bool {
        match self {
            NoCache::Never => false,
            NoCache::All => true,
            NoCache::Stages(stages) => stages
                .iter()
                .any(|stage| crate::go::text::equal_fold(stage, name)),
        }
    }
}

/// A cache to import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheImport {
    /// Such as `registry`.
    pub kind: String,
    /// Attributes of that kind.
    pub attrs: BTreeMap<String, String>,
}
