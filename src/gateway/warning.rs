//! What a frontend tells the user beside the result.

use crate::llb::{Range, SourceInfo};
use crate::pb::gateway as pb;

/// A warning.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct WarnRequest {
    /// Digest of the op that it is about.
    pub digest: String,
    /// How much it matters; 1 is the most.
    pub level: i64,
    /// The text.
    pub short: Vec<u8>,
    /// More of it.
    pub detail: Vec<Vec<u8>>,
    /// A page about it.
    pub url: String,
    /// The file that it is about.
    pub info: Option<SourceInfo>,
    /// Places in that file.
    pub ranges: Vec<Range>,
}

impl WarnRequest {
    /// A warning of level 1 that is about nothing in particular.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        WarnRequest {
            level: 1,
            short: text.into(),
            ..WarnRequest::default()
        }
    }

    pub(super) fn into_pb(self) -> pb::WarnRequest {
        pb::WarnRequest {
            digest: self.digest,
            level: self.level,
            short: self.short,
            detail: self.detail,
            url: self.url,
            info: self.info.as_ref().map(SourceInfo::to_pb),
            ranges: self.ranges.into_iter().map(Range::to_pb).collect(),
        }
    }
}
