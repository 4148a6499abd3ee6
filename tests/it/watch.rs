//! `rdf check --watch`: what it prints while files change under it.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What is waited for has to come within this time.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn files_are_checked_again_when_they_change() {
    let dir = std::env::temp_dir().join(format!("rdf-watch-{}", std::process::id()));
    fs::create_dir_all(dir.join("app")).unwrap();
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
    write("Dockerfile", "FROM scratch\nRUM a\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(["check", "--watch", "--format", "concise"])
        .current_dir(&dir)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let printed = Arc::new(Mutex::new(Vec::new()));
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (out, err) = (printed.clone(), printed.clone());
    let keep = |from: &mut dyn std::io::Read, to: &Mutex<Vec<u8>>| {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            to.lock().unwrap().extend_from_slice(&bytes[..count]);
        }
    };
    std::thread::spawn(move || keep(&mut stdout, &out));
    std::thread::spawn(move || keep(&mut stderr, &err));
    // Waits for all of that, and forgets what was printed till then.
    let wait = |what: &[&str]| {
        let start = Instant::now();
        loop {
            let text = String::from_utf8_lossy(&printed.lock().unwrap()).into_owned();
            if what.iter().all(|it| text.contains(it)) {
                printed.lock().unwrap().clear();
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "{what:?}: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let text = wait(&["Dockerfile:2:", "unknown instruction", "Watching 1 file;"]);
    // Only a terminal is cleared.
    assert!(!text.contains('\x1b'), "{text}");

    // As editors do it: another file takes the name.
    write("new", "FROM scratch\nCOPY a /\nRUX b\n");
    fs::rename(dir.join("new"), dir.join("Dockerfile")).unwrap();
    wait(&["Dockerfile:3:", "Watching 1 file;"]);

    // A file that comes, a config that comes and is wrong, and a file that goes.
    write("app/Dockerfile", "FROM scratch\nCOPY a /\n");
    wait(&["Dockerfile:3:", "Watching 2 files;"]);
    write("rdf.toml", "[check]\nwrong = 1\n");
    wait(&["unknown field `wrong`", "Waiting for a change;"]);
    write("rdf.toml", "[files]\nexclude = ['x']\n");
    wait(&["Dockerfile:3:", "Watching 2 files;"]);
    fs::remove_file(dir.join("Dockerfile")).unwrap();
    wait(&["Watching 1 file;"]);

    let id = child.id().to_string();
    // It has no handlers, so an interrupt does the same; where tests run in the background, that one is ignored.
    let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn what_can_be_read_once_is_not_watched() {
    let output = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(["check", "--watch", "-"])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("`--watch` cannot be used with standard input"),
        "{told}"
    );
}
