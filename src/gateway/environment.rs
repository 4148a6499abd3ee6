//! What a frontend knows before it asks: options, session, workers, capabilities.

use std::collections::BTreeMap;

use super::CapSet;

/// Options and facts of one build.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Frontend options, such as `build-arg:GO_VERSION`.
    pub opts: BTreeMap<String, String>,
    /// Session of the client, for local sources.
    pub session_id: String,
    /// Workers; the first platform of the first is the build platform.
    pub workers: Vec<Worker>,
    /// Product that runs the daemon, for hints in errors; mostly empty.
    pub product: String,
    /// What the gateway can do.
    pub caps: CapSet,
    /// What LLB the daemon understands.
    pub llb_caps: CapSet,
}

/// A worker of the daemon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worker {
    /// Identifier.
    pub id: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Platforms, the worker's own first.
    pub platforms: Vec<crate::pb::ops::Platform>,
}
