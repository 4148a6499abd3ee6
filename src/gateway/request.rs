//! What a solve is asked to do.

use std::collections::BTreeMap;

use crate::pb::ops::Definition;
use crate::pb::sourcepolicy::Policy;

/// A definition to build, or another frontend to run.
///
/// `cache-imports` and `cache-from` of the build are added to `frontend_opt` when it has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SolveRequest {
    /// The graph; `None` when a frontend is run.
    pub definition: Option<Definition>,
    /// Frontend to run, such as `gateway.v0`; empty to build `definition`.
    pub frontend: String,
    /// Options of that frontend.
    pub frontend_opt: BTreeMap<String, String>,
    /// Inputs of that frontend.
    pub frontend_inputs: BTreeMap<String, Definition>,
    /// Caches to import.
    pub cache_imports: Vec<CacheImport>,
    /// Build now rather than when the result is used.
    pub evaluate: bool,
    /// Policies for the sources of the graph.
    pub source_policies: Vec<Policy>,
}

impl SolveRequest {
    /// A request to build `definition`.
    pub fn definition(definition: Definition) -> Self {
        SolveRequest {
            definition: Some(definition),
            ..Self::default()
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
