//! `ls-refs` of git's protocol version 2, over smart HTTP.

use reqwest::{Method, StatusCode, Url};

use super::pkt::{self, Packet};
use super::{MAX_GIT_REFS_BYTES, RemoteRef, is_hash, wanted};
use crate::limits::MAX_GIT_CAPABILITIES_BYTES;
use crate::registry::transport::{Asked, Request, failure, malformed};
use crate::registry::{Client, Error};

fn version_header() -> (&'static str, String) {
    ("git-protocol", "version=2".to_owned())
}

impl Client {
    pub(super) async fn ls_refs(
        &self,
        remote: &str,
        reference: &str,
    ) -> Result<Vec<RemoteRef>, Error> {
        let parse = |text: String| {
            Url::parse(&text)
                .map_err(|error| Error::refused(format!("`{remote}` is not a valid URL: {error}")))
        };
        let base = remote.trim_end_matches('/');
        let info = parse(format!("{base}/info/refs?service=git-upload-pack"))?;
        let request = Request {
            headers: vec![version_header()],
            ..Request::get(info)
        };
        let response = self.transport.send(&request).await?;
        if response.status() != StatusCode::OK {
            return Err(failure(response, &format!("`{remote}`"), Asked::Git).await);
        }
        // A redirect of the first request holds for the second.
        let service = response
            .url()
            .as_str()
            .split_once("/info/refs")
            .map(|(base, _)| format!("{base}/git-upload-pack"));
        let service = parse(service.unwrap_or_else(|| format!("{base}/git-upload-pack")))?;
        let capabilities = self
            .transport
            .body(response, MAX_GIT_CAPABILITIES_BYTES)
            .await?;
        let packets = pkt::read(&capabilities);
        if !packets.contains(&Packet::Data(b"version 2")) {
            return Err(malformed(
                &service,
                "it does not support version 2 of the git protocol",
            ));
        }
        let sha256 = packets.contains(&Packet::Data(b"object-format=sha256"));
        let request = Request {
            method: Method::POST,
            accept: Some("application/x-git-upload-pack-result"),
            headers: vec![version_header()],
            body: Some((
                "application/x-git-upload-pack-request",
                question(reference, sha256),
            )),
            ..Request::get(service.clone())
        };
        let response = self.transport.send(&request).await?;
        if response.status() != StatusCode::OK {
            return Err(failure(response, &format!("`{remote}`"), Asked::Git).await);
        }
        let answer = self.transport.body(response, MAX_GIT_REFS_BYTES).await?;
        let packets = pkt::read(&answer);
        if !packets.contains(&Packet::Flush) {
            return Err(malformed(&service, "its list of refs is truncated"));
        }
        Ok(packets.into_iter().filter_map(read_ref).collect())
    }
}

fn question(reference: &str, sha256: bool) -> Vec<u8> {
    let mut out = Vec::new();
    pkt::write(&mut out, "command=ls-refs");
    pkt::write(
        &mut out,
        if sha256 {
            "object-format=sha256"
        } else {
            "object-format=sha1"
        },
    );
    out.extend_from_slice(b"0001");
    pkt::write(&mut out, "peel");
    for name in wanted(reference) {
        pkt::write(&mut out, &format!("ref-prefix {name}"));
    }
    out.extend_from_slice(b"0000");
    out
}

/// `hash name [peeled:hash]`
fn read_ref(packet: Packet<'_>) -> Option<RemoteRef> {
    let Packet::Data(data) = packet else {
        return None;
    };
    let mut words = std::str::from_utf8(data).ok()?.split(' ');
    let (hash, name) = (words.next()?, words.next()?);
    let peeled = words
        .find_map(|word| word.strip_prefix("peeled:"))
        .filter(|hash| is_hash(hash))
        .map(str::to_owned);
    is_hash(hash).then(|| RemoteRef {
        name: name.to_owned(),
        hash: hash.to_owned(),
        peeled,
    })
}
