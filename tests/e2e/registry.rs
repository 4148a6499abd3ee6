//! The registry as its owner sees it: images copied under names of a test's own, tags moved and taken away.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::engine::{engine, unique};

const KINDS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// A repository that no other test uses.
pub struct Images {
    path: String,
}

struct Manifest {
    kind: String,
    digest: String,
    bytes: Vec<u8>,
}

impl Images {
    pub fn new() -> Self {
        Self {
            path: format!("e2e/{}", unique()),
        }
    }

    /// The name of a tag, registry and all.
    pub fn name(&self, tag: &str) -> String {
        format!("{}/{}:{tag}", engine().registry, self.path)
    }

    /// Puts `tag` on what another name of the registry has now, wherever the tag was before. Gives the digest.
    #[track_caller]
    pub fn tag(&self, tag: &str, from: &str) -> String {
        let from = from
            .strip_prefix(&format!("{}/", engine().registry))
            .unwrap_or(from);
        let (path, name) = match from.split_once('@') {
            Some(parts) => parts,
            None => from.rsplit_once(':').unwrap_or((from, "latest")),
        };
        let manifest = get(path, name);
        self.copy(path, &manifest);
        self.put(tag, &manifest);
        manifest.digest
    }

    /// Takes `tag` away; what it named stays and can be asked for by its digest.
    #[track_caller]
    pub fn untag(&self, tag: &str) {
        let manifest = get(&self.path, tag);
        let (_, _, list) = ask("GET", &format!("/v2/{}/tags/list", self.path), &[], b"");
        let list: Value = serde_json::from_slice(&list).expect("tags");
        let tags = list["tags"].as_array().into_iter().flatten();
        let same: Vec<&str> = tags
            .filter_map(Value::as_str)
            .filter(|other| *other != tag && get(&self.path, other).digest == manifest.digest)
            .collect();
        let place = format!("/v2/{}/manifests/{}", self.path, manifest.digest);
        let (status, ..) = ask("DELETE", &place, &[], b"");
        assert_eq!(status, 202, "DELETE {place}");
        // This registry knows no way to take a tag alone: with it went the content and every other tag of it.
        self.put(&manifest.digest, &manifest);
        for other in same {
            self.put(other, &manifest);
        }
        let (status, ..) = ask(
            "HEAD",
            &format!("/v2/{}/manifests/{tag}", self.path),
            &[("Accept", KINDS)],
            b"",
        );
        assert_eq!(status, 404, "{tag} is still there");
    }

    /// What a tag names now.
    #[track_caller]
    pub fn digest(&self, tag: &str) -> String {
        get(&self.path, tag).digest
    }

    /// Everything below `manifest`, out of another repository.
    fn copy(&self, from: &str, manifest: &Manifest) {
        let value: Value = serde_json::from_slice(&manifest.bytes).expect("manifest");
        let digests = |key: &str| -> Vec<String> {
            let list = value[key].as_array().into_iter().flatten();
            list.filter_map(|one| one["digest"].as_str().map(str::to_owned))
                .collect()
        };
        for child in digests("manifests") {
            let child = get(from, &child);
            self.copy(from, &child);
            self.put(&child.digest, &child);
        }
        let config = value["config"]["digest"].as_str().map(str::to_owned);
        for blob in digests("layers").into_iter().chain(config) {
            let place = format!("/v2/{}/blobs/uploads/?mount={blob}&from={from}", self.path);
            let (status, ..) = ask("POST", &place, &[], b"");
            assert_eq!(status, 201, "POST {place}");
        }
    }

    fn put(&self, name: &str, manifest: &Manifest) {
        let place = format!("/v2/{}/manifests/{name}", self.path);
        let kind = [("Content-Type", manifest.kind.as_str())];
        let (status, ..) = ask("PUT", &place, &kind, &manifest.bytes);
        assert_eq!(status, 201, "PUT {place}");
    }
}

#[track_caller]
fn get(path: &str, name: &str) -> Manifest {
    let place = format!("/v2/{path}/manifests/{name}");
    let (status, head, bytes) = ask("GET", &place, &[("Accept", KINDS)], b"");
    assert_eq!(status, 200, "GET {place}: {head}");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .next()
            .map_or("", |(_, value)| value.trim())
            .to_owned()
    };
    Manifest {
        kind: header("content-type"),
        digest: header("docker-content-digest"),
        bytes,
    }
}

/// One request: status, head and body of the answer.
fn ask(method: &str, place: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String, Vec<u8>) {
    let registry = &engine().registry;
    let mut stream = TcpStream::connect(registry).unwrap_or_else(|why| panic!("{registry}: {why}"));
    let mut head = format!(
        "{method} {place} HTTP/1.0\r\nHost: {registry}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (key, value) in headers {
        head.push_str(&format!("{key}: {value}\r\n"));
    }
    stream
        .write_all(&[head.as_bytes(), b"\r\n", body].concat())
        .expect("request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answer");
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer to {method} {place}"));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    (status.unwrap_or_default(), head, answer[end + 4..].to_vec())
}
