//! What carries a secret is neither kept nor told.

use super::*;

/// A token in an address is the asker's, whether it is kept or told.
#[test]
fn a_token_that_was_not_recorded_is_not_told() {
    let folder = Folder::new("token");
    let none = Server::start(false, by_accept);
    folder.run("record", &[], "");
    let url = none.address.replace("http://", "http://me:s3cret@");
    let fetch = format!("GET {url}/b?v=1&token=s3cret&X-Amz-Signature=s3cret");
    let replayed = folder.run("replay", &[fetch], "");
    assert_eq!(replayed.status.code(), Some(UNRECORDED.into()));
    let said = errors(&replayed);
    let told = format!("GET {}/b?v=1&token&X-Amz-Signature: run", none.address);
    assert!(said.contains(&told), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn what_is_fetched_with_a_secret_of_the_step_is_not_kept() {
    let server = Server::start(false, |request| {
        (
            "200 OK\r\nvary: x-mine".to_owned(),
            request.headers.clone().into_bytes(),
        )
    });
    let url = &server.address;
    let folder = Folder::new("secrets");
    fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("secret");
    fs::write(&file, "in/a file\n").unwrap();
    let word = folder.0.join("word");
    fs::write(&word, "in+a/word\n").unwrap();
    let fetches = [
        format!("GET {url}/plain"),
        format!("GET {url}/s3cret-value/a"),
        format!("GET {url}/a?q=in%2Ba%2Fword"),
        format!("GET {url}/b\tx-mine: the s3cret-value"),
        format!("GET {url}/c\taccept: s3cret-value"),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdf-run"));
    command.env_clear().env("TOKEN", "s3cret-value");
    command.env("SSL_CERT_FILE", tls::folder().join("cert.pem"));
    command.arg("record").arg("--dir").arg(&folder.0);
    command.args(["--secret-variable", "TOKEN", "--secret-variable", "ABSENT"]);
    for path in [&file, &word, &folder.0.join("absent")] {
        command.arg("--secret-file").arg(path);
    }
    command.arg("--").arg(std::env::current_exe().unwrap());
    command.args(["--exact", "run::command", "--ignored", "--nocapture"]);
    let output = command.env(FETCHES, fetches.join("\n")).output().unwrap();
    assert_eq!(fetched(&output).len(), fetches.len(), "{}", errors(&output));
    let recording = folder.recording();
    let kept: Vec<&str> = recording
        .exchanges()
        .map(|(request, _)| &*request.url)
        .collect();
    assert_eq!(kept, [format!("{url}/plain")]);
    let all = String::from_utf8_lossy(&folder.all()).into_owned();
    assert!(!all.contains("s3cret-value"), "{all}");
    assert!(errors(&output).contains("fetched with credentials, so not kept"));
}

/// Only what was fetched without a secret can have been recorded: what a replay misses has it in its address.
#[test]
fn a_secret_of_the_step_is_in_no_message() {
    let folder = Folder::new("masked");
    let none = Server::start(false, by_accept);
    folder.run("record", &[], "");
    let url = none.address.clone();
    none.go();
    for mode in ["record", "replay"] {
        let output = Command::new(env!("CARGO_BIN_EXE_rdf-run"))
            .env_clear()
            .env("TOKEN", "s3cret-value")
            .env("SSL_CERT_FILE", tls::folder().join("cert.pem"))
            .args([mode, "--dir"])
            .arg(&folder.0)
            .args(["--secret-variable", "TOKEN", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "run::command", "--ignored", "--nocapture"])
            .env(FETCHES, format!("GET {url}/s3cret-value/a?k=s3cret-value"))
            .output()
            .unwrap();
        let said = errors(&output);
        assert!(!said.contains("s3cret-value"), "{said}");
        let told = match mode {
            "record" => "fetched with credentials, so not kept",
            _ => "/***/a?k=***",
        };
        assert!(said.contains(told), "{said}");
    }
}
