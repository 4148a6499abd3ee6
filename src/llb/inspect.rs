//! Questions about a finished definition.

use std::collections::BTreeMap;

use prost::Message as _;

use super::Definition;
use crate::collect::Inserted as _;
use crate::pb::ops as pb;

/// Identifier and attributes of a source op.
pub type SourceDescription = (String, BTreeMap<String, String>);

impl Definition {
    /// Every op, in order.
    ///
    /// # Errors
    /// When an op is no valid message.
    pub fn messages(&self) -> Result<Vec<pb::Op>, prost::DecodeError> {
        let ops = self.ops.iter();
        ops.map(|(_, bytes)| pb::Op::decode(bytes.as_slice()))
            .collect()
    }

    /// Identifier and attributes of every source op, in order.
    ///
    /// # Errors
    /// When an op is no valid message.
    pub fn sources(&self) -> Result<Vec<SourceDescription>, prost::DecodeError> {
        let mut sources = Vec::new();
        for (_, bytes) in &self.ops {
            let op = pb::Op::decode(bytes.as_slice())?;
            if let Some(pb::op::Op::Source(source)) = op.op {
                let attrs = source
                    .attrs
                    .into_iter()
                    .map(|entry| (entry.key, entry.value));
                sources.push((source.identifier, attrs.inserted()));
            }
        }
        Ok(sources)
    }
}
