//! What a solve gives and a frontend returns: refs, metadata, attestations.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::collect::CollectSmall as _;
use crate::llb;
use crate::pb::gateway as pb;
use crate::pb::map::{entries, to_map};
use crate::pb::ops::Definition;

/// A result that the daemon holds: a file system, built or to be built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ref {
    /// Identifier given by the daemon.
    pub id: String,
    /// The graph it stands for, as the daemon sent it.
    pub(super) definition: Option<Arc<Definition>>,
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

impl Ref {
    /// A ref without its graph; `None` for the empty id, which stands for scratch.
    pub fn from_id(id: impl Into<String>) -> Option<Ref> {
        let id = id.into();
        (!id.is_empty()).then_some(Ref {
            id,
            definition: None,
        })
    }

    /// The graph it stands for, from daemons with `reference.output`: usable as an LLB input.
    pub fn definition(&self) -> Option<llb::Definition> {
        let definition = self.definition.as_deref().cloned();
        definition.map(llb::Definition::from_pb)
    }

    fn from_pb(reference: pb::Ref) -> Option<Ref> {
        (!reference.id.is_empty()).then_some(Ref {
            id: reference.id,
            definition: reference.def.map(Arc::new),
        })
    }

    fn to_pb(reference: Option<&Ref>) -> pb::Ref {
        reference.map_or_else(pb::Ref::default, |reference| pb::Ref {
            id: reference.id.clone(),
            def: reference.definition.as_deref().cloned(),
        })
    }
}

impl Refs {
    /// All refs, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = Option<&Ref>> {
        let (single, map) = match self {
            Refs::Single(reference) => (Some(reference), None),
            Refs::Map(refs) => (None, Some(refs)),
        };
        let map = map.into_iter().flat_map(BTreeMap::values);
        single.into_iter().chain(map).map(Option::as_ref)
    }

    /// `arrays` selects the wire form that daemons with `proto.refarray` read.
    fn to_pb(&self, arrays: bool) -> pb::result::Result {
        let id = |reference: &Option<Ref>| {
            let id = reference.as_ref().map(|reference| reference.id.clone());
            id.unwrap_or_default()
        };
        match (self, arrays) {
            (Refs::Single(reference), true) => {
                pb::result::Result::Ref(Ref::to_pb(reference.as_ref()))
            }
            (Refs::Single(reference), false) => pb::result::Result::RefDeprecated(id(reference)),
            (Refs::Map(refs), true) => {
                let refs = refs.iter();
                pb::result::Result::Refs(pb::RefMap {
                    refs: entries(refs.map(|(key, r)| (key, Ref::to_pb(r.as_ref())))),
                })
            }
            (Refs::Map(refs), false) => pb::result::Result::RefsDeprecated(pb::RefMapDeprecated {
                refs: refs
                    .iter()
                    .map(|(key, reference)| (key.clone(), id(reference)))
                    .collect_small(),
            }),
        }
    }

    fn from_pb(refs: pb::result::Result) -> Refs {
        match refs {
            pb::result::Result::RefDeprecated(id) => Refs::Single(Ref::from_id(id)),
            pb::result::Result::Ref(reference) => Refs::Single(Ref::from_pb(reference)),
            pb::result::Result::RefsDeprecated(map) => {
                let refs = map.refs.into_iter();
                Refs::Map(
                    refs.map(|(key, id)| (key, Ref::from_id(id)))
                        .collect_small(),
                )
            }
            pb::result::Result::Refs(map) => {
                let refs = to_map(map.refs).into_iter();
                Refs::Map(refs.map(|(key, r)| (key, Ref::from_pb(r))).collect_small())
            }
        }
    }
}

impl SolveResult {
    /// A result of one ref and no metadata.
    pub fn of(reference: Option<Ref>) -> Self {
        SolveResult {
            refs: Refs::Single(reference),
            ..SolveResult::default()
        }
    }

    pub(crate) fn from_pb(result: pb::Result) -> Self {
        let attestations = to_map(result.attestations).into_iter().map(|(key, list)| {
            let list = list.attestation.into_iter().map(Attestation::from_pb);
            (key, list.collect())
        });
        SolveResult {
            refs: result.result.map(Refs::from_pb).unwrap_or_default(),
            metadata: result.metadata,
            attestations: attestations.collect_small(),
        }
    }

    /// `arrays` selects the wire form that daemons with `proto.refarray` read.
    pub(crate) fn into_pb(self, arrays: bool) -> pb::Result {
        let attestations = self.attestations.into_iter().map(|(key, list)| {
            let attestation = list.into_iter().map(Attestation::into_pb).collect();
            (key, pb::Attestations { attestation })
        });
        pb::Result {
            result: Some(self.refs.to_pb(arrays)),
            metadata: self.metadata,
            attestations: entries(attestations),
        }
    }

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
#[non_exhaustive]
pub struct Attestation {
    /// Statement or bundle.
    pub kind: AttestationKind,
    /// Metadata for the exporter.
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// Where the file is.
    pub reference: Option<Ref>,
    /// Path of the file.
    pub path: String,
    /// Predicate type of the statement.
    pub predicate_type: String,
    /// Subjects of the statement.
    pub subjects: Vec<Subject>,
}

/// Kind of an attestation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttestationKind {
    /// An in-toto statement.
    #[default]
    InToto,
    /// A directory of statements.
    Bundle,
    /// What a newer daemon knows.
    Other(i32),
}

/// What an in-toto statement is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// The image itself, or something else.
    pub kind: SubjectKind,
    /// Its digests.
    pub digest: Vec<String>,
    /// Its name.
    pub name: String,
}

/// Kind of a [`Subject`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubjectKind {
    /// The image that the statement is attached to.
    #[default]
    Itself,
    /// What the digests say.
    Raw,
    /// What a newer daemon knows.
    Other(i32),
}

impl From<i32> for AttestationKind {
    fn from(number: i32) -> Self {
        match number {
            0 => AttestationKind::InToto,
            1 => AttestationKind::Bundle,
            other => AttestationKind::Other(other),
        }
    }
}

impl From<AttestationKind> for i32 {
    fn from(kind: AttestationKind) -> Self {
        match kind {
            AttestationKind::InToto => 0,
            AttestationKind::Bundle => 1,
            AttestationKind::Other(number) => number,
        }
    }
}

impl From<i32> for SubjectKind {
    fn from(number: i32) -> Self {
        match number {
            0 => SubjectKind::Itself,
            1 => SubjectKind::Raw,
            other => SubjectKind::Other(other),
        }
    }
}

impl From<SubjectKind> for i32 {
    fn from(kind: SubjectKind) -> Self {
        match kind {
            SubjectKind::Itself => 0,
            SubjectKind::Raw => 1,
            SubjectKind::Other(number) => number,
        }
    }
}

impl Attestation {
    fn from_pb(attestation: pb::Attestation) -> Self {
        Attestation {
            kind: attestation.kind.into(),
            metadata: attestation.metadata,
            reference: attestation.r#ref.and_then(Ref::from_pb),
            path: attestation.path,
            predicate_type: attestation.in_toto_predicate_type,
            subjects: attestation
                .in_toto_subjects
                .into_iter()
                .map(|subject| Subject {
                    kind: subject.kind.into(),
                    digest: subject.digest,
                    name: subject.name,
                })
                .collect(),
        }
    }

    fn into_pb(self) -> pb::Attestation {
        pb::Attestation {
            kind: self.kind.into(),
            metadata: self.metadata,
            r#ref: Some(Ref::to_pb(self.reference.as_ref())),
            path: self.path,
            in_toto_predicate_type: self.predicate_type,
            in_toto_subjects: self
                .subjects
                .into_iter()
                .map(|subject| pb::InTotoSubject {
                    kind: subject.kind.into(),
                    digest: subject.digest,
                    name: subject.name,
                })
                .collect(),
        }
    }
}

/// Metadata as daemons before 0.4 take it: a JSON object of base64 values.
pub(super) fn metadata_to_json(metadata: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let values = metadata.iter().map(|(key, value)| {
        let value = serde_json::Value::from(STANDARD.encode(value));
        (key.clone(), value)
    });
    serde_json::Value::Object(values.collect())
        .to_string()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    fn two() -> SolveResult {
        let mut result = SolveResult::of(None);
        result.refs = Refs::Map(BTreeMap::from([
            ("linux/amd64".to_owned(), Ref::from_id("a")),
            ("linux/arm64".to_owned(), None),
        ]));
        result
            .metadata
            .insert("refs.platforms".to_owned(), b"{}".to_vec());
        result
    }

    #[test]
    fn an_empty_file_system_is_written_out() {
        // An entry without a value is a null pointer to the daemon, which it follows.
        let bytes = two().into_pb(true).encode_to_vec();
        let entry = b"\x0a\x0blinux/arm64\x12\x00";
        assert!(bytes.windows(entry.len()).any(|bytes| bytes == entry));
    }

    #[test]
    fn both_wire_forms_read_back_as_the_same_result() {
        for result in [
            two(),
            SolveResult::of(None),
            SolveResult::of(Ref::from_id("a")),
        ] {
            for arrays in [true, false] {
                assert_eq!(SolveResult::from_pb(result.clone().into_pb(arrays)), result);
            }
        }
    }

    #[test]
    fn a_map_of_two_has_no_single_ref() {
        let message = two().single().unwrap_err().to_string();
        assert_eq!(message, "failed to get single ref from map result");
        assert_eq!(two().refs.iter().flatten().count(), 1);
    }
}
