//! What a solve is asked to do.

use std::collections::BTreeMap;

use crate::llb::{CacheImport, Definition};
use crate::pb::gateway as pb;
use crate::pb::map::entries;
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
    pub(crate) source_policies: Vec<Policy>,
}

impl SolveRequest {
    /// A request to build `definition`.
    pub fn definition(definition: Definition) -> Self {
        SolveRequest {
            definition: Some(definition),
            ..Self::default()
        }
    }

    /// A request to run another frontend with these options.
    pub fn frontend(frontend: impl Into<String>, options: BTreeMap<String, String>) -> Self {
        SolveRequest {
            frontend: frontend.into(),
            frontend_opt: options,
            ..Self::default()
        }
    }

    /// The wire form, for a caller that reads results of every form. `evaluate` is left to the caller.
    pub(super) fn into_pb(self) -> pb::SolveRequest {
        let cache_imports = self.cache_imports.into_iter();
        let inputs = self.frontend_inputs.into_iter();
        pb::SolveRequest {
            definition: self.definition.map(Definition::into_pb),
            frontend: self.frontend,
            frontend_opt: self.frontend_opt,
            frontend_inputs: entries(inputs.map(|(name, input)| (name, input.into_pb()))),
            allow_result_return: true,
            allow_result_array_ref: true,
            cache_imports: cache_imports
                .map(|import| pb::CacheOptionsEntry {
                    r#type: import.kind,
                    attrs: import.attrs,
                })
                .collect(),
            source_policies: self.source_policies,
            ..pb::SolveRequest::default()
        }
    }
}
