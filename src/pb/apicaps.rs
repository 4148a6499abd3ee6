//! Messages of `moby.buildkit.v1.apicaps`: what a daemon says about one capability.

/// One capability of the daemon.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ApiCap {
    /// Identifier, for instance `solve.base`.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Whether the daemon has it switched on.
    #[prost(bool, tag = "2")]
    pub enabled: bool,
    /// Unused so far.
    #[prost(bool, tag = "3")]
    pub deprecated: bool,
    /// Key of the reason, for programs.
    #[prost(string, tag = "4")]
    pub disabled_reason: String,
    /// The reason, for people.
    #[prost(string, tag = "5")]
    pub disabled_reason_msg: String,
    /// Identifier of what to use in its place.
    #[prost(string, tag = "6")]
    pub disabled_alternative: String,
}
