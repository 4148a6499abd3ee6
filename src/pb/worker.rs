//! Messages of `moby.buildkit.v1.types` that a Ping brings: workers and their platforms.

use std::collections::BTreeMap;

use super::ops::Platform;

/// A worker of the daemon.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WorkerRecord {
    /// Identifier, random per installation.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Labels, such as `org.mobyproject.buildkit.worker.executor`.
    #[prost(btree_map = "string, string", tag = "2")]
    pub labels: BTreeMap<String, String>,
    /// Platforms it can build for; the first is its own.
    #[prost(message, repeated, tag = "3")]
    pub platforms: Vec<Platform>,
    /// Version of the daemon, absent before BuildKit 0.10.
    #[prost(message, optional, tag = "5")]
    pub buildkit_version: Option<BuildkitVersion>,
}

/// Version of a daemon.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct BuildkitVersion {
    /// Go package, `github.com/moby/buildkit`.
    #[prost(string, tag = "1")]
    pub package: String,
    /// Such as `v0.26.0`.
    #[prost(string, tag = "2")]
    pub version: String,
    /// Commit.
    #[prost(string, tag = "3")]
    pub revision: String,
    /// Version of the built-in Dockerfile frontend.
    #[prost(string, tag = "4")]
    pub dockerfile_version: String,
}
