//! `google.rpc.Status`, `google.protobuf.Any` and `google.protobuf.Timestamp`.

/// An error as gRPC sends it.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Status {
    /// gRPC status code; 0 is no error.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// Text for people.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Typed details.
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// A value whose type is named by a URL.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Any {
    /// For instance `github.com/moby/buildkit/errdefs.Source+json`.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The value; JSON where the URL ends in `+json`.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// A point in time, UTC.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds within the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
