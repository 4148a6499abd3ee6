//! Reading messages, and what is said of bytes that are none.

use prost::Message;

/// Bytes that are not a message of BuildKit's schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(prost::DecodeError);

pub(super) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, DecodeError> {
    M::decode(bytes).map_err(DecodeError)
}
