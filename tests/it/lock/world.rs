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
    /// The same for the first request; the next finds all well.
    StatusOnce(u16, &'static str),
    /// A body of that many bytes.
    Large(usize),
    /// This body in the place of the right one.
    Body(&'static str),
    /// The right answer, cut off after that many bytes.
    Cut(usize),
    /// No answer.
    Silence,
    /// A body of which a byte comes now and then.
    Trickle,
}

/// How the registry wants to be asked. The user is `user`, the password `secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// User and password with every request, as a file of htpasswd has it.
    Basic,
    /// A token, which `/token` gives for user and password, or for the identity token `identity`.
    Token,
}

#[derive(Default)]
struct State {
    /// Path to content type and body.
    paths: BTreeMap<String, (String, Vec<u8>)>,
    /// Refs of the git remote.
    refs: Vec<(String, String, Option<String>)>,
    /// Faults by a part of the path.
    faults: BTreeMap<String, Fault>,
    guard: Option<Guard>,
    /// Lines of headers in the place of the usual challenge.
    challenge: Option<String>,
    /// Path to status, lines of headers and body, told as they are.
    answers: BTreeMap<String, (u16, String, Vec<u8>)>,
    latency: Duration,
    /// Method and path of each request, a host of another server before it.
    requests: Vec<String>,
    /// Requests in work, and the most that there were.
    open: usize,
    peak: usize,
}

/// The servers.
#[derive(Clone)]
pub struct World {
    pub port: u16,
    state: Arc<Mutex<State>>,
    tls: Option<Arc<rustls::ServerConfig>>,
}

/// What the server makes of a request.
enum Answer {
    Bytes(Vec<u8>),
    /// These bytes, then the end.
    Last(Vec<u8>),
    Silence,
    Trickle,
    Close,
}

impl World {
    pub fn start() -> World {
        Self::listen(None)
    }

    /// The same behind TLS, with the certificate of testdata/tls.
    pub fn start_tls() -> World {
        Self::listen(Some(crate::tls::server()))
    }

    fn listen(tls: Option<Arc<rustls::ServerConfig>>) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let world = World {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
            tls,
        };
        let served = world.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = served.clone();
                std::thread::spawn(move || world.accept(stream));
            }
        });
        world
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// An image of two platforms; gives the digest of its index. `seed` makes it another one.
    pub fn image(&self, name: &str, tag: &str, seed: &str, config: &str) -> String {
        self.image_made(name, tag, seed, config, Some("2020-01-01T00:00:00Z"))
    }

    /// The same with a date of creation, or with none.
    pub fn image_made(
        &self,
        name: &str,
        tag: &str,
        seed: &str,
        config: &str,
        created: Option<&str>,
    ) -> String {
        let mut entries = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let created = created
                .map(|date| format!(r#""created":"{date}","#))
                .unwrap_or_default();
            let config = format!(
                r#"{{"architecture":"{architecture}","os":"linux",{created}"author":"{seed}","config":{{{config}}},"rootfs":{{"type":"layers","diff_ids":["sha256:{0}"]}}}}"#,
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

    pub fn blob(&self, name: &str, bytes: &[u8]) -> String {
        let digest = Digest::sha256(bytes).to_string();
        self.put(
            &format!("/v2/{name}/blobs/{digest}"),
            "application/octet-stream",
            bytes,
        );
        digest
    }

    pub fn manifest(&self, name: &str, tag: Option<&str>, kind: &str, text: &str) -> String {
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

    /// An answer of any kind, headers as lines that each end.
    pub fn put_answer(&self, path: &str, status: u16, headers: &str, body: &[u8]) {
        let answer = (status, headers.to_owned(), body.to_vec());
        let mut state = self.state.lock().unwrap();
        state.answers.insert(path.to_owned(), answer);
    }

    /// Header lines by which the guard challenges; `REALM` is where tokens are.
    pub fn set_challenge(&self, lines: &str) {
        let realm = format!("http://{}/token", self.host());
        self.state.lock().unwrap().challenge = Some(lines.replace("REALM", &realm));
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

    /// Changes the last byte of every blob of a repository that is larger than `size`, or takes them away.
    pub fn damage(&self, repository: &str, size: usize, is_removed: bool) {
        let blobs = format!("/v2/{repository}/blobs/");
        let mut state = self.state.lock().unwrap();
        state.paths.retain(|path, (_, body)| {
            let is_hit = path.starts_with(&blobs) && body.len() > size;
            if let Some(last) = body.last_mut().filter(|_| is_hit) {
                *last ^= 1;
            }
            !(is_hit && is_removed)
        });
    }

    pub fn set_guard(&self, guard: Guard) {
        self.state.lock().unwrap().guard = Some(guard);
    }

    pub fn set_latency(&self, latency: Duration) {
        self.state.lock().unwrap().latency = latency;
    }

    /// Method and path of the requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    /// The most requests that were in work at once since the last call.
    pub fn take_peak(&self) -> usize {
        std::mem::take(&mut self.state.lock().unwrap().peak)
    }

    fn accept(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Some(config) => {
                let connection = rustls::ServerConnection::new(config.clone()).unwrap();
                self.serve(rustls::StreamOwned::new(connection, stream));
            }
            None => self.serve(stream),
        }
    }

    fn serve(&self, stream: impl Read + Write) {
        let mut reader = BufReader::new(stream);
        while let Some((method, path, headers, body)) = read_request(&mut reader) {
            let latency = {
                let mut state = self.state.lock().unwrap();
                state.open += 1;
                state.peak = state.peak.max(state.open);
                state.latency
            };
            std::thread::sleep(latency);
            let answer = self.answer(&method, &path, &headers, &body);
            self.state.lock().unwrap().open -= 1;
            let stream = reader.get_mut();
            let sent = match answer {
                Answer::Bytes(bytes) => stream.write_all(&bytes).and_then(|()| stream.flush()),
                Answer::Last(bytes) => {
                    let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
                    return;
                }
                Answer::Silence => {
                    std::thread::sleep(Duration::from_secs(60));
                    return;
                }
                Answer::Trickle => trickle(stream),
                Answer::Close => return,
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn answer(
        &self,
        method: &str,
        path: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Answer {
        let mut state = self.state.lock().unwrap();
        state.requests.push(format!("{method} {path}"));
        // As a proxy is asked: for everything on any host.
        let path = match path.strip_prefix("http://") {
            Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => path,
        };
        let bare = path.split('?').next().unwrap().to_owned();
        let fault = state
            .faults
            .iter()
            .find(|(part, _)| bare.contains(part.as_str()))
            .map(|(part, fault)| (part.clone(), fault.clone()));
        let is_allowed = state.guard.is_none() || headers.contains_key("authorization");
        if fault.is_none()
            && is_allowed
            && let Some(taken) = take(&mut state, method, path, body)
        {
            return Answer::Bytes(taken);
        }
        let well = |state: &State| self.well(state, method, &bare, headers, body);
        match fault {
            Some((_, Fault::Reset)) => Answer::Close,
            Some((_, Fault::Silence)) => Answer::Silence,
            Some((_, Fault::Trickle)) => Answer::Trickle,
            Some((_, Fault::Status(status, extra))) => {
                Answer::Bytes(response(method, status, extra, b"{}"))
            }
            Some((part, Fault::StatusOnce(status, extra))) => {
                state.faults.remove(&part);
                Answer::Bytes(response(method, status, extra, b"{}"))
            }
            Some((_, Fault::Large(size))) => {
                Answer::Bytes(response(method, 200, "", &vec![b' '; size]))
            }
            Some((_, Fault::Body(body))) => {
                Answer::Bytes(response(method, 200, "", body.as_bytes()))
            }
            Some((_, Fault::Cut(size))) => {
                let mut bytes = well(&state);
                bytes.truncate(size);
                Answer::Last(bytes)
            }
            None => Answer::Bytes(well(&state)),
        }
    }

    /// The answer where nothing goes wrong.
    fn well(
        &self,
        state: &State,
        method: &str,
        bare: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Vec<u8> {
        let authorization = headers.get("authorization").map(String::as_str);
        // base64 of "user:secret"
        let basic = authorization == Some("Basic dXNlcjpzZWNyZXQ=");
        if bare == "/token" {
            let identity = method == "POST"
                && String::from_utf8_lossy(body).contains("refresh_token=identity");
            return match basic || identity {
                true => response(method, 200, "", br#"{"token":"opened"}"#),
                false => response(method, 401, "", b"{}"),
            };
        }
        let challenge = match state.guard.filter(|_| bare.starts_with("/v2/")) {
            Some(Guard::Basic) if !basic => Some("Basic realm=\"test\"".to_owned()),
            Some(Guard::Token) if authorization != Some("Bearer opened") => Some(format!(
                "Bearer realm=\"http://127.0.0.1:{}/token\",service=\"test\"",
                self.port
            )),
            _ => None,
        };
        if let Some(challenge) = challenge {
            let usual = || format!("www-authenticate: {challenge}\r\n");
            let header = state.challenge.clone().unwrap_or_else(usual);
            return response(method, 401, &header, b"{}");
        }
        if let Some((status, headers, body)) = state.answers.get(bare) {
            return response(method, *status, headers, body);
        }
        if bare.ends_with(".git/info/refs") {
            let body = "001e# service=git-upload-pack\n0000000eversion 2\n0000";
            return response(method, 200, "", body.as_bytes());
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
            return response(method, 200, "", body.as_bytes());
        }
        match state.paths.get(bare) {
            Some((kind, body)) => {
                let mut extra = format!("content-type: {kind}\r\n");
                if bare.contains("/manifests/") {
                    extra.push_str(&format!(
                        "docker-content-digest: {}\r\n",
                        Digest::sha256(body)
                    ));
                }
                response(method, 200, &extra, body)
            }
            None => response(
                method,
                404,
                "",
                br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#,
            ),
        }
    }
}

/// Takes what is brought into a repository: manifests, and blobs in pieces. `None` for other requests.
fn take(state: &mut State, method: &str, path: &str, body: &[u8]) -> Option<Vec<u8>> {
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    if let ("PUT", Some((repository, _))) = (method, bare.split_once("/manifests/")) {
        let text: serde_json::Value = serde_json::from_slice(body).ok()?;
        let kind = text["mediaType"].as_str()?.to_owned();
        for name in [
            bare.to_owned(),
            format!("{repository}/manifests/{}", Digest::sha256(body)),
        ] {
            state.paths.insert(name, (kind.clone(), body.to_vec()));
        }
        return Some(response(method, 201, "", b""));
    }
    let (repository, _) = bare.split_once("/blobs/uploads/")?;
    let upload = format!("{repository}/blobs/uploads/1");
    let kind = || "application/octet-stream".to_owned();
    if method == "POST" {
        state.paths.insert(upload.clone(), (kind(), Vec::new()));
    } else {
        state.paths.get_mut(&upload)?.1.extend_from_slice(body);
    }
    if method != "PUT" {
        let place = format!("location: {upload}?state=a%2Fb\r\n");
        return Some(response(method, 202, &place, b""));
    }
    let (_, whole) = state.paths.remove(&upload)?;
    let digest = query.split_once("digest=")?.1.replace("%3A", ":");
    if Digest::sha256(&whole).as_str() != digest {
        return Some(response(method, 400, "", b"{}"));
    }
    let blob = format!("{repository}/blobs/{digest}");
    state.paths.insert(blob, (kind(), whole));
    Some(response(method, 201, "", b""))
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

/// A body that never ends, a byte at a time, never silent for long.
fn trickle(stream: &mut impl Write) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n")?;
    loop {
        stream.write_all(b" ")?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

type Request = (String, String, BTreeMap<String, String>, Vec<u8>);

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
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
