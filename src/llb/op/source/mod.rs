//! Source ops: files from outside the build, one file for each kind.

pub mod git;
pub mod http;
pub mod image;
pub mod local;
pub mod oci_layout;
pub mod scheme;

use super::super::caps::{self, Caps};
use super::super::constraints::Constraints;
use super::super::encoder::Encoder;
use super::super::marshal::MarshalError;
use super::super::one_or_many::OneOrMany;
use super::super::state::State;
use super::super::values::OciStore;
use super::super::vertex::{Output, Vertex};
use super::Op;
use crate::pb::ops::{field, op};
use scheme::SourceScheme;
use std::borrow::Cow;
use std::collections::BTreeMap;

const LOCAL_SESSION: &str = "local.session";
const LOCAL_UNIQUE: &str = "local.unique";

/// Attributes of a source, sorted by key.
pub(crate) type Attrs = BTreeMap<Cow<'static, str>, String>;

/// The part of a source op that is its own.
pub(crate) struct SourceOp {
    identifier: String,
    attrs: Attrs,
    /// Identity of a local source, when its constraints have one.
    unique_id: Option<String>,
    /// Why the source cannot be marshaled.
    invalid: Option<String>,
}

/// A source that is being built.
pub(crate) struct SourceBuilder {
    identifier: String,
    attrs: Attrs,
    constraints: Constraints,
    invalid: Option<String>,
}

impl SourceBuilder {
    /// A source named `identifier` that needs `cap`.
    pub(crate) fn new(identifier: String, cap: &'static str, constraints: Constraints) -> Self {
        let mut source = SourceBuilder::needing(&Caps::new(), identifier, constraints);
        source.need(cap);
        source
    }

    /// A source named `identifier` that needs `caps`.
    fn needing(caps: &Caps, identifier: String, mut constraints: Constraints) -> Self {
        constraints.metadata.caps.merge(caps);
        SourceBuilder {
            identifier,
            attrs: Attrs::new(),
            constraints,
            invalid: None,
        }
    }

    fn attr(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.attrs.insert(key.into(), value.into());
    }

    /// Sets an attribute unless the value is empty; says whether it did.
    fn attr_if(&mut self, key: &'static str, value: String) -> bool {
        let set = !value.is_empty();
        if set {
            self.attr(key, value);
        }
        set
    }

    /// Says which store of the client has the OCI layout, if one is given.
    fn oci_store(&mut self, store: OciStore) {
        self.attr_if("oci.session", store.session_id);
        self.attr_if("oci.store", store.store_id);
    }

    fn need(&mut self, cap: &'static str) {
        self.constraints.metadata.caps.insert(cap);
    }

    fn state(self) -> State {
        let op = SourceOp {
            identifier: self.identifier,
            attrs: self.attrs,
            unique_id: self.constraints.local_unique_id.clone(),
            invalid: self.invalid,
        };
        let platform = self.constraints.platform.clone();
        let vertex = Vertex::new(Op::Source(op), OneOrMany::new(), self.constraints);
        let state = State::new(Some(Output::new(vertex, 0)));
        match platform {
            Some(platform) => state.with_shared_platform(platform),
            None => state,
        }
    }
}

/// A source of any kind, for those that this module does not know.
pub fn custom(
    identifier: impl Into<String>,
    attrs: BTreeMap<Cow<'static, str>, String>,
    constraints: Constraints,
) -> State {
    SourceBuilder {
        identifier: identifier.into(),
        attrs,
        constraints,
        invalid: None,
    }
    .state()
}

impl SourceOp {
    #[cfg(any(feature = "compile", feature = "kit"))]
    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Field 3 of `pb.Op`.
    pub(super) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        if let Some(reason) = &self.invalid {
            return Err(MarshalError::Source(reason.clone()));
        }
        if self.identifier.is_empty() {
            return Err(MarshalError::IdentifierRequired);
        }
        let unique = self.unique_id(vertex, cx)?;
        if self.has_platform() {
            cx.write_head_with_platform(vertex);
        } else {
            cx.write_head(vertex);
        }
        cx.writer.message(op::Field::Source, |w| {
            w.string(field::SourceOp::identifier, &self.identifier);
            let mut unique = unique.as_deref();
            for (key, value) in &self.attrs {
                if let Some(id) = unique.take_if(|_| key.as_ref() > LOCAL_UNIQUE) {
                    w.map_entry(field::SourceOp::attrs, LOCAL_UNIQUE, id);
                }
                w.map_entry(field::SourceOp::attrs, key, value);
            }
            if let Some(id) = unique {
                w.map_entry(field::SourceOp::attrs, LOCAL_UNIQUE, id);
            }
        });
        Ok(())
    }

    /// A local source without session has an identity of its own instead, so that two builds
    /// never share it by chance.
    fn unique_id(
        &self,
        vertex: &Vertex,
        cx: &mut Encoder<'_>,
    ) -> Result<Option<String>, MarshalError> {
        if self.scheme() != SourceScheme::Local || self.attrs.contains_key(LOCAL_SESSION) {
            return Ok(None);
        }
        let options = &cx.options.local_unique_id;
        let id = self.unique_id.clone().or_else(|| options.clone());
        let id = id.ok_or_else(|| MarshalError::UniqueIdRequired(self.identifier.clone()))?;
        cx.metadata(vertex).caps.insert(caps::SOURCE_LOCAL_UNIQUE);
        Ok(Some(id))
    }

    fn scheme(&self) -> SourceScheme {
        SourceScheme::of(&self.identifier)
    }

    fn has_platform(&self) -> bool {
        matches!(self.scheme(), SourceScheme::Image | SourceScheme::OciLayout)
    }
}
