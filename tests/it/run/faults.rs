//! What is recorded, and told, where a server or a disk fails.

use super::*;

#[test]
fn failures_are_replayed_as_failures() {
    let server = Server::start(false, |request| match request.line.as_str() {
        "GET /missing" => ("404 Not Found".to_owned(), b"nothing here".to_vec()),
        _ => ("500 Oh".to_owned(), Vec::new()),
    });
    let url = &server.address;
    let folder = Folder::new("failures");
    let fetches = [
        format!("GET {url}/missing"),
        "GET http://no-such-host.invalid/x".to_owned(),
    ];
    let recorded = folder.run("record", &fetches, "");
    let [missing, unknown] = fetched(&recorded).try_into().unwrap();
    assert_eq!(missing, "404 nothing here");
    assert!(unknown.starts_with("502 "), "{unknown}");
    let answers = folder.recording();
    let failed = answers
        .exchanges()
        .filter(|(_, answer)| matches!(answer, Answer::Failed(_)));
    assert_eq!(failed.count(), 1);
    let replayed = folder.run("replay", &fetches, "");
    assert_eq!(replayed.status.code(), Some(0), "{}", errors(&replayed));
    let [missing, unknown] = fetched(&replayed).try_into().unwrap();
    assert_eq!(missing, "404 nothing here");
    assert!(unknown.starts_with("502 "), "{unknown}");
}

/// The command takes no notice, and the step would go on with a part that no replay can give it.
#[test]
fn a_body_that_a_server_cut_is_told_at_the_end() {
    static CUTS: AtomicUsize = AtomicUsize::new(0);
    let server = Server::start(false, |request| {
        let head = match request.line.as_str() {
            "GET /cut" => "200 OK\r\ncut: yes",
            "GET /once" if CUTS.fetch_add(1, Ordering::SeqCst) == 0 => "200 OK\r\ncut: yes",
            _ => "200 OK",
        };
        (head.to_owned(), b"half".to_vec())
    });
    let url = &server.address;
    let folder = Folder::new("cut");
    let fetches = [format!("GET {url}/cut"), format!("GET {url}/whole")];
    let recorded = folder.run("record", &fetches, "0");
    assert_eq!(fetched(&recorded), ["200 cut", "200 half"]);
    assert_eq!(recorded.status.code(), Some(BROKEN.into()));
    let told = format!("[lock-cut] GET {url}/cut: the server ended the connection within the body");
    assert!(errors(&recorded).contains(&told), "{}", errors(&recorded));
    // One that came whole when it was asked for again is as good as any.
    let folder = Folder::new("cut-once");
    let fetches = [format!("GET {url}/once"), format!("GET {url}/once")];
    let recorded = folder.run("record", &fetches, "0");
    assert_eq!(fetched(&recorded), ["200 cut", "200 half"]);
    assert_eq!(recorded.status.code(), Some(0), "{}", errors(&recorded));
    assert!(
        !errors(&recorded).contains("lock-cut"),
        "{}",
        errors(&recorded)
    );
    let replayed = folder.run("replay", &fetches[1..], "0");
    assert_eq!(fetched(&replayed), ["200 half"], "{}", errors(&replayed));
}

#[test]
fn what_cannot_be_kept_is_no_recording() {
    let server = Server::start(false, |request| match request.line.as_str() {
        "GET /large" => ("200 OK".to_owned(), vec![b'x'; 2 << 20]),
        _ => ("200 OK".to_owned(), b"small".to_vec()),
    });
    let url = &server.address;
    let folder = Folder::new("full");
    let fetches = [format!("GET {url}/small"), format!("GET {url}/large")];
    let prepared = folder.prepare("record");
    // As on a full disk: a write beyond this many blocks fails.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]);
    command
        .arg(prepared.get_program())
        .args(prepared.get_args());
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command.env(FETCHES, fetches.join("\n")).env(THEN, "sleep");
    command.env("SSL_CERT_FILE", tls::folder().join("cert.pem"));
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "run::command", "--ignored", "--nocapture"]);
    let start = Instant::now();
    let recorded = command.output().unwrap();
    // The command is ended, whatever it makes of the failure.
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(
        recorded.status.code(),
        Some(BROKEN.into()),
        "{}",
        errors(&recorded)
    );
    let told = format!("[lock-unkept] {url}/large: cannot be kept: File too large");
    assert!(errors(&recorded).contains(&told), "{}", errors(&recorded));
    let answers = folder.recording();
    let kept: Vec<&str> = answers
        .exchanges()
        .map(|(request, _)| request.url.as_str())
        .collect();
    assert_eq!(kept, [format!("{url}/small")]);
}
