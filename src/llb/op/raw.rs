//! Ops of a definition that came from elsewhere: their bytes are kept as they are.

use super::super::digest::OpDigest;
use std::sync::Arc;

/// An op whose bytes are known already.
pub(crate) struct RawOp {
    pub(crate) digest: OpDigest,
    pub(crate) bytes: Arc<[u8]>,
}
