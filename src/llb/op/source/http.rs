//! Files from HTTP servers.

use super::super::super::caps;
use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use super::SourceBuilder;

/// How to use an HTTP file. Empty texts and zeros say nothing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Digest that the file must have.
    pub checksum: String,
    /// Name of the file.
    pub filename: String,
    /// Permission bits of the file, of which the lowest nine count.
    pub mode: u32,
    /// Owner of the file.
    pub uid: u32,
    /// Group of the file.
    pub gid: u32,
    /// Name of the secret with the `Authorization` header.
    pub auth_header_secret: String,
    /// Request headers.
    pub header: Option<HttpHeader>,
    /// Signature that the file must have.
    pub signature: Option<HttpSignature>,
    /// What accompanies the op.
    pub constraints: Constraints,
}

/// Request headers of an HTTP file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpHeader {
    /// `Accept`.
    pub accept: String,
    /// `User-Agent`.
    pub user_agent: String,
}

/// Detached OpenPGP signature of an HTTP file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpSignature {
    /// Public key, armored.
    pub public_key: String,
    /// Signature, armored.
    pub signature: String,
}

impl State {
    /// The file at `url`, with its scheme.
    pub fn http(url: &str, options: HttpOptions) -> State {
        let mut source = SourceBuilder::new(url.to_owned(), caps::SOURCE_HTTP, options.constraints);
        if source.attr_if("http.checksum", options.checksum) {
            source.need(caps::SOURCE_HTTP_CHECKSUM);
        }
        source.attr_if("http.filename", options.filename);
        let mode = options.mode & 0o777;
        if mode != 0 {
            source.attr("http.perm", format!("0{mode:o}"));
            source.need(caps::SOURCE_HTTP_PERM);
        }
        for (key, id) in [("http.uid", options.uid), ("http.gid", options.gid)] {
            if id != 0 {
                source.attr(key, id.to_string());
                source.need(caps::SOURCE_HTTP_UID_GID);
            }
        }
        if source.attr_if("http.authheadersecret", options.auth_header_secret) {
            source.need(caps::SOURCE_HTTP_AUTH);
        }
        if let Some(header) = options.header {
            source.attr_if("http.header.accept", header.accept);
            source.attr_if("http.header.user-agent", header.user_agent);
            source.need(caps::SOURCE_HTTP_HEADER);
        }
        if let Some(signature) = options.signature {
            source.attr_if("http.sig.pubkey", signature.public_key);
            source.attr_if("http.sig.signature", signature.signature);
            source.need(caps::SOURCE_HTTP_SIGNATURE_VERIFY);
        }
        source.state()
    }
}
