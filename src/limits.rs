//! Every numeric bound of the crate, each with its reason.

/// Longest physical line, its newline included, in bytes: the reference reads lines through a
/// buffer of 64 KiB and rejects what does not fit.
pub const MAX_LINE_BYTES: usize = 65_535;

/// Largest gRPC message either side accepts, in bytes (16 MiB, as BuildKit sets it).
pub const MAX_GRPC_MESSAGE_BYTES: usize = 16 << 20;
