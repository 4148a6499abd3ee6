//! `rdf-run` as a process: the command is this test binary again, fetching what a test tells it to.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::recording::{Answer, BROKEN, Fetch, Recording, UNRECORDED};

use crate::tls;

mod faults;
mod secrets;
mod step;

/// What the command fetches: lines of `METHOD URL`, each with `NAME: VALUE` behind tabs.
const FETCHES: &str = "RDF_TEST_FETCHES";

/// What the command does afterwards: an exit code, or `sleep`.
const THEN: &str = "RDF_TEST_THEN";

/// The command of the tests below, not a test.
#[test]
#[ignore = "run by the other tests of this file"]
fn command() {
    let Ok(fetches) = std::env::var(FETCHES) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for line in fetches.lines() {
        println!("fetched: {}", runtime.block_on(fetch(line)));
    }
    match std::env::var(THEN).as_deref() {
        Ok("sleep") => std::thread::sleep(Duration::from_secs(60)),
        Ok(code) => std::process::exit(code.parse().unwrap()),
        Err(_) => {}
    }
}

/// One request by the proxy and the authorities that the environment names; redirects are followed.
async fn fetch(line: &str) -> String {
    let mut words = line.split('\t');
    let (method, url) = words.next().unwrap().split_once(' ').unwrap();
    let bundle = fs::read(std::env::var("SSL_CERT_FILE").unwrap()).unwrap();
    let mut client = reqwest::Client::builder()
        .proxy(reqwest::Proxy::http(std::env::var("http_proxy").unwrap()).unwrap())
        .proxy(reqwest::Proxy::https(std::env::var("https_proxy").unwrap()).unwrap());
    for certificate in reqwest::Certificate::from_pem_bundle(&bundle).unwrap() {
        client = client.add_root_certificate(certificate);
    }
    let mut request = client
        .build()
        .unwrap()
        .request(method.parse().unwrap(), url);
    for (name, value) in words.filter_map(|header| header.split_once(": ")) {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            match response.text().await {
                Ok(text) => format!("{status} {text}"),
                Err(_) => format!("{status} cut"),
            }
        }
        Err(_) => "failed".to_owned(),
    }
}

/// What a server answers: status line and headers, without those about length, and a body.
type Respond = fn(&Request) -> (String, Vec<u8>);

struct Request {
    /// `GET /path`
    line: String,
    headers: String,
}

/// A server on loopback that closes each connection after one answer.
struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
    gone: Arc<AtomicBool>,
    seen: Arc<Mutex<String>>,
}

impl Server {
    fn start(tls: bool, respond: Respond) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server {
            address: match tls {
                true => format!("https://localhost:{port}"),
                false => format!("http://localhost:{port}"),
            },
            asked: Arc::default(),
            gone: Arc::default(),
            seen: Arc::default(),
        };
        let (asked, gone, seen) = (
            Arc::clone(&server.asked),
            Arc::clone(&server.gone),
            Arc::clone(&server.seen),
        );
        let tls = tls.then(tls::server);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Ordering::SeqCst);
                if gone.load(Ordering::SeqCst) {
                    continue;
                }
                let (stream, seen, tls) = (stream.unwrap(), Arc::clone(&seen), tls.clone());
                std::thread::spawn(move || match tls {
                    Some(tls) => {
                        let connection = rustls::ServerConnection::new(tls).unwrap();
                        serve(rustls::StreamOwned::new(connection, stream), respond, &seen);
                    }
                    None => serve(stream, respond, &seen),
                });
            }
        });
        server
    }

    /// From now on nothing is answered; gives how many connections there were.
    fn go(&self) -> usize {
        self.gone.store(true, Ordering::SeqCst);
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(stream: impl Read + Write, respond: Respond, seen: &Mutex<String>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    seen.lock().unwrap().push_str(&head);
    let (line, headers) = head.split_once("\r\n").unwrap();
    let request = Request {
        line: line.trim_end_matches(" HTTP/1.1").to_owned(),
        headers: headers.to_ascii_lowercase(),
    };
    let (head, body) = respond(&request);
    let length = match head.contains("cut: yes") {
        true => body.len() + 100,
        false => body.len(),
    };
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let stream = stream.get_mut();
    let body: &[u8] = if request.line.starts_with("HEAD") {
        b""
    } else {
        &body
    };
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
    let _ = stream.flush();
}

/// A directory for a recording.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("rdf-run-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    fn recording(&self) -> Recording {
        Recording::parse(&fs::read(self.0.join("recording.jsonl")).unwrap()).unwrap()
    }

    /// Every byte that is kept, names included.
    fn all(&self) -> Vec<u8> {
        let mut all = fs::read(self.0.join("recording.jsonl")).unwrap();
        for entry in fs::read_dir(self.0.join("sha256")).unwrap() {
            let path = entry.unwrap().path();
            all.extend_from_slice(path.to_str().unwrap().as_bytes());
            all.extend(fs::read(path).unwrap());
        }
        all
    }

    fn run(&self, mode: &str, fetches: &[String], then: &str) -> Output {
        let mut command = self.prepare(mode);
        let own = std::env::current_exe().unwrap();
        command
            .arg(own)
            .args(["--exact", "run::command", "--ignored", "--nocapture"]);
        command.env(FETCHES, fetches.join("\n"));
        if !then.is_empty() {
            command.env(THEN, then);
        }
        command.output().unwrap()
    }

    /// The program, up to where its command begins; its environment holds nothing but the authority of the servers.
    fn prepare(&self, mode: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf-run"));
        command
            .env_clear()
            .env("SSL_CERT_FILE", tls::folder().join("cert.pem"));
        command.arg(mode).arg("--dir").arg(&self.0).arg("--");
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the command fetched.
fn fetched(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.split_once("fetched: "));
    lines.map(|(_, fetched)| fetched.to_owned()).collect()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn by_accept(request: &Request) -> (String, Vec<u8>) {
    let kind = match request.headers.contains("accept: application/json") {
        true => "json",
        false => "html",
    };
    let head = "200 OK\r\nvary: accept\r\nset-cookie: session=1234567\r\netag: \"1\"";
    (
        head.to_owned(),
        format!("{kind} of {}", request.line).into_bytes(),
    )
}

#[test]
fn what_was_recorded_is_replayed_without_the_servers() {
    for tls in [false, true] {
        let server = Server::start(tls, by_accept);
        let url = &server.address;
        let folder = Folder::new(if tls { "https" } else { "http" });
        let fetches = [
            format!("GET {url}/a"),
            format!("GET {url}/a\taccept: application/json"),
            format!("HEAD {url}/a"),
        ];
        let recorded = folder.run("record", &fetches, "3");
        assert_eq!(recorded.status.code(), Some(3), "{}", errors(&recorded));
        assert_eq!(
            fetched(&recorded),
            ["200 html of GET /a", "200 json of GET /a", "200 "]
        );
        assert_eq!(folder.recording().exchanges().count(), 3);
        let before = server.go();
        for _ in 0..2 {
            let replayed = folder.run("replay", &fetches, "3");
            assert_eq!(
                fetched(&replayed),
                fetched(&recorded),
                "{}",
                errors(&replayed)
            );
            assert_eq!(replayed.status.code(), Some(3));
        }
        // Nothing that differs from fetch to fetch, or that tells who asked.
        assert!(!String::from_utf8_lossy(&folder.all()).contains("1234567"));
        assert_eq!(server.asked.load(Ordering::SeqCst), before);
    }
}

#[test]
fn a_part_is_served_of_a_recorded_whole() {
    let server = Server::start(false, by_accept);
    let url = &server.address;
    let folder = Folder::new("range");
    folder.run("record", &[format!("GET {url}/a")], "");
    server.go();
    let parts = ["bytes=5-", "bytes=0-3", "bytes=99-"];
    let fetches = parts.map(|range| format!("GET {url}/a\trange: {range}"));
    let replayed = folder.run("replay", &fetches, "");
    let [rest, start, behind] = fetched(&replayed).try_into().unwrap();
    assert_eq!([rest, start], ["206 of GET /a", "206 html"]);
    assert!(behind.starts_with("416"), "{behind}");
}

#[test]
fn what_was_not_recorded_ends_the_step_at_once() {
    let server = Server::start(false, by_accept);
    let url = &server.address;
    let folder = Folder::new("unrecorded");
    folder.run("record", &[format!("GET {url}/a")], "");
    let before = server.asked.load(Ordering::SeqCst);
    // The tool takes the error for an answer and goes on.
    let start = Instant::now();
    let replayed = folder.run(
        "replay",
        &[format!("GET {url}/b"), format!("GET {url}/a")],
        "sleep",
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(replayed.status.code(), Some(UNRECORDED.into()));
    let told = format!("[lock-unrecorded] GET {url}/b: run `rdf lock --record`");
    assert!(errors(&replayed).contains(&told), "{}", errors(&replayed));
    // The same URL with a header that changes the answer is another request.
    let json = format!("GET {url}/a\taccept: application/json");
    let replayed = folder.run("replay", &[json], "");
    assert_eq!(replayed.status.code(), Some(UNRECORDED.into()));
    assert_eq!(server.asked.load(Ordering::SeqCst), before);
}

#[test]
fn damaged_bodies_reach_no_command() {
    let server = Server::start(false, by_accept);
    let url = &server.address;
    let folder = Folder::new("damaged");
    let fetches = [format!("GET {url}/a")];
    folder.run("record", &fetches, "");
    let body = folder
        .0
        .join("sha256")
        .join(Digest::sha256(b"html of GET /a").encoded());
    let damages: [fn(&Path); 3] = [
        |body| fs::write(body, "HTML of GET /a").unwrap(),
        |body| fs::write(body, "html of").unwrap(),
        |body| fs::remove_file(body).unwrap(),
    ];
    for damage in damages {
        damage(&body);
        let replayed = folder.run("replay", &fetches, "sleep");
        assert_eq!(replayed.status.code(), Some(BROKEN.into()));
        assert!(
            errors(&replayed).contains(&format!("[lock-damaged] {url}/a: ")),
            "{}",
            errors(&replayed)
        );
        let got = fetched(&replayed).join("");
        assert!(!got.to_lowercase().contains("html"), "{got}");
    }
    fs::write(folder.0.join("recording.jsonl"), "{\"request\":").unwrap();
    let replayed = folder.run("replay", &fetches, "");
    assert_eq!(replayed.status.code(), Some(BROKEN.into()));
    assert!(
        errors(&replayed).contains("line 1 of the recording"),
        "{}",
        errors(&replayed)
    );
}

#[test]
fn signatures_of_redirects_are_not_kept() {
    let server = Server::start(false, |request| match request.line.as_str() {
        "GET /release" => {
            let head = "302 Found\r\nlocation: /asset.tgz?sp=r&sig=c2VjcmV0&name=x";
            (head.to_owned(), Vec::new())
        }
        "GET /asset.tgz?sp=r&sig=c2VjcmV0&name=x" => ("200 OK".to_owned(), b"asset".to_vec()),
        line => ("403 Forbidden".to_owned(), line.as_bytes().to_vec()),
    });
    let url = &server.address;
    let folder = Folder::new("signed");
    let fetches = [format!("GET {url}/release")];
    let recorded = folder.run("record", &fetches, "");
    assert_eq!(fetched(&recorded), ["200 asset"], "{}", errors(&recorded));
    server.go();
    assert_eq!(fetched(&folder.run("replay", &fetches, "")), ["200 asset"]);
    let kept = folder.recording();
    let urls: Vec<&str> = kept
        .exchanges()
        .map(|(request, _)| request.url.as_str())
        .collect();
    assert_eq!(
        urls,
        [format!("{url}/asset.tgz?name=x"), format!("{url}/release")]
    );
    assert!(!String::from_utf8_lossy(&folder.all()).contains("c2VjcmV0"));
}

#[test]
fn what_was_fetched_with_credentials_is_passed_on_and_not_kept() {
    let server = Server::start(false, |_| ("200 OK".to_owned(), b"for few eyes".to_vec()));
    let url = &server.address;
    let folder = Folder::new("private");
    let fetches = [
        format!("GET {url}/a\tauthorization: Bearer c2VjcmV0"),
        format!("GET {url}/b?access_token=c2VjcmV0"),
    ];
    let recorded = folder.run("record", &fetches, "");
    assert_eq!(fetched(&recorded), ["200 for few eyes", "200 for few eyes"]);
    assert!(
        errors(&recorded).contains(&format!("{url}: fetched with credentials")),
        "{}",
        errors(&recorded)
    );
    assert!(server.seen.lock().unwrap().contains("Bearer c2VjcmV0"));
    assert_eq!(folder.recording(), Recording::default());
    let kept = String::from_utf8_lossy(&folder.all()).into_owned() + &errors(&recorded);
    assert!(
        !kept.contains("c2VjcmV0") && !kept.contains("few eyes"),
        "{kept}"
    );
}

#[test]
fn the_command_ends_as_it_would_alone() {
    let folder = Folder::new("ends");
    let code = |command: &[&str]| {
        let output = folder
            .prepare("record")
            .env("PATH", "/usr/bin:/bin")
            .args(command)
            .output()
            .unwrap();
        output.status.code()
    };
    assert_eq!(code(&["sh", "-c", "exit 42"]), Some(42));
    assert_eq!(code(&["sh", "-c", "kill -9 $$"]), Some(137));
    assert_eq!(code(&["no-such-program-anywhere"]), Some(127));
    assert_eq!(code(&["/etc/passwd"]), Some(126));
    // What the command leaves behind does not keep the step from ending.
    let start = Instant::now();
    assert_eq!(
        code(&["sh", "-c", "sleep 60 >/dev/null 2>&1 & exit 5"]),
        Some(5)
    );
    assert!(start.elapsed() < Duration::from_secs(30));
}

const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn wrong_arguments_say_how_it_is_called() {
    for arguments in [
        &["play"][..],
        &["record", "--dir"],
        &["record", "--dir", "x", "--"],
        &["record", "--", "true"],
        &["replay", "--store", "x", "--", "true"],
        &["replay", "--recording", "sha256:1", "--", "true"],
        &["replay", "--store", "x", "--recording", EMPTY, "--", "true"],
        &["replay", "--fetches", EMPTY, "--", "true"],
        &["replay", "--settle", "/nowhere", "--", "true"],
        &[],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_rdf-run"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(BROKEN.into()));
        assert!(errors(&output).contains("usage: rdf-run record --dir DIR"));
    }
}

#[test]
fn a_recording_is_found_in_a_store_by_its_digest() {
    let server = Server::start(false, by_accept);
    let url = &server.address;
    let folder = Folder::new("store");
    let fetches = [format!("GET {url}/a")];
    folder.run("record", &fetches, "");
    server.go();
    let text = fs::read(folder.0.join("recording.jsonl")).unwrap();
    let digest = Digest::sha256(&text);
    let blob = folder.0.join("sha256").join(digest.encoded());
    fs::rename(folder.0.join("recording.jsonl"), &blob).unwrap();
    let replay = |options: &[&str]| {
        let own = std::env::current_exe().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_rdf-run"))
            .env_clear()
            .env("ftp_proxy", "rdf-place:RUN, Dockerfile:12")
            .arg("replay")
            .args(options)
            .args(["--epoch", "1700000000", "--nonce", "1", "--"])
            .arg(own)
            .args(["--exact", "run::command", "--ignored", "--nocapture"])
            .env(FETCHES, fetches.join("\n"))
            .output()
            .unwrap();
        (output.status.code(), fetched(&output), errors(&output))
    };
    let store = folder.0.to_str().unwrap();
    let listed = Fetch::digest_of(&Recording::parse(&text).unwrap().fetches());
    let recorded = ["--store", store, "--recording", digest.as_str()];
    let stored = [&recorded[..], &["--fetches", listed.as_str()]].concat();
    let (code, got, said) = replay(&stored);
    assert_eq!(
        (code, got),
        (Some(0), vec!["200 html of GET /a".to_owned()]),
        "{said}"
    );
    // A step that fetched nothing has no recording, and is told where it stands.
    let (code, _, said) = replay(&[]);
    assert_eq!(code, Some(UNRECORDED.into()));
    let told = format!(
        "[lock-unrecorded] GET {url}/a (RUN, Dockerfile:12): nothing was recorded of this command"
    );
    assert!(said.contains(&told), "{said}");
    assert!(said.contains(": run `rdf lock --record`"), "{said}");
    // The lock lists what people read; a recording of something else is not replayed.
    let (code, got, said) = replay(&[&recorded[..], &["--fetches", EMPTY]].concat());
    assert_eq!((code, got.len()), (Some(BROKEN.into()), 0));
    assert!(
        said.contains("it lists other files than the lock"),
        "{said}"
    );
    for damage in [&b"{}"[..], b""] {
        fs::write(&blob, damage).unwrap();
        let (code, _, said) = replay(&stored);
        assert_eq!(code, Some(BROKEN.into()));
        assert!(
            said.contains(&format!("[lock-damaged] the recording {digest}")),
            "{said}"
        );
    }
}
