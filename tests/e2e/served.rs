//! Loopback servers for what a build fetches: files over http, git repositories over smart http.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::process::Program;
use crate::project::Folder;

/// The time that every served file was last modified, as http says it and in seconds.
pub const LAST_MODIFIED: (&str, u64) = ("Tue, 02 Jan 2024 03:04:05 GMT", 1_704_164_645);

/// A server on a free port of 127.0.0.1. Its thread ends with the test program.
pub struct Server {
    pub address: String,
    state: Arc<State>,
    /// kept for as long as it is served
    _repositories: Option<Folder>,
}

#[derive(Default)]
struct State {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// `METHOD path`, in the order of arrival
    requests: Mutex<Vec<String>>,
    /// where bare repositories are, served below `/git/`
    repositories: Option<PathBuf>,
    /// whether connections are dropped
    gone: AtomicBool,
}

/// The name in the certificate of `testdata/tls`.
pub const TLS_NAME: &str = "reg.test";

/// The address of this machine for `RUN` steps of an engine that runs on it.
pub fn host_of_steps() -> Option<String> {
    std::env::var_os("RDF_E2E_ENGINE_NAME")?;
    let format = "{{(index .IPAM.Config 0).Gateway}}";
    let said = Program::docker()
        .args(["network", "inspect", "bridge", "--format", format])
        .run();
    let host = said.text().trim().to_owned();
    (said.status == 0 && !host.is_empty()).then_some(host)
}

fn tls_config() -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls");
    let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).expect("certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.expect("TLS"))
}

fn answer_tls(
    stream: TcpStream,
    state: &State,
    config: Arc<rustls::ServerConfig>,
) -> std::io::Result<()> {
    let connection = rustls::ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = rustls::StreamOwned::new(connection, stream);
    let request = read_request(&mut stream)?;
    let Some(response) = respond(&request, state)? else {
        return Ok(());
    };
    stream.write_all(&response)?;
    stream.conn.send_close_notify();
    stream.flush()
}

impl Server {
    /// Serves these files, by path (`/name`).
    pub fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let files = files
            .into_iter()
            .map(|(path, bytes)| (path.to_owned(), bytes))
            .collect();
        let state = State {
            files: Mutex::new(files),
            ..State::default()
        };
        Self::start(state, None)
    }

    /// Serves these files to `RUN` steps as well, under the address that they have this machine by; nothing where that
    /// is not known.
    pub fn of_files_for_steps<'a>(
        files: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
    ) -> Option<Self> {
        let host = host_of_steps()?;
        let listener = TcpListener::bind(("0.0.0.0", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let server = Self::of_files([]);
        for (path, bytes) in files {
            server.put(path, &bytes);
        }
        server.serve(listener);
        Some(Self {
            address: format!("{host}:{port}"),
            ..server
        })
    }

    /// The same over TLS, by the name that the certificate of `testdata/tls` has; gives the address.
    pub fn with_tls(&self) -> String {
        let listener = TcpListener::bind(("0.0.0.0", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let state = Arc::clone(&self.state);
        let config = tls_config();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, config) = (Arc::clone(&state), Arc::clone(&config));
                thread::spawn(move || drop(answer_tls(stream, &state, config)));
            }
        });
        format!("https://{TLS_NAME}:{port}")
    }

    /// Answers nothing any more.
    pub fn go(&self) {
        self.state.files.lock().expect("files").clear();
        self.state.gone.store(true, Ordering::SeqCst);
    }

    /// Serves the bare repositories in a directory, below `/git/`.
    pub fn of_repositories(folder: Folder) -> Self {
        let state = State {
            repositories: Some(folder.path().to_owned()),
            ..State::default()
        };
        Self::start(state, Some(folder))
    }

    fn start(state: State, repositories: Option<Folder>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let server = Self {
            address,
            state: Arc::new(state),
            _repositories: repositories,
        };
        server.serve(listener);
        server
    }

    fn serve(&self, listener: TcpListener) {
        let shared = Arc::clone(&self.state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || drop(answer(&stream, &state)));
            }
        });
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves a file, or another one in its place.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        let mut files = self.state.files.lock().expect("files");
        files.insert(path.to_owned(), bytes.to_vec());
    }

    /// Makes every branch and tag of the repository served at `/git/<name>` what it is in `repository` now.
    pub fn take_refs_of(&self, repository: &Repository, name: &str) {
        let folder = self.state.repositories.as_deref().expect("repositories");
        let target = folder.join(name).display().to_string();
        repository.git(&["push", "-q", "--force", "--all", &target]);
        repository.git(&["push", "-q", "--force", "--tags", &target]);
    }

    pub fn requests(&self) -> Vec<String> {
        self.state.requests.lock().expect("requests").clone()
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn read_request(stream: impl Read) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding == "chunked")
    {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = u64::from_str_radix(size.trim(), 16).unwrap_or(0);
            reader.by_ref().take(size).read_to_end(&mut body)?;
            reader.read_line(&mut String::new())?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
    {
        reader.by_ref().take(length).read_to_end(&mut body)?;
    }
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    })
}

fn answer(mut stream: &TcpStream, state: &State) -> std::io::Result<()> {
    let request = read_request(stream)?;
    match respond(&request, state)? {
        Some(response) => stream.write_all(&response),
        None => Ok(()),
    }
}

/// The bytes of a response; nothing from a server that is gone.
fn respond(request: &Request, state: &State) -> std::io::Result<Option<Vec<u8>>> {
    state
        .requests
        .lock()
        .expect("requests")
        .push(format!("{} {}", request.method, request.path));
    let file = state
        .files
        .lock()
        .expect("files")
        .get(&request.path)
        .cloned();
    let response = match (&state.repositories, request.path.strip_prefix("/git/")) {
        _ if state.gone.load(Ordering::SeqCst) => return Ok(None),
        (Some(folder), Some(path)) => git_backend(folder, path, request)?,
        _ => match file {
            Some(bytes) => {
                let head = format!(
                    "Last-Modified: {}\r\nContent-Length: {}\r\n\r\n",
                    LAST_MODIFIED.0,
                    bytes.len()
                );
                [
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\n",
                    head.as_bytes(),
                    &bytes,
                ]
                .concat()
            }
            None => {
                b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec()
            }
        },
    };
    let head_only = request.method == "HEAD";
    let end = response
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(response.len(), |at| at + 4);
    Ok(Some(match head_only {
        true => response[..end].to_vec(),
        false => response,
    }))
}

/// Git's own server side, which speaks CGI.
fn git_backend(folder: &Path, path: &str, request: &Request) -> std::io::Result<Vec<u8>> {
    let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("PATH_INFO", format!("/{path}"))
        .env("QUERY_STRING", &request.query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(&request.body)?;
    }
    let said = child.wait_with_output()?.stdout;
    let status = said
        .strip_prefix(b"Status: ")
        .map(|rest| rest.split(|byte| *byte == b'\r').next().unwrap_or(rest));
    let line = [
        b"HTTP/1.1 ",
        status.unwrap_or(b"200 OK"),
        b"\r\nConnection: close\r\n",
    ]
    .concat();
    Ok([line, said].concat())
}

/// A git repository with fixed times and names, so that its commits are the same in every run of the same content.
pub struct Repository {
    work: Folder,
}

impl Repository {
    /// With these files, committed on branch `main`.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self {
            work: Folder::new(),
        };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit(files);
        repository
    }

    /// Writes the files, commits, and gives the commit's id.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            self.work.write(name, text);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "-m", "a commit"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn git(&self, args: &[&str]) -> String {
        let date = format!("@{} +0000", LAST_MODIFIED.1);
        let mut program = Program::new("git").dir(self.work.path()).args(args);
        for who in ["AUTHOR", "COMMITTER"] {
            program = program
                .env(&format!("GIT_{who}_NAME"), "Jane")
                .env(&format!("GIT_{who}_EMAIL"), "jane@example.com")
                .env(&format!("GIT_{who}_DATE"), &date);
        }
        // The user's own settings (signing, hooks) are left out of it.
        program
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .ok()
            .text()
            .trim()
            .to_owned()
    }

    /// A server with a bare copy, at `/git/<name>`.
    pub fn serve(&self, name: &str) -> Server {
        let bare = Folder::new();
        let target = bare.join(name).display().to_string();
        self.git(&["clone", "-q", "--bare", ".", &target]);
        // Commits can be asked for by id, as forges allow it.
        self.git(&[
            "--git-dir",
            &target,
            "config",
            "uploadpack.allowAnySHA1InWant",
            "true",
        ]);
        Server::of_repositories(bare)
    }
}

/// A tar archive of a directory, made by `tar` with these options (`-z`, …).
pub fn archive(folder: &Folder, options: &[&str]) -> Vec<u8> {
    Program::new("tar")
        .args(options)
        .args(["-cf", "-", "-C"])
        .arg(folder.path())
        .arg(".")
        .ok()
        .stdout
}

/// The digest of `bytes`, by the machine's own program.
pub fn sha256(bytes: &[u8]) -> String {
    let said = Program::new("sha256sum").stdin(bytes).ok().text();
    let hex = said.split(' ').next().unwrap_or_default();
    format!("sha256:{hex}")
}
