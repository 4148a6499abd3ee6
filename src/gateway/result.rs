//! What a solve gives and a frontend returns: refs, metadata, attestations.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::pb::gateway as pb;
use crate::pb::ops::Definition;

/// A result that the daemon holds: a file system, built or to be built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ref {
    /// Identifier given by the daemon.
    pub id: String,
    /// The graph it stands for, from daemons with `reference.output`: usable as an LLB input.
    pub definition: Option<Arc<Definition>>,
}

/// The refs of a result. `None` is an empty file system (scratch).
#[derive(Clone, Debug, PartialEq)]
pub enum Refs {
    /// One.
    Single(Option<Ref>),
    /// By key; the key is a platform id such as `linux/amd64`.
    Map(BTreeMap<String, Option<Ref>>),
}

impl Default for Refs {
    fn default() -> Self {
        Refs::Single(None)
    }
}

/// What a solve gives and a frontend returns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SolveResult {
    /// File systems.
    pub refs: Refs,
    /// Metadata, such as `containerimage.config` or `refs.platforms`.
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// Attestations by key of `refs`.
    pub attestations: BTreeMap<String, Vec<Attestation>>,
}

impl SolveResult {
    /// The only ref of the result; an error when there are several.
    pub fn single(&self) -> super::Result<Option<&Ref>> {
        match &self.refs {
            Refs::Single(reference) => Ok(reference.as_ref()),
            Refs::Map(refs) if refs.len() <= 1 => Ok(refs.values().next().and_then(Option::as_ref)),
            Refs::Map(_) => Err(super::Error::new(
                "failed to get single ref from map result",
            )),
        }
    }
}

/// An attestation that a frontend attaches to a ref.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attestation {
    /// Statement or bundle.
    pub kind: i32,
    /// Metadata for the exporter.
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// Where the file is.
    pub reference: Option<Ref>,
    /// Path of the file.
    pub path: String,
    /// Predicate type of the statement.
    pub predicate_type: String,
    /// Subjects of the statement.
    pub subjects: Vec<pb::InTotoSubject>,
}
