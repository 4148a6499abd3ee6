//! A registry, a web server and a git remote on one loopback port, with faults on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dockerfile_llb::image::Digest;

/// How a request goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is closed.
    Reset,
    /// An answer with this status and these headers.
    Status(u16, &'static str),
    /// A body of that many bytes.
    Large(usize),
    /// This body in the place of the right one.
    Body(&'static str),
}

#[derive(Default)]
struct State {
    /// Path to content type and body.
    paths: BTreeMap<String, (String, Vec<u8>)>,
    /// Refs of the git remote.
    refs: Vec<(String, String, Option<String>)>,
    /// Faults by a part of the path.
    faults: BTreeMap<String, Fault>,
    password: Option<&'static str>,
    latency: Duration,
}

/// The servers.
#[derive(Clone)]
pub struct World {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl World {
    pub fn start() -> World {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let world = World {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let served = world.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = served.clone();
                std::thread::spawn(move || world.serve(stream));
            }
        });
        world
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// An image of two platforms; gives the digest of its index. `seed` makes it another one.
    pub fn image(&self, name: &str, tag: &str, seed: &str, config: &str) -> String {
        let mut entries = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let config = format!(
                r#"{{"architecture":"{architecture}","os":"linux","created":"2020-01-01T00:00:00Z","author":"{seed}","config":{{{config}}},"rootfs":{{"type":"layers","diff_ids":["sha256:{0}"]}}}}"#,
                "0".repeat(64)
            );
            let config_digest = self.blob(name, config.as_bytes());
            let manifest = format!(
                r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config_digest}","size":{}}},"layers":[]}}"#,
                config.len()
            );
            let digest = self.manifest(
                name,
                None,
                "application/vnd.oci.image.manifest.v1+json",
                &manifest,
            );
            entries.push(format!(
                r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{},"platform":{{"architecture":"{architecture}","os":"linux"}}}}"#,
                manifest.len()
            ));
        }
        let kind = "application/vnd.oci.image.index.v1+json";
        let index = format!(
            r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[{}]}}"#,
            entries.join(",")
        );
        let digest = self.manifest(name, Some(tag), kind, &index);
        self.tag(name, tag);
        digest
    }

    fn tag(&self, name: &str, tag: &str) {
        let path = format!("/v2/{name}/tags/list");
        let mut state = self.state.lock().unwrap();
        let known = state
            .paths
            .get(&path)
            .map(|(_, body)| String::from_utf8(body.clone()).unwrap());
        let mut tags: Vec<String> = known
            .and_then(|text| Some(text.split_once('[')?.1.split(']').next()?.to_owned()))
            .map(|list| {
                list.split(',')
                    .map(|tag| tag.trim_matches('"').to_owned())
                    .collect()
            })
            .unwrap_or_default();
        tags.push(tag.to_owned());
        tags.sort();
        tags.dedup();
        let list: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        let body = format!(r#"{{"name":"{name}","tags":[{}]}}"#, list.join(","));
        state
            .paths
            .insert(path, ("application/json".into(), body.into_bytes()));
    }

    pub fn untag(&self, name: &str, tag: &str) {
        self.state
            .lock()
            .unwrap()
            .paths
            .remove(&format!("/v2/{name}/manifests/{tag}"));
    }

    fn blob(&self, name: &str, bytes: &[u8]) -> String {
        let digest = Digest::sha256(bytes).to_string();
        self.put(
            &format!("/v2/{name}/blobs/{digest}"),
            "application/octet-stream",
            bytes,
        );
        digest
    }

    fn manifest(&self, name: &str, tag: Option<&str>, kind: &str, text: &str) -> String {
        let digest = Digest::sha256(text.as_bytes()).to_string();
        for reference in tag.into_iter().chain([digest.as_str()]) {
            self.put(
                &format!("/v2/{name}/manifests/{reference}"),
                kind,
                text.as_bytes(),
            );
        }
        digest
    }

    pub fn put(&self, path: &str, kind: &str, bytes: &[u8]) {
        self.state
            .lock()
            .unwrap()
            .paths
            .insert(path.to_owned(), (kind.to_owned(), bytes.to_vec()));
    }

    pub fn git_ref(&self, name: &str, hash: &str, peeled: Option<&str>) {
        let mut state = self.state.lock().unwrap();
        state.refs.retain(|(have, ..)| have != name);
        state
            .refs
            .push((name.to_owned(), hash.to_owned(), peeled.map(str::to_owned)));
    }

    pub fn fault(&self, part: &str, fault: Fault) {
        self.state
            .lock()
            .unwrap()
            .faults
            .insert(part.to_owned(), fault);
    }

    pub fn clear_faults(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    pub fn set_password(&self, password: &'static str) {
        self.state.lock().unwrap().password = Some(password);
    }

    pub fn set_latency(&self, latency: Duration) {
        self.state.lock().unwrap().latency = latency;
    }

    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some((method, path, headers, _body)) = read_request(&mut reader) {
            let latency = self.state.lock().unwrap().latency;
            std::thread::sleep(latency);
            let Some(answer) = self.answer(&method, &path, &headers) else {
                return;
            };
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }

    /// The answer; `None` closes the connection.
    fn answer(
        &self,
        method: &str,
        path: &str,
        headers: &BTreeMap<String, String>,
    ) -> Option<Vec<u8>> {
        let state = self.state.lock().unwrap();
        let bare = path.split('?').next().unwrap().to_owned();
        let fault = state
            .faults
            .iter()
            .find(|(part, _)| bare.contains(part.as_str()))
            .map(|(_, fault)| fault.clone());
        match fault {
            Some(Fault::Reset) => return None,
            Some(Fault::Status(status, extra)) => {
                return Some(response(method, status, extra, b"{}"));
            }
            Some(Fault::Large(size)) => return Some(response(method, 200, "", &vec![b' '; size])),
            Some(Fault::Body(body)) => return Some(response(method, 200, "", body.as_bytes())),
            None => {}
        }
        if bare == "/token" {
            // base64 of "user:secret"
            let right = headers
                .get("authorization")
                .is_some_and(|value| value == "Basic dXNlcjpzZWNyZXQ=");
            return Some(match right {
                true => response(method, 200, "", br#"{"token":"opened"}"#),
                false => response(method, 401, "", b"{}"),
            });
        }
        if state.password.is_some()
            && bare.starts_with("/v2/")
            && headers
                .get("authorization")
                .is_none_or(|value| value != "Bearer opened")
        {
            let challenge = format!(
                "www-authenticate: Bearer realm=\"http://127.0.0.1:{}/token\",service=\"test\"\r\n",
                self.port
            );
            return Some(response(method, 401, &challenge, b"{}"));
        }
        if bare.ends_with(".git/info/refs") {
            let body = "001e# service=git-upload-pack\n0000000eversion 2\n0000";
            return Some(response(method, 200, "", body.as_bytes()));
        }
        if bare.ends_with(".git/git-upload-pack") {
            let mut body = String::new();
            for (name, hash, peeled) in &state.refs {
                let peeled = peeled
                    .as_ref()
                    .map(|hash| format!(" peeled:{hash}"))
                    .unwrap_or_default();
                let line = format!("{hash} {name}{peeled}\n");
                body.push_str(&format!("{:04x}{line}", line.len() + 4));
            }
            body.push_str("0000");
            return Some(response(method, 200, "", body.as_bytes()));
        }
        match state.paths.get(&bare) {
            Some((kind, body)) => {
                let mut extra = format!("content-type: {kind}\r\n");
                if bare.contains("/manifests/") {
                    extra.push_str(&format!(
                        "docker-content-digest: {}\r\n",
                        Digest::sha256(body)
                    ));
                }
                Some(response(method, 200, &extra, body))
            }
            None => Some(response(
                method,
                404,
                "",
                br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#,
            )),
        }
    }
}

fn response(method: &str, status: u16, extra: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{extra}\r\n",
        body.len()
    );
    let mut bytes = head.into_bytes();
    if method != "HEAD" {
        bytes.extend_from_slice(body);
    }
    bytes
}

type Request = (String, String, BTreeMap<String, String>, Vec<u8>);

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        match line.trim_end().split_once(':') {
            Some((key, value)) => {
                drop(headers.insert(key.to_ascii_lowercase(), value.trim().to_owned()))
            }
            None => break,
        }
    }
    let length = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, path, headers, body))
}
