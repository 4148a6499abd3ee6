//! Ops of a definition that came from elsewhere: their bytes are kept as they are.

use super::super::digest::Digest;
use std::sync::Arc;

/// An op whose bytes are known already.
pub(crate) struct RawOp {
    pub(crate) digest: Digest,
    pub(crate) bytes: Arc<[u8]>,
}
