//! What the identifier of a source names. The one place that reads it back.

use std::collections::BTreeMap;

/// What kind of source an identifier names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceScheme {
    /// An image of a registry.
    Image,
    /// An image of an OCI layout.
    OciLayout,
    /// A directory of the client.
    Local,
    /// A git repository.
    Git,
    /// A file on the web.
    Http,
    /// Anything else: a blob, or what only some daemon knows.
    Other,
}

/// How identifiers begin.
const PREFIXES: [(&str, SourceScheme); 6] = [
    ("docker-image://", SourceScheme::Image),
    ("oci-layout://", SourceScheme::OciLayout),
    ("local://", SourceScheme::Local),
    ("git://", SourceScheme::Git),
    ("http://", SourceScheme::Http),
    ("https://", SourceScheme::Http),
];

impl SourceScheme {
    /// The scheme of an identifier, and the name that follows it; of [`SourceScheme::Other`] the whole identifier.
    pub fn split(identifier: &str) -> (Self, &str) {
        PREFIXES
            .iter()
            .find_map(|(prefix, scheme)| Some((*scheme, identifier.strip_prefix(prefix)?)))
            .unwrap_or((SourceScheme::Other, identifier))
    }

    /// The scheme of an identifier.
    pub fn of(identifier: &str) -> Self {
        Self::split(identifier).0
    }
}

/// A source op as the daemon gets it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct SourceDescription {
    /// What is fetched: `docker-image://docker.io/library/alpine:3.20`.
    pub identifier: String,
    /// How it is fetched.
    pub attrs: BTreeMap<String, String>,
}

impl SourceDescription {
    /// What kind of source it is.
    pub(crate) fn scheme(&self) -> SourceScheme {
        SourceScheme::of(&self.identifier)
    }

    /// The reference of an image in a registry; `None` for other sources.
    pub fn image(&self) -> Option<&str> {
        match SourceScheme::split(&self.identifier) {
            (SourceScheme::Image, name) => Some(name),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_by_its_scheme() {
        for (identifier, scheme, name) in [
            ("docker-image://a/b:1", SourceScheme::Image, "a/b:1"),
            (
                "oci-layout://x@sha256:0",
                SourceScheme::OciLayout,
                "x@sha256:0",
            ),
            ("local://context", SourceScheme::Local, "context"),
            ("git://h.test/r", SourceScheme::Git, "h.test/r"),
            ("https://h.test/f", SourceScheme::Http, "h.test/f"),
            ("http://h.test/f", SourceScheme::Http, "h.test/f"),
            (
                "docker-image+blob://a@b",
                SourceScheme::Other,
                "docker-image+blob://a@b",
            ),
            ("", SourceScheme::Other, ""),
        ] {
            assert_eq!(SourceScheme::split(identifier), (scheme, name));
        }
    }
}
