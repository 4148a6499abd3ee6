//! Images in an OCI layout that the client offers: `store@digest`.

use thiserror::Error;

use crate::go::quote::quote;
use crate::image::{Digest, Reference, ReferenceError};

/// An image in a client's OCI layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciLayout {
    /// Name of the store that the client offers.
    pub store_id: String,
    /// The image.
    pub digest: Digest,
}

/// Why a text names no image in an OCI layout.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OciLayoutError {
    /// No reference at all.
    #[error("could not parse oci-layout reference {}: {source}", quote(.text))]
    Reference {
        /// The text.
        text: String,
        /// Why it is not a reference.
        source: ReferenceError,
    },
    /// Only a digest identifies an image here.
    #[error("oci-layout reference {} has no digest", quote(.0))]
    NoDigest(String),
}

/// Reads `store@digest`, with or without `//` in front.
///
/// # Errors
/// [`OciLayoutError`].
pub fn parse_oci_layout(text: &str) -> Result<OciLayout, OciLayoutError> {
    let text = text.strip_prefix("//").unwrap_or(text);
    let reference = Reference::parse(text).map_err(|source| OciLayoutError::Reference {
        text: text.to_owned(),
        source,
    })?;
    match reference.digest() {
        Some(digest) => Ok(OciLayout {
            store_id: reference.name(),
            digest: digest.clone(),
        }),
        None => Err(OciLayoutError::NoDigest(reference.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_and_a_digest() {
        let digest = Digest::sha256(b"");
        let layout = parse_oci_layout(&format!("//my/store:tag@{digest}")).unwrap();
        assert_eq!(
            (layout.store_id.as_str(), layout.digest),
            ("my/store", digest)
        );
        for (text, error) in [
            ("store", r#"oci-layout reference "store" has no digest"#),
            (
                "",
                r#"could not parse oci-layout reference "": repository name must have at least one component"#,
            ),
            (
                "a b@x",
                r#"could not parse oci-layout reference "a b@x": invalid reference format"#,
            ),
        ] {
            assert_eq!(parse_oci_layout(text).unwrap_err().to_string(), error);
        }
    }
}
