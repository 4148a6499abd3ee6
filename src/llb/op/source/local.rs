//! Directories of the client.

use super::super::super::caps::{self, Caps};
use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use super::{LOCAL_SESSION, SourceBuilder};
use crate::go::json;

/// How changes of a local directory are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiffType {
    /// Everything is sent again.
    None,
    /// Metadata of files is compared.
    Metadata,
}

/// How to compare a local directory with what was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Differ {
    /// The way.
    pub diff_type: DiffType,
    /// Whether the daemon must know it.
    pub required: bool,
}

/// How to use a local directory. Empty lists and texts say nothing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LocalOptions {
    /// Session of the client; without one, a unique id is needed when the graph is marshaled.
    pub session_id: String,
    /// Key by which the daemon reuses what was sent for other builds.
    pub shared_key_hint: String,
    /// Sends only what matches one of these.
    pub include_patterns: Vec<String>,
    /// Leaves out what matches one of these.
    pub exclude_patterns: Vec<String>,
    /// Sends only these paths and where their links lead; given in the order they are to have.
    pub follow_paths: Vec<String>,
    /// How changes are found.
    pub differ: Option<Differ>,
    /// Sends metadata only, except for what matches one of the inner patterns.
    pub metadata_only: Option<Vec<String>>,
    /// What accompanies the op.
    pub constraints: Constraints,
}

impl State {
    /// The directory that the client calls `name`.
    pub fn local(name: &str, options: LocalOptions) -> State {
        let identifier = ["local://", name].concat();
        let mut source = SourceBuilder::needing(&Caps::new(), identifier, options.constraints);
        let mut needed = vec![caps::SOURCE_LOCAL];
        let patterns = |list: &[String]| match list {
            [] => String::new(),
            list => json::array(list),
        };
        for (key, value, cap) in [
            (
                LOCAL_SESSION,
                options.session_id,
                caps::SOURCE_LOCAL_SESSION_ID,
            ),
            (
                "local.includepattern",
                patterns(&options.include_patterns),
                caps::SOURCE_LOCAL_INCLUDE_PATTERNS,
            ),
            (
                "local.followpaths",
                patterns(&options.follow_paths),
                caps::SOURCE_LOCAL_FOLLOW_PATHS,
            ),
            (
                "local.excludepatterns",
                patterns(&options.exclude_patterns),
                caps::SOURCE_LOCAL_EXCLUDE_PATTERNS,
            ),
            (
                "local.sharedkeyhint",
                options.shared_key_hint,
                caps::SOURCE_LOCAL_SHARED_KEY_HINT,
            ),
        ] {
            if source.attr_if(key, value) {
                needed.push(cap);
            }
        }
        if let Some(differ) = options.differ {
            let diff_type = match differ.diff_type {
                DiffType::None => "none",
                DiffType::Metadata => "metadata",
            };
            source.attr("local.differ", diff_type);
            if differ.required {
                needed.push(caps::SOURCE_LOCAL_DIFFER);
            }
        }
        if let Some(exceptions) = options.metadata_only {
            source.attr("local.metadatatransfer", "true");
            source.attr_if("local.metadatatransferexclude", patterns(&exceptions));
            needed.push(caps::SOURCE_METADATA_TRANSFER);
        }
        let needed: Caps = needed.into_iter().collect();
        source.constraints.metadata.caps.merge(&needed);
        source.state()
    }
}
